"""A long list, page by page: it may change while it is read, and a server may know no pages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

Ask = Callable[[int, int], Awaitable[Sequence[T]]]
"""Asks for one page: from which row (0 is the first), and how many rows."""

TRIES = 3
"""How often a list is read that keeps changing under our hands."""


async def all_pages(ask: Ask[T], key: Callable[[T], str], *, size: int) -> tuple[T, ...]:
    """
    Return the whole list, each row once by its key.

    Pages overlap by one row: another row in its place says that something was put in or taken
    out meanwhile, and so that a row may have slipped by. The list is then read once more; what all
    tries have found is returned, the last try's version of each row. Raises what `ask` raises.
    """
    found: dict[str, T] = {}
    for _ in range(TRIES):
        read, held_still = await _one_try(ask, key, size=size)
        found.update(read)
        if held_still:
            return tuple(read.values())
    return tuple(found.values())


async def _one_try(ask: Ask[T], key: Callable[[T], str], *, size: int) -> tuple[dict[str, T], bool]:
    """Return the rows by their keys, and whether the list held still meanwhile."""
    page = await ask(0, size)
    found = {key(each): each for each in page}
    passed = len(page)
    # A page that is short is the last; one that is too long comes of a server without pages.
    while len(page) == size:
        last, page = key(page[-1]), await ask(passed - 1, size)
        passed += len(page) - 1
        known = len(found)
        found.update((key(each), each) for each in page)
        if len(found) == known:
            break  # the last row alone, or a server that shows the same page for ever
        if key(page[0]) != last:
            return found, False
    return found, True
