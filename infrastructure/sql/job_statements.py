"""
What the job store asks its database.

Each statement is built once: SQLAlchemy then knows it again without walking through it. Parameters
that stand beside columns of a row have a name that no column has.
"""

from collections.abc import Iterable
from functools import lru_cache

import sqlalchemy as sa

from core.generations.model import AT_SERVICE, ENDS, Delivery, JobState
from infrastructure.sql.dialects import insert_unless_there
from infrastructure.sql.tables import jobs

_CLAIMS_LOCK = 7_206_472
"""The number under which processes on PostgreSQL take turns to give places away."""


def _among(column: sa.Column[str], values: Iterable[str]) -> sa.ColumnElement[bool]:
    # Literals one by one: a list of bare values would be spelled anew at every execution.
    return column.in_([sa.literal(value, sa.Text) for value in values])


def _begins(column: sa.Column[str], parameter: str) -> sa.ColumnElement[bool]:
    prefix = sa.bindparam(parameter, type_=column.type)
    # Compared as it is written: LIKE would take `_` for anything, and on SQLite A for a.
    return sa.func.substr(column, 1, sa.func.length(prefix)) == prefix


_IS_OPEN = _among(jobs.c.state, [state for state in JobState if state not in ENDS])
_IS_UNFINISHED = _IS_OPEN | _among(jobs.c.delivery, (Delivery.PENDING, Delivery.DELIVERING))
_BY_AGE = (jobs.c.created_at, jobs.c.id)
_NEWEST_FIRST = (jobs.c.created_at.desc(), jobs.c.id.desc())

_THE_JOB = jobs.c.id == sa.bindparam("the_job")
_THE_ACCOUNT = jobs.c.account == sa.bindparam("the_account")
_AT_MOST = sa.bindparam("at_most", type_=sa.Integer)
_COUNT = sa.select(sa.func.count()).select_from(jobs)

GET = sa.select(jobs).where(_THE_JOB)

ADD = insert_unless_there(
    jobs, jobs.c.live_status, jobs.c.failure, jobs.c.reply_to, jobs.c.shown_at
)
"""Returns the columns that may differ from what was given: words that no database takes."""

SAVE = (
    sa.update(jobs)
    .where(_THE_JOB, jobs.c.version == sa.bindparam("the_version"))
    .returning(
        jobs.c.live_status,
        jobs.c.failure,
        jobs.c.wish,
        jobs.c.quote,
        jobs.c.created_at,
        jobs.c.reply_to,
        jobs.c.driver,
        jobs.c.shown_at,
        jobs.c.cancel_requested,
    )
)
"""Sets the columns it is given. Returns those that a save never writes, and the words."""

REQUEST_CANCEL = sa.update(jobs).where(_THE_JOB, _IS_OPEN).values(cancel_requested=True)
NOTE_SHOWN = sa.update(jobs).where(_THE_JOB).values(shown_at=sa.bindparam("where"))

OPEN_OF = sa.select(jobs).where(_THE_ACCOUNT, _IS_OPEN).order_by(*_BY_AGE)
RECENT_OF = sa.select(jobs).where(_THE_ACCOUNT).order_by(*_NEWEST_FIRST).limit(_AT_MOST)
NEWEST = sa.select(jobs).order_by(*_NEWEST_FIRST).limit(_AT_MOST)
NEWEST_IN = NEWEST.where(jobs.c.state == sa.bindparam("the_state", type_=sa.Text))
STARTING = (
    sa.select(jobs)
    # The range is what the key finds quickly; `after` is beyond all of it in every collation.
    .where(jobs.c.id >= sa.bindparam("prefix", type_=sa.Text), _begins(jobs.c.id, "prefix"))
    .where(jobs.c.id < sa.bindparam("after", type_=sa.Text))
    .order_by(*_BY_AGE)
    .limit(_AT_MOST)
)
STARTING_OF = STARTING.where(_THE_ACCOUNT)
UNFINISHED = sa.select(jobs).where(_IS_UNFINISHED).order_by(*_BY_AGE)

