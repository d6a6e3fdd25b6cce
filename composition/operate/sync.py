"""What is different of the workflows since an operator last looked."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from composition.operate.command import CommandRefusedError
from composition.operate.tables import iso
from core.workflows.inputs import Input
from core.workflows.model import Workflow

Noted = Mapping[str, object]
"""What is noted of one workflow."""


@attrs.frozen(kw_only=True)
class Notes:
    """The workflows by name as they were at `synced_at`, an ISO time; "" before the first look."""

    workflows: Mapping[str, Noted]
    synced_at: str = ""


@attrs.frozen(kw_only=True)
class Changes:
    """The names of what is new and gone; of what has changed, also what of it."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]


def notes_of(workflows: Iterable[Workflow], now: datetime) -> Notes:
    """Return what is to be noted of the workflows as they are now."""
    noted = {each.name: _noted(each) for each in workflows}
    # Through JSON, so that they compare equal with what is read from the file.
    return Notes(workflows=json.loads(json.dumps(noted)), synced_at=iso(now) or "")


def changes(before: Notes, after: Notes) -> Changes:
    """Return what is different."""
    old, new = before.workflows, after.workflows
    differing = {
        name: found
        for name in sorted(old.keys() & new.keys())
        if (found := tuple(_differences(old[name], new[name])))
    }
    return Changes(
        new=tuple(sorted(new.keys() - old.keys())),
        gone=tuple(sorted(old.keys() - new.keys())),
        changed=differing,
    )


def read(place: Path) -> Notes:
    """Return what was noted last. Raises CommandRefusedError for a file that holds no notes."""
    try:
        found: object = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Notes(workflows={})
    except (OSError, ValueError) as error:
        raise CommandRefusedError(_unreadable(place)) from error
    match found:
        case {"synced_at": str() as synced_at, "workflows": dict() as workflows} if all(
            isinstance(each, dict) for each in workflows.values()
        ):
            return Notes(workflows=workflows, synced_at=synced_at)
        case _:
            raise CommandRefusedError(_unreadable(place))


def write(place: Path, notes: Notes) -> None:
    """Note the workflows for the next time: the whole file, or the old one stays."""
    draft = place.with_suffix(".new")
    text = json.dumps(attrs.asdict(notes), ensure_ascii=False, indent=1)
    draft.write_text(f"{text}\n", encoding="utf-8")
    draft.replace(place)


def _unreadable(place: Path) -> str:
    return f"{place} cannot be read as notes of a sync: remove it, and the next sync begins anew."


def _noted(workflow: Workflow) -> Noted:
    return {
        "title": workflow.title,
        "description": workflow.description,
        "gpu": workflow.gpu,
        "deployment": workflow.deployment,
        "environment": workflow.runs_on.environment or None,
        "version": workflow.runs_on.version,
        "category": workflow.category,
        "inputs": {each.name: _noted_input(each) for each in workflow.inputs},
    }


def _noted_input(wanted: Input) -> Noted:
    return {
        "kind": wanted.kind,
        "default": wanted.default,
        "minimum": wanted.minimum,
        "maximum": wanted.maximum,
        "step": wanted.step,
        "required": wanted.required,
        "choices": list(wanted.options),
    }


def _differences(old: Noted, new: Noted) -> Iterable[str]:
    """Return what is different of one workflow, in words."""
    # An older program noted fewer things: what it did not note has not changed.
    for field in sorted(old.keys() & new.keys()):
        was, is_now = old[field], new[field]
        if was == is_now:
            continue
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            names = sorted(was.keys() | is_now.keys())
            differing = (name for name in names if _differs(was.get(name), is_now.get(name)))
            yield from (f"input {name}" for name in differing)
        else:
            yield field


def _differs(was: object, is_now: object) -> bool:
    """Whether what both programs noted of an input is different."""
    if isinstance(was, Mapping) and isinstance(is_now, Mapping):
        return any(was[field] != is_now[field] for field in was.keys() & is_now.keys())
    return was != is_now
