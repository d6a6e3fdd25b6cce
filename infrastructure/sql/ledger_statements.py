"""
What the points ledger asks its database.

Each statement is built once: SQLAlchemy then knows it again without walking through it. Parameters
that stand beside columns of a row have a name that no column has.
"""

import sqlalchemy as sa

from core.points.books import HoldState
from core.points.receipts import refs_of
from infrastructure.sql.dialects import insert_unless_there
from infrastructure.sql.tables import entries, grants, holds, wallets

_THE_WALLET = wallets.c.id == sa.bindparam("the_wallet")
_THE_HOLD = holds.c.id == sa.bindparam("the_hold")

WALLET = sa.select(wallets).where(_THE_WALLET)
LOCK_WALLET = WALLET.with_for_update(key_share=True)
"""On SQLite the whole transaction is the lock."""
OPEN_WALLET = insert_unless_there(wallets, wallets.c.id)
WRITE_WALLET = (
    sa.update(wallets)
    .where(_THE_WALLET, wallets.c.version == sa.bindparam("the_version"))
    .returning(wallets.c.id)
)
"""Sets the columns it is given."""

WRITE_ENTRY = sa.insert(entries)
HISTORY = (
    sa.select(entries)
    .where(entries.c.wallet == sa.bindparam("the_wallet"))
    .order_by(entries.c.seq.desc())
    .limit(sa.bindparam("at_most", type_=sa.Integer))
    .offset(sa.bindparam("skipped", type_=sa.Integer))
)
OF_HOLD = (
    sa.select(entries)
    .where(sa.or_(*(entries.c.ref == sa.bindparam(f"ref_{n}") for n in range(len(refs_of(""))))))
    .order_by(entries.c.seq)
)

JOURNAL = (
    sa.select(entries)
    .where(entries.c.seq > sa.bindparam("after", type_=entries.c.seq.type))
    .order_by(entries.c.seq)
    .limit(sa.bindparam("at_most", type_=sa.Integer))
)

GRANT = insert_unless_there(grants, grants.c.ref)
KNOWN_GRANT = sa.select(grants).where(grants.c.ref == sa.bindparam("the_ref"))

HOLD = insert_unless_there(holds, holds.c.id)
KNOWN_HOLD = sa.select(holds).where(_THE_HOLD)
OPEN_HOLDS_OF = (
    sa.select(holds)
    .where(holds.c.wallet == sa.bindparam("the_wallet"), holds.c.state == HoldState.HELD)
    .order_by(holds.c.held_at, holds.c.id)
)

_AT_MOST = sa.bindparam("at_most", type_=holds.c.charged.type)
_TOTAL = holds.c.allowance + holds.c.bought
END_HOLD = (
    sa.update(holds)
    .where(_THE_HOLD, holds.c.state == HoldState.HELD)
    .values(
        state=sa.bindparam("end"),
        charged=sa.case((_TOTAL < _AT_MOST, _TOTAL), else_=_AT_MOST),
        ended_at=sa.bindparam("now"),
    )
    .returning(holds)
)
"""Ends an open hold and charges `at_most`; returns it as it ended."""

WALLETS = sa.select(wallets)
