"""
LoRA files, and the words of a prompt that call them.

A word that is one of a LoRA's triggers calls it: `pixel` becomes `<lora:PixelArt:0.8> pixel`.
`pixel:0.5` sets its weight, and `pixel:0` leaves the word alone. `!` right after the word raises
the weight by 0.2 and `.` lowers it, each as often as it stands there; but where a sentence ends (at
the end of a line, or before a blank and a capital letter) they are punctuation and stay. In
`(pixel:1.2)` the number belongs to the parentheses, which is how ComfyUI weighs words.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs

WEIGHT_STEP = 0.2
"""What one `!` adds to a weight, and one `.` takes from it."""

MOST_WEIGHT = 2.0
"""More than this, or less than its negative, burns every picture."""

MOST_NOTES = 6
SHOWN = 40
"""Characters of a name that a note tells."""

_TAG = r"<lora:(?P<tag>[^<>:\n]{1,200})(?::(?P<told>[^<>\n]{0,40}))?>"
_SET = r"(?P<set>:[+-]?(?:\d{1,4}(?:\.\d{1,6})?|\.\d{1,6})(?![\w:]|\.\d))"
_MARKS = r"(?P<marks>[.!]+)"
_NUMBER = re.compile(r"\s*[+-]?(?:\d{1,4}(?:\.\d{0,6})?|\.\d{1,6})\s*")
_AFTER = re.compile(r"[\"')\]}\u201d]*(?P<blank>\s*)(?P<next>\S?)")
_ANY_TAG = re.compile(rf"{_TAG}[^\S\n]*")
_TAKEN: Mapping[str, tuple[str, ...]] = {
    "SDXL": ("SD15", "SDXL", "ILLUSTRIOUS"),
    "KONTEXT": ("KONTEXT", "FLUX"),
}
"""Families of LoRA files that a family of models takes, where it is not only its own."""


@attrs.frozen(kw_only=True)
class Lora:
    """
    One LoRA file. `triggers` are the words that call it; `base_model` is its family, `SDXL`.

    `url` is what a LoRA input takes; "" when only a tag in the prompt can load it.
    """

    name: str
    triggers: tuple[str, ...] = ()
    base_model: str = ""
    weight: float = 1.0
    url: str = ""


@attrs.frozen(kw_only=True)
class Called:
    """
    A prompt with its LoRA files called.

    `text` has a tag for each, `plain` has none; `loras` are those called, with their weights, in
    the order of the text. `notes` say what was called, and what was left out and why.
    """

    text: str
    plain: str
    loras: tuple[tuple[Lora, float], ...] = ()
    notes: tuple[str, ...] = ()


def fits(lora: Lora, base_model: str) -> bool:
    """Whether a LoRA works with this family of models. One of no family is left to the operator."""
    wanted, own = _family(base_model), _family(lora.base_model)
    if not own:
        return True
    if wanted.startswith("FLUX"):
        return own.startswith("FLUX")
    taken = _TAKEN.get(wanted, (wanted,))
    return own in taken or ("FLUX" in taken and own.startswith("FLUX"))


def call_loras(prompt: str, loras: Sequence[Lora], *, base_model: str) -> Called:
    """
    Return a prompt with the LoRA files that its words and its tags call, each at most once.

    Those that do not fit the base model are not called, and their tags are taken out. Of two with
    one trigger the first in the list is called.
    """
    return _Calling(prompt, loras, base_model).called()


class _Calling:
    """One prompt, in which LoRA files are called."""

    def __init__(self, prompt: str, loras: Sequence[Lora], base_model: str) -> None:
        self._prompt = prompt
        self._base_model = base_model
        self._fitting = [each for each in loras if fits(each, base_model)]
        self._by_name = {_stem(each.name): each for each in reversed(self._fitting)}
        self._unfit = {_stem(each.name) for each in loras} - set(self._by_name)
        self._by_trigger: dict[str, list[Lora]] = {}
        folded = _folded(prompt)
        for each in self._fitting:
            for trigger in dict.fromkeys(map(_folded, each.triggers)):
                if trigger and trigger in folded:  # so that the pattern stays small
                    self._by_trigger.setdefault(trigger, []).append(each)
        self._is_shortened = False
        self._weights: dict[str, float] = {}
        self._tagged = {_stem(each["tag"]) for each in _ANY_TAG.finditer(prompt)}
        self._notes: list[str] = []

    def called(self) -> Called:
        """Return the prompt with what it calls."""
        pattern = _pattern(self._by_trigger)
        text = re.sub(pattern, self._written, self._prompt).strip()
        if self._is_shortened:
            text = re.sub(r"[ \t]{2,}", " ", text)
        loras = tuple((self._by_name[name], weight) for name, weight in self._weights.items())
        return Called(
            text=text,
            plain=_ANY_TAG.sub("", text).strip(),
            loras=loras,
            notes=tuple(self._notes[:MOST_NOTES]),
        )

    def _written(self, found: re.Match[str]) -> str:
        return self._tag(found) if found["tag"] is not None else self._word(found)

    def _tag(self, found: re.Match[str]) -> str:
        """Return a tag that the person wrote, or nothing if it may not be there."""
        stem = _stem(found["tag"])
        lora = self._by_name.get(stem)
        if lora is None:
            fits_not = f"is not for {self._base_model or 'this workflow'}"
            why = fits_not if stem in self._unfit else "is not known here"
            self._note(f"the LoRA “{found['tag'][:SHOWN]}” {why}: it is left out")
        if lora is None or stem in self._weights:
            self._is_shortened = True
            return ""
        weight = _told(found["told"], lora.weight)
        self._weights[stem] = weight
        return _tag_of(lora, weight)

    def _word(self, found: re.Match[str]) -> str:
        """Return a trigger, with the tag of what it calls before it."""
        candidates = self._by_trigger.get(_folded(found["word"]))
        if candidates is None:  # a letter that is the same as another only to the pattern
            return found[0]
        lora = candidates[0]
        word, rest, weight = self._weighed(found, _within(lora.weight))
        stem = _stem(lora.name)
        if weight is None or stem in self._weights or stem in self._tagged:
            return f"{word}{rest}"
        self._weights[stem] = weight
        shown = f"“{word[:SHOWN]}” calls the LoRA {lora.name[:SHOWN]} ({weight:g})"
        others = ", ".join(each.name[:SHOWN] for each in candidates[1:3])
        self._note(f"{shown}, and not {others}" if others else shown)
        return f"{_tag_of(lora, weight)} {word}{rest}"

    def _weighed(self, found: re.Match[str], usual: float) -> tuple[str, str, float | None]:
        """Return a trigger, what stays behind it, and its weight; None leaves the word alone."""
        word, told, marks = found["word"], found["set"] or "", found["marks"] or ""
        if told and self._is_in_parentheses(found):
            return word, told, usual or None
        if told:
            return word, "", _within(float(told[1:])) or None
        if not marks or self._is_punctuation(found):
            return word, marks, usual or None
        weight = usual + WEIGHT_STEP * (marks.count("!") - marks.count("."))
        return word, "", _within(max(weight, 0.0) if usual > 0 else weight) or None

    def _is_punctuation(self, found: re.Match[str]) -> bool:
        """Whether the marks end a sentence, or lie within something that is written together."""
        after = _AFTER.match(self._prompt, found.end())
        if after is None or not after["next"] or "\n" in after["blank"]:
            return True
        is_tight = after.end("next") - found.end() == 1
        return after["next"].isupper() or (is_tight and after["next"].isalnum())

    def _is_in_parentheses(self, found: re.Match[str]) -> bool:
        before = self._prompt[: found.start()]
        is_open = before.count("(") > before.count(")")
        return is_open and self._prompt.startswith(")", found.end())

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)


def _pattern(triggers: Iterable[str]) -> re.Pattern[str]:
    """Return what finds every tag, and every trigger as whole words: the longest of them first."""
    longest_first = sorted(triggers, key=lambda each: (-len(each.split()), -len(each), each))
    words = "|".join(r"\s+".join(map(re.escape, each.split())) for each in longest_first)
    if not words:
        return re.compile(_TAG)
    word = rf"(?<![\w-])(?P<word>{words})(?![\w-])(?:{_SET}|{_MARKS})?"
    return re.compile(rf"{_TAG}|{word}", re.IGNORECASE)


def _family(base_model: str) -> str:
    """Return a family however it is written: `SD 1.5` and `sd15` are one."""
    return re.sub(r"[^a-z0-9]", "", base_model.lower()).upper()


def _stem(name: str) -> str:
    """Return a LoRA's name however a tag writes it."""
    return name.strip().lower().removesuffix(".safetensors")


def _folded(trigger: str) -> str:
    return " ".join(trigger.lower().split())


def _told(told: str | None, usual: float) -> float:
    """Return the weight of a tag, which may have two (for the model and for the text)."""
    first = (told or "").partition(":")[0]
    return _within(float(first) if _NUMBER.fullmatch(first) else usual)


def _within(weight: float) -> float:
    return round(min(max(weight, -MOST_WEIGHT), MOST_WEIGHT), 2)


def _tag_of(lora: Lora, weight: float) -> str:
    return f"<lora:{lora.name}:{weight:g}>"
