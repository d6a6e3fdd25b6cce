"""The lower half of a scene: ridges, water, trees, houses, dunes and the foreground."""

import math

from PIL import Image

from infrastructure.emulator.canvas import Canvas, Point
from infrastructure.emulator.chance import Chance
from infrastructure.emulator.colours import Palette, Rgb, mix, shifted
from infrastructure.emulator.words import Reading

_SNOW: Rgb = (240, 246, 253)
_SAND: Rgb = (226, 178, 118)


class Profile:
    """The line of a ridge: some waves on top of each other, high or low, round or jagged."""

    def __init__(self, chance: Chance, *, base: float, height: float, jagged: float) -> None:
        self._base = base
        self._height = height
        self._waves = [
            (chance.between(0.7, 1.3) * 1.9**n, chance.between(0, math.tau), 0.55**n)
            for n in range(6)
        ]
        self._jagged = jagged

    def at(self, share: float) -> float:
        """Return the height of the line, in pixels from above, at a share of the width."""
        total = 0.0
        for speed, phase, weight in self._waves:
            angle = share * speed * math.tau + phase
            round_wave = math.sin(angle)
            peak = 1 - 2 * abs((angle / math.pi) % 2 - 1)
            total += weight * (round_wave * (1 - self._jagged) + peak * self._jagged)
        return self._base - self._height * (0.5 + total / 2.6)


def paint_ridges(
    canvas: Canvas, palette: Palette, reading: Reading, *, horizon: int, chance: Chance
) -> None:
    """Paint three to four ridges, each nearer, lower and darker than the one behind."""
    count = 4 if reading.place == "mountains" else 3
    snowy = reading.weather == "snow"
    for n in range(count):
        share = n / (count - 1)
        jagged = {"mountains": 0.8, "desert": 0.15, "meadow": 0.1}.get(reading.place, 0.45)
        height = canvas.height * (0.30 if reading.place == "mountains" else 0.2) * (1 - share * 0.5)
        profile = Profile(
            chance,
            base=horizon + canvas.height * (0.02 + 0.07 * share),
            height=height,
            jagged=jagged * (1 - share * 0.6),
        )
        colour = _ridge_colour(palette, reading, share)
        _ridge(canvas, profile, colour)
        if n == 0 and (snowy or reading.place == "mountains"):
            _snow_caps(canvas, profile, palette, height=height)
        if n and reading.place in ("forest", "mountains"):
            _distant_trees(canvas, profile, mix(colour, palette.near, 0.45), chance=chance)
        canvas.veil(profile.at(0.5), horizon + canvas.height * 0.14, palette.horizon, 0.34)


def paint_water(
    canvas: Canvas, palette: Palette, *, horizon: int, light: Point, chance: Chance
) -> None:
    """Mirror what stands above the horizon, darker and in ripples, with a path of light."""
    depth = canvas.height - horizon
    above = canvas.image.crop((0, max(0, horizon - depth), canvas.width, horizon))
    mirrored = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((canvas.width, depth))
    deep = Image.new("RGB", mirrored.size, mix(palette.near, palette.middle, 0.45))
    canvas.image.paste(Image.blend(mirrored, deep, 0.38), (0, horizon))
    for _ in range(150):
        share = chance.unit() ** 1.6
        y = horizon + depth * share
        length = canvas.width * (0.01 + 0.09 * share) * chance.between(0.4, 1.2)
        near_light = chance.happens(0.4)
        spread = canvas.width * (0.03 + 0.12 * share)
        middle = light[0] + chance.between(-spread, spread) if near_light else None
        x = chance.between(0, canvas.width) if middle is None else middle
        tone = palette.light if near_light else palette.middle
        under = mix(palette.horizon, palette.near, 0.25 + 0.4 * share)
        thick = canvas.height * (0.0012 + 0.0035 * share)
        colour = mix(under, tone, 0.55 if near_light else 0.25)
        box = (x - length / 2, y, x + length / 2, y + thick)
        canvas.pen.rounded_rectangle(box, radius=thick / 2, fill=colour)


