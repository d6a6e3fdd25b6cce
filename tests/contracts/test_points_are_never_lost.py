"""
Every ledger against the worst that callers do: all orders, all repeats, all at once.

The bank test is Jepsen's: wallets, mixed moves and full recounts in between, and not one point may
be made or lost. Each race has a negative control: a ledger that checks and then acts loses it.
"""

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import attrs
import pytest

from core.points.allowance import AllowancePolicy
from core.points.model import (
    GrantResult,
    Hold,
    HoldResult,
    Points,
    ResolveResult,
    Settlement,
)
from core.points.ports import PointsLedger
from core.shared.ids import WalletId
from infrastructure.memory.ledger import InMemoryLedger
from infrastructure.sql.database import Database, open_database
from infrastructure.sql.ledger import SqlLedger
from tests.builders import ADA, NOW, a_grant, a_hold

T = TypeVar("T")

POLICY = AllowancePolicy()
WALLETS = [f"wallet-{number}" for number in range(8)]
ENDED_NOW = {ResolveResult.SETTLED, ResolveResult.RELEASED}
OPERATIONS = {"memory": 10_000, "sqlite": 2_000, "postgresql": 1_500}
OPERATIONS_IN_FULL = {"memory": 100_000, "sqlite": 100_000, "postgresql": 100_000}
TASKS = 8


@asynccontextmanager
async def two_processes(url: str | None) -> AsyncIterator[list[PointsLedger]]:
    """Open a ledger twice on one database, as two processes would; in memory there is only one."""
    if url is None:
        yield [InMemoryLedger(POLICY)]
        return
    async with AsyncExitStack() as stack:
        opened: list[PointsLedger] = []
        for _ in range(2):
            database = open_database(url)
            await database.open()
            stack.push_async_callback(database.close)
            opened.append(SqlLedger(database, POLICY))
        yield opened


@pytest.fixture
def ledger(database: Database | None) -> PointsLedger:
    return InMemoryLedger(POLICY) if database is None else SqlLedger(database, POLICY)


@attrs.define
class Dice:
    """Falls the same way each time that it begins with the same seed."""

    seed: int
    throws: int = 0

    def between(self, low: int, high: int) -> int:
        self.throws += 1
        digest = hashlib.sha256(f"{self.seed}/{self.throws}".encode()).digest()
        return low + int.from_bytes(digest[:8]) % (high - low + 1)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.between(0, len(choices) - 1)]


@attrs.define
class Teller:
    """Moves points at random, repeats itself, and counts what it was told."""

    ledger: PointsLedger
    name: str
    dice: Dice
    granted: int = 0
    charged: int = 0
    holds: list[str] = attrs.Factory(list)

    async def work(self, operations: int) -> None:
        moves = [
            *[self._hold] * 40,
            *[self._settle] * 20,
            *[self._release] * 20,
            *[self._grant] * 10,
            self._audit,
        ]
        for number in range(operations):
            move = self.dice.one_of(moves)
            await move(f"{self.name}-{number}")

    def _any_hold(self, otherwise: str) -> str:
        return self.dice.one_of(self.holds) if self.holds else otherwise

    async def _hold(self, id: str) -> None:
        wallet = self.dice.one_of(WALLETS)
        hold = a_hold(id, points=self.dice.between(1, 200), wallet=wallet)
        if await self.ledger.hold(hold, now=NOW) is HoldResult.HELD:
            self.holds.append(id)
        if self.dice.between(1, 10) == 1:
            await self.ledger.hold(hold, now=NOW)

    async def _settle(self, id: str) -> None:
        actual = Points(self.dice.between(0, 250))
        settlement = await self.ledger.settle(self._any_hold(id), actual, now=NOW)
        if settlement.result is ResolveResult.SETTLED:
            self.charged += settlement.charged.amount

    async def _release(self, id: str) -> None:
        await self.ledger.release(self._any_hold(id), now=NOW)

    async def _grant(self, id: str) -> None:
        grant = a_grant(id, points=self.dice.between(1, 100), wallet=self.dice.one_of(WALLETS))
        if await self.ledger.grant(grant, now=NOW) is GrantResult.GRANTED:
            self.granted += grant.points.amount
        await self.ledger.grant(grant, now=NOW)

    async def _audit(self, _: str) -> None:
        audit = await self.ledger.audit()
        assert audit.balanced, audit.problems


