"""The updates that wait for the bot, and the long polls that fetch them."""

import asyncio
from contextlib import suppress

from tests.servers.telegram_errors import RefusedError, Wire

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_MOST_AT_ONCE = 100
_MOST_TIMEOUT_S = 50


class Updates:
    """One queue, as one bot has it. What is not acknowledged comes again."""

    def __init__(self) -> None:
        self.pending: list[Wire] = []
        self._told: dict[int, Wire] = {}
        self._again: list[Wire] = []
        self._allowed: list[str] = []
        self._next_id = 1000
        self._poll = 0
        self._cut = 0
        self._changed = asyncio.Event()

    @property
    def allowed(self) -> list[str]:
        """What the bot wishes to hear; empty is what it hears by default."""
        return self._allowed

    def wish(self, allowed: list[str] | None) -> None:
        """Keep which updates the bot wants; nothing said means as before."""
        if allowed is not None:
            self._allowed = list(allowed)

    def add(self, kind: str, told: Wire) -> int | None:
        """Queue an update; return its id, or None when the bot does not want its kind."""
        wanted = kind in self._allowed if self._allowed else kind not in NOT_BY_DEFAULT
        return self.push({kind: told}) if wanted else None

    def push(self, raw: Wire) -> int:
        """Queue an update as it is; an update_id is given to it when it has none."""
        update_id = int(raw.get("update_id", self._next_id))
        self._next_id = max(self._next_id, update_id) + 1
        update = {"update_id": update_id, **raw}
        self._told[update_id] = update
        self.pending.append(update)
        self._wake()
        return update_id

    def resend(self, update_id: int) -> None:
        """Deliver an update once more, whether or not it was acknowledged."""
        self._again.append(self._told[update_id])
        self._wake()

    def forget(self) -> None:
        """Drop everything that waits."""
        self.pending.clear()
        self._again.clear()

    def cut(self) -> None:
        """End the poll that waits, with nothing."""
        self._cut += 1
        self._wake()

    async def poll(self, *, offset: int, limit: int | None, timeout_s: int) -> list[Wire]:
        """Return what waits, or wait for it. Raises RefusedError when another poll begins."""
        self._poll += 1
        mine, cut = self._poll, self._cut
        self._wake()
        self._acknowledge(offset)
        clock = asyncio.get_running_loop()
        end_s = clock.time() + min(max(timeout_s, 0), _MOST_TIMEOUT_S)
        while True:
            if mine != self._poll:
                raise RefusedError(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )
            found = [] if cut != self._cut else self._next(limit)
            left_s = end_s - clock.time()
            if found or left_s <= 0 or cut != self._cut:
                return found
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left_s)

    def _next(self, limit: int | None) -> list[Wire]:
        most = min(limit, _MOST_AT_ONCE) if limit and limit > 0 else _MOST_AT_ONCE
        again = self._again[:most]
        del self._again[:most]
        return [*again, *self.pending[: most - len(again)]]

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.pending = [each for each in self.pending if each["update_id"] >= offset]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
