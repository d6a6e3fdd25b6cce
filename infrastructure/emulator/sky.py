"""The upper half of a scene: sky, sun or moon, stars, aurora, clouds and birds."""

import math

from infrastructure.emulator.canvas import Canvas, Point, smooth
from infrastructure.emulator.chance import Chance
from infrastructure.emulator.colours import Palette, mix, shifted
from infrastructure.emulator.words import Reading

_DARK = ("night", "dusk")


def paint_sky(
    canvas: Canvas, palette: Palette, reading: Reading, *, horizon: int, chance: Chance
) -> Point:
    """Paint the sky down to the horizon; returns where the light stands."""
    canvas.gradient(0, horizon, (palette.high, palette.middle, palette.horizon))
    if reading.mood in _DARK:
        _stars(canvas, palette, horizon, chance)
    if reading.aurora:
        _aurora(canvas, horizon, chance)
    light = _light(canvas, palette, reading, horizon=horizon, chance=chance)
    if reading.mood != "night":
        _clouds(canvas, palette, horizon, chance)
    if reading.flock or (reading.mood in ("day", "dawn", "sunset") and chance.happens(0.5)):
        _birds(canvas, palette, horizon, chance)
    return light


def _light(
    canvas: Canvas, palette: Palette, reading: Reading, *, horizon: int, chance: Chance
) -> Point:
    unit = min(canvas.width, canvas.height)
    low = reading.mood in ("sunset", "dawn")
    height = chance.between(0.68, 0.9) if low else chance.between(0.22, 0.5)
    centre = (canvas.width * chance.between(0.16, 0.84), horizon * height)
    radius = unit * chance.between(0.05, 0.085) * (1.35 if low else 1.0)
    canvas.glow(centre, unit * 0.62, palette.light, 0.55 if reading.mood != "storm" else 0.3)
    canvas.glow(centre, radius * 2.6, palette.light, 0.8)
    if reading.mood == "storm":
        return centre
    canvas.disc(centre, radius, palette.light)
    if reading.mood in _DARK:
        _craters(canvas, palette, centre, radius=radius, chance=chance)
    return centre


def _craters(
    canvas: Canvas, palette: Palette, centre: Point, *, radius: float, chance: Chance
) -> None:
    shade = mix(palette.light, palette.middle, 0.16)
    for _ in range(6):
        angle, reach = chance.between(0, math.tau), radius * chance.between(0.1, 0.62)
        place = (centre[0] + math.cos(angle) * reach, centre[1] + math.sin(angle) * reach)
        canvas.disc(place, radius * chance.between(0.07, 0.2), shade)


def _stars(canvas: Canvas, palette: Palette, horizon: int, chance: Chance) -> None:
    unit = min(canvas.width, canvas.height) / 1000
    for _ in range(170):
        x, depth = chance.between(0, canvas.width), chance.unit()
        share = depth * depth
        colour = mix(palette.high, (255, 250, 236), chance.between(0.45, 1.0) * (1 - share * 0.8))
        canvas.disc((x, horizon * share), unit * chance.between(0.8, 2.3), colour)


def _aurora(canvas: Canvas, horizon: int, chance: Chance) -> None:
    hue = chance.between(-0.05, 0.12)
    phase, lean = chance.between(0, math.tau), chance.between(0.08, 0.2)
    for n in range(26):
        share = n / 25
        x = canvas.width * (share * 1.1 - 0.05)
        y = horizon * (0.34 + lean * math.sin(share * 5 + phase) + 0.1 * share)
        colour = shifted((84, 226, 160), hue=hue + share * 0.16)
        canvas.glow((x, y), horizon * 0.2, colour, 0.34)
        canvas.glow((x, y - horizon * 0.13), horizon * 0.26, colour, 0.2)


def _clouds(canvas: Canvas, palette: Palette, horizon: int, chance: Chance) -> None:
    for _ in range(chance.whole(2, 5)):
        y = horizon * chance.between(0.14, 0.72)
        x = canvas.width * chance.between(-0.05, 1.0)
        width = canvas.width * chance.between(0.14, 0.34)
        behind = mix(palette.middle, palette.horizon, min(1.0, y / horizon))
        colour = mix(behind, mix(palette.light, palette.horizon, 0.4), 0.75)
        _cloud(canvas, (x, y), width, colour=colour, chance=chance)


def _cloud(
    canvas: Canvas,
    place: Point,
    width: float,
    *,
    colour: tuple[int, int, int],
    chance: Chance,
) -> None:
    """Paint a cloud: discs side by side on one line, the larger ones in the middle."""
    count = chance.whole(5, 8)
    discs = []
    for n in range(count):
        share = n / (count - 1)
        bulge = 0.35 + 0.65 * math.sin(share * math.pi)
        radius = width * 0.19 * bulge * chance.between(0.75, 1.15)
        discs.append((place[0] + width * share, place[1], radius))
    canvas.cloud(discs, colour, 0.85)


def _birds(canvas: Canvas, palette: Palette, horizon: int, chance: Chance) -> None:
    unit = min(canvas.width, canvas.height)
    x, y = canvas.width * chance.between(0.2, 0.7), horizon * chance.between(0.2, 0.5)
    for _ in range(chance.whole(4, 9)):
        x += unit * chance.between(-0.05, 0.08)
        y += unit * chance.between(-0.04, 0.04)
        span, lift = unit * chance.between(0.014, 0.028), chance.between(0.3, 0.55)
        wing = [
            (x - span, y - span * lift),
            (x - span * 0.45, y - span * lift * 0.9),
            (x, y),
            (x + span * 0.45, y - span * lift * 0.9),
            (x + span, y - span * lift),
            (x + span * 0.4, y - span * lift * 0.45),
            (x, y + span * 0.22),
            (x - span * 0.4, y - span * lift * 0.45),
        ]
        canvas.shape(smooth(wing), mix(palette.near, palette.middle, 0.15))
