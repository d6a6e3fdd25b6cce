"""What a platform's bot is to the program: something that runs, and may fail, for itself."""

from collections.abc import Callable, Coroutine
from typing import Protocol

from core.shared.errors import StationError

Ready = Callable[[str], Coroutine[object, object, None]]
"""Called once the platform talks with us, with our name there: `@station_bot`."""


class FrontRefusedError(StationError):
    """The platform refuses our token or our settings: only an operator can put that right."""

    code = "front.refused"

    @property
    def user_message(self) -> str:
        return "The platform refuses us. Please run the doctor, which says what to put right."


class Front(Protocol):
    """The bot of one platform. May be run again after it has ended."""

    name: str
    """The platform, as addresses begin: `telegram`."""

    async def list_commands(self) -> None:
        """Have our commands listed as they are now; while nobody talks, the next run does it."""

    async def run(self, ready: Ready) -> None:
        """
        Talk until cancelled, and close all that was opened within 1.5 s.

        Raises FrontRefusedError, or whatever else the platform or its library failed with.
        """
