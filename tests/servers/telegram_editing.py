"""The methods that change messages, or take them away."""

import attrs

from tests.servers.telegram_contract import ATTACH
from tests.servers.telegram_errors import Wire, bad_request
from tests.servers.telegram_keyboard import inline_keyboard
from tests.servers.telegram_sending import Ask, caption_of, text_of
from tests.servers.telegram_state import Message, State

_SHOWN_ABOVE = "show_caption_above_media"


def _standing(message: Message) -> tuple[object, ...]:
    """Return what an edit is compared with."""
    text, more = message.text, message.more
    return (text.plain, text.entities, message.markup, message.file, more.get(_SHOWN_ABOVE))


class Editing:
    """Every method about a message that is already there."""

    def __init__(self, state: State) -> None:
        self._state = state

    def edit_text(self, ask: Ask) -> Wire:
        message = self._message(ask)
        if "rich_message" in ask.values:
            raise bad_request("rich messages are not served here")
        if message.file is not None:
            raise bad_request("there is no text in the message to edit")
        edited = attrs.evolve(message, text=text_of(ask.values), markup=_keyboard(ask))
        return self._put(message, edited)

    def edit_caption(self, ask: Ask) -> Wire:
        message = self._message(ask)
        if message.file is None:
            raise bad_request("there is no caption in the message to edit")
        edited = attrs.evolve(
            message,
            text=caption_of(ask.values),
            markup=_keyboard(ask),
            more=_with_caption_above(message, ask.values),
        )
        return self._put(message, edited)

    def edit_media(self, ask: Ask) -> Wire:
        """Change the file; a text becomes a message with a file, its text goes."""
        message = self._message(ask)
        media: Wire = ask.values["media"]
        caption = caption_of(media)
        markup = _keyboard(ask)
        file = self._state.shelf.wanted(media["type"], media["media"], files=ask.files, hints=media)
        more = _with_caption_above(message, media)
        more.pop("link_preview_options", None)
        edited = attrs.evolve(message, text=caption, markup=markup, file=file, more=more)
        return self._put(message, edited, is_new=media["media"].startswith(ATTACH))

    def edit_markup(self, ask: Ask) -> Wire:
        message = self._message(ask)
        return self._put(message, attrs.evolve(message, markup=_keyboard(ask)))

    def delete(self, ask: Ask) -> bool:
        chat = self._state.open_chat(ask.values["chat_id"])
        message = chat.messages.get(ask.values["message_id"])
        if message is None:
            raise bad_request("message to delete not found")
        if chat.is_group and message.sender is not self._state.bot:
            raise bad_request("message can't be deleted")
        del chat.messages[message.id]
        chat.touch()
        return True

    def react(self, ask: Ask) -> bool:
        chat = self._state.open_chat(ask.values["chat_id"])
        message = chat.messages.get(ask.values["message_id"])
        if message is None:
            raise bad_request("message to react not found")
        reactions: list[Wire] = ask.values.get("reaction", [])
        if len(reactions) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        for each in reactions:
            if each.get("emoji") not in self._state.contract.reaction_emoji:
                raise bad_request("REACTION_INVALID")
        message.reactions = reactions
        chat.touch()
        return True

    def _message(self, ask: Ask) -> Message:
        if "chat_id" not in ask.values or "message_id" not in ask.values:
            raise bad_request("message identifier is not specified")
        chat = self._state.open_chat(ask.values["chat_id"])
        message = chat.messages.get(ask.values["message_id"])
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender is not self._state.bot:
            raise bad_request("message can't be edited")
        return message

    def _put(self, message: Message, edited: Message, *, is_new: bool = False) -> Wire:
        if not is_new and _standing(message) == _standing(edited):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        for name in ("text", "markup", "file", "more"):
            setattr(message, name, getattr(edited, name))
        message.edits += 1
        message.edit_date = self._state.today()
        message.chat.touch()
        return message.wire()


def _keyboard(ask: Ask) -> Wire | None:
    return inline_keyboard(ask.values.get("reply_markup"))


def _with_caption_above(message: Message, values: Wire) -> Wire:
    more = {key: each for key, each in message.more.items() if key != _SHOWN_ABOVE}
    return more | ({_SHOWN_ABOVE: True} if values.get(_SHOWN_ABOVE) else {})
