"""One request of the bot, read; and what it is answered."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tests.servers.discord_world import Json, World


@attrs.frozen(kw_only=True)
class Asked:
    """One request: its parameters, its body as JSON, its files by number."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: Mapping[int, tuple[str, bytes]] = attrs.field(factory=dict)

    @property
    def fields(self) -> Json:
        """The body, if it is an object; else nothing."""
        return self.body if isinstance(self.body, dict) else {}

    def flag(self, name: str) -> bool:
        """Whether a parameter of the query is set."""
        return self.query.get(name, "").lower() in ("1", "true")


@attrs.frozen
class Answer:
    """What comes back; without a body nothing but the status does."""

    status: int
    body: Any = None


Handler = Callable[[World, Asked], Answer]
