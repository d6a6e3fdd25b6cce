"""The books in SQL, recounted on one state of the database."""

from collections import Counter

import attrs
import sqlalchemy as sa

from core.points.audit import HeldSum, Standing, recount
from core.points.model import Audit
from core.shared.ids import WalletId
from infrastructure.sql import audit_statements as statements

_COLUMNS = tuple(field.name for field in attrs.fields(Standing))


def recounted(connection: sa.Connection) -> Audit:
    """Return what the wallets, the entries and the open holds say of each other."""
    journal: Counter[str] = Counter()
    for sums, sign in statements.SUMS:
        for name, amount in connection.execute(sums):
            journal[name] += sign * int(amount)
    return recount(
        [
            Standing(**{name: row[name] for name in _COLUMNS})
            for row in connection.execute(statements.WALLETS).mappings()
        ],
        journal=journal,
        entries=connection.execute(statements.COUNT_ENTRIES).scalar_one(),
        open_holds={
            WalletId(wallet): HeldSum(allowance=int(allowance), bought=int(bought))
            for wallet, allowance, bought in connection.execute(statements.OPEN_HOLDS)
        },
    )
