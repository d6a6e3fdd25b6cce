"""What a killed program left on its disk: the audit of the books, and every job."""

from datetime import UTC, datetime
from pathlib import Path

from core.generations.model import Job
from core.points.model import Audit
from core.shared.ids import AccountId
from infrastructure.sql.auditor import SqlAuditor
from infrastructure.sql.database import open_database
from infrastructure.sql.jobs import SqlJobs


async def books_of(data: Path) -> tuple[Audit, list[Job]]:
    """Return the audit, and all jobs of everybody."""
    database = open_database(f"sqlite:///{data / 'station.db'}")
    await database.open()
    try:
        audit = await SqlAuditor(database).audit(now=datetime.now(UTC))
        jobs = SqlJobs(database)
        everybody = await database.read(
            lambda connection: connection.exec_driver_sql("select distinct account from jobs").all()
        )
        listed = [await jobs.recent_of(AccountId(row[0]), limit=1000) for row in everybody]
        return audit, [job for some in listed for job in some]
    finally:
        await database.close()
