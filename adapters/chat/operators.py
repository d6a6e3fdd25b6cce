"""The operators' chat: where everything is told that only an operator can put right."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from adapters.chat.surface import (
    ChatClosedError,
    NotShownError,
    ReplyTo,
    Surface,
    platform_of,
)
from adapters.chat.tasks import Tasks
from adapters.chat.views.pages import alert_card
from core.shared.errors import StationError
from core.shared.events import Event, OperatorAlerted

TRIES = 7
FIRST_WAIT_S = 2.0
"""Doubled after each try: an outage of two minutes is outlasted."""

log = structlog.get_logger()


class OperatorsChat:
    """Tells the operators, in the chat that they have named. The log has it in any case."""

    def __init__(
        self,
        *,
        to: str,
        surfaces: Mapping[str, Surface],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._to = ReplyTo(to)
        self._surfaces = surfaces
        self._sleep = sleep
        self._telling = Tasks(bug="alert.bug")

    async def hear(self, event: Event) -> None:
        """Begin to tell an operator's matter. Never waits for a platform."""
        if isinstance(event, OperatorAlerted) and platform_of(self._to) in self._surfaces:
            self._telling.begin(self._tell(event))

    async def stop(self) -> None:
        """End all telling."""
        await self._telling.stop()

    async def _tell(self, alert: OperatorAlerted) -> None:
        card = alert_card(alert.text)
        named = f"{alert.code} {alert.text} {asyncio.get_running_loop().time()}"
        key = f"alert-{hashlib.sha256(named.encode()).hexdigest()[:16]}"
        asked_s = 0.0
        for tried in range(TRIES):
            if tried:
                await self._sleep(max(FIRST_WAIT_S * 2 ** (tried - 1), asked_s))
            try:
                await self._surfaces[platform_of(self._to)].send(self._to, card, key=key)
            except StationError as error:
                log.warning("alert.not_shown", alert=alert.code, code=error.code, error=str(error))
                if isinstance(error, ChatClosedError):
                    return
                asked_s = error.wait_s if isinstance(error, NotShownError) else 0.0
            else:
                return
