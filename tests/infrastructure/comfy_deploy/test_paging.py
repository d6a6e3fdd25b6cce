"""A list is whole whatever happens to it between two pages."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.comfy_deploy.paging import TRIES, all_pages


class Shelf:
    """A list that is asked for page by page; `meanwhile` may change it before each page."""

    def __init__(self, *rows: str, meanwhile: Callable[["Shelf"], None] = lambda _: None) -> None:
        self.rows = list(rows)
        self.asked = 0
        self._meanwhile = meanwhile

    async def page(self, offset: int, size: int) -> Sequence[str]:
        """Return one page."""
        self.asked += 1
        self._meanwhile(self)
        return self.rows[offset : offset + size]

    async def read(self, *, size: int = 3) -> tuple[str, ...]:
        """Return the list as the paging reads it."""
        return await all_pages(self.page, str, size=size)


@given(count=st.integers(0, 40), size=st.integers(2, 12))
async def test_a_list_of_any_length_is_read_whole(count: int, size: int) -> None:
    names = [str(each) for each in range(count)]

    assert list(await Shelf(*names).read(size=size)) == names


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)])
async def test_a_short_page_is_the_last(count: int, pages: int) -> None:
    shelf = Shelf(*map(str, range(count)))

    await shelf.read()

    assert shelf.asked == pages


async def test_a_row_that_was_changed_meanwhile_and_went_to_the_front_is_not_lost() -> None:
    def touch(shelf: Shelf) -> None:
        if shelf.asked == 2:
            shelf.rows.insert(0, shelf.rows.pop())

    assert sorted(await Shelf(*"abcdefg", meanwhile=touch).read()) == list("abcdefg")


async def test_a_row_that_slipped_to_an_earlier_page_is_not_lost() -> None:
    def take_one_out(shelf: Shelf) -> None:
        if shelf.asked == 2:
            shelf.rows.pop(0)

    assert sorted(await Shelf(*"abcdefg", meanwhile=take_one_out).read()) == list("bcdefg")


async def test_a_list_that_never_holds_still_is_read_a_few_times_and_what_was_found_is_kept() -> (
    None
):
    def go_round(shelf: Shelf) -> None:
        shelf.rows.insert(0, shelf.rows.pop())

    shelf = Shelf(*"abcdefg", meanwhile=go_round)

    found = await shelf.read()

    assert len(found) == len(set(found))
    assert shelf.asked <= 3 * TRIES


@pytest.mark.parametrize("rows", ["abc", "abcdef", "ab"])
async def test_a_server_that_knows_no_pages_ends_the_reading(rows: str) -> None:
    asked = 0

    async def everything(offset: int, size: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return rows

    assert "".join(await all_pages(everything, str, size=3)) == rows
    assert asked <= 2
