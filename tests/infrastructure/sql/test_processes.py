"""Several processes on one database, and what is left when one is killed."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from core.points.allowance import AllowancePolicy
from core.points.model import HoldResult
from core.shared.ids import WalletId
from infrastructure.sql.database import open_database
from infrastructure.sql.ledger import SqlLedger
from tests.builders import ADA, NOW, a_hold
from tests.databases import SQL_KINDS

HOLDING = Path(__file__).with_name("holding.py")
ROOT = Path(__file__).parents[3]
KILLS = 5
KILLS_IN_FULL = 100

pytestmark = pytest.mark.process


async def start(url: str | None, name: str, *, holds: int) -> Process:
    assert url is not None
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.infrastructure.sql.holding",
        url,
        name,
        str(holds),
        stdout=PIPE,
        cwd=ROOT,
    )


async def acknowledged(process: Process) -> list[str]:
    """Return every hold that the process has told us of, whole lines only."""
    assert process.stdout is not None
    told = (await process.stdout.read()).decode()
    return told[: told.rfind("\n") + 1].splitlines()


async def assert_books_know(url: str | None, holds: list[str]) -> None:
    assert url is not None
    database = open_database(url)
    await database.open()
    ledger = SqlLedger(database, AllowancePolicy())
    again = [await ledger.hold(a_hold(hold, points=3), now=NOW) for hold in holds]
    balance, audit = await ledger.balance(WalletId(ADA), now=NOW), await ledger.audit()
    await database.close()

    assert set(again) <= {HoldResult.EXISTS}
    assert audit.balanced, audit.problems
    # Holds more may have been made than we were told of: by each process that was killed.
    assert balance.held.amount % 3 == 0
    assert balance.held.amount >= 3 * len(holds)


@SQL_KINDS
@pytest.mark.usefixtures("database")
async def test_processes_share_one_database(database_url: str | None) -> None:
    processes = [await start(database_url, name, holds=40) for name in ("one", "two", "three")]

    told = await asyncio.gather(*(acknowledged(process) for process in processes))

    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert [len(holds) for holds in told] == [40, 40, 40]
    await assert_books_know(database_url, [hold for holds in told for hold in holds])


async def kill_in_the_middle(url: str | None, kills: int) -> None:
    known: list[str] = []
    for number in range(kills):
        process = await start(url, f"killed-{number}", holds=1_000_000)
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode().strip()
        # Not the same moment each time, and never before anything was promised.
        await asyncio.sleep(0.003 * (number % 17))
        process.kill()
        known += [first, *await acknowledged(process)]
        await process.wait()

    await assert_books_know(url, known)


@SQL_KINDS
@pytest.mark.usefixtures("database")
async def test_a_killed_process_loses_nothing_that_was_acknowledged(
    database_url: str | None,
) -> None:
    await kill_in_the_middle(database_url, KILLS)


@SQL_KINDS
@pytest.mark.full
@pytest.mark.usefixtures("database")
async def test_a_killed_process_loses_nothing_that_was_acknowledged_in_full(
    database_url: str | None,
) -> None:
    await kill_in_the_middle(database_url, KILLS_IN_FULL)


async def test_processes_may_make_a_new_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"

    processes = [await start(url, f"p{number}", holds=3) for number in range(4)]
    told = await asyncio.gather(*(acknowledged(process) for process in processes))

    assert [await process.wait() for process in processes] == [0, 0, 0, 0]
    await assert_books_know(url, [hold for holds in told for hold in holds])
