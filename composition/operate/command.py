"""What every command has in common: where it works, how it ends, how its errors are told."""

import asyncio
import errno
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import attrs
import click

from composition.config import Config
from composition.operate.tables import harmless
from core.shared.errors import StationError

T = TypeVar("T")

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is kept. Default: STATIONTHIS_DATA_DIR, else data/ in this folder.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="At most so many."
)


class CommandRefusedError(StationError):
    """A command cannot do what it was asked. The text is the whole sentence."""

    code = "command.refused"

    @property
    def user_message(self) -> str:
        return str(self)


class LateGroup(click.Group):
    """A group whose commands are imported when the first of them is asked for."""

    def __init__(self, name: str, load: Callable[[], click.Group], *, summary: str) -> None:
        """Take what imports the real group; `summary` is its help."""
        super().__init__(name, help=summary)
        self._load = load

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._load().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._load().get_command(ctx, cmd_name)


def config_of(data: Path | None = None) -> Config:
    """Return the settings, with the folder that the command line names in place of theirs."""
    try:
        config = Config.from_env()
    except StationError as error:
        raise click.ClickException(_lines(error.user_message)) from error
    return config if data is None else attrs.evolve(config, data_dir=data)


def run_to_end(work: Coroutine[object, object, T]) -> T:
    """Run a command to its end; what goes wrong outside the program is one sentence."""
    try:
        return asyncio.run(work)
    except StationError as error:
        raise click.ClickException(_lines(error.user_message)) from error
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        way_on = (
            " Choose another: with --port, or STATIONTHIS_LISTEN and _PRIVATE_LISTEN for `run`."
            if error.errno == errno.EADDRINUSE
            else ""
        )
        raise click.ClickException(f"{error.strerror or error}.{way_on}") from error


def _lines(text: str) -> str:
    """Return a refusal as a terminal may have it: it may quote the service, or what was typed."""
    return "\n".join(map(harmless, text.splitlines()))


def as_uuid(text: str, *, otherwise: str) -> str:
    """Return an id as the service writes it. Raises CommandRefusedError with this sentence."""
    try:
        return str(UUID(text.strip()))
    except ValueError as error:
        raise CommandRefusedError(otherwise) from error
