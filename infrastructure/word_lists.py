"""The operator's lists of words, one file each: `colours.txt` is drawn from by `__colours__`."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs
import structlog

from core.workflows.inputs import clean
from core.workflows.ports import Wildcards

LARGEST_BYTES = 2_000_000
"""Of one file; a larger one is no list that anybody wrote."""

LONGEST_LINE = 1_000
"""Characters; a longer line would leave little room for the rest of a prompt."""

log = structlog.get_logger()

Stamp = tuple[int, int]
"""By what a changed file is known: when it was written, in nanoseconds, and how long it is."""


def stamp_of(path: Path) -> Stamp | None:
    """Return a file's stamp, or None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@attrs.frozen
class _File:
    """One file as it was last read; None for one that cannot be."""

    stamp: Stamp
    lines: Sequence[str] | None


class FolderWildcards(Wildcards):
    """
    Reads every `*.txt` of a folder: UTF-8, one entry a line, `#` before what is only a remark.

    A file is read anew when it was changed. One that cannot be read is left out, and logged once.
    Nothing raises: a folder that is not there has no lists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: Mapping[Path, _File] = {}
        self._turn = asyncio.Lock()

    async def lines(self, name: str) -> Sequence[str] | None:
        return (await self._lists()).get(name.lower())

    async def names(self) -> Sequence[str]:
        return sorted(await self._lists())

    async def _lists(self) -> Mapping[str, Sequence[str]]:
        async with self._turn:
            self._files = await asyncio.to_thread(self._read, self._files)
        lists: dict[str, Sequence[str]] = {}
        for path, file in self._files.items():
            if file.lines is not None:
                lists.setdefault(name_of(path), file.lines)
        return lists

    def _read(self, known: Mapping[Path, _File]) -> Mapping[Path, _File]:
        files = {}
        for path in _texts_in(self._folder):
            stamp = stamp_of(path)
            before = known.get(path)
            if stamp is None:
                continue
            is_same = before is not None and before.stamp == stamp
            files[path] = before if before and is_same else _File(stamp, _lines_of(path, stamp))
        return files


def name_of(path: Path) -> str:
    """Return the name of a file's list: lower case, and `_` for blanks."""
    return "_".join(path.stem.lower().split())


def _texts_in(folder: Path) -> Iterable[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() == ".txt")
    except OSError:
        return ()


def _lines_of(path: Path, stamp: Stamp) -> Sequence[str] | None:
    if stamp[1] > LARGEST_BYTES:
        log.warning("wildcards.too_large", file=path.name, bytes=stamp[1], most=LARGEST_BYTES)
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        log.warning("wildcards.unreadable", file=path.name, error=str(error))
        return None
    lines = [each for each in map(clean, text.splitlines()) if each and not each.startswith("#")]
    short = [each for each in lines if len(each) <= LONGEST_LINE]
    if len(short) < len(lines):
        left_out = len(lines) - len(short)
        log.warning("wildcards.too_long", file=path.name, lines=left_out, most=LONGEST_LINE)
    return tuple(short)
