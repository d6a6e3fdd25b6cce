"""A workflow, what it wants to be told, and how a person's words become its inputs."""

import math
from collections.abc import Mapping
from enum import StrEnum

import attrs

from core.shared.errors import InputRefusedError
from core.shared.ids import DeploymentId, WorkflowName

InputValue = str | int | float | bool
"""What ComfyUI Deploy takes for one input: never null, never an object."""

MAX_TEXT_LENGTH = 4_000
"""Characters of one text input: what both platforms can carry in a message, and any model reads."""

MAX_NUMBER_LENGTH = 40
"""Characters of one number: more is not a number that anybody means."""

PROMPT_NAMES = ("prompt", "input_prompt", "positive", "input_text", "text")
SEED_NAMES = ("seed", "input_seed", "noise_seed")
RANDOM_SEED = -1


class InputKind(StrEnum):
    """What sort of value an input takes."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    IMAGE = "image"
    FILE = "file"

    @property
    def is_media(self) -> bool:
        """Whether the value is a file that a person sends."""
        return self in (InputKind.IMAGE, InputKind.FILE)


@attrs.frozen(kw_only=True)
class Input:
    """One external input of a workflow, as its deployment's `input_types` tells."""

    name: str
    kind: InputKind
    label: str = ""
    description: str = ""
    default: InputValue | None = None
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[str, ...] = ()

    @property
    def is_seed(self) -> bool:
        """Whether this is the seed, which is drawn anew for each generation unless given."""
        return self.kind is InputKind.INTEGER and self.name.lower() in SEED_NAMES

    @property
    def is_prompt(self) -> bool:
        """Whether a person's sentence goes here by its name."""
        return self.kind is InputKind.TEXT and self.name.lower() in PROMPT_NAMES

    def accept(self, value: object) -> InputValue:
        """Return the value as this input takes it. Raises InputRefusedError."""
        if self.kind is InputKind.BOOLEAN:
            return self._boolean(value)
        if self.kind in (InputKind.INTEGER, InputKind.NUMBER):
            return self._number(value)
        if self.kind is InputKind.CHOICE:
            return self._choice(value)
        return self._text(value)

    def _refuse(self, problem: str) -> InputRefusedError:
        return InputRefusedError(self.name, problem)

    def _text(self, value: object) -> str:
        # A NUL makes the service answer 500; nobody types one on purpose.
        text = str(value).replace("\0", "").strip()
        if len(text) > MAX_TEXT_LENGTH:
            raise self._refuse(
                f"“{self.name}” may have {MAX_TEXT_LENGTH:,} characters, not {len(text):,}. "
                "Please shorten it.",
            )
        return text

    def _boolean(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in ("yes", "true", "on", "1"):
            return True
        if word in ("no", "false", "off", "0"):
            return False
        raise self._refuse(f"“{self.name}” is a switch: please say yes or no.")

    def _choice(self, value: object) -> str:
        text = str(value).strip()
        for option in self.options:
            if option.lower() == text.lower():
                return option
        raise self._refuse(
            f"“{self.name}” can be {', '.join(self.options)}: please pick one of them."
        )

    def _number(self, value: object) -> int | float:
        whole = self.kind is InputKind.INTEGER
        number = _parse_number(value, whole=whole)
        if number is None:
            wanted = "a whole number" if whole else "a number"
            raise self._refuse(f"“{self.name}” takes {wanted}{self._range()}: please give one.")
        if self.is_seed and number == RANDOM_SEED:
            return RANDOM_SEED
        too_small = self.minimum is not None and number < self.minimum
        too_large = self.maximum is not None and number > self.maximum
        if too_small or too_large:
            raise self._refuse(
                f"“{self.name}” takes a number{self._range()}, and {number:,} is outside."
            )
        return number

    def _range(self) -> str:
        if self.minimum is None:
            return "" if self.maximum is None else f" up to {_shown(self.maximum)}"
        if self.maximum is None:
            return f" from {_shown(self.minimum)} up"
        return f" from {_shown(self.minimum)} to {_shown(self.maximum)}"


def _shown(number: float) -> str:
    """Return a limit as people write it: 2,048 and 0.5."""
    return f"{int(number):,}" if float(number).is_integer() else f"{number:g}"


def _parse_number(value: object, *, whole: bool) -> int | float | None:
    """Return a finite number, or None for what is not one: `nan`, `1_000`, `0x10`, true."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        value = str(value).strip()
        if not value.isascii() or "_" in value or len(value) > MAX_NUMBER_LENGTH:
            return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    if not whole:
        return number
    return int(number) if number.is_integer() and abs(number) < 2**53 else None


@attrs.frozen(kw_only=True)
class Workflow:
    """One deployment of ComfyUI Deploy, as people see it: a command with inputs."""

    name: WorkflowName
    title: str
    deployment: DeploymentId
    description: str = ""
    gpu: str | None = None
    inputs: tuple[Input, ...] = ()

    @property
    def prompt(self) -> Input | None:
        """The input that takes a person's sentence, or None when there is no text input."""
        texts = [each for each in self.inputs if each.kind is InputKind.TEXT]
        named = [each for each in texts if each.is_prompt]
        return next(iter(named or texts), None)

    @property
    def media_inputs(self) -> tuple[Input, ...]:
        """The inputs that take a file, in the order of the graph."""
        return tuple(each for each in self.inputs if each.kind.is_media)

    def accept(self, given: Mapping[str, object]) -> dict[str, InputValue]:
        """
        Check what a person gave and complete it with the workflow's defaults.

        Returns every input that has a value. A seed that nobody gave is -1: the caller draws it.
        Raises InputRefusedError for a name that is not an input, a value out of its range, a
        missing file and an empty prompt.
        """
        known = {each.name: each for each in self.inputs}
        for name in given:
            if name not in known:
                takes = ", ".join(known) or "nothing"
                raise InputRefusedError(
                    name, f"/{self.name} has no input “{name[:40]}”. It takes: {takes}."
                )
        accepted: dict[str, InputValue] = {}
        for each in self.inputs:
            value = self._value(each, given.get(each.name))
            if value is not None:
                accepted[each.name] = value
        return accepted

    def _value(self, wanted: Input, given: object) -> InputValue | None:
        if given is not None and not (given == "" and wanted.kind is not InputKind.TEXT):
            value = wanted.accept(given)
        elif wanted.is_seed:
            return RANDOM_SEED
        else:
            value = "" if wanted.default is None else wanted.default
        if value != "" or (wanted.kind is InputKind.TEXT and wanted != self.prompt):
            return value
        if wanted == self.prompt and wanted.is_prompt:
            raise InputRefusedError(
                wanted.name, f"Please say what you want to see: /{self.name} a red fox in the snow"
            )
        if wanted.kind is InputKind.IMAGE:
            raise InputRefusedError(
                wanted.name,
                f"/{self.name} needs a picture: please send one together with the command.",
            )
        if wanted.kind is InputKind.FILE:
            raise InputRefusedError(wanted.name, f"/{self.name} needs a file for “{wanted.name}”.")
        return None
