"""What a new reading of the catalogue has brought, and how it is told to an operator."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import attrs

from core.shared.ids import WorkflowKey
from core.shared.wording import listed
from core.workflows.drift import Change, differences
from core.workflows.model import Workflow
from core.workflows.snapshot import Snapshot

TEXT_LENGTH = 1_500
"""Characters of one message at most."""

LINE_LENGTH = 400
"""Characters of what is told of one workflow."""

MOST_NAMES = 12
"""Names of new and gone workflows that one line lists."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Refreshed:
    """
    The difference of two snapshots, told apart by the workflows' keys.

    `changed` are pairs of then and now; `added` were not there, or not read. Workflows that are
    hidden by another one of their name count as well. A reading that is not whole has no `gone`.
    """

    added: tuple[Workflow, ...] = ()
    gone: tuple[Workflow, ...] = ()
    changed: tuple[tuple[Workflow, Workflow], ...] = ()
    problems: tuple[str, ...] = ()
    """The collisions and warnings that are new, in sentences."""
    is_first: bool = False
    """Whether nothing was known before."""
    drifted: tuple[str, ...] = attrs.field(init=False)
    """What changed in the inputs of workflows that were known before, a line for each."""

    @drifted.default
    def _drifted(self) -> tuple[str, ...]:
        # Once: of a thousand workflows it takes a third of a second.
        told = ((new, differences(old, new)) for old, new in self.changed)
        return tuple(_told(new, changes) for new, changes in told if changes)

    @classmethod
    def between(cls, before: Snapshot, after: Snapshot) -> "Refreshed":
        """Return what differs, in the order of the names."""
        then, now = _by_key(before), _by_key(after)
        common = [(then[key], each) for key, each in now.items() if key in then]
        gone = [each for key, each in then.items() if key not in now]
        old = set(_problems(before))
        return cls(
            added=tuple(each for key, each in now.items() if key not in then),
            gone=tuple(gone) if after.is_whole else (),
            changed=tuple((one, other) for one, other in common if one != other),
            problems=tuple(each for each in _problems(after) if each not in old),
            is_first=not before.workflows and before.read_at == _BEGINNING,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all workflows that differ: of those that are renamed both."""
        changed = (each.name for pair in self.changed for each in pair)
        others = (each.name for each in (*self.added, *self.gone))
        return tuple(sorted({*changed, *others}))

    def text(self, problems: Sequence[str]) -> str:
        """Return the message for an operator, with these of the problems."""
        renamed = [
            f"/{old.name} is now /{new.name}" for old, new in self.changed if old.name != new.name
        ]
        others = (
            ("Renamed", renamed),
            ("New", [f"/{each.name}" for each in self.added]),
            ("Gone", [f"/{each.name}" for each in self.gone]),
        )
        told = [f"{what}: {listed(names, most=MOST_NAMES)}." for what, names in others if names]
        return _joined([_cut(each) for each in (*self.drifted, *problems, *told)])


def _by_key(snapshot: Snapshot) -> dict[WorkflowKey, Workflow]:
    hidden = (each for collision in snapshot.collisions for each in collision.hidden)
    return {each.key: each for each in (*snapshot.workflows, *hidden)}


def _problems(snapshot: Snapshot) -> Iterator[str]:
    yield from (each.sentence for each in snapshot.collisions)
    yield from snapshot.warnings


def _told(new: Workflow, changes: Iterable[Change]) -> str:
    return f"/{new.name}: {'; '.join(each.sentence for each in changes)}."


def _cut(line: str) -> str:
    return line if len(line) <= LINE_LENGTH else f"{line[: LINE_LENGTH - 1]}…"


def _joined(lines: Iterable[str]) -> str:
    """Return as many of the lines as one message takes, and how many more there are."""
    text, waiting = "The workflows have changed.", list(lines)
    room = TEXT_LENGTH - len(_more(len(waiting)))
    while waiting and len(text) + 1 + len(waiting[0]) <= room:
        text += f"\n{waiting.pop(0)}"
    return text + _more(len(waiting)) if waiting else text


def _more(count: int) -> str:
    return f"\nAnd {count:,} more: `stationthis workflows sync` shows them."
