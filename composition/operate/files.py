"""`stationthis files`: files for the inputs of runs."""

import contextlib
import sys
from pathlib import Path

import click

from composition.config import Config
from composition.operate.command import AS_JSON, config_of, run_to_end
from composition.operate.reach import service
from composition.operate.tables import clean, say, say_json
from infrastructure.comfy_deploy.uploads import Uploads


@click.group()
def files() -> None:
    """Give the service files to work on."""


@files.command()
@click.argument("path", type=click.Path(path_type=Path))
@AS_JSON
def upload(path: Path, *, as_json: bool) -> None:
    """Send a file of up to 250 MB from the disk, and print the URL that an input takes."""
    url = run_to_end(_sent(config_of(), path))
    if as_json:
        say_json({"url": url, "path": str(path), "bytes": path.stat().st_size})
    else:
        say(url)


async def _sent(config: Config, path: Path) -> str:
    async with service(config) as api:
        with _Bar(clean(path.name)) as bar:
            return await Uploads(api.client).send(path, progress=bar.show)


class _Bar(contextlib.ExitStack):
    """A progress bar on stderr, from the first byte on: a file that is refused has none."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label
        self._bar: click._termui_impl.ProgressBar[int] | None = None

    def show(self, done: int, in_all: int) -> None:
        if self._bar is None:
            bar: click._termui_impl.ProgressBar[int] = click.progressbar(
                length=in_all, label=self._label, file=sys.stderr
            )
            self._bar = self.enter_context(bar)
        self._bar.update(done - self._bar.pos)
