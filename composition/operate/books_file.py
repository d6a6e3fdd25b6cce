"""The journal as a CSV file."""

import contextlib
import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from composition.operate.tables import iso
from core.points.ports import PointsLedger

HEADS = ("number", "at", "reference", "from", "to", "points")
PAGE = 1_000
"""Entries that are read at once."""

WriteRows = Callable[[Iterable[Iterable[object]]], None]


async def written(ledger: PointsLedger, file: Path) -> int:
    """Write all entries, the oldest first; return how many. Raises OSError, and leaves no part."""
    count = after = 0
    with _whole(file) as write:
        write([HEADS])
        while page := await ledger.journal(after=after, limit=PAGE):
            write(
                (number, iso(each.at), each.ref, each.debit, each.credit, each.amount)
                for number, each in page
            )
            count, after = count + len(page), page[-1][0]
    return count


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[WriteRows]:
    """Have a file written that is there, or replaced, only once it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as opened:
            yield csv.writer(opened, lineterminator="\n").writerows
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
