"""What `doctor` finds out about the Telegram bot, by plain calls of the Bot API."""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import attrs

from composition.access import TELEGRAM
from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.faults import Unheard
from composition.doctor.network import Heard, Service, failed, member, words

WHO = "Telegram token"
PRIVACY, WEBHOOK, OPERATORS = (
    "Telegram privacy mode",
    "Telegram webhook",
    "Telegram operators chat",
)
_REFUSED = (401, 404)
_NOT_TRIED = "not tried without a token that works"


def telegram_service(config: Config, *, limit_s: float, ahead: dict[str, float]) -> Service:
    """Return the way to Telegram."""
    return Service(
        name="Telegram",
        at=urlsplit(config.telegram.base_url if config.telegram else TELEGRAM).netloc,
        setting="TELEGRAM_BASE_URL",
        limit_s=limit_s,
        uses_proxy=True,
        ahead=ahead,
    )


@attrs.define
class TelegramChecks:
    """Asks who the bot is first; the rest is asked only with a token that works."""

    config: Config
    service: Service
    _me: object = None

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order."""
        first = Step(WHO, self._token)
        operators = Step(OPERATORS, self._operators)
        has_chat = self.config.operators_chat.startswith("telegram:")
        if self.config.telegram is None:
            return (first, operators) if has_chat else (first,)
        rest = (Step(PRIVACY, self._privacy), Step(WEBHOOK, self._webhook))
        return (first, *rest, operators) if has_chat else (first, *rest)

    async def _call(self, method: str, **query: str) -> Heard | Unheard:
        if self.config.telegram is None:
            raise AssertionError("there is no token to ask with")
        token = quote(self.config.telegram.token, safe=":")
        url = f"{self.config.telegram.base_url}/bot{token}/{method}"
        return await self.service.ask(url, query=query)

    async def _token(self) -> Check:
        if self.config.telegram is None:
            found = "TELEGRAM_TOKEN is not set: Telegram is off"
            return Check(name=WHO, ok=None, found=found)
        heard = await self._call("getMe")
        if isinstance(heard, Unheard):
            return failed(WHO, heard)
        if heard.status in _REFUSED:
            found = f"{self.service.at} refuses the token ({heard.status})"
            fix = (
                "Ask @BotFather for the token (/mybots, API Token) and put it into TELEGRAM_TOKEN."
            )
            return Check(name=WHO, ok=False, found=found, fix=fix)
        name = words(heard.body, "result", "username")
        if not name:
            return self._odd(WHO, heard)
        self._me = member(heard.body, "result")
        return Check(name=WHO, ok=True, found=f"@{name} at {self.service.at}")

    async def _privacy(self) -> Check:
        if self._me is None:
            return Check(name=PRIVACY, ok=None, found=_NOT_TRIED)
        hears_all = member(self._me, "can_read_all_group_messages") is True
        found = (
            "off: in groups I see every message"
            if hears_all
            else ("on, which is fine: in groups I see commands and replies to me")
        )
        if member(self._me, "can_join_groups") is False:
            found = "the bot may not be added to groups (@BotFather, /setjoingroups)"
        return Check(name=PRIVACY, ok=True, found=found)

    async def _webhook(self) -> Check:
        if self._me is None:
            return Check(name=WEBHOOK, ok=None, found=_NOT_TRIED)
        heard = await self._call("getWebhookInfo")
        if isinstance(heard, Unheard):
            return failed(WEBHOOK, heard)
        if not heard.is_well:
            return self._odd(WEBHOOK, heard)
        url = words(heard.body, "result", "url")
        if not url:
            return Check(name=WEBHOOK, ok=True, found="none is set: messages are fetched")
        # Only the host: many put a secret into the path.
        host = urlsplit(url).hostname or "somewhere"
        return Check(
            name=WEBHOOK,
            ok=True,
            found=f"messages go to {host} now; `run` takes that away when it starts",
            fix="Another program uses this token. Stop it and call deleteWebhook, or have "
            "@BotFather make a bot of its own for StationThis.",
        )

    async def _operators(self) -> Check:
        if self.config.telegram is None:
            found = "STATIONTHIS_OPERATORS_CHAT is on Telegram, which is off"
            fix = "Set TELEGRAM_TOKEN, or name a chat of a platform that is on."
            return Check(name=OPERATORS, ok=False, found=found, fix=fix)
        if self._me is None:
            return Check(name=OPERATORS, ok=None, found=_NOT_TRIED)
        chat = self.config.operators_chat.removeprefix("telegram:")
        heard = await self._call("getChat", chat_id=chat)
        if isinstance(heard, Unheard):
            return failed(OPERATORS, heard)
        if not heard.is_well:
            said = words(heard.body, "description") or str(heard.status)
            return Check(
                name=OPERATORS,
                ok=False,
                found=f"chat {chat} cannot be reached: {said}",
                fix="Add the bot to that chat, or write to the bot there first. Then check the "
                "number in STATIONTHIS_OPERATORS_CHAT: those of groups begin with -.",
            )
        result = member(heard.body, "result")
        title = words(result, "title") or words(result, "first_name") or "a chat"
        found = f"{title} ({chat}): the bot sees it; sending was not tried"
        return Check(name=OPERATORS, ok=True, found=found)

    def _odd(self, name: str, heard: Heard) -> Check:
        said = words(heard.body, "description") or "an answer that makes no sense"
        return Check(
            name=name,
            ok=False,
            found=f"{self.service.at} says {heard.status}: {said}",
            fix="Check that TELEGRAM_BASE_URL leads to a Bot API server, and try again.",
        )
