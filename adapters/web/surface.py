"""Shows cards on the page: each is a message of the chat's transcript."""

from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo, ShownAt, Surface
from adapters.web.card_json import card_body
from adapters.web.chat_log import ChatLog
from core.shared.ids import ChatId


class WebSurface(Surface):
    """
    Stores cards for the page. A message's id is its key, and that is also where it is shown.

    To send, to edit and to finish are the same: the message of that id is now this card. So each
    may be repeated, and none can show a card twice.
    """

    def __init__(self, chat_log: ChatLog) -> None:
        self._log = chat_log

    async def send(self, to: ReplyTo, card: Card, *, key: str) -> ShownAt:
        await self._log.add(ChatId(to), key, card_body(card))
        return ShownAt(key)

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        if shown_at:
            await self._log.replace(ChatId(to), shown_at, card_body(card))

    async def finish(self, to: ReplyTo, shown_at: ShownAt, card: Card, *, key: str) -> ShownAt:
        message = shown_at or ShownAt(key)
        await self._log.replace(ChatId(to), message, card_body(card))
        return message
