"""Interactive sessions: a rented GPU that somebody works on for some minutes."""

import datetime as dt
import uuid

import attrs

from infrastructure.emulator.spelling import short_time, zoneless_time
from infrastructure.emulator.versions import USER_ID


@attrs.define(kw_only=True, eq=False)
class Session:
    """A session from its start to its end; its timeout is minutes."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    gpu_event_id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    machine_id: str
    machine_version_id: str | None
    gpu: str | None
    timeout: int
    started_at: dt.datetime
    ends_at: dt.datetime = attrs.Factory(
        lambda self: self.started_at + dt.timedelta(minutes=self.timeout), takes_self=True
    )
    closed_at: dt.datetime | None = None

    @property
    def url(self) -> str:
        """Where ComfyUI could be reached."""
        return f"https://{self.id}.sessions.invalid"

    def ended_at(self, moment: dt.datetime) -> dt.datetime | None:
        """Return when it ended, by hand or by its timeout; None while it is open."""
        if self.closed_at is not None:
            return self.closed_at
        return self.ends_at if self.ends_at <= moment else None

    def row(self) -> dict[str, object]:
        """Return the session as `GET /session/{id}` shows it."""
        return {
            "id": self.id,
            "session_id": self.id,
            "gpu_event_id": self.gpu_event_id,
            "url": self.url,
            "gpu": self.gpu,
            "created_at": zoneless_time(self.started_at),
            "timeout": self.timeout,
            "timeout_end": zoneless_time(self.ends_at),
            "machine_id": self.machine_id,
            "machine_version_id": self.machine_version_id,
            "status": "running",
            "user_id": USER_ID,
            # The service writes out a value that is not there.
            "org_id": "None",
        }

    def event_row(self, moment: dt.datetime) -> dict[str, object]:
        """Return the session as the events of its machine show it."""
        return {
            "id": self.gpu_event_id,
            "user_id": USER_ID,
            "org_id": None,
            "machine_id": self.machine_id,
            "machine_version_id": self.machine_version_id,
            "start_time": short_time(self.started_at),
            "end_time": short_time(self.ended_at(moment)),
            "gpu": self.gpu,
            "ws_gpu": None,
            "gpu_provider": "modal",
            "created_at": short_time(self.started_at),
            "updated_at": short_time(self.started_at),
            "session_timeout": self.timeout,
            "session_id": self.id,
            "modal_function_id": "fc-" + self.id.replace("-", "")[:24].upper(),
            "tunnel_url": self.url,
            "cost_item_title": None,
            "cost": None,
        }


@attrs.define
class SessionBook:
    """All sessions, those that are over too."""

    _sessions: dict[str, Session] = attrs.Factory(dict)

    def add(self, session: Session) -> Session:
        """Keep a new session."""
        self._sessions[session.id] = session
        return session

    def open_one(self, session_id: str, moment: dt.datetime) -> Session | None:
        """Return the session with this id if it is open, else None."""
        found = self._sessions.get(session_id)
        return None if found is None or found.ended_at(moment) else found

    def all(self, machine_id: str | None = None) -> list[Session]:
        """Return the sessions, of one machine when asked, newest first."""
        found = [one for one in self._sessions.values() if machine_id in (None, one.machine_id)]
        return found[::-1]

    def open_ones(self, moment: dt.datetime, machine_id: str | None = None) -> list[Session]:
        """Return the sessions that are open, newest first."""
        return [one for one in self.all(machine_id) if one.ended_at(moment) is None]
