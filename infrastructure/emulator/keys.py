"""The API keys that people make for themselves in the workspace."""

import base64
import datetime as dt
import json
import secrets
import uuid

import attrs

from infrastructure.emulator.spelling import zoneless_time
from infrastructure.emulator.versions import USER_ID

_HEADER = {"alg": "HS256", "typ": "JWT"}
_SHOWN = 4
_OPEN_PATHS = ("/models", "/platform/gpu-pricing", "/deployments/community")
_OPEN_FOLDERS = ("/share/",)


def needs_no_key(path: str) -> bool:
    """Tell whether anybody may ask this path of the API."""
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)


@attrs.define(kw_only=True, eq=False)
class ApiKey:
    """A key; a revoked one is remembered, so that it can be told from a wrong one."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    name: str
    key: str
    revoked: bool = False
    created_at: dt.datetime

    def row(self, *, masked: bool) -> dict[str, object]:
        """Return the key as lists show it, or with all of its letters."""
        return {
            "id": self.id,
            "key": f"****{self.key[-_SHOWN:]}" if masked else self.key,
            "user_id": USER_ID,
            "revoked": self.revoked,
            "token_type": "user",
            "updated_at": zoneless_time(self.created_at),
            "name": self.name,
            "org_id": None,
            "scopes": None,
            "created_at": zoneless_time(self.created_at),
        }


@attrs.define
class KeyRing:
    """All keys that were made here; the key of the settings is not among them."""

    _keys: dict[str, ApiKey] = attrs.Factory(dict)

    def make(self, name: str, moment: dt.datetime) -> ApiKey:
        """Make a key that opens everything from now on."""
        made = ApiKey(name=name, key=_new_key(moment), created_at=moment)
        self._keys[made.id] = made
        return made

    def revoke(self, key_id: str) -> ApiKey | None:
        """Take a key back; None when there is no such key."""
        found = self._keys.get(key_id)
        if found is not None:
            found.revoked = True
        return found

    def listed(self, search: str = "") -> list[ApiKey]:
        """Return the keys that hold, newest first, whose names have the text."""
        held = [
            one
            for one in self._keys.values()
            if not one.revoked and search.lower() in one.name.lower()
        ]
        return held[::-1]

    def find(self, key: str) -> ApiKey | None:
        """Return what is known of a key, revoked or not."""
        return next((one for one in self._keys.values() if one.key == key), None)

    def problem(self, key: str, *, own: str) -> str | None:
        """Return why a key does not open, None when it does; `own` is that of the settings."""
        found = self.find(key)
        if found is not None and found.revoked:
            return "Revoked token"
        return None if found is not None or key == own else "Invalid or expired token"


def _new_key(moment: dt.datetime) -> str:
    claims = {"user_id": USER_ID, "iat": int(moment.timestamp())}
    parts = [_packed(json.dumps(part).encode()) for part in (_HEADER, claims)]
    return ".".join([*parts, _packed(secrets.token_bytes(32))])


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
