"""
The commands that platforms list for people, in the order in which they are listed.

Those of the conversation come first, then one for each workflow, with an option for each input.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import attrs

from adapters.chat import texts
from core.shared.errors import StationError
from core.shared.wording import shortened
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.snapshot import normal_name

SUMMARY_LENGTH = 100
"""Characters: Discord's limit, the smaller one."""

MOST_OPTIONS = 25
"""Discord's limit; what does not fit is given as text in the last one."""

CHOICE_LENGTH = 100
"""Characters of one choice: Discord's limit. A longer one can only be typed."""

NAME_LENGTH = 32
"""Characters of an option's name: Discord's limit."""

OTHERS = "options"
WORKFLOW = "workflow"


class OptionKind(StrEnum):
    """What a platform asks for."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    IMAGE = "image"
    FILE = "file"


@attrs.frozen(kw_only=True)
class Option:
    """
    What may follow a command, by the name under which a form asks for it: `[a-z0-9_]{1,32}`.

    `input` is the workflow's input that it sets; without one its value is the command's words.
    `completes` says that there is more to choose from than `choices` shows: ask `complete`.
    """

    name: str
    summary: str
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    completes: bool = False
    input: str = ""


@attrs.frozen(kw_only=True)
class Command:
    """
    A command of the conversation. `name` and `summary` are short enough for every platform.

    The answers of a private one are for the eyes of the person who asked, where that can be.
    """

    name: str
    summary: str
    options: tuple[Option, ...] = ()
    private: bool = True
    on_the_page: bool = True
    """Whether the help page names it."""
    for_admins: bool = False
    is_workflow: bool = False


_IMAGE = Option(name="image", summary=texts.IMAGE_OPTION, kind=OptionKind.IMAGE)
_WHICH_WORKFLOW = Option(name=WORKFLOW, summary=texts.WORKFLOW_OPTION, completes=True)

COMMANDS = (
    Command(name="start", summary=texts.START_COMMAND, on_the_page=False),
    Command(
        name="make",
        summary=texts.MAKE_COMMAND,
        options=(Option(name="prompt", summary=texts.PROMPT_OPTION, required=True), _IMAGE),
        private=False,
    ),
    Command(
        name="run",
        summary=texts.RUN_COMMAND,
        options=(
            attrs.evolve(_WHICH_WORKFLOW, required=True),
            Option(name="prompt", summary=texts.PROMPT_OPTION),
            Option(name=OTHERS, summary=texts.OPTIONS_OPTION),
            _IMAGE,
        ),
        private=False,
    ),
    Command(
        name="workflows",
        summary=texts.WORKFLOWS_COMMAND,
        options=(Option(name="search", summary=texts.SEARCH_OPTION),),
    ),
    Command(name="points", summary=texts.POINTS_COMMAND),
    Command(
        name="why",
        summary=texts.WHY_COMMAND,
        options=(Option(name="code", summary=texts.CODE_OPTION),),
    ),
    Command(name="status", summary=texts.STATUS_COMMAND),
    Command(
        name="cancel",
        summary=texts.CANCEL_COMMAND,
        options=(Option(name="which", summary=texts.WHICH_OPTION),),
    ),
    Command(
        name="settings",
        summary=texts.SETTINGS_COMMAND,
        options=(_WHICH_WORKFLOW, Option(name=OTHERS, summary=texts.OPTIONS_OPTION)),
    ),
    Command(name="help", summary=texts.HELP_COMMAND, options=(_WHICH_WORKFLOW,)),
    Command(name="reload", summary=texts.RELOAD_COMMAND, on_the_page=False, for_admins=True),
)
RESERVED = frozenset(each.name for each in COMMANDS)
"""A workflow of such a name is reached by `/run`."""


_PAIRS = ('""', "''", "\u201c\u201d\u201e")
"""Marks to open and to close a value; none of a pair, nor the third, may be in it."""
_MARKS = "\"'\u201c\u201d\u201e"
_DASHES = ("\u2013", "\u2014")
_NAME = re.compile(r"\w+(?:-\w+)*")
"""How the name of an input can be typed without marks."""


def call_of(workflow: Workflow) -> str:
    """Return what people write to run a workflow: `/upscale`, or `/run help`."""
    return f"/run {workflow.name}" if workflow.name in RESERVED else f"/{workflow.name}"


def menu_of(workflows: Iterable[Workflow], *, for_admin: bool = False) -> tuple[Command, ...]:
    """Return every command that somebody is offered."""
    offered = (
        each
        for each in workflows
        if each.is_listed_for(for_admin=for_admin) and each.name not in RESERVED
    )
    ours = (each for each in COMMANDS if for_admin or not each.for_admins)
    return (*ours, *map(command_of, offered))


def command_of(workflow: Workflow) -> Command:
    """Return the command of a workflow."""
    return Command(
        name=workflow.name,
        summary=_short(workflow.description) or _short(workflow.title) or workflow.name,
        options=options_of(workflow),
        private=False,
        on_the_page=False,
        for_admins=workflow.for_admins,
        is_workflow=True,
    )


def options_of(workflow: Workflow, *, most: int = MOST_OPTIONS) -> tuple[Option, ...]:
    """Return an option for each input: the needed ones first, and no more than `most`."""
    prompt = workflow.prompt
    ordered = sorted(workflow.inputs, key=lambda each: (not _is_needed(each), each != prompt))
    found: dict[str, Option] = {}
    for each in ordered:
        name = _free_name(normal_name(each.name) or "input", found)
        found[name] = _option(each, name, is_words=each == prompt)
    options = tuple(found.values())
    if len(options) <= most:
        return options
    return (*options[: most - 1], Option(name=OTHERS, summary=texts.OPTIONS_OPTION))


def _free_name(wanted: str, taken: Mapping[str, object]) -> str:
    name, number = wanted, 1
    while name in taken or name == OTHERS:
        number += 1
        name = f"{wanted[: NAME_LENGTH - len(str(number)) - 1]}_{number}"
    return name


def _option(wanted: Input, name: str, *, is_words: bool) -> Option:
    can_be = _choices(wanted)
    few = len(can_be) == len(wanted.options) <= MOST_OPTIONS
    kinds = {InputKind.CHOICE: OptionKind.TEXT}
    return Option(
        name=name,
        summary=_short(wanted.description) or _short(wanted.shown_name) or name,
        kind=kinds.get(wanted.kind) or OptionKind(wanted.kind),
        required=_is_needed(wanted),
        minimum=None if wanted.is_seed else wanted.minimum,
        maximum=wanted.maximum,
        choices=can_be if few else (),
        completes=not few,
        input="" if is_words else wanted.name,
    )


def _is_needed(wanted: Input) -> bool:
    """Whether a form must insist on it: files other than pictures may be of earlier results."""
    return wanted.required and wanted.kind is not InputKind.FILE


def _choices(wanted: Input) -> tuple[str, ...]:
    """Return what can be chosen of what an input can be."""
    return tuple(each for each in wanted.options if 0 < len(each) <= CHOICE_LENGTH)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return shortened(plain, SUMMARY_LENGTH)


def typed(command: Command, given: Mapping[str, object]) -> str:
    """
    Return the command with what was given for its options, as if the person had typed it.

    What was given for an option that is not there any more is typed by its name, to be refused.
    """
    words: list[str] = []
    values: list[str] = []
    for option in command.options:
        value = given.get(option.name)
        if value is None or value == "" or option.kind in (OptionKind.IMAGE, OptionKind.FILE):
            continue
        if option.input:
            values.append(f"{named(option.input)}={_in_marks(value)}")
        else:
            words.append(str(value))
    known = {option.name for option in command.options}
    values += (
        f"{named(name)}={_in_marks(value)}"
        for name, value in given.items()
        if name not in known and isinstance(value, str | int | float) and value != ""
    )
    # The words come last: a mark of speech that nobody closes must not take values in.
    return " ".join((f"/{command.name}", *values, *words)).rstrip()


def named(name: str) -> str:
    """Return an input's name as it is typed before a value: `--width`, or `--"any name"`."""
    if _NAME.fullmatch(name):
        return f"--{name}"
    return f"--{normal_name(name)}" if '"' in name or "\n" in name else f'--"{name}"'


