"""What every BooksAuditor promises; and that each kind of fault, planted by hand, is found."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import attrs
import pytest
import sqlalchemy as sa

from core.generations.model import JobState
from core.generations.ports import JobStore
from core.points.allowance import AllowancePolicy
from core.points.model import Points
from core.points.ports import BooksAuditor, PointsLedger
from core.shared.ids import WalletId
from infrastructure.memory.auditor import InMemoryAuditor
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.memory.ledger import InMemoryLedger
from infrastructure.sql.auditor import SqlAuditor
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from infrastructure.sql.ledger import SqlLedger
from infrastructure.sql.tables import entries, holds, jobs, metadata, wallets
from tests.builders import ADA, NOW, a_grant, a_hold, a_job, an_ended_job
from tests.databases import SQL_KINDS

POLICY = AllowancePolicy()
LATER = NOW + timedelta(hours=1)


@attrs.frozen
class Station:
    """What is audited, and who does it."""

    ledger: PointsLedger
    jobs: JobStore
    auditor: BooksAuditor

    async def finds(self) -> Sequence[str]:
        """Return the problems that an audit finds an hour later: none, or not balanced."""
        audit = await self.auditor.audit(now=LATER)
        assert audit.balanced is not bool(audit.problems)
        return audit.problems


@pytest.fixture
def station(database: Database | None) -> Station:
    if database is None:
        ledger, kept = InMemoryLedger(POLICY), InMemoryJobs()
        return Station(ledger, kept, InMemoryAuditor(ledger, kept))
    return Station(SqlLedger(database, POLICY), SqlJobs(database), SqlAuditor(database))


@pytest.fixture
async def lively(station: Station) -> Station:
    """A station with bought points, a job that runs, and some that have ended or just begun."""
    await station.ledger.grant(a_grant(points=100), now=NOW)
    for job in (
        a_job("job-1", state=JobState.RUNNING, run="run-1"),
        a_job("job-2"),
        an_ended_job("job-3"),
        an_ended_job("job-4", state=JobState.FAILED),
    ):
        await station.jobs.add(job)
    for name in ("job-1", "job-3", "job-4"):
        await station.ledger.hold(a_hold(name, points=10), now=NOW)
    await station.ledger.settle("job-3", Points(4), now=NOW)
    await station.ledger.release("job-4", now=NOW)
    return station


async def test_empty_books_have_no_problem(station: Station) -> None:
    assert await station.finds() == ()


async def test_a_station_at_work_has_no_problem(lively: Station) -> None:
    audit = await lively.auditor.audit(now=NOW)

    assert (audit.problems, audit.sum_of_accounts, audit.accounts) == ((), 0, 5)
    assert audit.entries == (await lively.ledger.audit()).entries


async def test_an_open_hold_without_a_job_is_found(lively: Station) -> None:
    await lively.ledger.hold(a_hold("job-9", points=7), now=NOW)

    assert await lively.finds() == (
        "Hold job-9 keeps 7 points of wallet ada, and there is no such job.",
    )


async def test_an_open_hold_of_a_job_that_has_ended_is_found(lively: Station) -> None:
    await lively.jobs.add(an_ended_job("job-9"))
    await lively.ledger.hold(a_hold("job-9", points=7), now=NOW)

    assert await lively.finds() == (
        "Hold job-9 keeps 7 points of wallet ada, and its job has ended: succeeded.",
    )


async def test_a_live_job_without_its_hold_is_found(lively: Station) -> None:
    await lively.jobs.add(a_job("job-9", state=JobState.WAITING))

    assert await lively.finds() == ("Job job-9 is waiting, and has no hold: nobody pays for it.",)


async def test_a_job_that_outlives_its_hold_is_found_when_that_lasts(lively: Station) -> None:
    await lively.jobs.add(a_job("job-9", state=JobState.RUNNING, run="run-9"))
    await lively.ledger.release("job-9", now=LATER)
    assert await lively.finds() == ()

    await lively.ledger.settle("job-1", Points(1), now=NOW)

    assert await lively.finds() == ("Job job-1 is running, and its hold has long been settled.",)


async def test_a_tombstone_is_no_hold(lively: Station) -> None:
    await lively.jobs.add(a_job("job-9", state=JobState.RUNNING, run="run-9"))
    await lively.ledger.release("job-9", now=NOW)

    assert await lively.finds() == ("Job job-9 is running, and its hold has long been released.",)


PLANTS = {
    "points from nowhere": (
        sa.update(wallets).values(bought=wallets.c.bought + 1, issued=wallets.c.issued + 1),
        "Account wallet:ada:bought stands at 101, and its entries at 100.",
    ),
    "points that were moved": (
        sa.update(wallets).values(bought=wallets.c.bought - 1, allowance=wallets.c.allowance + 1),
        "Account wallet:ada:bought stands at 99, and its entries at 100.",
    ),
    "an entry that was changed": (
        sa.update(entries).where(entries.c.ref == "settle:job-3:earned").values(amount=5),
        "Account station:earned stands at 4, and its entries at 5.",
    ),
    "an entry that is gone": (
        sa.delete(entries).where(entries.c.ref == "grant:grant-1"),
        "Account wallet:ada:bought stands at 100, and its entries at 0.",
    ),
    "a hold of more": (
        sa.update(holds).where(holds.c.id == "job-1").values(bought=1),
        "Wallet ada has 10 held, and its open holds come to 11.",
    ),
    "a hold from elsewhere": (
        sa.update(holds).where(holds.c.id == "job-1").values(bought=10, allowance=0),
        "Wallet ada has 10 held of its allowance, and its open holds have 0 of it.",
    ),
    "a hold that was closed by hand": (
        sa.update(holds).where(holds.c.id == "job-1").values(state="released", ended_at=NOW),
        "Wallet ada has 10 held, and its open holds come to 0.",
    ),
    "a hold that is gone": (
        sa.delete(holds).where(holds.c.id == "job-1"),
        "Job job-1 is running, and has no hold: nobody pays for it.",
    ),
    "a job that is gone": (
        sa.delete(jobs).where(jobs.c.id == "job-1"),
        "Hold job-1 keeps 10 points of wallet ada, and there is no such job.",
    ),
    "a job that was ended by hand": (
        sa.update(jobs).where(jobs.c.id == "job-1").values(state="cancelled"),
        "Hold job-1 keeps 10 points of wallet ada, and its job has ended: cancelled.",
    ),
    "a job that was begun by hand": (
        sa.update(jobs).where(jobs.c.id == "job-2").values(state="submitting"),
        "Job job-2 is submitting, and has no hold: nobody pays for it.",
    ),
}


@SQL_KINDS
@pytest.mark.parametrize(("change", "problem"), PLANTS.values(), ids=PLANTS)
async def test_what_the_tables_let_through_is_found(
    sql: Database, lively: Station, change: sa.Executable, problem: str
) -> None:
    assert await lively.finds() == ()

    await sql.run(lambda connection: connection.execute(change).close())

    assert problem in await lively.finds()


UNCHECKED = ("never_below_zero", "sum_is_zero")
CHECKS = [each for each in wallets.constraints if isinstance(each, sa.CheckConstraint)]


@contextlib.contextmanager
def unchecked(connection: sa.Connection) -> Iterator[None]:
    """Have the table of wallets take any number."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        yield
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
        return
    for name in UNCHECKED:
        connection.exec_driver_sql(f"ALTER TABLE wallets DROP CONSTRAINT ck_wallets_{name}")
    yield


