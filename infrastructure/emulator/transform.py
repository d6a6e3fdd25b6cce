"""Changes pictures that are given: repainting in the mood of words, and enlarging."""

import math

from PIL import Image, ImageChops, ImageFilter, ImageOps

from infrastructure.emulator.chance import Chance
from infrastructure.emulator.colours import COLOUR_WORDS, MOODS, Rgb, mix, shifted
from infrastructure.emulator.words import read

_MAX_REPAINTED_SIDE = 1280
_MAX_PIXELS = 12_000_000
_MANNERS = {
    "sketch": "sketch pencil drawing ink line lines comic manga",
    "poster": "poster pop flat cartoon vector anime",
    "neon": "neon cyberpunk glowing electric synthwave",
    "watercolour": "watercolour watercolor aquarelle soft pastel",
    "oil": "oil paint painted painting impressionist canvas",
}


def repaint(image: Image.Image, *, prompt: str, strength: float, seed: str) -> Image.Image:
    """Return the picture repainted; strength 0 returns it as it is, 1 leaves only its forms."""
    image.thumbnail((_MAX_REPAINTED_SIDE, _MAX_REPAINTED_SIDE), Image.Resampling.LANCZOS)
    chance = Chance(prompt.strip().lower(), seed)
    toned = _toned(image, _tones(prompt, chance))
    mixed = Image.blend(image, toned, 0.35 + 0.45 * strength)
    match _manner(prompt, chance):
        case "sketch":
            painted = _with_lines(
                Image.blend(mixed, Image.new("RGB", image.size, "white"), 0.55), 4.5
            )
        case "poster":
            painted = _with_lines(ImageOps.posterize(_softened(mixed, 2.2), 3), 1.6)
        case "neon":
            painted = _glowing(mixed, chance)
        case "oil":
            # Strokes are found in a quarter of the pixels: broader, and four times as fast.
            strokes = mixed.reduce(2).filter(ImageFilter.ModeFilter(5)).resize(image.size)
            painted = ImageOps.posterize(strokes, 5)
        case _:
            painted = _with_lines(ImageOps.posterize(_softened(mixed, 3.0), 4), 1.0)
            painted = painted.filter(ImageFilter.SMOOTH_MORE)
    return Image.blend(image, painted, strength)


def enlarge(image: Image.Image, *, factor: int) -> Image.Image:
    """
    Return the picture `factor` times as wide and high, lightly sharpened.

    A result of more than 12 million pixels is not worth its memory here: then the factor is less.
    """
    bound = math.sqrt(_MAX_PIXELS / (image.width * image.height))
    scale = max(1.0, min(float(factor), bound))
    # Sharpened before it grows: the same look for a fraction of the memory.
    sharp = image.filter(ImageFilter.UnsharpMask(radius=1.2, percent=70, threshold=2))
    size = (round(image.width * scale), round(image.height * scale))
    return sharp.resize(size, Image.Resampling.LANCZOS)


def _manner(prompt: str, chance: Chance) -> str:
    words = prompt.lower().replace(",", " ").split()
    named = (name for name, listed in _MANNERS.items() if set(listed.split()) & set(words))
    return next(named, None) or chance.pick(("poster", "watercolour", "oil"))


def _tones(prompt: str, chance: Chance) -> tuple[Rgb, Rgb, Rgb]:
    """Return the colours of the shadows, the middle and the lights."""
    reading = read(prompt, "", chance)
    palette = MOODS[reading.mood].varied(chance)
    tint = reading.tint or reading.subject_colour
    words = prompt.lower().split()
    tint = tint or next((COLOUR_WORDS[word] for word in words if word in COLOUR_WORDS), None)
    middle = mix(palette.middle, tint, 0.7) if tint else palette.middle
    return shifted(palette.near, light=0.6), middle, mix(palette.light, palette.horizon, 0.4)


def _toned(image: Image.Image, tones: tuple[Rgb, Rgb, Rgb]) -> Image.Image:
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    return ImageOps.colorize(grey, tones[0], tones[2], mid=tones[1])


def _softened(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius))


def _edges(image: Image.Image, weight: float) -> Image.Image:
    found = image.convert("L").filter(ImageFilter.GaussianBlur(0.8)).filter(ImageFilter.FIND_EDGES)
    # The filter marks the border of the picture too, where nothing is.
    border = min(2, (min(found.size) - 1) // 2)
    inside = (border, border, found.width - border, found.height - border)
    framed = ImageOps.expand(found.crop(inside), border, 0)
    return framed.point([min(255, round(level * weight)) for level in range(256)])


def _with_lines(image: Image.Image, weight: float) -> Image.Image:
    lines = ImageOps.invert(_edges(image, weight))
    return ImageChops.multiply(image, Image.merge("RGB", (lines, lines, lines)))


def _glowing(image: Image.Image, chance: Chance) -> Image.Image:
    hue = chance.unit()
    lines = _edges(image, 3.0)
    colour = shifted((255, 40, 160), hue=hue)
    glow = ImageOps.colorize(lines.filter(ImageFilter.GaussianBlur(3)), "black", colour)
    sharp = ImageOps.colorize(lines, "black", mix(colour, (255, 255, 255), 0.5))
    dark = Image.blend(image, Image.new("RGB", image.size, (10, 8, 36)), 0.62)
    return ImageChops.screen(ImageChops.screen(dark, glow), sharp)
