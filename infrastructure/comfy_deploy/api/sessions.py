"""Interactive sessions: a GPU with ComfyUI's canvas, paid by the second until it is ended."""

from datetime import datetime

import attrs

from infrastructure.comfy_deploy.api.calls import Calls, given
from infrastructure.comfy_deploy.decoding import decoded
from infrastructure.comfy_deploy.endpoints import (
    CREATE_SESSION,
    DELETE_SESSION,
    EXTEND_SESSION,
    GET_SESSION,
    LIST_SESSIONS,
)


def _real(identifier: str) -> str:
    """Return an id; the service writes one that is missing as the word None."""
    return "" if identifier == "None" else identifier


@attrs.frozen(kw_only=True)
class Session:
    """One session that is running. Whoever has its address has the canvas."""

    id: str = ""
    session_id: str = ""
    """The same as `id`."""
    gpu_event_id: str = ""
    url: str = attrs.field(default="", repr=False)
    """Empty until the machine is up."""
    gpu: str = ""
    status: str = ""
    created_at: datetime | None = None
    timeout: float | None = None
    """Minutes that it was given at first."""
    timeout_end: datetime | None = None
    """When the service will end it."""
    machine_id: str = attrs.field(default="", converter=_real)
    machine_version_id: str = attrs.field(default="", converter=_real)
    user_id: str = attrs.field(default="", converter=_real)
    org_id: str = attrs.field(default="", converter=_real)


@attrs.frozen(kw_only=True)
class CreatedSession:
    """A session that starts. `url` is "" unless the server was waited for."""

    session_id: str = ""
    url: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class SessionOrder:
    """
    A session to be started.

    `gpu` None is the machine's own, `timeout` is minutes. Waiting for the server takes minutes,
    longer than an answer is waited for: leave it, and ask for the session's address instead.
    """

    machine_id: str
    gpu: str | None = None
    timeout: int | None = None
    wait_for_server: bool | None = None


@attrs.frozen(kw_only=True)
class _Ended:
    success: bool = False


class Sessions:
    """
    Starts, follows and ends sessions.

    Raises ServiceError as `Calls` does: NotThereError for a session that is unknown or over.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def create(self, order: SessionOrder) -> CreatedSession:
        """
        Start a session on a serverless machine. It costs from now on.

        Raises ServiceRefusedError: 400 for another kind of machine or at a limit, 403 without
        credit. Without an answer it may run: this is never repeated, look into the list.
        Source: `POST /session`, contract 2 and 5.
        """
        body = given(**attrs.asdict(order))
        return await self._calls.one(CreatedSession, CREATE_SESSION, body=body)

    async def get(self, session_id: str) -> Session:
        """
        Return a session.

        Source: `GET /session/{id}`, contract 5.
        """
        return await self._calls.one(Session, GET_SESSION, at={"session_id": session_id})

    async def list(self, *, machine_id: str = "") -> tuple[Session, ...]:
        """
        Return the sessions that run, of one machine when it is given.

        Source: `GET /sessions`, contract 5.
        """
        query = {"machine_id": machine_id} if machine_id else {}
        return await self._calls.many(Session, LIST_SESSIONS, query=query)

    async def extend(self, session_id: str, minutes: int) -> None:
        """
        Give a session so many minutes more. Twice is twice as many: this is never repeated.

        Raises ServiceRefusedError (400) beyond the 30 minutes of the free plan.
        Source: `POST /session/{id}/increase-timeout`, contract 5.
        """
        at, body = {"session_id": session_id}, {"minutes": minutes}
        await self._calls.raw(EXTEND_SESSION, at=at, body=body)

    async def delete(self, session_id: str, *, wait_for_shutdown: bool = False) -> bool:
        """
        End a session, and return whether the service says that it did.

        Source: `DELETE /session/{id}`, contract 5.
        """
        at, query = {"session_id": session_id}, {"wait_for_shutdown": wait_for_shutdown}
        body = await self._calls.raw(DELETE_SESSION, at=at, query=query)
        return decoded(_Ended, body).success
