"""How values are written in sentences: numbers as people write them, long texts and lists cut."""

from collections.abc import Sequence

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def shortened(text: str, length: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= length else f"{text[: length - 1]}{ELLIPSIS}"


def number(value: float | None) -> str:
    """Return a number as people write it: `2,048` and `0.5`; "" for none."""
    if value is None:
        return ""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def listed(names: Sequence[str], *, most: int) -> str:
    """Return the first names of a list, and how many more there are."""
    more = len(names) - most
    first = ", ".join(names[:most])
    return f"{first} and {more} more" if more > 0 else first
