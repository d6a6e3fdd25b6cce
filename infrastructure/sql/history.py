"""How long runs took, read off the jobs that succeeded."""

from collections.abc import Sequence

import sqlalchemy as sa

from core.generations.model import JobState
from core.shared.ids import WorkflowName
from core.workflows.ports import RunHistory
from infrastructure.sql.tables import jobs
from infrastructure.sql.transactions import Database

_NEWEST = (
    sa.select(jobs.c.run_s)
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

    async def recent_seconds(self, workflow: WorkflowName, *, limit: int) -> Sequence[float]:
        newest = {"the_workflow": workflow, "at_most": limit}
        return await self._database.read(
            lambda connection: [
                float(run_s) for run_s in connection.execute(_NEWEST, newest).scalars()
            ]
        )
