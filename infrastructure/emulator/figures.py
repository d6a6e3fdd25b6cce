"""Animals and things, as smooth coloured shapes in a box of 100 by 100 that stands on y = 100."""

from typing import TypeAlias

import attrs

from infrastructure.emulator.canvas import Point
from infrastructure.emulator.colours import Rgb

Points: TypeAlias = tuple[Point, ...]


@attrs.frozen
class Part:
    """One shape of a figure; its tone is looked up in the figure's colours."""

    tone: str
    points: Points
    is_smooth: bool = True


@attrs.frozen(kw_only=True)
class Figure:
    """Parts from back to front, and the colours that go with them."""

    parts: tuple[Part, ...]
    colours: dict[str, Rgb]
    height: float = 0.46
    """Its height as a share of the picture's shorter side."""


def oval(x: float, y: float, rx: float, ry: float) -> Points:
    """Return an ellipse as four points for a smooth shape (times a little, to be round)."""
    d = 0.72
    return (
        (x - rx, y),
        (x - rx * d, y - ry * d),
        (x, y - ry),
        (x + rx * d, y - ry * d),
        (x + rx, y),
        (x + rx * d, y + ry * d),
        (x, y + ry),
        (x - rx * d, y + ry * d),
    )


def mirrored(points: Points, axis: float) -> Points:
    """Return the points on the other side of a vertical axis."""
    return tuple((2 * axis - x, y) for x, y in points)


def both(
    tone: str, points: Points, axis: float = 44.0, *, is_smooth: bool = True
) -> tuple[Part, ...]:
    """Return a part and its mirror image."""
    return Part(tone, points, is_smooth), Part(tone, mirrored(points, axis), is_smooth)
