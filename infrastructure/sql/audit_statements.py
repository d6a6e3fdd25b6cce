"""What the proof of the books asks its database."""

import sqlalchemy as sa

from core.generations.model import ENDS, JobState
from core.points.books import HoldState
from infrastructure.sql.tables import entries, holds, jobs, wallets

SUMS = tuple(
    (sa.select(account, sa.func.sum(entries.c.amount)).group_by(account), sign)
    for account, sign in ((entries.c.debit, -1), (entries.c.credit, 1))
)
"""What each account gave (-1) and got (+1), by the journal."""
WALLETS = sa.select(wallets).order_by(wallets.c.id)
COUNT_ENTRIES = sa.select(sa.func.count()).select_from(entries)
_IS_HELD = holds.c.state == HoldState.HELD
OPEN_HOLDS = (
    sa.select(holds.c.wallet, sa.func.sum(holds.c.allowance), sa.func.sum(holds.c.bought))
    .where(_IS_HELD)
    .group_by(holds.c.wallet)
)

_LIVE = [state for state in JobState if not state.is_end]
_PAIR = (
    jobs.c.state.label("job"),
    holds.c.state.label("hold"),
    holds.c.wallet,
    (holds.c.allowance + holds.c.bought).label("points"),
    holds.c.ended_at,
)
HOLDS_WITHOUT_JOB = (
    sa.select(holds.c.id, *_PAIR)
    .select_from(holds.outerjoin(jobs, jobs.c.id == holds.c.id))
    .where(_IS_HELD, jobs.c.id.is_(None) | jobs.c.state.in_(ENDS))
)
JOBS_WITHOUT_HOLD = (
    sa.select(jobs.c.id, *_PAIR)
    .select_from(jobs.outerjoin(holds, holds.c.id == jobs.c.id))
    .where(
        jobs.c.state.in_([state for state in _LIVE if state is not JobState.PREPARED]),
        holds.c.id.is_(None) | sa.not_(_IS_HELD),
    )
)
