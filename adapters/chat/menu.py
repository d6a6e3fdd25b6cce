"""The commands that platforms list for people, in the order in which they are listed."""

import attrs

from adapters.chat import texts


@attrs.frozen(kw_only=True)
class Option:
    """What may follow a command: one text, by the name under which a form asks for it."""

    name: str
    summary: str
    required: bool = False


@attrs.frozen(kw_only=True)
class Command:
    """
    A command of the conversation. `name` and `summary` are short enough for every platform.

    The answers of a private one are for the eyes of the person who asked, where that can be.
    """

    name: str
    summary: str
    option: Option | None = None
    takes_image: bool = False
    private: bool = True
    on_the_page: bool = True
    """Whether the help page names it."""


COMMANDS = (
    Command(name="start", summary=texts.START_COMMAND, on_the_page=False),
    Command(
        name="make",
        summary=texts.MAKE_COMMAND,
        option=Option(name="prompt", summary=texts.PROMPT_OPTION, required=True),
        takes_image=True,
        private=False,
    ),
    Command(name="workflows", summary=texts.WORKFLOWS_COMMAND),
    Command(name="points", summary=texts.POINTS_COMMAND),
    Command(name="status", summary=texts.STATUS_COMMAND),
    Command(
        name="cancel",
        summary=texts.CANCEL_COMMAND,
        option=Option(name="which", summary=texts.WHICH_OPTION),
    ),
    Command(name="help", summary=texts.HELP_COMMAND),
)


def typed(command: Command, words: str) -> str:
    """Return the command as if the person had typed it."""
    return f"/{command.name} {words}".rstrip()
