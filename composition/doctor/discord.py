"""What `doctor` finds out about the Discord bot, by plain calls of Discord's REST API."""

import ssl
from collections.abc import Sequence
from functools import reduce
from operator import or_
from urllib.parse import urlsplit

import attrs

from adapters.discord.connection import OneServer
from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.faults import Unheard
from composition.doctor.network import Heard, Service, failed, member, words

WHO = "Discord token"
APPLICATION, INVITE, OPERATORS = (
    "Discord application",
    "Discord invite link",
    "Discord operators chat",
)
HOST = "discord.com"
API = f"https://{HOST}/api/v10"
# Discord's edge turns away whoever does not call itself so.
USER_AGENT = "DiscordBot (StationThis, 0.1.0)"

PERMISSIONS = {
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Send Messages in Threads": 1 << 38,
}
"""What the bot needs in a server, by Discord's own names."""

MESSAGE_CONTENT = 1 << 18 | 1 << 19
"""The flags of an application that may read all messages: granted, or for a small bot."""

_UNAUTHORIZED = 401
_NOT_TRIED = "not tried without a token that works"


def discord_service(config: Config, *, limit_s: float, ahead: dict[str, float]) -> Service:
    """Return the way to Discord, which may lead through a proxy that stands for all its hosts."""
    access = config.discord
    if access is None or not access.base_url:
        return Service(
            name="Discord",
            at=HOST,
            setting="DISCORD_BASE_URL",
            limit_s=limit_s,
            tls=ssl.create_default_context,
            ahead=ahead,
        )
    return Service(
        name="Discord",
        at=f"{HOST} at {urlsplit(access.base_url).netloc}",
        setting="DISCORD_BASE_URL",
        limit_s=limit_s,
        tls=lambda: ssl.create_default_context(cafile=access.ca_file),
        resolver=lambda: OneServer(access.base_url),
        ahead=ahead,
    )


def invite_link(application: str) -> str:
    """Return the address at which the bot is added to a server, with the rights that it needs."""
    permissions = reduce(or_, PERMISSIONS.values())
    return (
        f"https://{HOST}/oauth2/authorize?client_id={application}"
        f"&scope=bot+applications.commands&permissions={permissions}"
    )


@attrs.define
class DiscordChecks:
    """Asks who the bot is first; the rest is asked only with a token that works."""

    config: Config
    service: Service
    _is_known: bool = False
    _application: str = ""

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order."""
        first = Step(WHO, self._token)
        operators = Step(OPERATORS, self._operators)
        has_chat = self.config.operators_chat.startswith("discord:")
        if self.config.discord is None:
            return (first, operators) if has_chat else (first,)
        rest = (Step(APPLICATION, self._about), Step(INVITE, self._invite))
        return (first, *rest, operators) if has_chat else (first, *rest)

    async def _get(self, path: str) -> Heard | Unheard:
        if self.config.discord is None:
            raise AssertionError("there is no token to ask with")
        token = self.config.discord.token
        headers = {"Authorization": f"Bot {token}", "User-Agent": USER_AGENT}
        return await self.service.ask(API + path, headers=headers)

    async def _token(self) -> Check:
        if self.config.discord is None:
            return Check(name=WHO, ok=None, found="DISCORD_TOKEN is not set: Discord is off")
        heard = await self._get("/users/@me")
        if isinstance(heard, Unheard):
            return failed(WHO, heard)
        if heard.status == _UNAUTHORIZED:
            return Check(
                name=WHO,
                ok=False,
                found=f"{self.service.at} refuses the token (401)",
                fix="Open your application at https://discord.com/developers/applications, reset "
                "the token under Bot, and put the new one into DISCORD_TOKEN.",
            )
        name = words(heard.body, "username")
        if not heard.is_well or not name:
            return self._odd(WHO, heard)
        self._is_known = True
        return Check(name=WHO, ok=True, found=f"{name} at {self.service.at}")

    async def _about(self) -> Check:
        if not self._is_known:
            return Check(name=APPLICATION, ok=None, found=_NOT_TRIED)
        heard = await self._get("/applications/@me")
        if isinstance(heard, Unheard):
            return failed(APPLICATION, heard)
        self._application = words(heard.body, "id")
        if not heard.is_well or not self._application:
            return self._odd(APPLICATION, heard)
        if words(heard.body, "interactions_endpoint_url"):
            return Check(
                name=APPLICATION,
                ok=False,
                found="commands and buttons go to an Interactions Endpoint URL, not to us",
                fix="Empty that field in the Developer Portal, under General Information.",
            )
        flags = member(heard.body, "flags")
        is_set = isinstance(flags, int) and bool(flags & MESSAGE_CONTENT)
        state = "set, though" if is_set else "not set, and"
        found = f"{words(heard.body, 'name')}: the message content intent is {state} not needed"
        is_nowhere = member(heard.body, "approximate_guild_count") == 0
        fix = "It is in no server yet: open the invite link." if is_nowhere else ""
        return Check(name=APPLICATION, ok=True, found=found, fix=fix)

    async def _invite(self) -> Check:
        if not self._application:
            found = "not known: the application could not be read"
            return Check(name=INVITE, ok=None, found=found)
        return Check(name=INVITE, ok=True, found=invite_link(self._application))

    async def _operators(self) -> Check:
        if self.config.discord is None:
            found = "STATIONTHIS_OPERATORS_CHAT is on Discord, which is off"
            fix = "Set DISCORD_TOKEN, or name a chat of a platform that is on."
            return Check(name=OPERATORS, ok=False, found=found, fix=fix)
        if not self._is_known:
            return Check(name=OPERATORS, ok=None, found=_NOT_TRIED)
        channel = self.config.operators_chat.removeprefix("discord:")
        heard = await self._get(f"/channels/{channel}")
        if isinstance(heard, Unheard):
            return failed(OPERATORS, heard)
        if not heard.is_well:
            said = words(heard.body, "message") or str(heard.status)
            return Check(
                name=OPERATORS,
                ok=False,
                found=f"channel {channel} cannot be reached: {said}",
                fix="Add the bot to that server and let it view the channel, then check the number "
                "in STATIONTHIS_OPERATORS_CHAT (Copy Channel ID).",
            )
        name = words(heard.body, "name")
        place = f"#{name} ({channel})" if name else channel
        found = f"{place}: the bot sees it; sending was not tried"
        return Check(name=OPERATORS, ok=True, found=found)

    def _odd(self, name: str, heard: Heard) -> Check:
        said = words(heard.body, "message") or "an answer that makes no sense"
        return Check(
            name=name,
            ok=False,
            found=f"{self.service.at} says {heard.status}: {said}",
            fix="Check that DISCORD_BASE_URL is empty or leads to Discord, and try again.",
        )
