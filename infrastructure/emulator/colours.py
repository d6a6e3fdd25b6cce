"""Colours: mixing them, the moods of a scene, and the words that name them."""

import colorsys
from typing import TypeAlias

import attrs

from infrastructure.emulator.chance import Chance

Rgb: TypeAlias = tuple[int, int, int]


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Return the colour that lies `share` (0 to 1) of the way from first to second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shifted(colour: Rgb, *, hue: float = 0.0, saturation: float = 1.0, light: float = 1.0) -> Rgb:
    """Return the colour with another hue (turns), saturation and brightness (factors)."""
    h, s, v = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    rgb = colorsys.hsv_to_rgb((h + hue) % 1, min(1.0, s * saturation), min(1.0, v * light))
    red, green, blue = (round(part * 255) for part in rgb)
    return red, green, blue


@attrs.frozen(kw_only=True)
class Palette:
    """The colours of a scene, from the top of the sky to the foreground."""

    high: Rgb
    middle: Rgb
    horizon: Rgb
    far: Rgb
    near: Rgb
    ground: Rgb
    light: Rgb
    """Of the sun or the moon."""
    brightness: float = 1.0
    """How strongly things in the foreground are lit."""

    def tinted(self, colour: Rgb, share: float) -> "Palette":
        """Return the palette with a breath of a colour over everything."""
        return attrs.evolve(
            self,
            high=mix(self.high, shifted(colour, light=0.8), share),
            middle=mix(self.middle, colour, share),
            horizon=mix(self.horizon, mix(colour, (255, 255, 255), 0.4), share),
            far=mix(self.far, colour, share),
            near=mix(self.near, shifted(colour, light=0.6), share * 0.8),
            ground=mix(self.ground, colour, share * 0.5),
        )

    def varied(self, chance: Chance) -> "Palette":
        """Return the palette as another day would show it."""
        hue, light = chance.between(-0.025, 0.025), chance.between(0.94, 1.06)
        saturation = chance.between(0.9, 1.15)

        def other(colour: Rgb) -> Rgb:
            return shifted(colour, hue=hue, saturation=saturation, light=light)

        return attrs.evolve(
            self,
            high=other(self.high),
            middle=other(self.middle),
            horizon=other(self.horizon),
            far=other(self.far),
            near=other(self.near),
        )


MOODS = {
    "day": Palette(
        high=(62, 134, 206),
        middle=(132, 192, 232),
        horizon=(236, 240, 226),
        far=(132, 168, 190),
        near=(58, 112, 92),
        ground=(104, 150, 84),
        light=(255, 246, 214),
    ),
    "dawn": Palette(
        high=(92, 120, 186),
        middle=(226, 164, 176),
        horizon=(255, 222, 180),
        far=(164, 142, 172),
        near=(70, 84, 112),
        ground=(112, 122, 104),
        light=(255, 236, 200),
        brightness=0.95,
    ),
    "sunset": Palette(
        high=(54, 40, 96),
        middle=(206, 84, 96),
        horizon=(255, 188, 104),
        far=(150, 84, 112),
        near=(58, 42, 74),
        ground=(92, 66, 70),
        light=(255, 226, 150),
        brightness=0.88,
    ),
    "dusk": Palette(
        high=(28, 32, 78),
        middle=(92, 84, 148),
        horizon=(232, 160, 168),
        far=(98, 90, 140),
        near=(42, 46, 82),
        ground=(58, 64, 88),
        light=(250, 240, 224),
        brightness=0.8,
    ),
    "night": Palette(
        high=(8, 12, 38),
        middle=(22, 38, 86),
        horizon=(70, 96, 150),
        far=(44, 62, 110),
        near=(18, 28, 56),
        ground=(34, 48, 70),
        light=(240, 244, 255),
        brightness=0.68,
    ),
    "storm": Palette(
        high=(56, 66, 84),
        middle=(104, 116, 132),
        horizon=(182, 190, 194),
        far=(112, 124, 136),
        near=(54, 66, 74),
        ground=(84, 94, 84),
        light=(226, 230, 232),
        brightness=0.82,
    ),
    "winter": Palette(
        high=(104, 144, 196),
        middle=(178, 202, 228),
        horizon=(252, 226, 212),
        far=(156, 178, 206),
        near=(66, 92, 122),
        ground=(236, 243, 250),
        light=(255, 244, 226),
    ),
}

COLOUR_WORDS: dict[str, Rgb] = {
    "red": (206, 52, 48),
    "crimson": (178, 24, 52),
    "orange": (238, 126, 36),
    "amber": (246, 176, 52),
    "gold": (232, 184, 66),
    "golden": (232, 184, 66),
    "yellow": (246, 210, 74),
    "green": (72, 156, 88),
    "emerald": (32, 158, 112),
    "teal": (34, 146, 146),
    "turquoise": (64, 190, 190),
    "blue": (58, 112, 206),
    "indigo": (74, 66, 170),
    "purple": (132, 76, 176),
    "violet": (146, 92, 206),
    "pink": (240, 138, 176),
    "magenta": (206, 58, 150),
    "brown": (134, 92, 60),
    "white": (238, 240, 244),
    "silver": (186, 192, 202),
    "grey": (132, 138, 146),
    "gray": (132, 138, 146),
    "black": (40, 40, 48),
}
