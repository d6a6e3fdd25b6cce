"""Filling: the one place where what people give becomes what the API takes."""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from core.shared.errors import InputMissingError, InputRefusedError
from core.workflows.drawing import prompt_is_said, with_drawn, with_loras
from core.workflows.inputs import RANDOM_SEED, Input, InputValue
from core.workflows.kinds import InputKind, Role
from core.workflows.lora import Lora
from core.workflows.model import Workflow
from core.workflows.naming import input_called, names_of, unknown_input
from core.workflows.wildcards import NO_LISTS, Lists

LARGEST_SEED = 2**31 - 1
"""Where the deployment names no largest one: every node takes so much."""

MOST_NOTES = 8


@attrs.frozen(kw_only=True)
class Given:
    """
    What there is to fill a workflow's inputs with.

    `words` and `values` are the person's own; `saved` is what the person, and `common` what
    everybody in the chat begins with. `images` are our own files for the image inputs in their
    order, and `media` for inputs that are named.
    """

    words: str = ""
    values: Mapping[str, object] = attrs.field(factory=dict)
    saved: Mapping[str, InputValue] = attrs.field(factory=dict)
    common: Mapping[str, InputValue] = attrs.field(factory=dict)
    images: Sequence[str] = ()
    media: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Filled:
    """
    What is sent: `inputs`, of which `media_inputs` hold ids of our own files.

    `words` is the prompt as it was typed, and `typed` other inputs that are sent otherwise than
    they were given; "" for those that nobody gave. `notes` say what was made of it all.
    """

    inputs: Mapping[str, InputValue]
    media_inputs: tuple[str, ...] = ()
    words: str = ""
    typed: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()


def fill(
    workflow: Workflow,
    given: Given,
    *,
    seed: int,
    lists: Lists = NO_LISTS,
    loras: Sequence[Lora] = (),
) -> Filled:
    """
    Return what is sent: what the person gave, else has saved, else the chat's, else the default.

    `seed`, from 0 up, is drawn by the caller; it is taken where no seed is given, and draws the
    wildcards. Saved values that the workflow does not take are left out, with a note. Raises
    InputRefusedError, which names the input and says what would do, for what the person gave, and
    InputMissingError for what the workflow cannot do without.
    """
    notes: list[str] = []
    media = _placed(workflow, given)
    explicit = _explicit(workflow, given, notes)
    begun = _begun_with(workflow, given, explicit, notes=notes)
    values = {**begun, **explicit, **media}
    inputs = accept(workflow, values)
    notes += _fitted(workflow, values, inputs)
    inputs = {each.name: _drawn_seed(each, inputs, seed) for each in _of(workflow, inputs)}
    words = str(inputs.get(workflow.prompt.name, "")) if workflow.prompt else ""
    seeds = (int(inputs[each.name]) for each in _of(workflow, inputs) if each.is_seed)
    try:
        sent, typed = with_drawn(workflow, inputs, notes, seed=next(seeds, seed), lists=lists)
    except InputRefusedError as error:
        raise _told_whose(error, workflow, is_saved=error.name in begun) from error
    sent, of_words = with_loras(workflow, sent, notes, loras=loras, given=values)
    return Filled(
        inputs=sent,
        media_inputs=tuple(name for name in sent if name in media),
        words=words,
        typed={**typed, **of_words},
        notes=tuple(dict.fromkeys(notes))[:MOST_NOTES],
    )


def accept(workflow: Workflow, given: Mapping[str, object]) -> dict[str, InputValue]:
    """
    Check what a person gave and complete it with the workflow's defaults.

    Returns every input that has a value. A seed that nobody gave is -1: the caller draws it.
    Raises InputRefusedError for a name that is not an input and a value out of its range,
    InputMissingError for a missing file and an empty prompt.
    """
    known = {each.name for each in workflow.inputs}
    for name in given:
        if name not in known:
            raise unknown_input(workflow, name)
    accepted: dict[str, InputValue] = {}
    for each in workflow.inputs:
        value = _value(workflow, each, given.get(each.name))
        if value is not None:
            accepted[each.name] = value
    return accepted


def _is_given(wanted: Input, value: object) -> bool:
    """Whether there is a value: an empty field is none, but for a text, which may be empty."""
    return value is not None and not (value == "" and wanted.kind is not InputKind.TEXT)


def _value(workflow: Workflow, wanted: Input, given: object) -> InputValue | None:
    """Return an input's value, or None for one that is left to the service."""
    if _is_given(wanted, given):
        value = wanted.accept(given)
    elif wanted.is_seed:
        return RANDOM_SEED
    else:
        value = _default(wanted)
    if wanted == workflow.prompt:
        if wanted.is_prompt and not prompt_is_said(str(value)):
            raise _missing(workflow, wanted)
        return value or None
    if value != "" or (wanted.kind is InputKind.TEXT and not wanted.required):
        return value
    if wanted.required:
        raise _missing(workflow, wanted)
    return None


def _default(wanted: Input) -> InputValue:
    """Return what the deployment sends by itself; "" for nothing. A number is a number."""
    if wanted.default is None:
        return ""
    if not (isinstance(wanted.default, str) and wanted.kind.is_numeric):
        return wanted.default
    try:
        return wanted.accept(wanted.default)
    except InputRefusedError:
        return ""