def paint_ground(
    canvas: Canvas, palette: Palette, reading: Reading, *, top: float, chance: Chance
) -> Profile:
    """Paint the foreground that things stand on; returns its line."""
    profile = Profile(chance, base=top, height=canvas.height * 0.06, jagged=0.0)
    ground = ground_colour(palette, reading)
    line = _line(canvas, profile)
    low = mix(shifted(ground, light=0.84), palette.near, 0.22)
    canvas.graded_shape(
        [*line, (canvas.width, canvas.height), (0, canvas.height)],
        min(y for _, y in line),
        (mix(ground, palette.light, 0.3), ground, low),
    )
    for _ in range(3):
        _drift(canvas, profile, mix(ground, palette.light, 0.3), low, chance=chance)
    return profile


def ground_colour(palette: Palette, reading: Reading) -> Rgb:
    """Return the colour of the foreground in this light."""
    dim = palette.brightness
    if reading.weather == "snow":
        return mix(shifted(_SNOW, light=0.4 + 0.6 * dim), palette.middle, 0.07)
    if reading.place == "desert":
        return mix(shifted(_SAND, light=dim), palette.middle, 0.15)
    return palette.ground


def paint_conifer(
    canvas: Canvas, foot: Point, height: float, *, colour: Rgb, snow: Rgb | None
) -> None:
    """Paint a pine from its foot up: tiers of needles, with snow on them when it lies."""
    x, y = foot
    trunk = mix(colour, (60, 40, 34), 0.6)
    canvas.pen.rectangle((x - height * 0.025, y - height * 0.16, x + height * 0.025, y), fill=trunk)
    tiers = 4
    for tier in range(tiers):
        low = y - height * (0.1 + 0.2 * tier)
        tip = low - height * (0.34 - 0.01 * tier)
        half = height * (0.25 - 0.047 * tier)
        shade = mix(colour, (255, 255, 255), 0.03 * tier)
        sag = height * 0.035
        canvas.shape(
            [
                (x, tip),
                (x + half, low),
                (x + half * 0.4, low - sag),
                (x, low + sag * 0.3),
                (x - half * 0.4, low - sag),
                (x - half, low),
            ],
            shade,
        )
        if snow is not None:
            cut = half * 0.62
            mid = low - (low - tip) * 0.36
            canvas.shape(
                [
                    (x, tip),
                    (x + cut, mid),
                    (x + cut * 0.5, mid - sag * 0.6),
                    (x + cut * 0.1, mid + sag),
                    (x - cut * 0.45, mid - sag * 0.5),
                    (x - cut, mid),
                ],
                mix(shade, snow, 0.86),
            )


def paint_round_tree(canvas: Canvas, foot: Point, height: float, *, colour: Rgb) -> None:
    """Paint a leafy tree from its foot up."""
    x, y = foot
    trunk = mix(colour, (72, 50, 40), 0.7)
    canvas.pen.polygon(
        [
            (x - height * 0.035, y),
            (x - height * 0.015, y - height * 0.5),
            (x + height * 0.015, y - height * 0.5),
            (x + height * 0.035, y),
        ],
        fill=trunk,
    )
    blobs = (
        (-0.16, 0.52, 0.17),
        (0.16, 0.54, 0.17),
        (0.0, 0.6, 0.22),
        (-0.09, 0.76, 0.16),
        (0.1, 0.78, 0.15),
        (0.0, 0.88, 0.12),
    )
    for dx, up, radius in blobs:
        tone = mix(colour, (255, 250, 210), 0.05 + 0.14 * (up - 0.5))
        canvas.disc((x + dx * height, y - up * height), radius * height, tone)


