"""Draws the picture that a prompt asks for: the same wish gives the same picture, always."""

import math

import attrs
from PIL import Image, ImageChops, ImageFilter

from infrastructure.emulator.canvas import Canvas, Point, smooth
from infrastructure.emulator.chance import Chance
from infrastructure.emulator.colours import MOODS, Palette, Rgb, mix, shifted
from infrastructure.emulator.figures import Figure
from infrastructure.emulator.land import (
    Profile,
    ground_colour,
    paint_conifer,
    paint_ground,
    paint_ridges,
    paint_round_tree,
    paint_skyline,
    paint_water,
)
from infrastructure.emulator.sky import paint_sky
from infrastructure.emulator.things import figure
from infrastructure.emulator.words import Reading, read

_MAX_SIDE = 1536
"""The longest side that is painted, in pixels; larger wishes are painted so and enlarged."""
_SMOOTHER = 1.5
"""How much larger than wished a picture is painted: twice as large costs twice the memory."""
_FAR_TREES = (0.12, 0.24)
_NEAR_TREES = (0.3, 0.52)
_AFLOAT = frozenset({"whale", "boat"})


@attrs.frozen(kw_only=True)
class Wish:
    """What to draw; sizes are pixels."""

    prompt: str
    negative: str = ""
    width: int
    height: int
    seed: int


def draw(wish: Wish) -> Image.Image:
    """Return the picture in the wished size."""
    # Painted larger than asked for where that is affordable, so that edges become smooth.
    longest = max(wish.width, wish.height)
    scale = min(_SMOOTHER, _MAX_SIDE / longest)
    canvas = Canvas(max(8, round(wish.width * scale)), max(8, round(wish.height * scale)))
    _paint(canvas, wish)
    size = (wish.width, wish.height)
    if canvas.image.size == size:
        return canvas.image
    return canvas.image.resize(size, Image.Resampling.BICUBIC)


def _paint(canvas: Canvas, wish: Wish) -> None:
    chance = Chance(wish.prompt.strip().lower(), wish.negative.strip().lower(), wish.seed)
    reading = read(wish.prompt, wish.negative, chance)
    palette = MOODS[reading.mood].varied(chance)
    if reading.weather == "snow" and reading.mood != "winter":
        palette = attrs.evolve(palette, near=mix(palette.near, (150, 176, 210), 0.18))
    if reading.tint is not None:
        palette = palette.tinted(reading.tint, 0.34)
    horizon = round(canvas.height * chance.between(0.54, 0.66))
    light = paint_sky(canvas, palette, reading, horizon=horizon, chance=chance)
    _paint_behind(canvas, palette, reading, horizon=horizon, chance=chance)
    line = _paint_front(canvas, palette, reading, horizon=horizon, light=light, chance=chance)
    # Most of the snow falls behind the subject, so that it does not hide a face.
    _paint_weather(canvas, palette, reading, share=0.9, chance=chance)
    _paint_subject(canvas, palette, reading, line=line, chance=chance)
    _paint_weather(canvas, palette, reading, share=0.1, chance=chance)
    canvas.vignette(0.26)


def _paint_behind(
    canvas: Canvas, palette: Palette, reading: Reading, *, horizon: int, chance: Chance
) -> None:
    # The sky's last colour goes on below the horizon, for what the ridges leave open.
    canvas.pen.rectangle((0, horizon, canvas.width, canvas.height), fill=palette.horizon)
    if reading.place == "city":
        paint_skyline(canvas, palette, horizon=horizon, chance=chance)
    else:
        paint_ridges(canvas, palette, reading, horizon=horizon, chance=chance)


def _paint_front(
    canvas: Canvas,
    palette: Palette,
    reading: Reading,
    *,
    horizon: int,
    light: Point,
    chance: Chance,
) -> Profile | None:
    """Paint what lies before the ridges; returns the line to stand on, None on open water."""
    if reading.place == "sea" or reading.subject in _AFLOAT:
        paint_water(canvas, palette, horizon=horizon, light=light, chance=chance)
        if reading.subject in _AFLOAT or reading.subject is None:
            return None
        top = canvas.height * 0.86
    else:
        top = min(canvas.height * 0.84, horizon + canvas.height * 0.16)
    middle = mix(ground_colour(palette, reading), palette.far, 0.4)
    if reading.place != "sea":
        back = Profile(
            chance, base=top - canvas.height * 0.05, height=canvas.height * 0.07, jagged=0.1
        )
        _trees(canvas, palette, reading, line=back, sizes=_FAR_TREES, chance=chance)
        points = [(x, back.at(x / canvas.width)) for x in range(0, canvas.width + 8, 8)]
        canvas.shape([*points, (canvas.width, canvas.height), (0, canvas.height)], middle)
    line = paint_ground(canvas, palette, reading, top=top, chance=chance)
    _trees(canvas, palette, reading, line=line, sizes=_NEAR_TREES, chance=chance)
    return line


