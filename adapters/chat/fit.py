"""Making a card fit a platform: what is too long is shortened, and nothing is left out unsaid."""

from collections.abc import Callable, Sequence

import attrs

from adapters.chat import texts
from adapters.chat.cards import Button, Card, Span, Style
from core.media.model import MediaRef
from core.shared.wording import ELLIPSIS

A_LONG_SPAN = 40
"""In units: a span that has this much to spare is shortened before whole spans go."""


@attrs.frozen(kw_only=True)
class Limits:
    """
    What one message of a platform holds.

    `text` and `caption` (the text beside files) are in the units of `width`, which tells how much
    of that a span takes with its markup. Sizes of files are in bytes, of labels in characters.
    """

    text: int
    caption: int
    width: Callable[[Span], int]
    rows: int
    columns: int
    label: int
    files: int
    file_bytes: int


def utf16_units(text: str) -> int:
    """Return a text's length as platforms count: characters beyond the first plane are two."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def fit(card: Card, limits: Limits) -> Card:
    """Return the card as one message of the platform can show it."""
    media = tuple(each for each in card.media if each.size_bytes <= limits.file_bytes)
    sent = media[: limits.files]
    notes = [_too_large(each) for each in card.media if each.size_bytes > limits.file_bytes]
    if len(media) > len(sent):
        notes.append(texts.MORE_RESULTS.format(count=len(media) - len(sent)))
    room = limits.caption if sent else limits.text
    # The notes have their place first, but for half of it: what is missing must be said.
    noted = _shortened([Span(f"\n{note}", Style.QUIET) for note in notes], room // 2, limits.width)
    room -= sum(map(limits.width, noted))
    return attrs.evolve(
        card,
        spans=(*_shortened([_plain(each) for each in card.spans], room, limits.width), *noted),
        media=sent,
        buttons=_arranged(card.buttons, limits),
    )


def _plain(span: Span) -> Span:
    """Return a span without what no platform takes: half characters, and NUL."""
    text = span.text.encode(errors="ignore").decode().replace("\0", "")
    return span if text == span.text else attrs.evolve(span, text=text)


def _too_large(media: MediaRef) -> str:
    megabytes = f"{media.size_bytes / 1_000_000:.1f}"
    return texts.TOO_LARGE.format(name=media.kind.value, megabytes=megabytes)


def _shortened(spans: Sequence[Span], room: int, width: Callable[[Span], int]) -> tuple[Span, ...]:
    kept = list(spans)
    longest = max(range(len(kept)), key=lambda at: width(kept[at]), default=0)
    from_the_end = False
    while (excess := sum(map(width, kept)) - room) > 0:
        # What comes last tells price and time, so a long text in the middle gives way first; but
        # where the end has to go, all before it stays as it is.
        from_the_end = from_the_end or width(kept[longest]) <= excess + A_LONG_SPAN
        at = len(kept) - 1 if from_the_end else longest
        if text := _cut(kept[at].text, excess):
            kept[at] = attrs.evolve(kept[at], text=text)
            continue
        del kept[at]
        if at:
            before = kept[at - 1].text.removesuffix(ELLIPSIS)
            kept[at - 1] = attrs.evolve(kept[at - 1], text=f"{before[:-1] or before}{ELLIPSIS}")
    return tuple(kept)


def _cut(text: str, excess: int) -> str:
    """
    Return the text shorter by at least one character, or nothing if little would be left.

    Never by much more than half of it at once: how much of the excess markup takes, nobody knows.
    """
    cut = max(1, min(excess, len(text)) // 2) + 1
    left = text[: max(0, len(text) - cut)]
    return f"{left}{ELLIPSIS}" if left.strip() else ""


def _arranged(rows: Sequence[Sequence[Button]], limits: Limits) -> tuple[tuple[Button, ...], ...]:
    if len(rows) > limits.rows or any(len(row) > limits.columns for row in rows):
        flat = [button for row in rows for button in row][: limits.rows * limits.columns]
        rows = [flat[at : at + limits.columns] for at in range(0, len(flat), limits.columns)]
    return tuple(tuple(_labelled(button, limits.label) for button in row) for row in rows)


def _labelled(button: Button, length: int) -> Button:
    if len(button.label) <= length:
        return button
    return attrs.evolve(button, label=f"{button.label[: length - 1]}{ELLIPSIS}")
