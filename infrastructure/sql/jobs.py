"""The jobs in SQL. Every move is one UPDATE that names the version it was read at."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from core.generations.model import AT_SERVICE, ENDS, WORKER, Claim, Delivery, Job, JobState
from core.generations.ports import JobStore, Places
from core.shared.ids import AccountId, JobId
from infrastructure.sql.dialects import inserting
from infrastructure.sql.rows import job_from, moving_job_row, new_job_row
from infrastructure.sql.tables import jobs
from infrastructure.sql.transactions import Database

_CLAIMS_LOCK = 7_206_472
"""The number under which processes on PostgreSQL take turns to give places away."""

# In the order of the states, so that the same question is the same statement every time.
_OPEN = tuple(state for state in JobState if state not in ENDS)
_AT_SERVICE = tuple(state for state in JobState if state in AT_SERVICE)
_IS_OPEN = jobs.c.state.in_(_OPEN)
_IS_UNFINISHED = _IS_OPEN | jobs.c.delivery.in_((Delivery.PENDING, Delivery.DELIVERING))
_BY_AGE = (jobs.c.created_at, jobs.c.id)
_NEWEST_FIRST = (jobs.c.created_at.desc(), jobs.c.id.desc())


class SqlJobs(JobStore):
    """Keeps the jobs in `jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job) -> Job:
        return await self._database.run(partial(_add, job=job))

    async def get(self, job: JobId) -> Job | None:
        return await self._database.read(partial(_get, job=job))

    async def save(self, job: Job) -> Job | None:
        update = (
            sa.update(jobs)
            .where(jobs.c.id == job.id, jobs.c.version == job.version)
            .values({**moving_job_row(job), "version": job.version + 1})
            .returning(jobs)
        )
        return await self._database.run(partial(_one, statement=update))

    async def claim_next(
        self, claim: Claim, places: Places, *, now: datetime, driver: str = WORKER
    ) -> Job | None:
        return await self._database.run(
            partial(_claim_next, claim=claim, places=places, now=now, driver=driver),
        )

    async def ahead_of(self, job: Job) -> int:
        older = sa.tuple_(*_BY_AGE) < sa.tuple_(
            sa.literal(job.created_at, jobs.c.created_at.type), sa.literal(job.id, sa.Text)
        )
        return await self._count(jobs.c.state == JobState.WAITING, older)

    async def request_cancel(self, job: JobId) -> None:
        update = (
            sa.update(jobs)
            .where(jobs.c.id == job, _IS_OPEN)
            .values(cancel_requested=True)
            .returning(jobs)
        )
        await self._database.run(partial(_one, statement=update))

    async def note_shown(self, job: JobId, shown_at: str) -> None:
        update = sa.update(jobs).where(jobs.c.id == job).values(shown_at=shown_at).returning(jobs)
        await self._database.run(partial(_one, statement=update))

    async def open_of(self, account: AccountId) -> Sequence[Job]:
        mine = sa.select(jobs).where(jobs.c.account == account, _IS_OPEN)
        return await self._all(mine.order_by(*_BY_AGE))

    async def recent_of(self, account: AccountId, *, limit: int) -> Sequence[Job]:
        mine = sa.select(jobs).where(jobs.c.account == account)
        return await self._all(mine.order_by(*_NEWEST_FIRST).limit(limit))

    async def cancelled_running_since(self, account: AccountId, since: datetime) -> int:
        return await self._count(
            jobs.c.account == account,
            jobs.c.state == JobState.CANCELLED,
            jobs.c.run.is_not(None),
            jobs.c.moved_at >= since,
        )

    async def unfinished(self) -> Sequence[Job]:
        return await self._all(sa.select(jobs).where(_IS_UNFINISHED).order_by(*_BY_AGE))

    async def undelivered(self, *, now: datetime, limit: int) -> Sequence[Job]:
        due_at = sa.func.coalesce(jobs.c.next_wake_at, jobs.c.moved_at)
        pending = (jobs.c.delivery == Delivery.PENDING) & sa.or_(
            jobs.c.next_wake_at.is_(None), jobs.c.next_wake_at <= now
        )
        abandoned = (jobs.c.delivery == Delivery.DELIVERING) & sa.or_(
            jobs.c.claim_until.is_(None), jobs.c.claim_until <= now
        )
        due = sa.select(jobs).where(jobs.c.state.in_(tuple(ENDS)), pending | abandoned)
        return await self._all(due.order_by(due_at, jobs.c.id).limit(limit))

    async def free_claims(self, owner_prefix: str) -> int:
        # Compared as it is written: LIKE would take `_` for anything, and on SQLite A for a.
        begins_so = sa.func.substr(jobs.c.claim_owner, 1, len(owner_prefix)) == owner_prefix
        # The version rises too: should such an owner live after all, it cannot save any more.
        update = (
            sa.update(jobs)
            .where(_IS_UNFINISHED, begins_so)
            .values(claim_owner=None, claim_until=None, version=jobs.c.version + 1)
            .returning(jobs.c.id)
        )
        return await self._database.run(lambda connection: len(connection.execute(update).all()))

    async def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[Job]:
        return await self._database.read(
            lambda connection: [job_from(row) for row in connection.execute(query).mappings()]
        )

    async def _count(self, *conditions: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(jobs).where(*conditions)
        return await self._database.read(
            lambda connection: connection.execute(query).scalar_one(),
        )


def _one(connection: sa.Connection, *, statement: sa.Executable) -> Job | None:
    row = connection.execute(statement).mappings().first()
    return None if row is None else job_from(row)


def _get(connection: sa.Connection, *, job: JobId) -> Job | None:
    return _one(connection, statement=sa.select(jobs).where(jobs.c.id == job))


def _add(connection: sa.Connection, *, job: Job) -> Job:
    insert = inserting(connection, jobs).values(**new_job_row(job)).on_conflict_do_nothing()
    there = _one(connection, statement=insert.returning(jobs)) or _get(connection, job=job.id)
    if there is None:
        raise RuntimeError("a job was there and is gone: nobody deletes jobs")
    return there


def _claim_next(
    connection: sa.Connection, *, claim: Claim, places: Places, now: datetime, driver: str
) -> Job | None:
    if connection.dialect.name == "postgresql":
        # Two callers would each count a free place, and both take it.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CLAIMS_LOCK)))
    taken = (
        sa.select(jobs.c.account, sa.func.count().label("places"))
        .where(jobs.c.state.in_(_AT_SERVICE), jobs.c.driver == driver)
        .group_by(jobs.c.account)
        .subquery("taken")
    )
    taken_in_all = sa.select(sa.func.coalesce(sa.func.sum(taken.c.places), 0)).scalar_subquery()
    waiting = jobs.alias("waiting")
    own = sa.func.coalesce(taken.c.places, 0)
    turn = (
        sa.select(waiting.c.id)
        .outerjoin(taken, taken.c.account == waiting.c.account)
        .where(waiting.c.state == JobState.WAITING, waiting.c.driver == driver)
        .where(waiting.c.cancel_requested.is_(False), own < places.per_account)
        .where(taken_in_all < places.in_all)
        .order_by(own, waiting.c.created_at, waiting.c.id)
        .limit(1)
        # A row that somebody saves just now is not waited for: the next call may take it.
        .with_for_update(of=waiting, skip_locked=True)
    )
    update = (
        sa.update(jobs)
        .where(jobs.c.id == turn.scalar_subquery(), jobs.c.state == JobState.WAITING)
        .values(
            state=JobState.SUBMITTING,
            moved_at=now,
            claim_owner=claim.owner,
            claim_until=claim.until,
            version=jobs.c.version + 1,
        )
        .returning(jobs)
    )
    return _one(connection, statement=update)
