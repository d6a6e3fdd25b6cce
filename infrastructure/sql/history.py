"""How long runs took, read off the jobs that succeeded."""

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from core.generations.model import NO_KEY, JobState
from core.shared.ids import WorkflowKey
from core.workflows.estimate import waited_s
from core.workflows.model import Workflow
from core.workflows.ports import RunHistory, RunTime
from infrastructure.sql.tables import jobs
from infrastructure.sql.transactions import Database

_NEWEST = (
    sa.select(jobs.c.run_s, jobs.c.moved_at, jobs.c.submitted_at, jobs.c.wish)
    .where(
        jobs.c.workflow == sa.bindparam("the_workflow"),
        jobs.c.state == JobState.SUCCEEDED,
        jobs.c.run_s.is_not(None),
    )
    .order_by(jobs.c.moved_at.desc(), jobs.c.id.desc())
    .limit(sa.bindparam("at_most", type_=sa.Integer))
)


class SqlRunHistory(RunHistory):
    """Knows every run time in `jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(self, workflow: Workflow, *, limit: int) -> Sequence[RunTime]:
        newest = {"the_workflow": workflow.name, "at_most": limit}
        rows = await self._database.read(
            lambda connection: list(connection.execute(_NEWEST, newest))
        )
        times = (_run_time(row, workflow.key) for row in rows)
        return [each for each in times if each is not None]


def _run_time(
    row: "sa.Row[float, datetime, datetime | None, str]", key: WorkflowKey
) -> RunTime | None:
    """Return the time of a run; None for one of another workflow that had this name then."""
    run_s, ended_at, submitted_at, stored = row
    wish = json.loads(stored)
    if wish.get("key", NO_KEY) not in (NO_KEY, key):
        return None
    return RunTime(
        ended_at=ended_at,
        run_s=float(run_s),
        wait_s=waited_s(submitted_at, ended_at, run_s=run_s),
        gpu=wish.get("gpu"),
    )
