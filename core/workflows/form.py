"""A form: a draft beside the workflow that it is for, as that is today. Pure."""

from collections.abc import Mapping, Sequence

import attrs

from core.shared.errors import InputRefusedError
from core.workflows.drafts import Draft
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.naming import unknown_input
from core.workflows.typed import read


@attrs.frozen(kw_only=True)
class Form:
    """
    A draft and its workflow. All that is in it was accepted by the inputs of that workflow.

    A text for the prompt is in the draft's `words` alone, files are in its `media`, and `values`
    has the rest, each of its input's own type.
    """

    draft: Draft
    workflow: Workflow

    @classmethod
    def of(cls, draft: Draft, workflow: Workflow) -> "Form":
        """
        Return a draft as its workflow takes it today.

        What is not taken any more is set aside, each with a note; what is gone is not asked for.
        """
        empty = attrs.evolve(
            draft, workflow=workflow.name, key=workflow.key, words="", values={}, media={}
        )
        form = cls(draft=empty, workflow=workflow).with_words(draft.words)
        for name, value in (*draft.values.items(), *draft.media.items()):
            try:
                form = form.with_all({name: value})
            except InputRefusedError as error:
                form = form.with_note(f"{error.problem} It is left out.")
        return form.asking(form.asked)

    @property
    def asked(self) -> Input | None:
        """The input whose answer is the person's next message."""
        return self.input(self.draft.asking)

    @property
    def missing(self) -> Input | None:
        """The first input that the workflow cannot do without and that has no value."""
        needed = (each for each in self.workflow.inputs if each.required)
        return next((each for each in needed if self.given(each) is None), None)

    def input(self, name: str) -> Input | None:
        """Return the input of exactly this name."""
        return next((each for each in self.workflow.inputs if each.name == name), None)

    def given(self, wanted: Input) -> InputValue | None:
        """Return what the form has for an input (a file by its id); None for the workflow's own."""
        if wanted.kind.is_media:
            return self.draft.media.get(wanted.name)
        if wanted == self.workflow.prompt:
            return self.draft.words or None
        return self.draft.values.get(wanted.name)

    def is_changed(self, wanted: Input) -> bool:
        """Whether the form has another value for an input than the workflow."""
        given = self.given(wanted)
        return given is not None and given != wanted.default

    def worth_keeping(self) -> dict[str, InputValue]:
        """Return what differs from the workflow, but for what each generation has of its own."""
        return {
            each.name: self.draft.values[each.name]
            for each in self.workflow.inputs
            if each.name in self.draft.values
            and not self.is_own(each.name)
            and self.is_changed(each)
        }

    def is_own(self, name: str) -> bool:
        """Whether an input is one of which each generation has its own: a seed or a prompt."""
        wanted = self.input(name)
        return wanted is not None and (wanted.is_seed or wanted.is_prompt)

    def with_value(self, wanted: Input, value: object | None) -> "Form":
        """Return the form with a value; None for the workflow's own. Raises InputRefusedError."""
        if wanted == self.workflow.prompt:
            return self.with_words("" if value is None else str(wanted.accept(value)))
        if value is not None:
            value = wanted.accept(value)
        values = {**self.draft.values, **self.draft.media, wanted.name: value}
        kept = {name: each for name, each in values.items() if each is not None}
        of_files = {each.name for each in self.workflow.media_inputs}
        draft = attrs.evolve(
            self.draft,
            values={name: each for name, each in kept.items() if name not in of_files},
            media={name: str(each) for name, each in kept.items() if name in of_files},
        )
        return attrs.evolve(self, draft=draft)

    def with_words(self, words: str) -> "Form":
        """Return the form with a text for the prompt, where the workflow has one."""
        draft = attrs.evolve(self.draft, words=words if self.workflow.prompt else "")
        return attrs.evolve(self, draft=draft)

    def asking(self, wanted: Input | None) -> "Form":
        """Return the form as it asks for an input, or for none."""
        draft = attrs.evolve(self.draft, asking="" if wanted is None else wanted.name)
        return attrs.evolve(self, draft=draft)

    def with_all(self, values: Mapping[str, object]) -> "Form":
        """Return the form with values by input name. Raises InputRefusedError."""
        form = self
        for name, value in values.items():
            wanted = self.input(name)
            if wanted is None:
                raise unknown_input(self.workflow, name)
            form = form.with_value(wanted, value)
        return form

    def with_note(self, note: str) -> "Form":
        """Return the form with something to be said with it, once."""
        draft = attrs.evolve(self.draft, notes=(*self.draft.notes, note))
        return attrs.evolve(self, draft=draft)

    def with_taken(self, values: Mapping[str, object]) -> "Form":
        """Return the form with those values that are taken; whoever saved the rest is told so."""
        form = self
        for name, value in values.items():
            try:
                form = form.with_all({name: value})
            except InputRefusedError:
                continue
        return form

    def with_pictures(self, pictures: Sequence[str]) -> "Form":
        """
        Return the form with pictures for the inputs that have none: first for what is asked for.

        Raises InputRefusedError when there are more of them than such inputs.
        """
        images = [each for each in self.workflow.media_inputs if each.kind is InputKind.IMAGE]
        free = [each for each in images if each == self.asked or self.given(each) is None]
        free.sort(key=lambda each: each != self.asked)
        if len(pictures) > len(free):
            takes = f"{len(free)} picture{'s' * (len(free) != 1)}" if free else "no picture"
            raise InputRefusedError(
                "image", f"This takes {takes}, not {len(pictures)}. Please send it again."
            )
        return self.with_all({each.name: one for each, one in zip(free, pictures, strict=False)})

    def answered(self, text: str, pictures: Sequence[str] = ()) -> "Form":
        """
        Return the form with a message as the answer to what it asks for.

        Pictures beside a text go to inputs that have none, and the text beside a picture is for
        the prompt, if there is none yet. Raises InputRefusedError for what does not fit.
        """
        wanted, form = self.asked, self.with_pictures(pictures)
        if wanted is None:
            return form
        if wanted.kind.is_media:
            if not pictures:
                what = "a picture" if wanted.kind is InputKind.IMAGE else "a file"
                raise InputRefusedError(wanted.name, f"This has to be {what}, not a text.")
            return form if self.draft.words else form.with_words(text.strip())
        if not text.strip():
            raise InputRefusedError(wanted.name, "This has to be a text.")
        if wanted != self.workflow.prompt:
            return form.with_value(wanted, text)
        typed = read(text, self.workflow)
        return form.with_words(typed.words).with_all(typed.values)
