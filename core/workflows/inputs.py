"""One input of a workflow, and what it takes of what a person gives."""

import math
import re
from collections.abc import Mapping

import attrs

from core.shared.errors import SHOWN_NAME_LENGTH, InputRefusedError
from core.shared.wording import number as shown
from core.workflows.kinds import InputKind, Role, role_of

InputValue = str | int | float | bool
"""What ComfyUI Deploy takes for one input: never null, never an object."""

MAX_TEXT_LENGTH = 4_000
"""Characters of one text input: what both platforms can carry in a message, and any model reads."""

MAX_NUMBER_LENGTH = 40
"""Characters of one number: more is not a number that anybody means."""

MOST_CHOICES_LISTED = 20
"""Options that one sentence lists: a folder of models may hold thousands."""

RANDOM_SEED = -1

LEAST: Mapping[Role, float] = {Role.WIDTH: 64, Role.HEIGHT: 64, Role.STEPS: 1, Role.BATCH: 1}
"""The least that makes sense where the deployment names no minimum: a size of 0 breaks a run."""

_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5}")
_NEARLY = 1e-9
_DIGITS = 10
"""Steps such as 0.05 have no exact binary form: what is beyond these digits is noise."""


def clean(text: str) -> str:
    """Return a text as it can be sent: no NUL and no half of a surrogate pair, no blank edges."""
    # A NUL makes the service answer 500, half a pair breaks the encoding; nobody types either.
    if text.isascii() and "\0" not in text:
        return text.strip()  # most texts, and thousands are read at once
    return re.sub("[\0\ud800-\udfff]", "", text).strip()


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
    step: float | None = None
    """Numbers are the minimum (or 0) and so many steps more; None takes any."""
    options: tuple[str, ...] = ()
    role: Role | None = attrs.field()
    """What it is to its workflow; told by its name unless the graph tells more."""
    required: bool = attrs.field()
    """Whether a person must be asked: it is a file or the prompt, and has no default."""

    @role.default
    def _role(self) -> Role | None:
        return role_of(self.name, self.kind)

    @required.default
    def _required(self) -> bool:
        return self.default in (None, "") and (self.kind.is_media or self.is_prompt)

    @property
    def is_seed(self) -> bool:
        """Whether this is the seed, which is drawn anew for each generation unless given."""
        return self.role is Role.SEED

    @property
    def is_prompt(self) -> bool:
        """Whether a person's sentence goes here."""
        return self.role is Role.PROMPT

    @property
    def shown_name(self) -> str:
        """What people see of it on buttons and in forms."""
        return self.label or self.name

    @property
    def least(self) -> float | None:
        """The smallest number that it takes: its minimum, or what its role needs."""
        if self.minimum is not None or self.role is None or self.role not in LEAST:
            return self.minimum
        least = LEAST[self.role]
        return least if self.maximum is None else min(least, self.maximum)

    def accept(self, value: object) -> InputValue:
        """Return the value as this input takes it. Raises InputRefusedError."""
        if self.kind is InputKind.BOOLEAN:
            return self._boolean(value)
        if self.kind.is_numeric:
            return self._number(value)
        if self.kind is InputKind.CHOICE:
            return self._choice(value)
        return self._text(value)

    def _refuse(self, problem: str) -> InputRefusedError:
        return InputRefusedError(self.name, problem)

    def _text(self, value: object) -> str:
        text = clean(str(value))
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
        # One that is spelt just so goes first: Euler and euler may both be there.
        text = str(value)
        if text in self.options:
            return text
        plain = text.strip().lower()
        for option in self.options:
            if option.strip().lower() == plain:
                return option
        raise self._refuse(f"“{self.name}” can be {self._choices()}: please pick one of them.")

    def _choices(self) -> str:
        """Return the options as a sentence lists them: of thousands the first few."""
        more = len(self.options) - MOST_CHOICES_LISTED
        listed = ", ".join(map(_ends, self.options[:MOST_CHOICES_LISTED]))
        return f"{listed} or one of {more:,} more" if more > 0 else listed

    def _number(self, value: object) -> int | float:
        whole = self.kind is InputKind.INTEGER
        number = _parse_number(value, whole=whole)
        if number is None:
            wanted = "a whole number" if whole else "a number"
            raise self._refuse(f"“{self.name}” takes {wanted}{self._range()}: please give one.")
        if self.is_seed and number == RANDOM_SEED:
            return RANDOM_SEED
        too_small = self.least is not None and number < self.least
        too_large = self.maximum is not None and number > self.maximum
        if too_small or too_large:
            raise self._refuse(
                f"“{self.name}” takes a number{self._range()}, and {number:,} is outside."
            )
        return self._fitted(number)

    def _fitted(self, number: float) -> int | float:
        """Return the nearest number that the steps reach, within the range."""
        whole = self.kind is InputKind.INTEGER
        if self.step is None or self.step <= 0 or self.is_seed:
            return number
        base = self.minimum or 0.0
        base = math.ceil(base) if whole else base
        steps = (number - base) / self.step
        if not math.isfinite(steps) or (whole and self.step % 1):
            return number  # so small a step, or a broken one of a whole number, means nothing
        count = round(steps)
        if self.least is not None:
            count = max(count, math.ceil((self.least - base) / self.step - _NEARLY))
        if self.maximum is not None:
            count = min(count, math.floor((self.maximum - base) / self.step + _NEARLY))
        fitted = round(base + count * self.step, _DIGITS)
        if self.least is not None and fitted < self.least:
            return number  # no step reaches into so small a range
        return int(fitted) if whole else fitted

    def _range(self) -> str:
        if self.least is None:
            return "" if self.maximum is None else f" up to {shown(self.maximum)}"
        if self.maximum is None:
            return f" from {shown(self.least)} up"
        return f" from {shown(self.least)} to {shown(self.maximum)}"


def _ends(option: str) -> str:
    """Return an option, or its two ends: long ones often differ at the end alone."""
    half = SHOWN_NAME_LENGTH // 2
    return option if len(option) <= SHOWN_NAME_LENGTH else f"{option[:half]}…{option[-half:]}"


def _parse_number(value: object, *, whole: bool) -> int | float | None:
    """Return a finite number, or None for what is not one: `nan`, `1_000`, `0x10`, true."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        value = str(value).strip()
        if whole and _THOUSANDS.fullmatch(value):
            value = value.replace(",", "")  # as we write them ourselves: 64 to 2,048
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
