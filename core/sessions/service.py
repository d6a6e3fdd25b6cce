"""Knowing who is talking to us."""

from core.sessions.model import Account, Identity
from core.sessions.ports import AccountStore
from core.shared.ids import AccountId
from core.shared.ports import Clock, NewIds


class Accounts:
    """Finds a person's account, and makes it on first contact."""

    def __init__(self, *, store: AccountStore, clock: Clock, ids: NewIds) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    async def of(self, identity: Identity) -> Account:
        """Return the identity's account; `is_new` when this was the first contact."""
        fresh = AccountId(self._ids.token())
        return await self._store.account_for(identity, fresh=fresh, now=self._clock.now())
