"""How long values are shown on cards."""

from core.shared.wording import ELLIPSIS


def both_ends(text: str, length: int) -> str:
    """Return a text of at most so many characters: names of files often differ at the end alone."""
    half = (length - 1) // 2
    return text if len(text) <= length else f"{text[:half]}{ELLIPSIS}{text[-half:]}"
