"""GoOn: from a result to the next generation: the same again, changed, or made larger."""

from collections.abc import Iterator, Mapping

import attrs

from core.generations.model import Job, Wish
from core.generations.ports import JobStore
from core.media.model import MediaKind, MediaRef
from core.shared.errors import InputRefusedError, StaleButtonError
from core.shared.ids import AccountId, ChatId, JobId
from core.use_cases.cancel_generation import owned
from core.use_cases.start_generation import NOWHERE, Request
from core.workflows.inputs import RANDOM_SEED, Input, InputValue
from core.workflows.model import Workflow
from core.workflows.service import Workflows

UPSCALE = "upscale"

MOST_CHANGES = 6
"""Changes of a workflow that one note tells."""

SHOWN = 40
"""Characters of a value that one note tells."""


def first_image(job: Job) -> MediaRef | None:
    """Return a job's first picture, or None when it made none."""
    return next((each for each in job.outputs if each.kind is MediaKind.IMAGE), None)


@attrs.frozen(kw_only=True)
class Begun:
    """
    What a job was begun with, as its workflow takes it today.

    `words` are as they were typed; `values`, by input name, are checked, and without the seed and
    the prompt; `media` are our own files by input name. `notes` say what has changed since.
    """

    workflow: Workflow
    words: str = ""
    values: Mapping[str, InputValue] = attrs.field(factory=dict)
    media: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()


class GoOn:
    """Makes the request that a result's button means. Whoever presses pays, and owns the job."""

    def __init__(self, *, jobs: JobStore, workflows: Workflows) -> None:
        self._jobs = jobs
        self._workflows = workflows

    async def start_of(self, job_id: JobId, account: AccountId) -> Begun:
        """
        Return what a job was begun with, for its workflow of today.

        Raises NotYoursError, StaleButtonError for a job that is gone, and UnknownWorkflowError.
        """
        job = await owned(self._jobs, job_id, account)
        return _begun(job.wish, await self._workflow_of(job.wish))

    async def again(
        self, job_id: JobId, account: AccountId, *, reply_to: str, chat: ChatId = NOWHERE
    ) -> Request:
        """Return the same wish with its seed to be drawn anew. The deployment is today's."""
        begun = await self.start_of(job_id, account)
        # A seed that is saved would make the same picture once more.
        seeds = {each.name: RANDOM_SEED for each in begun.workflow.inputs if each.is_seed}
        return Request(
            account=account,
            workflow=begun.workflow,
            chat=chat,
            words=begun.words,
            inputs={**begun.values, **seeds},
            media=begun.media,
            notes=begun.notes,
            parent=job_id,
            reply_to=reply_to,
        )

    async def upscale(self, job_id: JobId, account: AccountId, *, reply_to: str) -> Request:
        """Return the wish to have a result's first picture made larger."""
        job = await owned(self._jobs, job_id, account)
        image = first_image(job)
        if image is None:
            raise StaleButtonError(f"job {job_id} has no picture")
        return Request(
            account=account,
            workflow=await self._workflows.named(UPSCALE),
            images=(image.id,),
            parent=job.id,
            reply_to=reply_to,
        )

    async def _workflow_of(self, wish: Wish) -> Workflow:
        """Return a wish's workflow by its key, which a rename leaves alone, else by its name."""
        if wish.key:
            found = (await self._workflows.snapshot()).find(wish.key)
            if found is not None:
                return found
        return await self._workflows.named(wish.workflow)


def _begun(wish: Wish, workflow: Workflow) -> Begun:
    values, changes = _kept(wish, workflow)
    if wish.version != workflow.runs_on.version:
        changes += [f"“{each.name}” is new" for each in _new_in(workflow, wish, values)]
    of_files = {each.name for each in workflow.media_inputs}
    return Begun(
        workflow=workflow,
        words=wish.words if workflow.prompt else "",
        values=values,
        media={name: str(wish.inputs[name]) for name in wish.media_inputs if name in of_files},
        notes=_notes(wish, workflow, changes),
    )


def _kept(wish: Wish, workflow: Workflow) -> tuple[dict[str, InputValue], list[str]]:
    """Return the values that the workflow still takes, and what became of the others."""
    values: dict[str, InputValue] = {}
    changes: list[str] = []
    for name, value in _given(wish):
        found = _input_of(workflow, name, wish)
        if found is None:
            changes.append(f"“{name}” is gone")
            continue
        if found.name != name:
            changes.append(f"“{name}” is now “{found.name}”")
        if found == workflow.prompt or found.is_seed or found.kind.is_media:
            continue
        try:
            values[found.name] = found.accept(value)
        except InputRefusedError:
            changes.append(f"“{found.name}” does not take {str(value)[:SHOWN]} any more")
    return values, changes


def _given(wish: Wish) -> Iterator[tuple[str, InputValue]]:
    """Yield what was sent by input name: as it was typed, and without what came of the words."""
    for name, value in wish.inputs.items():
        typed = wish.typed.get(name, value)
        if typed != "" or value == "":
            yield name, typed


def _input_of(workflow: Workflow, name: str, wish: Wish) -> Input | None:
    """Return the input of today for one of then: of its name, else of what its name means."""
    found = workflow.input_named(name)
    is_another = found is not None and found.name != name and found.name in wish.inputs
    return None if is_another else found


def _new_in(workflow: Workflow, wish: Wish, values: Mapping[str, InputValue]) -> list[Input]:
    """Return the inputs that the workflow did not have then, as far as can be told."""
    # What has no value of its own was not sent then either: nothing tells whether it was there.
    own = [each for each in workflow.inputs if each.default not in (None, "")]
    return [each for each in own if each.name not in wish.inputs and each.name not in values]


def _notes(wish: Wish, workflow: Workflow, changes: list[str]) -> tuple[str, ...]:
    """Return what is said of a workflow that is not what it was; nothing when it is."""
    version = workflow.runs_on.version
    is_newer = None not in (wish.version, version) and wish.version != version
    said = ", ".join(changes[:MOST_CHANGES])
    if len(changes) > MOST_CHANGES:
        said += f", and {len(changes) - MOST_CHANGES} more"
    if is_newer:
        first = f"The workflow is now version {version}, this was made with {wish.version}"
        return (f"{first}: {said}." if said else f"{first}.",)
    return (f"The workflow has changed since: {said}.",) if said else ()
