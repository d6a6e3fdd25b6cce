"""The methods that send: texts, files, albums."""

from itertools import count

import attrs

from tests.servers.telegram_contract import Upload
from tests.servers.telegram_errors import RefusedError, Wire, bad_request
from tests.servers.telegram_files import StoredFile
from tests.servers.telegram_html import Text, parsed
from tests.servers.telegram_keyboard import inline_keyboard
from tests.servers.telegram_state import Chat, Message, State

MOST_TEXT = 4096
MOST_CAPTION = 1024
_ALBUM = range(2, 11)
_PICTURES = frozenset({"photo", "video"})
_KEPT = {
    "message_thread_id": "message_thread_id",
    "show_caption_above_media": "show_caption_above_media",
    "has_spoiler": "has_media_spoiler",
    "protect_content": "has_protected_content",
    "message_effect_id": "effect_id",
}
"""Parameters that a message shows, and the names of its fields."""


@attrs.frozen
class Ask:
    """One request: the method, its parameters, its files."""

    method: str
    values: Wire
    files: dict[str, Upload] = attrs.field(factory=dict)


def text_of(values: Wire) -> Text:
    """Return the text of a message. Raises RefusedError when there is none or too much."""
    text = parsed(values.get("text", ""), values.get("parse_mode"), values.get("entities"))
    if not text.plain:
        raise bad_request("message text is empty")
    if text.length > MOST_TEXT:
        raise bad_request("message is too long")
    return text


def caption_of(values: Wire) -> Text:
    """Return the caption, which may be empty. Raises RefusedError when it is too long."""
    mode, entities = values.get("parse_mode"), values.get("caption_entities")
    caption = parsed(values.get("caption", ""), mode, entities)
    if caption.length > MOST_CAPTION:
        raise bad_request("message caption is too long")
    return caption


class Sending:
    """Every method that makes a new message."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._albums = count(1)

    def send_message(self, ask: Ask) -> Wire:
        chat = self._state.open_chat(ask.values["chat_id"])
        text = text_of(ask.values)
        return self._post(chat, ask.values, text=text).wire()

    def send_file(self, ask: Ask) -> Wire:
        """Send what the method is named after: sendPhoto a photo, sendVideo a video."""
        kind = ask.method.removeprefix("send").lower()
        chat = self._state.open_chat(ask.values["chat_id"])
        caption = caption_of(ask.values)
        markup = inline_keyboard(ask.values.get("reply_markup"))
        self._replied(chat, ask.values)
        file = self._state.shelf.wanted(kind, ask.values[kind], files=ask.files, hints=ask.values)
        return self._post(chat, ask.values, text=caption, file=file, markup=markup).wire()

    def send_media_group(self, ask: Ask) -> list[Wire]:
        chat = self._state.open_chat(ask.values["chat_id"])
        items: list[Wire] = ask.values["media"]
        _check_album(items)
        captions = [caption_of(each) for each in items]
        self._replied(chat, ask.values)
        files = [self._in_album(number, each, ask) for number, each in enumerate(items, start=1)]
        album = {"media_group_id": str(next(self._albums))}
        return [
            self._post(chat, ask.values | item, text=caption, file=file, more=album).wire()
            for item, caption, file in zip(items, captions, files, strict=True)
        ]

    def _in_album(self, number: int, item: Wire, ask: Ask) -> StoredFile:
        """Return a file of an album. Raises RefusedError in the words that albums have for it."""
        try:
            return self._state.shelf.wanted(
                item["type"], item["media"], files=ask.files, hints=item
            )
        except RefusedError as refused:
            words = refused.description.removeprefix("Bad Request: ")
            raise bad_request(
                f'failed to send message #{number} with the error message "{words}"'
            ) from refused

    def _post(
        self,
        chat: Chat,
        values: Wire,
        *,
        text: Text,
        file: StoredFile | None = None,
        markup: Wire | None = None,
        more: Wire | None = None,
    ) -> Message:
        markup = markup or inline_keyboard(values.get("reply_markup"))
        reply_to = self._replied(chat, values)
        shown = {name: values[key] for key, name in _KEPT.items() if values.get(key)}
        if "link_preview_options" in values and file is None:
            shown["link_preview_options"] = values["link_preview_options"]
        return self._state.post(
            Message(
                id=self._state.new_id(chat),
                chat=chat,
                sender=self._state.bot,
                date=self._state.today(),
                text=text,
                file=file,
                markup=markup,
                reply_to=reply_to,
                more=shown | (more or {}),
            )
        )

    def _replied(self, chat: Chat, values: Wire) -> Message | None:
        wanted: Wire | None = values.get("reply_parameters")
        if wanted is None:
            return None
        other = wanted.get("chat_id", chat.id)
        found = self._state.chat(other).messages.get(wanted["message_id"])
        if found is None and not wanted.get("allow_sending_without_reply", False):
            raise bad_request("message to be replied not found")
        return found if other == chat.id else None


def _check_album(items: list[Wire]) -> None:
    if len(items) > _ALBUM[-1]:
        raise bad_request("too many messages to send as an album")
    if len(items) < _ALBUM[0]:
        raise bad_request("an album must have 2-10 items")
    kinds = {each["type"] for each in items}
    if len(kinds) > 1 and kinds - _PICTURES:
        kind = min(kinds - _PICTURES)
        raise bad_request(f"{kind} can't be mixed with other media types")