def _in_marks(value: object) -> str:
    """Return a value in marks that it does not hold itself, should it need any."""
    text = str(value)
    is_plain = not any(each.isspace() or each in _MARKS for each in text)
    if is_plain and not text.startswith(("--", *_DASHES)):
        return text
    for marks in _PAIRS:
        if not set(marks) & set(text):
            return f"{marks[0]}{text}{marks[1]}"
    return '"{}"'.format(text.replace('"', "'"))


def complete(options: Sequence[str], begun: str, *, most: int = MOST_OPTIONS) -> list[str]:
    """Return what can be chosen that begins with, or else holds, what was begun."""
    lowered = begun.strip().lower()
    first = [each for each in options if each.lower().startswith(lowered)]
    later = [each for each in options if lowered in each.lower() and each not in first]
    return [*first, *later][:most]


class Menus:
    """
    The menu as the catalogue is now.

    Without a catalogue it has what is fixed; only `everything` raises then.
    """

    def __init__(self, workflows: Workflows) -> None:
        self._workflows = workflows

    async def current(self, *, for_admin: bool) -> tuple[Command, ...]:
        """Return every command that somebody is offered."""
        return menu_of(await self._offered(for_admin=for_admin), for_admin=for_admin)

    async def everything(self) -> tuple[Command, ...]:
        """
        Return what is fixed, operators' commands too, and the workflows that everybody is offered.

        Raises StationError without a catalogue: what is listed must not be taken for gone.
        """
        offered = menu_of(await self._workflows.all())
        return (*COMMANDS, *(each for each in offered if each.is_workflow))

    async def command(self, name: str, *, for_admin: bool) -> Command:
        """Return the command of a name; one that is not offered (any more) has no options."""
        offered = await self._offered(for_admin=for_admin) if name not in RESERVED else ()
        found = [each for each in COMMANDS if each.name == name]
        found += (command_of(each) for each in offered if each.name == name)
        return found[0] if found else Command(name=name, summary="")

    async def completions(
        self, command: str, option: str, begun: str, *, for_admin: bool
    ) -> list[str]:
        """Return what an option can be that begins with, or holds, what was begun."""
        offered = await self._offered(for_admin=for_admin)
        if command in RESERVED:
            names = [each.name for each in offered] if option == WORKFLOW else []
            return complete(names, begun)
        workflow = next((each for each in offered if each.name == command), None)
        if workflow is None:
            return []
        asked = next((each for each in options_of(workflow) if each.name == option), None)
        wanted = workflow.input_named(asked.input) if asked and asked.input else None
        return [] if wanted is None else complete(_choices(wanted), begun)

    async def _offered(self, *, for_admin: bool) -> list[Workflow]:
        try:
            workflows = await self._workflows.all()
        except StationError:
            return []
        return [each for each in workflows if each.is_listed_for(for_admin=for_admin)]
