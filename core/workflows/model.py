"""A workflow as people see it: a command with inputs; and where the service can run it."""

from datetime import datetime
from enum import StrEnum

import attrs

from core.shared.ids import DeploymentId, WorkflowKey, WorkflowName
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind, Role

READY = "ready"


class OutputKind(StrEnum):
    """What a workflow makes."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    FILE = "file"


class Category(StrEnum):
    """Under which heading a workflow is listed, in the order of the headings."""

    TEXT_TO_IMAGE = "text to image"
    IMAGE_TO_IMAGE = "image to image"
    UPSCALE = "upscale"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    OTHER = "other"


@attrs.frozen(kw_only=True)
class Machine:
    """Where runs are made, as the service last told; `status` is its own word."""

    id: str
    name: str = ""
    status: str = READY
    gpu: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it takes runs now."""
        return self.status == READY


@attrs.frozen(kw_only=True)
class Deployment:
    """One deployment of a workflow. Its id changes with a redeploy; `version` counts from 1."""

    id: DeploymentId
    environment: str = ""
    updated_at: datetime | None = None
    version_id: str = ""
    version: int | None = None
    gpu: str | None = None
    machine: Machine | None = None

    @property
    def is_ready(self) -> bool:
        """Whether its machine takes runs; one that the service does not tell of is taken to."""
        return self.machine is None or self.machine.is_ready


@attrs.frozen(kw_only=True)
class Workflow:
    """
    One workflow of ComfyUI Deploy, as people see it: a command with inputs.

    `deployments` are all that serve it, the one that runs first; `key` is the workflow's own id
    at the service, which neither a rename nor a redeploy changes.
    """

    name: WorkflowName
    title: str
    deployment: DeploymentId
    key: WorkflowKey = attrs.field()
    deployments: tuple[Deployment, ...] = ()
    route: str = ""
    """Why this deployment of several runs it, in one sentence; "" where there is no choice."""
    description: str = ""
    gpu: str | None = None
    inputs: tuple[Input, ...] = ()
    outputs: tuple[OutputKind, ...] = ()
    """Empty when the graph does not tell."""
    category: Category = attrs.field()
    base_model: str = ""
    """The family of its checkpoint, as LoRA files name it: `SDXL`, `FLUX`; "" if unknown."""
    lora_loaders: tuple[str, ...] = ()
    """The classes of its nodes that load LoRA files."""
    reads_lora_tags: bool = False
    """Whether a node of it reads `<lora:name:weight>` in the prompt."""
    aliases: tuple[str, ...] = ()
    own_name: str = ""
    """What it is called at the service, should a note give it another title; "" if not."""
    example: str = ""
    """Words to try it with."""
    is_hidden: bool = False
    """Whether it is in no list; whoever knows the name can use it."""
    for_admins: bool = False
    fixed_price: int | None = None
    """Whole points, whatever the run takes."""
    price_factor: float = 1.0
    as_files: bool = False
    """Whether its results are sent as files, untouched."""

    @key.default
    def _key(self) -> WorkflowKey:
        return WorkflowKey(self.name)

    @category.default
    def _category(self) -> Category:
        return category_of(self.inputs, self.outputs)

    @property
    def runs_on(self) -> Deployment:
        """The deployment that runs it."""
        bare = Deployment(id=self.deployment, gpu=self.gpu)
        return next((each for each in self.deployments if each.id == self.deployment), bare)

    @property
    def is_ready(self) -> bool:
        """Whether the machine takes runs now."""
        return self.runs_on.is_ready

    def is_for(self, *, for_admin: bool) -> bool:
        """Whether somebody may use it who is, or is not, an operator."""
        return for_admin or not self.for_admins

    def is_listed_for(self, *, for_admin: bool) -> bool:
        """Whether it is offered to somebody who is, or is not, an operator."""
        return not self.is_hidden and self.is_for(for_admin=for_admin)

    @property
    def prompt(self) -> Input | None:
        """The input that takes a person's sentence, or None when there is no text input."""
        texts = [each for each in self.inputs if each.kind is InputKind.TEXT]
        named = [each for each in texts if each.is_prompt]
        return next(iter(named or [each for each in texts if each.role is None]), None)

    @property
    def media_inputs(self) -> tuple[Input, ...]:
        """The inputs that take a file, in the order of the graph."""
        return tuple(each for each in self.inputs if each.kind.is_media)

    @property
    def primary(self) -> Input | None:
        """The input that the workflow is about: its first file if it needs one, else the prompt."""
        needed = (each for each in self.media_inputs if each.required)
        return next(needed, None) or self.prompt or next(iter(self.inputs), None)

    def input_named(self, name: str) -> Input | None:
        """Return the input of this name, else the one of this role; None for neither."""
        lowered = name.lower()
        by_name = {each.name: each for each in self.inputs}
        for each in self.inputs:
            by_name.setdefault(each.name.lower(), each)
        found = by_name.get(name) or by_name.get(lowered)
        return found or next((each for each in self.inputs if each.role == lowered), None)


def category_of(
    inputs: tuple[Input, ...], outputs: tuple[OutputKind, ...], *, upscales: bool | None = None
) -> Category:
    """
    Return the heading for a workflow of these inputs and outputs.

    `upscales` says whether its graph makes pictures larger; None where the graph is not known.
    """
    # A film's last frame or a song's cover is saved beside it: neither is what it is for.
    if OutputKind.VIDEO in outputs:
        return Category.VIDEO
    if OutputKind.AUDIO in outputs:
        return Category.AUDIO
    if outputs and OutputKind.IMAGE not in outputs:
        return Category.TEXT if OutputKind.TEXT in outputs else Category.OTHER
    if not outputs and any(each.role is Role.VIDEO for each in inputs):
        return Category.VIDEO
    if any(each.role in (Role.IMAGE, Role.MASK) and each.required for each in inputs):
        return _category_of_picture(inputs, upscales=upscales)
    has_words = any(each.kind is InputKind.TEXT and _is_sentence(each) for each in inputs)
    return Category.TEXT_TO_IMAGE if has_words else Category.OTHER


def _category_of_picture(inputs: tuple[Input, ...], *, upscales: bool | None) -> Category:
    """Return the heading for what is made of a picture."""
    prompt = next((each for each in inputs if each.is_prompt), None)
    if prompt is None:
        return Category.IMAGE_TO_IMAGE if upscales is False else Category.UPSCALE
    # Upscalers that redraw come with a prompt that fits any picture; nobody needs to give one.
    return Category.UPSCALE if upscales and not prompt.required else Category.IMAGE_TO_IMAGE


def _is_sentence(each: Input) -> bool:
    """Whether people's words may go here: a text that is nothing else."""
    return each.role in (Role.PROMPT, None)
