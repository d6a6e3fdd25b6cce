"""Who may do what only an operator may: named by platform and id, or a whole platform."""

from collections.abc import Collection

from adapters.chat import texts
from core.sessions.model import Identity
from core.shared.errors import UserMistakeError


class OperatorsOnlyError(UserMistakeError):
    """Something that only an operator may do."""

    code = "operators.only"

    @property
    def user_message(self) -> str:
        return texts.OPERATORS_ONLY


class Admins:
    """Knows the operators: `telegram:7` is one person, `web` whoever can open the page."""

    def __init__(self, named: Collection[str]) -> None:
        self._named = frozenset(named)

    def has(self, identity: Identity) -> bool:
        """Whether a person is one of them."""
        return not self._named.isdisjoint({str(identity), identity.platform})

    def check(self, identity: Identity) -> None:
        """Raise OperatorsOnlyError for anybody else."""
        if not self.has(identity):
            raise OperatorsOnlyError(f"{identity.platform} person is no operator")

    def on(self, platform: str) -> list[str]:
        """Return the ids of those that a platform knows, in their order."""
        found = (name.partition(":") for name in sorted(self._named))
        return [user_id for on, _, user_id in found if on == platform and user_id]
