"""
The list of deployments comes in two halves, and one of them may be broken.

The service shows those without and those with an image of their own (`is_fluid`), never both
(quirk C9). One broken Enum node makes it lose a whole half (quirk C8).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import attrs

from core.shared.errors import ServiceError

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Halves(Generic[T]):
    """What could be read of both, and why the rest could not."""

    found: tuple[T, ...]
    failures: tuple[ServiceError, ...]
    lost: tuple[bool, ...] = ()
    """Of each failure whether it is that of the half with images."""

    @property
    def are_both_lost(self) -> bool:
        """Whether nothing could be read."""
        return len(self.failures) == len((False, True))


async def both_halves(ask: Callable[[bool], Awaitable[Sequence[T]]]) -> Halves[T]:
    """Ask for both at the same time; `ask` is told whether the half with images is wanted."""

    async def half(*, is_fluid: bool) -> Sequence[T] | ServiceError:
        try:
            return await ask(is_fluid)
        except ServiceError as error:
            return error

    halves = await asyncio.gather(half(is_fluid=False), half(is_fluid=True))
    return Halves(
        found=tuple(each for read in halves if not isinstance(read, ServiceError) for each in read),
        failures=tuple(each for each in halves if isinstance(each, ServiceError)),
        lost=tuple(
            is_fluid
            for is_fluid, each in zip((False, True), halves, strict=True)
            if isinstance(each, ServiceError)
        ),
    )
