"""
A process that holds points as fast as it can, and says so after each: for tests that kill it.

Several holds are asked for at once, so that they may share a commit.

Arguments: the database's URL, its own name, how many holds. A line is one acknowledged hold.
"""

import asyncio
import sys

from core.points.allowance import AllowancePolicy
from core.points.model import HoldResult
from infrastructure.sql.database import open_database
from infrastructure.sql.ledger import SqlLedger
from tests.builders import NOW, a_grant, a_hold

AT_ONCE = 4


async def main(url: str, name: str, count: int) -> None:
    database = open_database(url)
    await database.open()
    ledger = SqlLedger(database, AllowancePolicy())
    await ledger.grant(a_grant(points=1_000_000), now=NOW)
    numbers = iter(range(count))

    async def hold_on() -> None:
        for number in numbers:
            hold = a_hold(f"{name}-{number}", points=3)
            if await ledger.hold(hold, now=NOW) is HoldResult.HELD:
                sys.stdout.write(f"{hold.id}\n")
                sys.stdout.flush()

    await asyncio.gather(*(hold_on() for _ in range(AT_ONCE)))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
