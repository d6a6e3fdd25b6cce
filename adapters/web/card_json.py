"""What the page is told: cards and the person's own messages as JSON. Text stays text."""

from collections.abc import Sequence
from datetime import UTC

import orjson

from adapters.chat.actions import encode
from adapters.chat.cards import Button, Card
from core.media.model import MediaRef
from core.sessions.model import TranscriptMessage

JsonObject = dict[str, object]


def media_url(media: MediaRef) -> str:
    """Return the address of a stored file on the page's server."""
    return f"/media/{media.id}"


def card_body(card: Card) -> str:
    """Return a card of ours as the body of a transcript message."""
    return orjson.dumps(card_json(card)).decode()


def card_json(card: Card) -> JsonObject:
    """Return a card of ours as the page reads it."""
    return {
        "from": "station",
        "spans": [{"text": span.text, "style": span.style.value} for span in card.spans],
        "tone": card.tone.value,
        "media": [_media_json(media) for media in card.media],
        "progress": card.progress,
        "buttons": [[_button_json(button) for button in row] for row in card.buttons],
    }


def own_body(text: str, media: Sequence[MediaRef], *, client_id: str) -> str:
    """
    Return what the person sent, as the body of a transcript message.

    By `client_id` the page finds the bubble that it showed before the server had answered.
    """
    own: JsonObject = {
        "from": "you",
        "text": text,
        "media": [_media_json(ref) for ref in media],
        "client_id": client_id,
    }
    return orjson.dumps(own).decode()


def event_data(message: TranscriptMessage) -> bytes:
    """Return a transcript message as one line of JSON: its place in the chat, and its body."""
    return orjson.dumps(
        {
            "id": message.id,
            # Of a fixed length, so that the page may order messages by comparing text.
            "at": message.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "seq": message.seq,
            "body": orjson.Fragment(message.body),
        }
    )


def _media_json(media: MediaRef) -> JsonObject:
    return {
        "id": media.id,
        "url": media_url(media),
        "mime": media.mime,
        "kind": media.kind.value,
        "width": media.width,
        "height": media.height,
        "size_bytes": media.size_bytes,
    }


def _button_json(button: Button) -> JsonObject:
    return {
        "label": button.label,
        "action": encode(button.action),
        "weight": button.weight.value,
    }