def paint_skyline(canvas: Canvas, palette: Palette, *, horizon: int, chance: Chance) -> None:
    """Paint two rows of houses, the nearer one with lit windows."""
    for row, share in enumerate((0.25, 0.75)):
        x = -canvas.width * 0.02
        while x < canvas.width:
            width = canvas.width * chance.between(0.05, 0.11)
            tall = canvas.height * chance.between(0.12, 0.38) * (1 - 0.25 * row)
            top, colour = horizon - tall, mix(palette.far, palette.near, share)
            canvas.pen.rectangle((x, top, x + width, canvas.height), fill=colour)
            if chance.happens(0.3):
                mast = x + width / 2
                canvas.pen.line((mast, top - tall * 0.2, mast, top), fill=colour, width=3)
            if row:
                _windows(canvas, (x, top, x + width, float(horizon)), colour, chance=chance)
            x += width + canvas.width * chance.between(-0.01, 0.02)
        canvas.veil(horizon - canvas.height * 0.2, horizon, palette.horizon, 0.35 - 0.2 * row)


def _windows(
    canvas: Canvas, box: tuple[float, float, float, float], wall: Rgb, *, chance: Chance
) -> None:
    left, top, right, bottom = box
    size = (right - left) / 9
    y = top + size
    while y < bottom - size:
        for column in range(4):
            if chance.happens(0.55):
                x = left + size * (1 + column * 2)
                lit = mix(wall, (255, 214, 132), chance.between(0.35, 0.95))
                canvas.pen.rectangle((x, y, x + size, y + size * 1.2), fill=lit)
        y += size * 2.2


def _drift(canvas: Canvas, profile: Profile, bright: Rgb, dark: Rgb, *, chance: Chance) -> None:
    """Lay one long low swell across the foreground."""
    start, drop = chance.between(-0.4, 0.7), chance.between(0.05, 0.75)
    length = chance.between(0.5, 0.9)
    top = profile.at(start + length / 2) + (canvas.height - profile.at(0.5)) * drop
    crest = []
    for n in range(25):
        share = n / 24
        rise = math.sin(share * math.pi) ** 2 * canvas.height * 0.035
        crest.append(((start + length * share) * canvas.width, top - rise))
    under = [(x, top + (y - top) * 0.1) for x, y in reversed(crest)]
    colour = mix(bright, dark, 0.3 + 0.5 * drop)
    canvas.graded_shape([*crest, *under], top - canvas.height * 0.04, (bright, colour, colour))


def _ridge_colour(palette: Palette, reading: Reading, share: float) -> Rgb:
    colour = mix(mix(palette.far, palette.horizon, 0.25), palette.near, share)
    if reading.weather == "snow":
        return mix(colour, _SNOW, 0.42 * palette.brightness)
    if reading.place == "desert":
        return mix(colour, shifted(_SAND, light=1 - 0.4 * share), 0.55)
    return colour


def _line(canvas: Canvas, profile: Profile, step: int = 6) -> list[Point]:
    xs = [*range(0, canvas.width, step), canvas.width]
    return [(float(x), profile.at(x / canvas.width)) for x in xs]


def _ridge(canvas: Canvas, profile: Profile, colour: Rgb) -> None:
    line = _line(canvas, profile)
    canvas.shape([*line, (canvas.width, canvas.height), (0, canvas.height)], colour)


def _snow_caps(canvas: Canvas, profile: Profile, palette: Palette, *, height: float) -> None:
    """Whiten what rises above a ragged line."""
    line = _line(canvas, profile)
    highest = min(y for _, y in line)
    caps = []
    for x, y in line:
        ragged = math.sin(x * 0.045) * 0.09 + math.sin(x * 0.11 + 1) * 0.05
        caps.append((x, max(y, highest + height * (0.42 + ragged))))
    shape = [*line, *reversed(caps)]
    canvas.shape(shape, mix(palette.horizon, (255, 255, 255), 0.62))


def _distant_trees(canvas: Canvas, profile: Profile, colour: Rgb, *, chance: Chance) -> None:
    x = 0.0
    while x < canvas.width:
        height = canvas.height * chance.between(0.025, 0.06)
        y = profile.at(x / canvas.width) + height * 0.25
        half = height * 0.22
        canvas.shape([(x - half, y), (x, y - height), (x + half, y)], colour)
        x += half * chance.between(0.9, 3.4)
