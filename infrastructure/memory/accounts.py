"""The accounts in a dictionary."""

from datetime import datetime

import attrs

from core.sessions.model import Account, Identity
from core.sessions.ports import AccountStore
from core.shared.ids import AccountId


class InMemoryAccounts(AccountStore):
    """Knows who is who for one process."""

    def __init__(self) -> None:
        self._accounts: dict[Identity, Account] = {}

    async def account_for(self, identity: Identity, *, fresh: AccountId, now: datetime) -> Account:
        known = self._accounts.get(identity)
        if known is not None:
            return known
        account = Account(id=fresh, created_at=now)
        self._accounts[identity] = account
        return attrs.evolve(account, is_new=True)

    async def find(self, identity: Identity) -> Account | None:
        return self._accounts.get(identity)

    async def get(self, account: AccountId) -> Account | None:
        return next((each for each in self._accounts.values() if each.id == account), None)