@pytest.fixture
async def breakable(sql: Database, lively: Station) -> AsyncIterator[Station]:
    """A lively station on tables that may be broken: PostgreSQL's are put right afterwards."""
    yield lively
    await sql.run(_put_right)


def _put_right(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        return
    for table in reversed(metadata.sorted_tables):
        connection.execute(sa.delete(table))
    for name in UNCHECKED:
        (rule,) = (each for each in CHECKS if str(each.name).endswith(name))
        connection.exec_driver_sql(
            f"ALTER TABLE wallets ADD CONSTRAINT ck_wallets_{name} CHECK ({rule.sqltext})"
        )


@SQL_KINDS
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"bought": -5, "issued": 361}, "Wallet ada is below zero: bought is -5."),
        ({"bought": 101}, "Wallet ada has or has paid 471 in all, and was issued 470."),
    ],
)
async def test_what_no_table_takes_is_found_all_the_same(
    sql: Database, breakable: Station, change: dict[str, int], problem: str
) -> None:
    def plant(connection: sa.Connection) -> None:
        with unchecked(connection):
            of_ada = wallets.c.id == WalletId(ADA)
            connection.execute(sa.update(wallets).where(of_ada).values(change))

    await sql.run(plant)

    audit = await breakable.auditor.audit(now=LATER)
    assert problem in audit.problems
    assert not audit.balanced