async def run_the_bank(url: str | None, operations: int) -> None:
    async with two_processes(url) as ledgers:
        for wallet in WALLETS:
            await ledgers[0].balance(WalletId(wallet), now=NOW)
        tellers = [
            Teller(ledgers[number % len(ledgers)], f"teller-{number}", Dice(number))
            for number in range(TASKS)
        ]

        await asyncio.gather(*(teller.work(operations // TASKS) for teller in tellers))

        balances = [await ledgers[0].balance(WalletId(each), now=NOW) for each in WALLETS]
        left = sum(each.available.amount + each.held.amount for each in balances)
        given = POLICY.capacity * len(WALLETS) + sum(teller.granted for teller in tellers)
        assert left == given - sum(teller.charged for teller in tellers)
        assert (await ledgers[0].audit()).balanced


@pytest.mark.usefixtures("database")
async def test_a_bank_makes_and_loses_no_points(store_kind: str, database_url: str | None) -> None:
    await run_the_bank(database_url, OPERATIONS[store_kind])


@pytest.mark.full
@pytest.mark.usefixtures("database")
async def test_a_bank_makes_and_loses_no_points_in_full(
    store_kind: str, database_url: str | None
) -> None:
    await run_the_bank(database_url, OPERATIONS_IN_FULL[store_kind])


async def race(ledgers: list[PointsLedger], *, price: int, round_number: int) -> int:
    """Let 32 holds race for a new wallet; return how many won."""
    wallet = f"raced-{round_number}"
    holds = [a_hold(f"{wallet}-{n}", points=price, wallet=wallet) for n in range(32)]
    results = await asyncio.gather(
        *(ledgers[n % len(ledgers)].hold(hold, now=NOW) for n, hold in enumerate(holds))
    )
    return results.count(HoldResult.HELD)


async def run_the_race(url: str | None, rounds: int) -> None:
    async with two_processes(url) as ledgers:
        for number in range(rounds):
            price = (15, 37, 100, 185, 370, 371)[number % 6]

            winners = await race(ledgers, price=price, round_number=number)

            assert winners == min(32, POLICY.capacity // price)
        assert (await ledgers[0].audit()).balanced


@pytest.mark.usefixtures("database")
async def test_a_raced_balance_has_exactly_as_many_winners_as_it_covers(
    database_url: str | None,
) -> None:
    await run_the_race(database_url, rounds=12)


@pytest.mark.full
@pytest.mark.usefixtures("database")
async def test_a_raced_balance_has_exactly_as_many_winners_as_it_covers_in_full(
    database_url: str | None,
) -> None:
    await run_the_race(database_url, rounds=200)


class CheckThenAct(InMemoryLedger):
    """The negative control: it looks at the balance, lets others run, and then believes it."""

    def __init__(self, policy: AllowancePolicy) -> None:
        super().__init__(policy)
        self.promised = 0

    async def hold(self, hold: Hold, *, now: object) -> HoldResult:
        balance = await self.balance(hold.wallet, now=NOW)
        await asyncio.sleep(0)
        if balance.available < hold.points:
            return HoldResult.NOT_ENOUGH
        self.promised += hold.points.amount
        return HoldResult.HELD


@pytest.mark.parametrize("store_kind", ["memory"])
async def test_the_race_is_lost_by_a_ledger_that_checks_and_then_acts(store_kind: str) -> None:
    ledger = CheckThenAct(POLICY)

    winners = await race([ledger], price=100, round_number=0)

    assert winners > POLICY.capacity // 100
    assert ledger.promised > POLICY.capacity


ENDINGS = ("settle", "release", "settle-less", "settle-more")


async def end(ledger: PointsLedger, ending: str, hold: str) -> Settlement:
    """End a hold of 100 in one of the ways; a release is told as a settlement at nothing."""
    if ending == "release":
        return Settlement(result=await ledger.release(hold, now=NOW), charged=Points(0))
    actual = {"settle": 100, "settle-less": 40, "settle-more": 140}[ending]
    return await ledger.settle(hold, Points(actual), now=NOW)


def charge_of(ending: str) -> int:
    return {"release": 0, "settle": 100, "settle-less": 40, "settle-more": 100}[ending]


ORDERS = [
    *itertools.product(ENDINGS, repeat=2),
    *itertools.product(ENDINGS, repeat=3),
]


async def test_in_every_order_the_first_end_of_a_hold_counts(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=100_000), now=NOW)
    for number, order in enumerate(ORDERS):
        hold = f"hold-{number}"
        before = (await ledger.balance(WalletId(ADA), now=NOW)).available.amount
        await ledger.hold(a_hold(hold, points=100), now=NOW)

        answers = [await end(ledger, ending, hold) for ending in order]

        after = (await ledger.balance(WalletId(ADA), now=NOW)).available.amount
        assert before - after == charge_of(order[0]), order
        assert [answer.result in ENDED_NOW for answer in answers].count(True) == 1, order
        settled_first = order[0] != "release"
        already = ResolveResult.ALREADY_SETTLED if settled_first else ResolveResult.ALREADY_RELEASED
        assert {answer.result for answer in answers[1:]} == {already}, order
    assert (await ledger.audit()).balanced


@pytest.mark.usefixtures("database")
async def test_of_racing_ends_of_a_hold_one_counts(database_url: str | None) -> None:
    async with two_processes(database_url) as ledgers:
        for number, order in enumerate(ORDERS[::4]):
            wallet, hold = WalletId(f"wallet-{number}"), f"hold-{number}"
            await ledgers[0].hold(a_hold(hold, points=100, wallet=wallet), now=NOW)

            answers = await asyncio.gather(
                *(end(ledgers[n % len(ledgers)], each, hold) for n, each in enumerate(order * 2))
            )

            won = [answer for answer in answers if answer.result in ENDED_NOW]
            balance = await ledgers[0].balance(wallet, now=NOW)
            assert len(won) == 1
            assert balance.available.amount == POLICY.capacity - won[0].charged.amount
        assert (await ledgers[0].audit()).balanced


async def test_a_repeated_settlement_tells_the_first_charge(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=100), now=NOW)
    await ledger.settle("job-1", Points(40), now=NOW)

    again = await ledger.settle("job-1", Points(90), now=NOW)

    assert again == Settlement(result=ResolveResult.ALREADY_SETTLED, charged=Points(40))


async def test_racing_tombstones_and_holds_agree_who_was_first(ledger: PointsLedger) -> None:
    for number in range(20):
        hold = f"hold-{number}"
        held, released = await asyncio.gather(
            ledger.hold(a_hold(hold, points=10), now=NOW), ledger.release(hold, now=NOW)
        )

        assert (held, released) in {
            (HoldResult.HELD, ResolveResult.RELEASED),
            (HoldResult.ALREADY_RELEASED, ResolveResult.UNKNOWN_HOLD),
        }
    balance = await ledger.balance(WalletId(ADA), now=NOW)
    assert (balance.available, balance.held) == (Points(370), Points(0))


async def test_repeats_add_nothing_to_the_journal(ledger: PointsLedger) -> None:
    async def everything() -> None:
        await ledger.grant(a_grant(), now=NOW)
        await ledger.hold(a_hold("settled"), now=NOW)
        await ledger.settle("settled", Points(4), now=NOW)
        await ledger.hold(a_hold("released"), now=NOW)
        await ledger.release("released", now=NOW)
        await ledger.release("unknown", now=NOW)

    await everything()
    entries = (await ledger.audit()).entries
    for _ in range(20):
        await everything()

    audit = await ledger.audit()
    assert (audit.entries, audit.balanced) == (entries, True)
