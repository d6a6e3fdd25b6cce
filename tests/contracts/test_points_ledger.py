"""What every PointsLedger promises."""

import asyncio
from datetime import timedelta

import pytest

from core.points.allowance import AllowancePolicy
from core.points.model import (
    MAX_AMOUNT,
    Entry,
    Grant,
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
from infrastructure.sql.database import Database
from infrastructure.sql.ledger import SqlLedger
from tests.builders import ADA, BOB, NOW, a_grant, a_hold

POLICY = AllowancePolicy()
WALLET = WalletId(ADA)
BOBS = WalletId(BOB)
STEP = timedelta(seconds=POLICY.step_s)


@pytest.fixture
def ledger(database: Database | None) -> PointsLedger:
    return InMemoryLedger(POLICY) if database is None else SqlLedger(database, POLICY)


async def amounts(ledger: PointsLedger, *, later: timedelta = timedelta()) -> tuple[int, int, int]:
    """Return Ada's allowance, bought and held points."""
    balance = await ledger.balance(WALLET, now=NOW + later)
    return balance.allowance.amount, balance.bought.amount, balance.held.amount


async def test_a_new_wallet_has_a_full_allowance(ledger: PointsLedger) -> None:
    balance = await ledger.balance(WALLET, now=NOW)

    assert (balance.allowance, balance.bought, balance.held) == (Points(370), Points(0), Points(0))
    assert balance.next_refill_at is None


async def test_a_wallet_is_opened_once(ledger: PointsLedger) -> None:
    await asyncio.gather(*(ledger.balance(WALLET, now=NOW) for _ in range(10)))

    assert len(await ledger.history(WALLET, limit=100)) == 1
    assert (await ledger.audit()).balanced


async def test_granted_points_are_bought_points(ledger: PointsLedger) -> None:
    result = await ledger.grant(a_grant(points=100), now=NOW)

    assert result is GrantResult.GRANTED
    assert await amounts(ledger) == (370, 100, 0)


async def test_a_grant_that_is_repeated_counts_once(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=100), now=NOW)
    again = await ledger.grant(a_grant(points=100, reason="in other words"), now=NOW + STEP)

    assert again is GrantResult.EXISTS
    assert await amounts(ledger) == (370, 100, 0)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_grant(points=99), id="other points"),
        pytest.param(a_grant(wallet=BOB), id="other wallet"),
    ],
)
async def test_a_known_grant_with_other_terms_is_told_apart(
    ledger: PointsLedger, other: Grant
) -> None:
    await ledger.grant(a_grant(), now=NOW)

    assert await ledger.grant(other, now=NOW) is GrantResult.EXISTS_WITH_DIFFERENT_TERMS
    assert await amounts(ledger) == (370, 100, 0)


async def test_the_allowance_is_spent_before_what_was_bought(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=100), now=NOW)

    result = await ledger.hold(a_hold(points=400), now=NOW)

    assert result is HoldResult.HELD
    assert await amounts(ledger) == (0, 70, 400)


async def test_a_hold_that_is_repeated_counts_once(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)
    again = await ledger.hold(a_hold(points=370), now=NOW)

    assert again is HoldResult.EXISTS
    assert await amounts(ledger) == (0, 0, 370)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_hold(points=9), id="other points"),
        pytest.param(a_hold(wallet=BOB), id="other wallet"),
    ],
)
async def test_a_known_hold_with_other_terms_is_told_apart(
    ledger: PointsLedger, other: Hold
) -> None:
    await ledger.hold(a_hold(points=10), now=NOW)

    assert await ledger.hold(other, now=NOW) is HoldResult.EXISTS_WITH_DIFFERENT_TERMS
    assert await amounts(ledger) == (360, 0, 10)


async def test_a_hold_that_is_not_covered_changes_nothing(ledger: PointsLedger) -> None:
    result = await ledger.hold(a_hold(points=371), now=NOW)

    assert result is HoldResult.NOT_ENOUGH
    assert await amounts(ledger) == (370, 0, 0)


async def test_a_hold_that_was_not_covered_may_be_tried_again(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=371), now=NOW)
    await ledger.grant(a_grant(points=1), now=NOW)

    assert await ledger.hold(a_hold(points=371), now=NOW) is HoldResult.HELD


async def test_settling_charges_what_was_used_and_returns_the_rest(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=100), now=NOW)

    settlement = await ledger.settle("job-1", Points(30), now=NOW)

    assert settlement == Settlement(result=ResolveResult.SETTLED, charged=Points(30))
    assert await amounts(ledger) == (340, 0, 0)


async def test_settling_never_charges_more_than_was_held(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=100), now=NOW)

    settlement = await ledger.settle("job-1", Points(10**30), now=NOW)

    assert settlement.charged == Points(100)
    assert await amounts(ledger) == (270, 0, 0)


