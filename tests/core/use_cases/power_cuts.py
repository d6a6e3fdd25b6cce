"""Deaths of the program at a chosen call of a port, before or after the call's effect."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

P = TypeVar("P")


class PowerCutError(Exception):
    """The program is gone in the middle of what it did."""


class Fate:
    """
    Counts the calls of every port that it is given, and ends everything at one of them.

    `dies_at` is the number of a call, or the name of a method: then at its first call.
    """

    def __init__(self, *, dies_at: int | str = 0, after_effect: bool = False) -> None:
        self._dies_at = dies_at
        self._after_effect = after_effect
        self.calls: list[str] = []

    def over(self, port: P) -> P:
        """Return the port, with this fate over each of its calls that wait for the world."""
        return cast("P", _Mortal(port, self))

    async def meet(self, name: str, call: Callable[[], Awaitable[object]]) -> object:
        """Do one call, unless it is the last."""
        self.calls.append(name)
        is_last = self._dies_at in (len(self.calls), name)
        if is_last and not self._after_effect:
            raise PowerCutError(f"before {name}")
        try:
            return await call()
        finally:
            # Also an error is an answer that nobody may live to hear.
            if is_last:
                raise PowerCutError(f"after {name}")


class _Mortal:
    """Stands before a port and passes its calls on."""

    def __init__(self, port: object, fate: Fate) -> None:
        self._port = port
        self._fate = fate

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        method: Callable[..., Awaitable[object]] = getattr(self._port, name)

        def call(*args: object, **kwargs: object) -> Awaitable[object]:
            return self._fate.meet(name, lambda: method(*args, **kwargs))

        return call
