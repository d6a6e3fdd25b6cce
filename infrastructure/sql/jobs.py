"""The jobs in SQL. Every move is one UPDATE that names the version it was read at."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from core.generations.model import WORKER, Claim, Job, JobState
from core.generations.ports import JobStore, Places
from core.shared.ids import AccountId, JobId
from infrastructure.sql import job_statements
from infrastructure.sql.rows import (
    added_job_from,
    job_from,
    moving_job_row,
    new_job_row,
    saved_job_from,
)
from infrastructure.sql.transactions import Database

Parameters = Mapping[str, object]


class SqlJobs(JobStore):
    """Keeps the jobs in `jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job) -> Job:
        return await self._database.run(partial(_add, job=job))

    async def get(self, job: JobId) -> Job | None:
        return await self._database.read(partial(_get, job=job))

    async def save(self, job: Job) -> Job | None:
        return await self._database.run(partial(_save, job=job))

    async def claim_next(
        self, claim: Claim, places: Places, *, now: datetime, driver: str = WORKER
    ) -> Job | None:
        parameters = {
            "owner": claim.owner,
            "until": claim.until,
            "per_account": places.per_account,
            "in_all": places.in_all,
            "now": now,
            "the_driver": driver,
        }
        return await self._database.run(partial(_claim_next, parameters=parameters))

    async def ahead_of(self, job: Job) -> int:
        age = {"the_moment": job.created_at, "the_job": job.id, "the_driver": job.driver}
        return await self._count(job_statements.AHEAD_OF, age)

    async def request_cancel(self, job: JobId) -> None:
        await self._change(job_statements.REQUEST_CANCEL, {"the_job": job})

    async def note_shown(self, job: JobId, shown_at: str) -> None:
        await self._change(job_statements.NOTE_SHOWN, {"the_job": job, "where": shown_at})

    async def open_of(self, account: AccountId) -> Sequence[Job]:
        return await self._all(job_statements.OPEN_OF, {"the_account": account})

    async def recent_of(self, account: AccountId, *, limit: int) -> Sequence[Job]:
        mine = {"the_account": account, "at_most": limit}
        return await self._all(job_statements.RECENT_OF, mine)

    async def starting(
        self, prefix: str, *, limit: int, account: AccountId | None = None
    ) -> Sequence[Job]:
        asked = {"prefix": prefix, "after": f"{prefix}zz", "at_most": limit}
        if account is None:
            return await self._all(job_statements.STARTING, asked)
        return await self._all(job_statements.STARTING_OF, {**asked, "the_account": account})

    async def newest(self, *, limit: int, state: JobState | None = None) -> Sequence[Job]:
        if state is None:
            return await self._all(job_statements.NEWEST, {"at_most": limit})
        return await self._all(job_statements.NEWEST_IN, {"at_most": limit, "the_state": state})

    async def cancelled_running_since(self, account: AccountId, since: datetime) -> int:
        mine = {"the_account": account, "since": since}
        return await self._count(job_statements.CANCELLED_RUNNING_SINCE, mine)

    async def unfinished(self) -> Sequence[Job]:
        return await self._all(job_statements.UNFINISHED, {})

    async def undelivered(
        self, *, now: datetime, limit: int, prefixes: Sequence[str] = ()
    ) -> Sequence[Job]:
        theirs = {f"prefix_{number}": prefix for number, prefix in enumerate(prefixes)}
        query = job_statements.undelivered(len(prefixes))
        return await self._all(query, {"now": now, "at_most": limit, **theirs})

    async def free_claims(self, owner_prefix: str) -> int:
        theirs = {"prefix": owner_prefix}
        return await self._database.run(
            lambda connection: len(connection.execute(job_statements.FREE_CLAIMS, theirs).all())
        )

    async def _all(self, query: sa.Executable, parameters: Parameters) -> Sequence[Job]:
        return await self._database.read(
            lambda connection: [
                job_from(row) for row in connection.execute(query, parameters).mappings()
            ]
        )

    async def _count(self, query: sa.Executable, parameters: Parameters) -> int:
        return await self._database.read(
            lambda connection: int(connection.execute(query, parameters).scalar_one())
        )

    async def _change(self, statement: sa.Executable, parameters: Parameters) -> None:
        await self._database.run(
            lambda connection: connection.execute(statement, parameters).close()
        )


def _get(connection: sa.Connection, *, job: JobId) -> Job | None:
    row = connection.execute(job_statements.GET, {"the_job": job}).mappings().first()
    return None if row is None else job_from(row)


def _add(connection: sa.Connection, *, job: Job) -> Job:
    insert = job_statements.ADD[connection.dialect.name]
    row = connection.execute(insert, new_job_row(job)).mappings().first()
    if row is not None:
        return added_job_from(row, job)
    there = _get(connection, job=job.id)
    if there is None:
        raise RuntimeError("a job was there and is gone: nobody deletes jobs")
    return there


def _save(connection: sa.Connection, *, job: Job) -> Job | None:
    parameters = {
        **moving_job_row(job),
        "version": job.version + 1,
        "the_job": job.id,
        "the_version": job.version,
    }
    row = connection.execute(job_statements.SAVE, parameters).mappings().first()
    return None if row is None else saved_job_from(row, job)


def _claim_next(connection: sa.Connection, *, parameters: Parameters) -> Job | None:
    if connection.dialect.name == "postgresql":
        connection.execute(job_statements.LOCK_CLAIMS)
    row = connection.execute(job_statements.CLAIM_NEXT, parameters).mappings().first()
    return None if row is None else job_from(row)