async def test_settling_at_nothing_gives_everything_back(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=100), now=NOW)

    settlement = await ledger.settle("job-1", Points(0), now=NOW)

    assert settlement == Settlement(result=ResolveResult.SETTLED, charged=Points(0))
    assert await amounts(ledger) == (370, 0, 0)


async def test_settling_charges_the_allowance_first(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=100), now=NOW)
    await ledger.hold(a_hold(points=470), now=NOW)

    await ledger.settle("job-1", Points(400), now=NOW)

    assert await amounts(ledger) == (0, 70, 0)


async def test_released_points_go_back_to_where_they_came_from(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=100), now=NOW)
    await ledger.hold(a_hold(points=400), now=NOW)

    result = await ledger.release("job-1", now=NOW)

    assert result is ResolveResult.RELEASED
    assert await amounts(ledger) == (370, 100, 0)


async def test_releasing_an_unknown_hold_keeps_a_late_one_out(ledger: PointsLedger) -> None:
    first = await ledger.release("job-1", now=NOW)
    late = await ledger.hold(a_hold(), now=NOW)
    second = await ledger.release("job-1", now=NOW)

    assert (first, second) == (ResolveResult.UNKNOWN_HOLD, ResolveResult.ALREADY_RELEASED)
    assert late is HoldResult.ALREADY_RELEASED


async def test_settling_an_unknown_hold_charges_nothing(ledger: PointsLedger) -> None:
    settlement = await ledger.settle("job-1", Points(5), now=NOW)

    assert settlement == Settlement(result=ResolveResult.UNKNOWN_HOLD, charged=Points(0))
    assert await ledger.hold(a_hold(), now=NOW) is HoldResult.HELD


async def test_a_hold_after_its_end_is_told_so(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold("settled"), now=NOW)
    await ledger.settle("settled", Points(5), now=NOW)
    await ledger.hold(a_hold("released"), now=NOW)
    await ledger.release("released", now=NOW)

    assert await ledger.hold(a_hold("settled"), now=NOW) is HoldResult.ALREADY_SETTLED
    assert await ledger.hold(a_hold("released"), now=NOW) is HoldResult.ALREADY_RELEASED


async def test_an_allowance_comes_back_step_by_step(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)
    await ledger.settle("job-1", Points(370), now=NOW)

    assert await amounts(ledger, later=STEP) == (20, 0, 0)
    assert await amounts(ledger, later=3 * STEP) == (61, 0, 0)
    assert await amounts(ledger, later=18 * STEP) == (370, 0, 0)


async def test_a_refill_counts_what_is_held(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)

    assert await amounts(ledger, later=18 * STEP) == (0, 0, 370)


async def test_bought_points_in_a_hold_do_not_hinder_a_refill(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=1000), now=NOW)
    await ledger.hold(a_hold(points=400), now=NOW)
    await ledger.settle("job-1", Points(400), now=NOW)
    await ledger.hold(a_hold("job-2", points=900), now=NOW)

    assert await amounts(ledger, later=18 * STEP) == (370, 70, 900)


async def test_the_next_refill_is_told(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=10), now=NOW)
    await ledger.settle("job-1", Points(10), now=NOW)

    balance = await ledger.balance(WALLET, now=NOW + STEP / 2)

    assert balance.next_refill_at == NOW + STEP


async def test_a_clock_that_steps_back_takes_and_brings_nothing(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)
    await ledger.settle("job-1", Points(370), now=NOW)
    await ledger.balance(WALLET, now=NOW + STEP)

    assert await amounts(ledger, later=-STEP) == (20, 0, 0)
    assert await amounts(ledger, later=STEP) == (20, 0, 0)


async def test_the_wait_for_enough_points_is_told(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)
    await ledger.settle("job-1", Points(370), now=NOW)
    await ledger.grant(a_grant(points=5), now=NOW)

    assert await ledger.seconds_until(WALLET, Points(5), now=NOW) == 0.0
    assert await ledger.seconds_until(WALLET, Points(46), now=NOW) == 2 * POLICY.step_s
    assert await ledger.seconds_until(WALLET, Points(376), now=NOW) is None


async def test_the_history_is_newest_first_and_of_one_wallet(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=7), now=NOW)
    await ledger.grant(a_grant("grant-2", wallet=BOB), now=NOW)
    await ledger.hold(a_hold(points=3), now=NOW + STEP)

    newest, before = await ledger.history(WALLET, limit=2)

    assert (newest.amount, newest.at, newest.credit) == (3, NOW + STEP, "wallet:ada:held")
    assert (before.amount, before.debit, before.credit) == (
        7,
        "station:issued",
        "wallet:ada:bought",
    )


async def test_the_largest_amounts_fit(ledger: PointsLedger) -> None:
    for number in range(3):
        await ledger.grant(a_grant(f"grant-{number}", points=MAX_AMOUNT), now=NOW)

    assert await ledger.hold(a_hold(points=MAX_AMOUNT), now=NOW) is HoldResult.HELD
    assert (await ledger.audit()).balanced


