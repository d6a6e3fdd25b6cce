"""The operator's lists of words, as they lie in a folder."""

import asyncio
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from infrastructure.word_lists import LARGEST_BYTES, LONGEST_LINE, FolderWildcards


def put(folder: Path, name: str, text: str | bytes, *, at: int = 1) -> Path:
    """Write a file that was changed so many seconds after the beginning of time."""
    place = folder / name
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(place, (at, at))
    return place


async def lines(lists: FolderWildcards, name: str) -> list[str] | None:
    found = await lists.lines(name)
    return None if found is None else list(found)


async def test_remarks_blanks_and_what_cannot_be_sent_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "\ufeff# animals\n\n  a fox \r\n\t\na c\0at\n#gone\n\N{FOX FACE} ü")

    assert await lines(FolderWildcards(tmp_path), "a") == ["a fox", "a cat", "\N{FOX FACE} ü"]


async def test_a_name_comes_from_its_file(tmp_path: Path) -> None:
    put(tmp_path, "Dark Colours.TXT", "red")
    put(tmp_path, "other.md", "red")
    put(tmp_path, ".txt", "red")

    assert list(await FolderWildcards(tmp_path).names()) == ["dark_colours"]


async def test_of_two_files_of_one_name_the_first_counts(tmp_path: Path) -> None:
    put(tmp_path, "A B.txt", "first")
    put(tmp_path, "a_b.txt", "second")

    assert await lines(FolderWildcards(tmp_path), "a_b") == ["first"]


async def test_without_a_folder_there_are_no_lists(tmp_path: Path) -> None:
    lists = FolderWildcards(tmp_path / "gone")

    assert (list(await lists.names()), await lists.lines("a")) == ([], None)


async def test_a_changed_file_is_read_anew_and_others_are_not(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "old")
    put(tmp_path, "b.txt", "old")
    lists = FolderWildcards(tmp_path)
    assert await lines(lists, "a") == ["old"]

    put(tmp_path, "a.txt", "new", at=2)
    put(tmp_path, "b.txt", "odd")  # as long, and as old as before: not looked into
    put(tmp_path, "c.txt", "new")

    assert await lines(lists, "a") == ["new"]
    assert await lines(lists, "b") == ["old"]
    assert await lines(lists, "c") == ["new"]


async def test_a_file_that_went_is_gone(tmp_path: Path) -> None:
    place = put(tmp_path, "a.txt", "old")
    lists = FolderWildcards(tmp_path)
    assert await lines(lists, "a") == ["old"]

    place.unlink()

    assert await lines(lists, "a") is None


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (b"\xff\xfe\x00", "wildcards.unreadable"),
        (b"x" * LARGEST_BYTES + b"x", "wildcards.too_large"),
    ],
)
async def test_a_file_that_cannot_be_read_is_left_out_and_logged_once(
    tmp_path: Path, text: bytes, event: str
) -> None:
    put(tmp_path, "bad.txt", text)
    put(tmp_path, "good.txt", "fox")
    lists = FolderWildcards(tmp_path)

    with capture_logs() as logs:
        assert await lines(lists, "bad") is None
        assert await lines(lists, "good") == ["fox"]

    assert [(each["event"], each["file"]) for each in logs] == [(event, "bad.txt")]


async def test_a_folder_and_a_broken_link_in_a_files_place_are_no_lists(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "nowhere")

    assert list(await FolderWildcards(tmp_path).names()) == []


async def test_a_line_that_is_too_long_is_left_out_and_logged(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", f"{'x' * LONGEST_LINE}\n{'y' * (LONGEST_LINE + 1)}")

    with capture_logs() as logs:
        assert await lines(FolderWildcards(tmp_path), "a") == ["x" * LONGEST_LINE]

    assert [(each["event"], each["lines"]) for each in logs] == [("wildcards.too_long", 1)]


async def test_many_may_ask_at_once(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "fox")
    lists = FolderWildcards(tmp_path)

    assert await asyncio.gather(*(lines(lists, "a") for _ in range(20))) == [["fox"]] * 20
