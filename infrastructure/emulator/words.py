"""Reads a prompt: which time, place and weather the words name, and who is in the picture."""

import itertools
import re

import attrs

from infrastructure.emulator.chance import Chance
from infrastructure.emulator.colours import COLOUR_WORDS, MOODS, Rgb

_TIMES = {
    "day": "day noon sunny morning bright summer spring",
    "dawn": "dawn sunrise mist misty fog foggy",
    "sunset": "sunset evening autumn fall warm fire",
    "dusk": "dusk twilight dream dreamy magic magical",
    "night": "night midnight moon moonlight stars starry space galaxy aurora dark neon",
    "storm": "storm stormy rain rainy cloudy thunder gloomy",
}
_PLACES = {
    "forest": "forest wood woods trees jungle pine pines",
    "sea": "sea ocean beach coast lake river water island harbour harbor wave waves",
    "city": "city town street skyline tokyo york london cyberpunk building buildings",
    "desert": "desert dune dunes sand sahara canyon mars",
    "mountains": "mountain mountains alps peak peaks valley cliff",
    "meadow": "meadow field fields grass garden flower flowers hill hills",
}
_WEATHERS = {
    "snow": "snow snowy winter ice icy frozen snowfall blizzard arctic christmas",
    "rain": "rain rainy storm stormy thunder",
    "fog": "fog foggy mist misty haze",
}
_SUBJECTS = {
    "fox": "fox foxes vixen",
    "cat": "cat cats kitten kitty",
    "wolf": "wolf wolves husky",
    "dog": "dog dogs puppy shiba corgi",
    "rabbit": "rabbit rabbits bunny hare",
    "bear": "bear bears panda",
    "tiger": "tiger lion leopard",
    "deer": "deer stag elk reindeer moose horse",
    "owl": "owl owls",
    "bird": "bird robin sparrow raven crow parrot penguin",
    "whale": "whale fish dolphin shark",
    "boat": "boat ship sailboat sail yacht",
    "house": "house cabin cottage hut home barn",
    "castle": "castle tower palace fortress",
    "lighthouse": "lighthouse beacon",
}
_WORD = re.compile(r"[a-z]+")


@attrs.frozen(kw_only=True)
class Reading:
    """What a prompt asks for, with every gap filled by chance."""

    mood: str
    place: str
    weather: str | None
    subject: str | None
    subject_colour: Rgb | None
    tint: Rgb | None
    flock: bool
    aurora: bool


def read(prompt: str, negative: str, chance: Chance) -> Reading:
    """Return the reading; the order of words decides where several would fit."""
    refused = set(_WORD.findall(negative.lower()))
    words = [word for word in _WORD.findall(prompt.lower()) if word not in refused]
    weather = _first(words, _WEATHERS)
    subject = _first(words, _SUBJECTS)
    return Reading(
        mood=_first(words, _TIMES) or _free_mood(weather, chance),
        place=_first(words, _PLACES) or _free_place(weather, subject, chance),
        weather=weather,
        subject=subject,
        subject_colour=_colour_before(words, subject),
        tint=_tint(words, subject),
        flock="birds" in words or "flock" in words,
        aurora="aurora" in words or ("night" in words and weather == "snow"),
    )


def _first(words: list[str], kinds: dict[str, str]) -> str | None:
    meanings = {word: kind for kind, listed in kinds.items() for word in listed.split()}
    return next((meanings[word] for word in words if word in meanings), None)


def _free_mood(weather: str | None, chance: Chance) -> str:
    if weather == "snow":
        return chance.pick(("winter", "winter", "winter", "dawn", "dusk", "sunset"))
    return chance.pick([mood for mood in MOODS if mood not in ("storm", "winter")])


def _free_place(weather: str | None, subject: str | None, chance: Chance) -> str:
    if subject in ("whale", "boat", "lighthouse"):
        return "sea"
    if weather == "snow":
        return "forest"
    return chance.pick(("forest", "mountains", "meadow", "mountains", "sea", "desert"))


def _colour_before(words: list[str], subject: str | None) -> Rgb | None:
    """Return the colour that stands right before the subject, as in "a red fox"."""
    names = _SUBJECTS.get(subject or "", "").split()
    for before, word in itertools.pairwise(words):
        if word in names and before in COLOUR_WORDS:
            return COLOUR_WORDS[before]
    return None


def _tint(words: list[str], subject: str | None) -> Rgb | None:
    names = _SUBJECTS.get(subject or "", "").split()
    for place, word in enumerate(words):
        is_subjects_own = place + 1 < len(words) and words[place + 1] in names
        if word in COLOUR_WORDS and not is_subjects_own:
            return COLOUR_WORDS[word]
    return None
