"""Every picture of the documentation is there, is shown, is small, and can be made again."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.tree import ROOT

SHOWN = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<path>[^)\s]+)\)")
LARGEST_BYTES = 150_000
MADE_BY = ROOT / "tests" / "pictures.py"


def shown_in(page: str, text: str) -> Iterator[tuple[str, str]]:
    """Return the paths of a page's pictures from the project's folder, and the words for them."""
    for found in SHOWN.finditer(text):
        yield (PurePosixPath(page).parent / found["path"]).as_posix(), found["words"]


def wrong(
    pages: Mapping[str, str], sizes: Mapping[str, int], *, made: str, largest: int = LARGEST_BYTES
) -> Iterator[str]:
    """Find what is the matter with pictures, of which `sizes` has the bytes by their paths."""
    shown = [each for page, text in pages.items() for each in shown_in(page, text)]
    for path, words in shown:
        if path not in sizes:
            yield f"{path} is shown and is not there"
        if not words:
            yield f"{path} has no words for those who cannot see it"
    for path, size in sizes.items():
        if path not in dict(shown):
            yield f"{path} is shown nowhere"
        if size > largest:
            yield f"{path} has {size:,} bytes"
        if path.removeprefix("docs/") not in made:
            yield f"{path} is made by nothing"


def below(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_pictures_of_the_pages_are_as_they_should_be() -> None:
    pages = {
        below(each): each.read_text() for each in (ROOT / "README.md", *ROOT.glob("docs/*.md"))
    }
    sizes = {below(each): each.stat().st_size for each in (ROOT / "docs").rglob("*.png")}

    assert sizes
    assert list(wrong(pages, sizes, made=MADE_BY.read_text())) == []


@pytest.mark.parametrize(
    ("text", "sizes", "made"),
    [
        ("![a fox](pictures/fox.png)", {}, "pictures/fox.png"),
        ("![](pictures/fox.png)", {"docs/pictures/fox.png": 1}, "pictures/fox.png"),
        ("no picture", {"docs/pictures/fox.png": 1}, "pictures/fox.png"),
        ("![a fox](pictures/fox.png)", {"docs/pictures/fox.png": 11}, "pictures/fox.png"),
        ("![a fox](pictures/fox.png)", {"docs/pictures/fox.png": 1}, "nothing"),
    ],
)
def test_one_thing_that_is_wrong_is_found(text: str, sizes: dict[str, int], made: str) -> None:
    assert len(list(wrong({"docs/a.md": text}, sizes, made=made, largest=10))) == 1
