"""
What buttons mean, as text of at most 64 bytes and back.

The text begins with a version, so that a button from an old message is told from a broken one:
`1:again:5f0c...`. Who may press is not in the text: jobs know their owners.
"""

import re

import attrs
from attrs.validators import matches_re

from core.shared.errors import StaleButtonError
from core.shared.ids import JobId

VERSION = "1"
MAX_BYTES = 64
"""Telegram's limit for a button's data, the smallest of all platforms."""

_JOB_ID = re.compile(r"[0-9a-f]{32}")


def _job(_: object, field: "attrs.Attribute[JobId]", value: JobId) -> None:
    if not _JOB_ID.fullmatch(value):
        msg = f"{field.name} is not a job's id: {value[:MAX_BYTES]!r}"
        raise ValueError(msg)


@attrs.frozen
class CancelJob:
    """Undo while it waits, cancel while it runs."""

    verb = "cancel"
    job: JobId = attrs.field(validator=_job)


@attrs.frozen
class RepeatJob:
    """The same again, with a new seed."""

    verb = "again"
    job: JobId = attrs.field(validator=_job)


@attrs.frozen
class UpscaleResult:
    """Make the first picture of a job larger."""

    verb = "upscale"
    job: JobId = attrs.field(validator=_job)


@attrs.frozen
class ShowInfo:
    """How a result was made, and what it cost."""

    verb = "info"
    job: JobId = attrs.field(validator=_job)


@attrs.frozen
class RunCommand:
    """As if the person had typed the command: `help`."""

    verb = "do"
    command: str = attrs.field(validator=matches_re(r"[a-z0-9_]{1,32}"))


Action = CancelJob | RepeatJob | UpscaleResult | ShowInfo | RunCommand

_JOB_ACTIONS = (CancelJob, RepeatJob, UpscaleResult, ShowInfo)


def encode(action: Action) -> str:
    """Return the action as text of at most 64 bytes."""
    subject = action.command if isinstance(action, RunCommand) else action.job
    return f"{VERSION}:{action.verb}:{subject}"


def decode(text: str) -> Action:
    """Return the action of a button's text. Raises StaleButtonError for anything else."""
    version, _, rest = text.partition(":")
    verb, _, subject = rest.partition(":")
    if version == VERSION:
        try:
            if verb == RunCommand.verb:
                return RunCommand(subject)
            for kind in _JOB_ACTIONS:
                if verb == kind.verb:
                    return kind(JobId(subject))
        except ValueError:
            pass
    raise StaleButtonError(f"not an action: {text[:MAX_BYTES]!r}")
