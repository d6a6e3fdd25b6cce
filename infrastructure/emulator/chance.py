"""Chance that can be had again: the same key gives the same numbers on every machine."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

_MASK = 2**64 - 1
_GOLDEN = 0x9E3779B97F4A7C15
Choice = TypeVar("Choice")


class Chance:
    """A stream of numbers (SplitMix64) that a key begins."""

    def __init__(self, *key: object) -> None:
        digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
        self._state = int.from_bytes(digest[:8], "big")

    def unit(self) -> float:
        """Return a number from 0 to below 1."""
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return float((mixed ^ (mixed >> 31)) >> 11) / float(1 << 53)

    def between(self, low: float, high: float) -> float:
        """Return a number between the two."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self.unit() * (high - low + 1))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices."""
        return choices[int(self.unit() * len(choices))]

    def happens(self, probability: float) -> bool:
        """Tell whether something of this probability happens."""
        return self.unit() < probability
