"""
The addresses under which ComfyUI Deploy tells us of a run: PUBLIC_URL/hooks/JOB/TOKEN.

The token is made from the job's id and our secret, so nothing needs to be kept to check it.
"""

import hashlib
import hmac

from core.generations.ports import Hooks
from core.shared.ids import JobId


class SignedHooks(Hooks):
    """Signs each job's address with a key of its own, derived from the station's secret."""

    def __init__(self, secret: str, public_url: str | None) -> None:
        # A key for this purpose alone: a token of the hooks says nothing about cookies and media.
        self._key = hmac.digest(secret.encode(), b"stationthis hooks", hashlib.sha256)
        self._public_url = public_url

    def listen_at(self, public_url: str) -> None:
        """Set the public URL once it is known: a free port is known only after it was bound."""
        self._public_url = public_url

    def address(self, job: JobId) -> str | None:
        if not self._public_url:
            return None
        return f"{self._public_url.rstrip('/')}/hooks/{job}/{self._token(job)}"

    def is_genuine(self, job: JobId, token: str) -> bool:
        # As bytes: compare_digest raises for text beyond ASCII, which a stranger may well send.
        return hmac.compare_digest(self._token(job).encode(), token.encode(errors="replace"))

    def _token(self, job: JobId) -> str:
        name = job.encode(errors="replace")
        return hmac.new(self._key, name, hashlib.sha256).hexdigest()
