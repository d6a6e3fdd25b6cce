"""A Bot API server on loopback, with people to act in it. Bots see nothing but the network."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from tests.servers.telegram_errors import RefusedError, Wire
from tests.servers.telegram_faults import Faults
from tests.servers.telegram_flood import Clock, Flood, FloodBreach, FloodLimits
from tests.servers.telegram_gate import Call, Gate, Outcome
from tests.servers.telegram_people import Group, Person
from tests.servers.telegram_state import Chat, State, User
from tests.servers.telegram_wire import answered, given_in, sent

BOT_ID = 1234
DEFAULT_TOKEN = "1234:abc"
_HOST = "127.0.0.1"
_GOODBYE_S = 0.5
_MOST_BODY = 1024 * 1024 * 1024
MOST_IN_A_REQUEST = 51 * 1024 * 1024
"""Of all files together; each of them may have 50 MB."""

_SUPERGROUP = "-100"


class TelegramServer:
    """
    Serves the Bot API for one bot, and is strict about it.

    What the bot did wrong stands in `violations` (against the contract) and `flood_breaches`
    (called before the time it was told). Chats and updates belong to the server: the bot may be
    killed and started again, and so may the server, at the same address.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        port: int = 0,
        limits: FloodLimits | None = None,
        clock: Clock = time.monotonic,
        answer_within_s: float = 15.0,
        hears_everything: bool = False,
    ) -> None:
        self.clock = clock
        self.bot_username = "station_bot"
        bot = User(BOT_ID, "Station", is_bot=True, username=self.bot_username)
        self._state = State(
            bot=bot,
            now=self._now,
            hears_everything=hears_everything,
            answer_within_s=answer_within_s,
        )
        self._flood = Flood(limits or FloodLimits(), self._state.now)
        self._gate = Gate(self._state, token=token, flood=self._flood)
        self._port = port

    @property
    def url(self) -> str:
        """The address, known while it runs; clients add `/bot` and `/file/bot`."""
        return f"http://{_HOST}:{self._port}"

    @property
    def token(self) -> str | None:
        return self._gate.token

    @property
    def violations(self) -> list[str]:
        """What broke the contract: requests of the bot, and answers of this server."""
        return self._gate.violations

    @property
    def flood_breaches(self) -> list[FloodBreach]:
        """Calls to a chat before the time that the bot was told."""
        return self._flood.breaches

    @property
    def calls(self) -> list[Call]:
        """Every request, in the order of their coming."""
        return self._gate.calls

    @property
    def uploads(self) -> int:
        """How many files the bot has uploaded."""
        return self._state.shelf.uploads

    @property
    def faults(self) -> Faults:
        return self._gate.faults

    @property
    def methods(self) -> list[str]:
        """The methods that are served."""
        return self._gate.methods

    @property
    def commands(self) -> Mapping[tuple[str, str], list[Wire]]:
        """The bot's commands by scope (as JSON) and language."""
        return self._state.commands

    @property
    def waiting(self) -> int:
        """How many updates the bot has not acknowledged."""
        return len(self._state.updates.pending)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TelegramServer"]:
        """Answer as long as the block lasts; afterwards connections are refused."""
        app = web.Application(client_max_size=_MOST_BODY)
        for verb in ("GET", "POST"):
            app.router.add_route(verb, "/bot{token:[^/]+}/{method}", self._serve)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._serve_file, allow_head=False)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, _HOST, self._port)
            await site.start()
            self._port = runner.addresses[0][1]
            yield self
            await site.stop()
        finally:
            self._state.updates.cut()
            await runner.cleanup()

    def person(
        self,
        *,
        user_id: int,
        first_name: str,
        username: str | None = None,
        language_code: str | None = None,
        started: bool = False,
    ) -> Person:
        """Make somebody. Unless `started`, the bot may write only after the person wrote."""
        user = User(user_id, first_name, username=username, language_code=language_code)
        self._state.users[user_id] = user
        self._state.chats[user_id] = Chat(user_id, "private", user=user, started=started)
        return Person(self._state, user, user_id)

    def group(self, *, chat_id: int, title: str, members: Sequence[Person] = ()) -> Group:
        """Make a group with the bot in it: a supergroup when its id begins with -100."""
        kind = "supergroup" if str(chat_id).startswith(_SUPERGROUP) else "group"
        users = [self._state.users[each.user_id] for each in members]
        self._state.chats[chat_id] = Chat(chat_id, kind, title=title, members=users, started=True)
        return Group(self._state, chat_id)

    def revoke_token(self, *, new: str | None = None) -> None:
        """Make the token worthless from now on; waiting polls end as well."""
        self._gate.token = new
        self._state.updates.cut()

    def outage(self, on: bool) -> None:  # noqa: FBT001 - reads as server.outage(True)
        """Answer everything with a gateway's 502, or no more."""
        self._gate.is_out = on
        self._state.updates.cut()

    def push(self, raw_update: Wire, *, as_is: bool = False) -> int:
        """
        Queue a raw update; return its id.

        One that breaks the contract is a ValueError, unless it is meant to go out `as_is`.
        """
        problems = self._state.contract.problems(["Update"], {"update_id": 0, **raw_update}, "it")
        if problems and not as_is:
            raise ValueError("; ".join(problems))
        update_id = self._state.updates.push(raw_update)
        if as_is:
            self._gate.unchecked.add(update_id)
        return update_id

    def resend(self, update_id: int) -> None:
        """Deliver an update once more, acknowledged or not."""
        self._state.updates.resend(update_id)

    def _now(self) -> float:
        return self.clock()  # looked up each time: a test may replace it

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            given = await given_in(request)
        except RefusedError as refused:
            return await answered(request, Outcome(refused.code, refused.body))
        if sum(len(each.data) for each in given.files.values()) > MOST_IN_A_REQUEST:
            too_large = RefusedError(413, "Request Entity Too Large")
            return await answered(request, Outcome(too_large.code, too_large.body))
        token, method = request.match_info["token"], request.match_info["method"]
        return await answered(request, await self._gate.take(token, method, given))

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        outcome = self._gate.take_download(request.match_info["token"])
        found = self._state.shelf.at(request.match_info["path"])
        if outcome is not None and outcome.status != 200:
            return await answered(request, outcome)
        if found is None:
            return await answered(request, Outcome(404, RefusedError(404, "Not Found").body))
        kind = "application/octet-stream"
        return await sent(request, outcome or Outcome(200), body=found.content(), kind=kind)