def _trees(
    canvas: Canvas,
    palette: Palette,
    reading: Reading,
    *,
    line: Profile,
    sizes: tuple[float, float],
    chance: Chance,
) -> None:
    """Plant trees along a line; large ones keep to the sides, to leave room for the subject."""
    if reading.place in ("desert", "sea", "city"):
        return
    is_near = sizes == _NEAR_TREES
    count = {"forest": 13, "mountains": 6}.get(reading.place, 4)
    count = max(2, count // 3) if is_near else count
    snow = shifted((246, 250, 255), light=palette.brightness) if reading.weather == "snow" else None
    conifers = snow is not None or reading.place != "meadow"
    spots = sorted(
        _side_share(chance) if is_near else chance.between(-0.03, 1.03) for _ in range(count)
    )
    for share in spots:
        height = min(canvas.width, canvas.height) * chance.between(*sizes)
        foot = (share * canvas.width, line.at(share) + height * (0.08 if is_near else 0.1))
        green = mix(palette.near, (34, 84, 66), 0.45 * palette.brightness)
        colour = mix(green, palette.far, 0.1 if is_near else 0.42)
        if conifers:
            paint_conifer(canvas, foot, height, colour=colour, snow=snow)
        else:
            warm = mix(colour, (214, 140, 62), 0.5 * chance.unit())
            paint_round_tree(canvas, foot, height, colour=warm)


def _side_share(chance: Chance) -> float:
    share = chance.between(-0.04, 0.17)
    return share if chance.happens(0.5) else 1 - share


def _paint_subject(
    canvas: Canvas, palette: Palette, reading: Reading, *, line: Profile | None, chance: Chance
) -> None:
    if reading.subject is None:
        return
    wanted = figure(reading.subject, reading.subject_colour)
    side = min(canvas.width, canvas.height) * wanted.height * chance.between(0.94, 1.08)
    share = chance.pick((0.36, 0.42, 0.58, 0.64)) if canvas.width > side * 1.6 else 0.5
    x = canvas.width * share
    ground = canvas.height * 0.84 if line is None else line.at(share) + canvas.height * 0.07
    foot = (x, min(ground, canvas.height * 0.95))
    if line is not None:
        box = (x - side * 0.5, foot[1] - side * 0.13, x + side * 0.62, foot[1] + side * 0.1)
        canvas.shadow(box, 0.5)
    _place(canvas, wanted, palette, foot=foot, side=side, flip=chance.happens(0.5))
    if line is None:
        _bow_wave(canvas, palette, foot, side)


def _place(
    canvas: Canvas, wanted: Figure, palette: Palette, *, foot: Point, side: float, flip: bool
) -> None:
    """Paint a figure onto the picture, lit from one side and tinged by the air around it."""
    margin = 30.0
    unit = side / 100
    size = round(side * (1 + 2 * margin / 100))
    layer, mask = Canvas(size, size), Canvas(size, size)
    for part in wanted.parts:
        points = [
            ((100 - x if flip else x) * unit + margin * unit, y * unit + margin * unit)
            for x, y in (smooth(part.points) if part.is_smooth else part.points)
        ]
        layer.shape(points, _lit(wanted.colours[part.tone], palette))
        mask.shape(points, (255, 255, 255))
    outline = mask.image.getchannel("R")
    # A crescent of shade along one edge makes the flat shapes round.
    inner = ImageChops.offset(outline, round(-unit * 4), round(-unit * 3))
    rim = ImageChops.subtract(outline, inner).filter(ImageFilter.GaussianBlur(unit * 2.6))
    shade = Image.new("RGB", layer.image.size, shifted(palette.near, light=0.7))
    layer.image.paste(shade, (0, 0), rim.point([round(level * 0.42) for level in range(256)]))
    place = (round(foot[0] - size / 2), round(foot[1] - side - margin * unit))
    canvas.image.paste(layer.image, place, outline)


def _lit(colour: Rgb, palette: Palette) -> Rgb:
    lit = shifted(colour, light=0.5 + 0.5 * palette.brightness)
    return mix(lit, palette.middle, 0.05 + 0.22 * (1 - palette.brightness))


def _bow_wave(canvas: Canvas, palette: Palette, foot: Point, side: float) -> None:
    for row, (spread, lift) in enumerate(((0.5, 0.0), (0.42, 0.035), (0.3, 0.07))):
        y = foot[1] + side * lift
        thick = side * 0.018
        colour = mix(palette.horizon, (255, 255, 255), 0.3 - 0.1 * row)
        box = (foot[0] - side * spread, y - thick, foot[0] + side * spread, y + thick)
        canvas.pen.rounded_rectangle(box, radius=thick, fill=colour)


def _paint_weather(
    canvas: Canvas, palette: Palette, reading: Reading, *, share: float, chance: Chance
) -> None:
    """Let a share of all flakes or drops fall."""
    unit = min(canvas.width, canvas.height) / 1000
    if reading.weather == "snow":
        flake = mix((255, 255, 255), palette.middle, 0.12)
        for _ in range(round(230 * share)):
            nearness = chance.unit() ** 3
            radius = unit * (1.4 + 6.5 * nearness)
            place = (chance.between(0, canvas.width), chance.between(0, canvas.height))
            canvas.disc(place, radius, flake)
    elif reading.weather == "rain":
        slant = chance.between(0.1, 0.25)
        colour = mix(palette.middle, (255, 255, 255), 0.45)
        for _ in range(round(260 * share)):
            x, y = chance.between(-0.1, 1.1) * canvas.width, chance.between(-0.1, 1) * canvas.height
            length = unit * chance.between(18, 46)
            end = (x - length * slant, y + length)
            canvas.pen.line(((x, y), end), fill=colour, width=max(1, math.ceil(unit)))
    elif reading.weather == "fog":
        for top in (0.35, 0.6):
            canvas.veil(canvas.height * top, canvas.height, palette.horizon, 0.5 * share)
