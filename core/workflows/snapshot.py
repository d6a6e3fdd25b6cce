"""The catalogue at one moment: every workflow, and every name by which people may call it."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import attrs

from core.shared.ids import WorkflowName
from core.workflows.model import Workflow
from core.workflows.routing import environment_rank

ALIASES = {
    "makeimage": "text2img",
    "text_to_image": "text2img",
    "image_to_image": "img2img",
    "inpainting": "inpaint",
    "super_resolution": "upscale",
    "train": "lora_train",
    "tooncraft": "toon",
    "video": "img2vid",
}
"""Names that people know from elsewhere. A workflow of that very name goes first."""

NAME_LENGTH = 32
"""Characters of a command at most: what both platforms take."""

NEAR = 0.5
"""How alike a name must be to be offered, from 0 to 1."""

_ODD = re.compile(r"[^a-z0-9_\s-]")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_NEVER = datetime.min.replace(tzinfo=UTC)


def normal_name(raw: str) -> WorkflowName:
    """Return the command for a name: lower case, `_` for blanks and hyphens, the rest gone."""
    words = _BETWEEN_WORDS.split(_ODD.sub("", raw.lower()))
    # The cut may end with a "_": a name must stay itself when it is made normal once more.
    return WorkflowName("_".join(filter(None, words))[:NAME_LENGTH].rstrip("_"))


@attrs.frozen(kw_only=True)
class Collision:
    """Workflows of one name: people can use only the one that is offered."""

    name: WorkflowName
    offered: Workflow
    hidden: tuple[Workflow, ...]

    @property
    def sentence(self) -> str:
        """What is the matter, and the way out."""
        others = ", ".join(f"“{each.title}” ({each.key})" for each in self.hidden)
        return (
            f"Several workflows are called {self.name}: “{self.offered.title}” "
            f"({self.offered.key}) is offered, and {others} is not: rename it in ComfyUI Deploy, "
            "or give it a command of its own by a note: @stationthis command=NAME."
        )


@attrs.frozen(kw_only=True, eq=False)
class Snapshot:
    """
    What can be run, as it was read at `read_at`. Never changes: a later reading is another one.

    `problem` says why it could not be read anew, "" when it could.
    """

    workflows: tuple[Workflow, ...] = ()
    """One a name, in the order of their names."""
    read_at: datetime
    problem: str = ""
    gpu_usd_per_s: Mapping[str, float] = attrs.field(factory=dict)
    """The service's own prices; empty when it did not tell."""
    warnings: tuple[str, ...] = ()
    """What an operator should know: a note that cannot be read, half a list that is missing."""
    collisions: tuple[Collision, ...] = ()
    is_whole: bool = True
    """Whether all could be read: otherwise what is not here may be there all the same."""
    _by_name: Mapping[str, Workflow] = attrs.field(repr=False, alias="by_name")
    _by_id: Mapping[str, Workflow] = attrs.field(repr=False, alias="by_id")

    @_by_name.default
    def _named(self) -> Mapping[str, Workflow]:
        return _names_of(self.workflows)

    @_by_id.default
    def _identified(self) -> Mapping[str, Workflow]:
        hidden = (each for collision in self.collisions for each in collision.hidden)
        return _ids_of((*self.workflows, *hidden))

    @classmethod
    def of(
        cls,
        workflows: Iterable[Workflow],
        *,
        read_at: datetime,
        gpu_usd_per_s: Mapping[str, float] | None = None,
        warnings: Iterable[str] = (),
        is_whole: bool = True,
    ) -> "Snapshot":
        """Return the snapshot of these workflows; of several with one name the best is offered."""
        by_name: dict[WorkflowName, list[Workflow]] = {}
        for each in workflows:
            by_name.setdefault(each.name, []).append(each)
        for rivals in by_name.values():
            rivals.sort(key=_goodness)
        return cls(
            workflows=tuple(by_name[name][0] for name in sorted(by_name)),
            read_at=read_at,
            gpu_usd_per_s=gpu_usd_per_s or {},
            warnings=tuple(warnings),
            is_whole=is_whole,
            collisions=tuple(
                Collision(name=name, offered=rivals[0], hidden=tuple(rivals[1:]))
                for name, rivals in sorted(by_name.items())
                if len(rivals) > 1
            ),
        )

    def find(self, raw: str) -> Workflow | None:
        """
        Return the workflow of a name, a title or an alias in any spelling, or of an id.

        One that hides behind another of its name is found by its id, and by a title that is its
        own: what was begun with it must not go on with the other.
        """
        # Nearly always the name is spelt as it is kept, which is a matter of nanoseconds.
        found = self._by_name.get(raw)
        if found is None and not raw.isascii():
            # Of "猫 v2" and "犬 v2" nothing but "v2" is left in a command.
            found = self._by_id.get(raw.strip().casefold())
        found = found or self._by_name.get(normal_name(raw))
        return found or self._by_id.get(raw.strip().casefold())

    def says_the_same_as(self, other: "Snapshot") -> bool:
        """Whether all that can be run, what it costs and what is wrong with it is the same."""
        return all(
            getattr(self, field) == getattr(other, field)
            for field in ("workflows", "gpu_usd_per_s", "warnings", "collisions", "is_whole")
        )

    def nearest(
        self, raw: str, others: Sequence[str] = (), *, most: int = 3, for_admin: bool = True
    ) -> list[str]:
        """Return the names that are most like this one, of workflows that are listed and others."""
        listed = [each.name for each in self.workflows if each.is_listed_for(for_admin=for_admin)]
        return difflib.get_close_matches(normal_name(raw), [*listed, *others], n=most, cutoff=NEAR)


def _goodness(each: Workflow) -> tuple[int, float, str]:
    """Return what sorts the better of two first: environment, then youth, then the key."""
    at = each.runs_on
    age = -((at.updated_at or _NEVER) - _NEVER).total_seconds()
    return environment_rank(at.environment), age, each.key


def _names_of(workflows: Sequence[Workflow]) -> Mapping[str, Workflow]:
    """Return every name that finds a workflow; of two workflows with one name the first has it."""
    index: dict[str, Workflow] = {each.name: each for each in workflows}
    # What the operator calls a workflow goes before what it is known as elsewhere.
    for each in workflows:
        index.setdefault(normal_name(each.title), each)
    for each in workflows:
        for alias in each.aliases:
            index.setdefault(normal_name(alias), each)
    for each in workflows:
        index.setdefault(normal_name(each.own_name), each)
    for alias, name in ALIASES.items():
        if name in index:
            index.setdefault(alias, index[name])
    index.pop("", None)
    return index


def _ids_of(workflows: Sequence[Workflow]) -> Mapping[str, Workflow]:
    """Return every id and every title that finds a workflow; of one title the first has it."""
    index: dict[str, Workflow] = {}
    for each in workflows:
        for key in _ids(each):
            index.setdefault(key.casefold(), each)
    for each in workflows:
        index.setdefault(each.title.strip().casefold(), each)
    for each in workflows:
        index.setdefault(each.own_name.strip().casefold(), each)
    index.pop("", None)
    return index


def _ids(workflow: Workflow) -> Iterator[str]:
    yield from (workflow.key, workflow.deployment, *(each.id for each in workflow.deployments))
