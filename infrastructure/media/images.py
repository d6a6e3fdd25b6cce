"""
Pictures, with Pillow: looked at by their header, and made anew.

What a file is, its content says; its name is asked only where the content is silent.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import filetype  # type: ignore[import-untyped]  # it is published without types

from core.media.model import (
    EXTENSIONS,
    MIME_TYPES,
    UNKNOWN_MIME,
    CleanImage,
    ImageFacts,
    MediaLimits,
)
from core.media.ports import ImageTool

T = TypeVar("T")
Redraw = Callable[[bytes, str, MediaLimits], CleanImage]
FactsOf = Callable[[bytes, str], ImageFacts | None]

OUR_NAMES = {"image/apng": "image/png", "audio/x-flac": "audio/flac"}
"""What *filetype* calls otherwise than we do."""


class PillowImages(ImageTool):
    """Works on pictures in threads of its own, at most `workers` at once. Close it at the end."""

    def __init__(self, workers: int = 2) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="images")

    def close(self) -> None:
        """Wait for the pictures under way, and give the threads back."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def clean(self, data: bytes, limits: MediaLimits) -> CleanImage:
        return await self._beside(partial(_clean, data, self.mime(data, name=""), limits))

    async def inspect(self, data: bytes) -> ImageFacts | None:
        return await self._beside(partial(_inspect, data, self.mime(data, name="")))

    def mime(self, data: bytes, *, name: str) -> str:
        guessed = filetype.guess_mime(data)
        by_content = OUR_NAMES.get(guessed, guessed)
        if isinstance(by_content, str) and by_content in EXTENSIONS:
            return by_content
        extension = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
        return MIME_TYPES.get(extension, UNKNOWN_MIME)

    async def _beside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _clean(data: bytes, mime: str, limits: MediaLimits) -> CleanImage:
    redraw, _ = _drawing()
    return redraw(data, mime, limits)


def _inspect(data: bytes, mime: str) -> ImageFacts | None:
    _, facts_of = _drawing()
    return facts_of(data, mime)


def _drawing() -> tuple[Redraw, FactsOf]:
    from infrastructure.media.redraw import (  # noqa: PLC0415 - Pillow would slow down every start
        facts_of,
        redraw,
    )

    return redraw, facts_of