AHEAD_OF = _COUNT.where(
    jobs.c.state == JobState.WAITING,
    jobs.c.driver == sa.bindparam("the_driver", type_=sa.Text),
    sa.tuple_(*_BY_AGE)
    < sa.tuple_(
        sa.bindparam("the_moment", type_=jobs.c.created_at.type),
        sa.bindparam("the_job", type_=sa.Text),
    ),
)
CANCELLED_RUNNING_SINCE = _COUNT.where(
    _THE_ACCOUNT,
    jobs.c.state == JobState.CANCELLED,
    jobs.c.run.is_not(None),
    jobs.c.moved_at >= sa.bindparam("since"),
)


@lru_cache
def undelivered(prefixes: int) -> sa.Executable:
    """Return the query for due ends: all, or those to an address like `prefix_0`, `prefix_1` ..."""
    now = sa.bindparam("now", type_=jobs.c.moved_at.type)
    due_at = sa.func.coalesce(jobs.c.next_wake_at, jobs.c.moved_at)
    pending = (jobs.c.delivery == Delivery.PENDING) & sa.or_(
        jobs.c.next_wake_at.is_(None), jobs.c.next_wake_at <= now
    )
    abandoned = (jobs.c.delivery == Delivery.DELIVERING) & sa.or_(
        jobs.c.claim_until.is_(None), jobs.c.claim_until <= now
    )
    due = sa.select(jobs).where(_among(jobs.c.state, sorted(ENDS)), pending | abandoned)
    if prefixes:
        names = [f"prefix_{number}" for number in range(prefixes)]
        due = due.where(sa.or_(*(_begins(jobs.c.reply_to, name) for name in names)))
    return due.order_by(due_at, jobs.c.id).limit(_AT_MOST)


FREE_CLAIMS = (
    sa.update(jobs)
    .where(_IS_UNFINISHED, _begins(jobs.c.claim_owner, "prefix"))
    # The version rises too: should such an owner live after all, it cannot save any more.
    .values(claim_owner=None, claim_until=None, version=jobs.c.version + 1)
    .returning(jobs.c.id)
)

LOCK_CLAIMS = sa.select(sa.func.pg_advisory_xact_lock(_CLAIMS_LOCK))
"""On PostgreSQL, before CLAIM_NEXT: two callers would each count a free place and both take it."""


def _claim_next() -> sa.Executable:
    the_driver = sa.bindparam("the_driver", type_=sa.Text)
    now = sa.bindparam("now", type_=jobs.c.moved_at.type)
    at_service = [state for state in JobState if state in AT_SERVICE]
    taken = (
        sa.select(jobs.c.account, sa.func.count().label("places"))
        .where(_among(jobs.c.state, at_service), jobs.c.driver == the_driver)
        .group_by(jobs.c.account)
        .subquery("taken")
    )
    taken_in_all = sa.select(sa.func.coalesce(sa.func.sum(taken.c.places), 0)).scalar_subquery()
    waiting = jobs.alias("waiting")
    own = sa.func.coalesce(taken.c.places, 0)
    turn = (
        sa.select(waiting.c.id)
        .outerjoin(taken, taken.c.account == waiting.c.account)
        .where(waiting.c.state == JobState.WAITING, waiting.c.driver == the_driver)
        .where(waiting.c.cancel_requested.is_(False))
        .where(sa.or_(waiting.c.attempts == 0, waiting.c.next_wake_at <= now))
        .where(own < sa.bindparam("per_account", type_=sa.Integer))
        .where(taken_in_all < sa.bindparam("in_all", type_=sa.Integer))
        .order_by(own, waiting.c.created_at, waiting.c.id)
        .limit(1)
        # A row that somebody saves just now is not waited for: the next call may take it.
        .with_for_update(of=waiting, skip_locked=True)
    )
    return (
        sa.update(jobs)
        .where(jobs.c.id == turn.scalar_subquery(), jobs.c.state == JobState.WAITING)
        .values(
            state=JobState.SUBMITTING,
            moved_at=now,
            claim_owner=sa.bindparam("owner"),
            claim_until=sa.bindparam("until"),
            version=jobs.c.version + 1,
        )
        .returning(jobs)
    )


CLAIM_NEXT = _claim_next()
