"""Cards as Telegram shows them: HTML made from spans, keyboards, and what files are sent as."""

import html

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.chat.actions import encode
from adapters.chat.cards import Button, Card, Span, Style, Weight, bar
from adapters.chat.fit import Limits, utf16_units
from core.media.model import MediaKind, MediaRef

PHOTO_BYTES = 10_000_000
PHOTO_SIDES = 10_000
"""Of a photo's width and height together, in pixels."""

PHOTO_RATIO = 20

_TAGS = {Style.BOLD: "b", Style.CODE: "code"}


def _width(span: Span) -> int:
    return utf16_units(span.text)


LIMITS = Limits(
    text=4_096 - 16,  # a bar of progress has its place
    caption=1_024,
    width=_width,
    rows=12,
    columns=8,
    label=64,
    files=10,
    file_bytes=50_000_000,
)


def html_of(card: Card) -> str:
    """Return the card's text. The only markup is ours."""
    text = "".join(map(_marked, card.spans))
    return f"{text}\n{bar(card.progress)}" if card.progress else text


def _marked(span: Span) -> str:
    text = html.escape(span.text, quote=False)
    tag = _TAGS.get(span.style)
    return f"<{tag}>{text}</{tag}>" if tag and text else text


def keyboard(card: Card) -> InlineKeyboardMarkup | None:
    """Return the card's buttons."""
    if not card.buttons:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in card.buttons])


def _button(button: Button) -> InlineKeyboardButton:
    style = "danger" if button.weight is Weight.DANGER else None
    return InlineKeyboardButton(button.label, callback_data=encode(button.action), style=style)


def sent_as(media: MediaRef) -> str:
    """Return what a file is sent as: a photo, an animation, a video, audio, or a document."""
    if media.kind is MediaKind.IMAGE:
        return "photo" if _is_photo(media) else "document"
    return "document" if media.kind is MediaKind.FILE else media.kind.value


def _is_photo(media: MediaRef) -> bool:
    longest, shortest = max(media.width, media.height), min(media.width, media.height)
    return (
        media.size_bytes <= PHOTO_BYTES
        and 0 < longest <= PHOTO_RATIO * shortest
        and longest + shortest <= PHOTO_SIDES
    )
