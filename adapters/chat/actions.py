"""
What buttons mean, as text of at most 64 bytes and back.

The text begins with a version, so that a button from an old message is told from a broken one:
`1:again:5f0c...`. Who may press is not in the text: jobs know their owners.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial

import attrs
from attrs.validators import matches_re

from core.shared.errors import StaleButtonError
from core.shared.ids import DraftId, JobId

VERSION = "1"
MAX_BYTES = 64
"""Telegram's limit for a button's data, the smallest of all platforms."""

_ID = re.compile(r"[0-9a-f]{32}")
_WORKFLOW = r"[a-z0-9_]{1,32}"


def _job(_: object, field: "attrs.Attribute[JobId]", value: JobId) -> None:
    if not _ID.fullmatch(value):
        msg = f"{field.name} is not a job's id: {value[:MAX_BYTES]!r}"
        raise ValueError(msg)


def _draft(_: object, field: "attrs.Attribute[DraftId]", value: DraftId) -> None:
    if not _ID.fullmatch(value):
        msg = f"{field.name} is not a draft's id: {value[:MAX_BYTES]!r}"
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


@attrs.frozen
class TweakJob:
    """The same once more, with some of it changed first."""

    verb = "tweak"
    job: JobId = attrs.field(validator=_job)


@attrs.frozen
class BrowseWorkflows:
    """A page of the list: `video.2`, or of what was found: `?red fox.0`."""

    verb = "list"
    page: str = attrs.field(validator=matches_re(r"[^:\x00-\x1f]{0,40}\.[0-9]{1,3}"))


@attrs.frozen
class ShowWorkflow:
    """What a workflow takes, and what it costs."""

    verb = "about"
    workflow: str = attrs.field(validator=matches_re(_WORKFLOW))


@attrs.frozen
class OpenForm:
    """A workflow's form, with the words of its example."""

    verb = "try"
    workflow: str = attrs.field(validator=matches_re(_WORKFLOW))


@attrs.frozen
class ForgetPreferences:
    """A workflow begins with its own values again."""

    verb = "forget"
    workflow: str = attrs.field(validator=matches_re(_WORKFLOW))


@attrs.frozen
class PressForm:
    """
    A button of a form: `run`, `keep`, `close`, `page.2`, `pick.3.12.4711`, `ask.3.4711`.

    `ask` wants a text: a platform that can ask by itself does, and sends it with the press. The
    last number of those for an input tells whether it is the one that the person saw.
    """

    verb = "form"
    draft: DraftId = attrs.field(validator=_draft)
    what: str = attrs.field(validator=matches_re(r"[a-z]{1,8}(\.[0-9]{1,4}){0,3}"))


@attrs.frozen
class ShowEntries:
    """Older lines of a person's points: the page after those that `/points` shows is `0`."""

    verb = "entries"
    page: str = attrs.field(validator=matches_re(r"[0-9]{1,4}"))


JobAction = CancelJob | RepeatJob | UpscaleResult | ShowInfo | TweakJob
PageAction = RunCommand | BrowseWorkflows | ShowWorkflow | OpenForm | ForgetPreferences | PressForm
Action = JobAction | PageAction | ShowEntries

_JOB_ACTIONS = (CancelJob, RepeatJob, UpscaleResult, ShowInfo, TweakJob)
_WORKFLOW_ACTIONS = (ShowWorkflow, OpenForm, ForgetPreferences)


def encode(action: Action) -> str:
    """Return the action as text of at most 64 bytes."""
    match action:
        case RunCommand(subject) | BrowseWorkflows(subject) | ShowEntries(subject):
            pass
        case ShowWorkflow(subject) | OpenForm(subject) | ForgetPreferences(subject):
            pass
        case PressForm(draft, what):
            subject = f"{draft}:{what}"
        case _:
            subject = action.job
    return f"{VERSION}:{action.verb}:{subject}"


def decode(text: str) -> Action:
    """Return the action of a button's text. Raises StaleButtonError for anything else."""
    version, _, rest = text.partition(":")
    verb, _, subject = rest.partition(":")
    make = _MADE_BY.get(verb)
    if version == VERSION and make is not None:
        try:
            return make(subject)
        except ValueError:
            pass
    raise StaleButtonError(f"not an action: {text[:MAX_BYTES]!r}")


def _of_job(kind: Callable[[JobId], Action], subject: str) -> Action:
    return kind(JobId(subject))


def _press_form(subject: str) -> PressForm:
    draft, _, what = subject.partition(":")
    return PressForm(DraftId(draft), what)


_MADE_BY: Mapping[str, Callable[[str], Action]] = {
    **{kind.verb: partial(_of_job, kind) for kind in _JOB_ACTIONS},
    **{kind.verb: kind for kind in _WORKFLOW_ACTIONS},
    RunCommand.verb: RunCommand,
    BrowseWorkflows.verb: BrowseWorkflows,
    PressForm.verb: _press_form,
    ShowEntries.verb: ShowEntries,
}