def _missing(workflow: Workflow, wanted: Input) -> InputMissingError:
    what = f"/{workflow.name} needs a value for “{wanted.name}”."
    if wanted == workflow.prompt:
        what = f"Please say what you want to see: /{workflow.name} a red fox in the snow"
    elif wanted.kind is InputKind.IMAGE:
        what = f"/{workflow.name} needs a picture: please send one together with the command."
    elif wanted.kind is InputKind.FILE:
        what = f"/{workflow.name} needs a file for “{wanted.name}”."
    return InputMissingError(wanted.name, what)


def _of(workflow: Workflow, inputs: Mapping[str, InputValue]) -> Iterable[Input]:
    """Return the inputs that have a value, in their order."""
    return (each for each in workflow.inputs if each.name in inputs)


def _drawn_seed(wanted: Input, inputs: Mapping[str, InputValue], seed: int) -> InputValue:
    """Return a seed in place of -1: a run can only be repeated if we chose its seed."""
    if not wanted.is_seed or inputs[wanted.name] != RANDOM_SEED:
        return inputs[wanted.name]
    low = 0 if wanted.minimum is None else max(0, int(wanted.minimum))
    high = LARGEST_SEED if wanted.maximum is None else int(wanted.maximum)
    return low + seed % max(1, high - low + 1)


def _explicit(workflow: Workflow, given: Given, notes: list[str]) -> dict[str, object]:
    """Return what the person gave by input name, the words among it."""
    explicit: dict[str, object] = {}
    for name, value in given.values.items():
        found = input_called(workflow, name)
        if found is None:
            raise unknown_input(workflow, name)
        if found.kind.is_media:
            raise InputRefusedError(
                found.name,
                f"“{found.name}” is a file: please send it along, or name it with --image.",
            )
        if _is_given(found, value):
            explicit[found.name] = value
    if not given.words:
        return explicit
    if workflow.prompt is None:
        raise InputRefusedError(
            "prompt", f"/{workflow.name} takes no words, only: {names_of(workflow)}."
        )
    if workflow.prompt.name in explicit:
        notes.append(f"“{workflow.prompt.name}” was given by name: the other words are left out.")
    return {workflow.prompt.name: given.words, **explicit}


def _begun_with(
    workflow: Workflow, given: Given, explicit: Mapping[str, object], *, notes: list[str]
) -> dict[str, object]:
    """Return what was saved before and is still taken: the person's before the chat's."""
    known = {each.name: each for each in workflow.inputs}
    begun: dict[str, object] = {}
    for whose, saved in (("The chat's", given.common), ("Your", given.saved)):
        for name, value in saved.items():
            if name in explicit:
                continue
            try:
                begun[name] = _still_taken(workflow, known.get(name), value)
            except InputRefusedError as error:
                notes.append(f"{whose} saved “{name[:40]}” is left out: {error.problem}")
    return begun


def _told_whose(
    error: InputRefusedError, workflow: Workflow, *, is_saved: bool
) -> InputRefusedError:
    """Return what to raise: who typed nothing of the sort is told where it comes from."""
    if not is_saved or isinstance(error, InputMissingError):
        return error
    way_out = f"“{error.name}” is saved: /settings {workflow.name} shows it, and forgets it."
    return InputRefusedError(error.name, f"{error.problem} {way_out}")


def _still_taken(workflow: Workflow, wanted: Input | None, value: InputValue) -> InputValue:
    if wanted is None or wanted.kind.is_media:
        raise InputRefusedError("", f"/{workflow.name} does not take it any more.")
    return wanted.accept(value)


def _fitted(
    workflow: Workflow, values: Mapping[str, object], inputs: Mapping[str, InputValue]
) -> list[str]:
    """Return what is said of numbers that no step reaches."""
    notes = []
    for each in _of(workflow, inputs):
        value, taken = values.get(each.name), inputs[each.name]
        if each.kind.is_numeric and each.step and _is_given(each, value):
            was = float(str(value))
            if abs(was - float(taken)) > each.step / 1e6:  # else no more than its spelling
                notes.append(
                    f"{each.name}: {was:.10g} became {taken:.10g}, "
                    f"it goes in steps of {each.step:.10g}"
                )
    return notes


def _placed(workflow: Workflow, given: Given) -> dict[str, str]:
    """Return the files by the inputs that they fill: pictures without a name in their order."""
    takes_files = {each.name for each in workflow.media_inputs}
    for name in given.media:
        if name not in takes_files:
            raise InputRefusedError(name, f"/{workflow.name} takes no file for “{name[:40]}”.")
    images = (each for each in workflow.media_inputs if each.kind is InputKind.IMAGE)
    free = [each for each in images if each.name not in given.media]
    # A picture that is sent alone is the one to work on, not a mask, and not one that is there.
    free.sort(key=lambda each: (each.role is Role.MASK, not each.required))
    if len(given.images) > len(free):
        takes = "no picture" if not free else f"{len(free)} picture{'s' * (len(free) != 1)}"
        raise InputRefusedError(
            "image",
            f"/{workflow.name} takes {takes}, not {len(given.images)}. Please send it again.",
        )
    return {
        **given.media,
        **{each.name: image for each, image in zip(free, given.images, strict=False)},
    }
