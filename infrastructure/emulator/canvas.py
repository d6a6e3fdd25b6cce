"""The canvas that scenes are painted on: soft light and smooth shapes, on Pillow alone."""

import math
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from infrastructure.emulator.colours import Rgb, mix

Point: TypeAlias = tuple[float, float]
_SMOOTHNESS = 8


def smooth(points: Sequence[Point]) -> list[Point]:
    """Return a closed curve through the points (Catmull-Rom)."""
    curve: list[Point] = []
    count = len(points)
    for n in range(count):
        a, b, c, d = (points[(n + k) % count] for k in (-1, 0, 1, 2))
        for step in range(_SMOOTHNESS):
            t = step / _SMOOTHNESS
            x = _between((a[0], b[0], c[0], d[0]), t)
            curve.append((x, _between((a[1], b[1], c[1], d[1]), t)))
    return curve


def _between(along: tuple[float, float, float, float], t: float) -> float:
    a, b, c, d = along
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


class Canvas:
    """A picture in the making; positions are pixels from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.image = Image.new("RGB", (width, height))
        self.pen = ImageDraw.Draw(self.image)

    def gradient(self, top: int, bottom: int, colours: Sequence[Rgb]) -> None:
        """Fill the rows from top to bottom with a gradient through the colours."""
        rows = max(1, bottom - top)
        column = _column(rows, colours)
        self.image.paste(column.resize((self.width, rows), Image.Resampling.NEAREST), (0, top))

    def shape(self, points: Sequence[Point], colour: Rgb) -> None:
        """Fill a closed shape."""
        self.pen.polygon(list(points), fill=colour)

    def glow(self, centre: Point, radius: float, colour: Rgb, strength: float) -> None:
        """Lay a soft round light over the picture; strength is 0 to 1."""
        side = max(2, int(radius * 2))
        falloff = Image.radial_gradient("L").point(
            [round(max(0.0, 1 - level / 181) ** 2 * 255 * strength) for level in range(256)]
        )
        mask = falloff.resize((side, side), Image.Resampling.BILINEAR)
        place = (int(centre[0] - side / 2), int(centre[1] - side / 2))
        self.image.paste(Image.new("RGB", (side, side), colour), place, mask)

    def disc(self, centre: Point, radius: float, colour: Rgb) -> None:
        """Fill a circle."""
        x, y = centre
        self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def graded_shape(self, points: Sequence[Point], top: float, colours: Sequence[Rgb]) -> None:
        """Fill a shape with a gradient that runs from a row down to the picture's lower edge."""
        rows = max(1, self.height - int(top))
        mask = Image.new("L", (self.width, rows))
        ImageDraw.Draw(mask).polygon([(x, y - int(top)) for x, y in points], fill=255)
        self.image.paste(_column(rows, colours).resize(mask.size), (0, int(top)), mask)

    def cloud(
        self, discs: Sequence[tuple[float, float, float]], colour: Rgb, strength: float
    ) -> None:
        """Lay soft discs (x, y, radius) over the picture as one cloud with a flat lower side."""
        left = min(x - r for x, _, r in discs) - 8
        top = min(y - r for _, y, r in discs) - 8
        right = max(x + r for x, _, r in discs) + 8
        floor = max(y for _, y, _ in discs) + 8
        half = 2
        size = max(2, int((right - left) / half)), max(2, int((floor - top) / half))
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        for x, y, r in discs:
            cx, cy, rr = (x - left) / half, (y - top) / half, r / half
            pen.ellipse((cx - rr, cy - rr, cx + rr, cy + rr), fill=255)
        fading = (
            Image.linear_gradient("L")
            .resize(size)
            .point([round((1 - 0.75 * level / 255) * strength * 255) for level in range(256)])
        )
        mask = ImageChops.multiply(mask.filter(ImageFilter.GaussianBlur(1.5)), fading)
        mask = mask.resize((size[0] * half, size[1] * half), Image.Resampling.BILINEAR)
        self.image.paste(Image.new("RGB", mask.size, colour), (int(left), int(top)), mask)

    def veil(self, top: float, bottom: float, colour: Rgb, strength: float) -> None:
        """Lay haze over the rows between top and bottom, thickest at the bottom."""
        rows = max(1, int(bottom - top))
        levels = (
            Image.linear_gradient("L")
            .resize((1, rows))
            .point([round(level * strength) for level in range(256)])
        )
        mask = levels.resize((self.width, rows))
        self.image.paste(Image.new("RGB", mask.size, colour), (0, int(top)), mask)

    def shadow(self, box: tuple[float, float, float, float], strength: float) -> None:
        """Darken a soft ellipse, given by left, top, right and bottom."""
        left, top, right, bottom = box
        size = max(2, int(right - left)), max(2, int(bottom - top))
        small = Image.new("L", (96, 32))
        ImageDraw.Draw(small).ellipse((14, 6, 82, 26), fill=round(255 * strength))
        mask = small.filter(ImageFilter.GaussianBlur(4)).resize(size)
        dark = Image.new("RGB", size, (24, 28, 52))
        self.image.paste(dark, (int(left), int(top)), mask)

    def vignette(self, strength: float) -> None:
        """Darken the corners a little."""
        mask = Image.radial_gradient("L").point(
            [round(max(0.0, (level - 110) / 145) ** 1.6 * 255 * strength) for level in range(256)]
        )
        size = (self.width, self.height)
        dark = Image.new("RGB", size, (12, 14, 30))
        self.image.paste(dark, (0, 0), mask.resize(size, Image.Resampling.BILINEAR))


def _column(rows: int, colours: Sequence[Rgb]) -> Image.Image:
    column = Image.new("RGB", (1, rows))
    for row in range(rows):
        place = row / rows * (len(colours) - 1)
        first = min(int(place), len(colours) - 2)
        # Eased, so that no band shows where two colours meet.
        share = (1 - math.cos((place - first) * math.pi)) / 2
        column.putpixel((0, row), mix(colours[first], colours[first + 1], share))
    return column
