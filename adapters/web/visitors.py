"""Who looks at the page: a signed cookie, and no login."""

import hashlib
import hmac
import re
import secrets

import attrs
from aiohttp import web

from adapters.chat.surface import ReplyTo
from adapters.chat.updates import update_id
from core.sessions.model import Identity
from core.shared.ids import ChatId

PLATFORM = "web"
_KEY_PURPOSE = b"stationthis web visitor"
_COOKIE_DAYS = 400
"""As long as browsers keep a cookie at most."""

_cookie_form = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")


@attrs.frozen
class Visitor:
    """One browser. `key` is the cookie's secret part and is shown to nobody."""

    key: str = attrs.field(repr=False)

    @property
    def identity(self) -> Identity:
        """The person as the core knows them: not the cookie, so a log gives no cookie away."""
        return Identity(PLATFORM, hashlib.sha256(self.key.encode()).hexdigest()[:32])

    @property
    def chat(self) -> ChatId:
        """The visitor's one conversation."""
        return ChatId(str(self.identity))

    @property
    def reply_to(self) -> ReplyTo:
        """The address to answer to."""
        return ReplyTo(self.chat)

    def update_id(self, client_id: str) -> str:
        """Return the id of what the browser sent under `client_id`: the same for a repeat."""
        return update_id(self.key, client_id)


class Visitors:
    """Tells visitors by their cookie, and gives new ones one. `secret` signs the cookies."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _KEY_PURPOSE, "sha256")
        # Browsers share cookies between the ports of one host: two stations there must not
        # overwrite each other's.
        self.cookie_name = f"stationthis_{hashlib.sha256(self._key).hexdigest()[:8]}"

    def of(self, request: web.BaseRequest) -> Visitor | None:
        """Return who asks, or None when the cookie is missing or not ours."""
        found = _cookie_form.fullmatch(request.cookies.get(self.cookie_name, ""))
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        return Visitor(found[1])

    def welcome(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Give the browser a cookie, or its own again for another 400 days."""
        visitor = self.of(request) or Visitor(secrets.token_hex(16))
        response.set_cookie(
            self.cookie_name,
            f"{visitor.key}.{self._signature(visitor.key)}",
            max_age=_COOKIE_DAYS * 24 * 3600,
            path="/",
            httponly=True,
            samesite="Strict",
        )

    def _signature(self, key: str) -> str:
        return hmac.digest(self._key, key.encode(), "sha256").hex()
