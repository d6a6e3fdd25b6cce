"""Pictures that people attach: fetched, taken in, or refused in words."""

import re
from collections.abc import Awaitable, Callable, Sequence

from adapters.chat import texts
from core.media.model import MediaRef
from core.media.service import Media
from core.shared.errors import MediaRefusedError, StationError, UserMistakeError

PICTURE_BYTES = 20_000_000
MOST_LINKS = 4

Fetch = Callable[[], Awaitable[bytes]]
"""Brings one picture. Raises MediaRefusedError when it cannot be had."""


async def take(
    media: Media, fetches: Sequence[Fetch]
) -> tuple[tuple[MediaRef, ...], UserMistakeError | None]:
    """
    Return the pictures that could be taken, and why the first was not that could not.

    A store in trouble is not the picture's fault: raises ServiceError.
    """
    taken: list[MediaRef] = []
    trouble: UserMistakeError | None = None
    for fetch in fetches:
        try:
            taken.append(await media.take_image(await fetch()))
        except UserMistakeError as error:
            trouble = trouble or error
    return tuple(taken), trouble


async def take_or_tell(
    media: Media, fetches: Sequence[Fetch]
) -> tuple[tuple[MediaRef, ...], StationError | None]:
    """Return the same, with a store in trouble as the trouble: where nobody sends it again."""
    try:
        return await take(media, fetches)
    except StationError as error:
        return (), error


def check_size(size_bytes: int | None) -> None:
    """Refuse a picture before it is fetched. Raises MediaRefusedError."""
    if size_bytes is not None and size_bytes > PICTURE_BYTES:
        raise MediaRefusedError(texts.PICTURE_TOO_LARGE)


def not_fetched() -> MediaRefusedError:
    """Return what is said of a picture that the platform does not hand out."""
    return MediaRefusedError(texts.PICTURE_NOT_FETCHED)


def without_links(text: str, link: re.Pattern[str]) -> tuple[str, list[re.Match[str]]]:
    """
    Return a text without its links to pictures, and these, at most four.

    `link` finds those to the platform's own files alone: nothing is fetched from anywhere else.
    """
    found = list(link.finditer(text))[:MOST_LINKS]
    return link.sub("", text, count=MOST_LINKS).strip() if found else text, found