async def test_an_audit_of_empty_books_balances(ledger: PointsLedger) -> None:
    audit = await ledger.audit()

    assert audit.balanced
    assert audit.entries == 0


async def test_a_wallet_is_not_touched_by_the_others(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)

    assert (await ledger.balance(BOBS, now=NOW)).available == Points(370)


async def test_all_balances_are_told_as_they_are_now_and_nothing_is_written(
    ledger: PointsLedger,
) -> None:
    await ledger.grant(a_grant(wallet=BOB), now=NOW)
    await ledger.hold(a_hold(points=370), now=NOW)
    await ledger.settle("job-1", Points(370), now=NOW)
    before = (await ledger.audit()).entries

    found = await ledger.balances(now=NOW + STEP)

    assert [(who, each.available.amount) for who, each in found.items()] == [
        (WALLET, 20),
        (BOBS, 470),
    ]
    assert (await ledger.audit()).entries == before
    assert await ledger.balance(WALLET, now=NOW + STEP) == found[WALLET]


async def test_the_journal_is_read_page_by_page_oldest_first(ledger: PointsLedger) -> None:
    await ledger.grant(a_grant(points=7), now=NOW)
    await ledger.grant(a_grant("grant-2", wallet=BOB, points=9), now=NOW)

    read: list[tuple[int, Entry]] = []
    while page := await ledger.journal(after=read[-1][0] if read else 0, limit=3):
        read += page

    assert [entry.ref for _, entry in read] == [
        "open:ada",
        "grant:grant-1",
        "open:bob",
        "grant:grant-2",
    ]
    assert [number for number, _ in read] == sorted({number for number, _ in read})
    assert [read[1][1]] == list(await ledger.history(WALLET, limit=1))


async def test_the_history_can_be_read_on_from_any_entry(ledger: PointsLedger) -> None:
    for number in range(4):
        await ledger.grant(a_grant(f"grant-{number}", points=number + 1), now=NOW)

    first = await ledger.history(WALLET, limit=2)
    then = await ledger.history(WALLET, limit=2, skip=2)

    assert [each.amount for each in (*first, *then)] == [4, 3, 2, 1]
    assert await ledger.history(WALLET, limit=2, skip=5) == []


async def test_the_moment_when_the_allowance_is_full_is_told(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold(points=370), now=NOW)
    await ledger.settle("job-1", Points(41), now=NOW)

    balance = await ledger.balance(WALLET, now=NOW)

    assert balance.full_at == NOW + 2 * STEP
    assert (await ledger.balance(WALLET, now=NOW + 2 * STEP)).full_at is None


@pytest.mark.parametrize("end", ["settle", "release"])
async def test_a_hold_has_its_entries_from_its_beginning_to_its_end(
    ledger: PointsLedger, end: str
) -> None:
    await ledger.grant(a_grant(points=100), now=NOW)
    await ledger.hold(a_hold("job-10", points=1), now=NOW)
    await ledger.hold(a_hold(points=400), now=NOW)
    open_ = await ledger.of_hold("job-1")
    if end == "settle":
        await ledger.settle("job-1", Points(30), now=NOW + STEP / 2)
    else:
        await ledger.release("job-1", now=NOW + STEP / 2)

    ended = await ledger.of_hold("job-1")

    assert [(each.ref, each.amount) for each in open_] == [
        ("hold:job-1:allowance", 369),
        ("hold:job-1:bought", 31),
    ]
    assert ended[:2] == open_
    told = {each.ref.removeprefix(f"{end}:job-1:"): each.amount for each in ended[2:]}
    settled = {"earned": 30, "allowance": 339, "bought": 31}
    assert told == (settled if end == "settle" else {"allowance": 369, "bought": 31})
    assert {each.at for each in ended[2:]} == {NOW + STEP / 2}


async def test_what_never_was_held_has_no_entries(ledger: PointsLedger) -> None:
    await ledger.release("job-1", now=NOW)

    assert await ledger.of_hold("job-1") == []


async def test_open_holds_are_told_oldest_first_and_of_one_wallet(ledger: PointsLedger) -> None:
    await ledger.hold(a_hold("job-9", points=3), now=NOW)
    await ledger.hold(a_hold("job-2", points=4), now=NOW + STEP)
    await ledger.hold(a_hold("job-3", points=5), now=NOW + STEP)
    await ledger.hold(a_hold("job-4", points=6, wallet=BOB), now=NOW + STEP)
    await ledger.settle("job-3", Points(5), now=NOW + STEP)

    assert await ledger.open_holds(WALLET) == [a_hold("job-9", points=3), a_hold("job-2", points=4)]
    assert await ledger.open_holds(WalletId("nobody")) == []
