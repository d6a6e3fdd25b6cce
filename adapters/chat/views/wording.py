"""How values are written on cards: numbers as people write them, and long texts shortened."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def shortened(text: str, length: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= length else f"{text[: length - 1]}{ELLIPSIS}"


def both_ends(text: str, length: int) -> str:
    """Return a text of at most so many characters: names of files often differ at the end alone."""
    half = (length - 1) // 2
    return text if len(text) <= length else f"{text[:half]}{ELLIPSIS}{text[-half:]}"


def number(value: float | None) -> str:
    """Return a number as people write it: `2,048` and `0.5`; "" for none."""
    if value is None:
        return ""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"
