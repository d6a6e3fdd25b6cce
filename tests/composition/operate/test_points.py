"""`stationthis points`, on a real database, beside whoever else has it open."""

import contextlib
import csv
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.generations.model import JobState
from core.points.allowance import AllowancePolicy
from core.points.ports import PointsLedger
from core.sessions.model import Identity
from core.shared.ids import AccountId, WalletId
from infrastructure.sql.accounts import SqlAccounts
from infrastructure.sql.database import Database
from infrastructure.sql.ledger import SqlLedger
from infrastructure.sql.tables import wallets
from tests.builders import ADA, BOB, NOW, a_grant, a_hold, a_job
from tests.composition.operate.bench import Operator, keep, lines_of, names_in

FOX = "f0a1b2" + "0" * 26
RUNNING = a_job(FOX, state=JobState.RUNNING, run="run-1")
BALANCED = "The books balance: 5 ledger accounts, 3 entries, and every hold has its job.\n"


def ledger_on(database: Database) -> PointsLedger:
    return SqlLedger(database, AllowancePolicy())


@contextlib.asynccontextmanager
async def kept(data: Path, *, is_used: bool = True) -> AsyncIterator[Database]:
    """Have Ada of Telegram 7, who has 100 bought points and 10 held, and Bob, who has nothing."""
    database = await keep(data, RUNNING)
    accounts = SqlAccounts(database)
    await accounts.account_for(Identity("telegram", "7"), fresh=ADA, now=NOW)
    await accounts.account_for(Identity("discord", "8"), fresh=BOB, now=NOW)
    if is_used:
        await ledger_on(database).grant(a_grant(points=100), now=NOW)
        await ledger_on(database).hold(a_hold(FOX), now=NOW)
    try:
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize("account", ["ada", "telegram:7"])
async def test_a_balance_is_told_by_id_and_by_person(
    alone: Operator, data: Path, account: str
) -> None:
    async with kept(data):
        told = await alone.reads("points", "balance", account)
        seen = await alone.sees("points", "balance", account)

    # Its allowance is full again by now, but for what is held.
    assert told == {
        "account": "ada",
        "available": 460,
        "allowance": 360,
        "bought": 100,
        "held": 10,
        "next_refill_at": None,
    }
    assert "available  460 points" in seen


async def test_all_balances_are_listed_and_no_wallet_is_opened(alone: Operator, data: Path) -> None:
    async with kept(data) as database:
        (told,) = await alone.reads("points", "balance", "all")
        (line,) = lines_of(await alone.sees("points", "balance", "all"))
        entries = (await ledger_on(database).audit()).entries

    assert (told["account"], told["available"], entries) == ("ada", 460, 3)
    assert line.split() == ["ada", "360", "100", "10", "460"]


async def test_books_that_nobody_has_used_are_empty_and_balance(
    alone: Operator, data: Path
) -> None:
    async with kept(data, is_used=False) as database:
        await database.run(
            lambda connection: connection.execute(sa.text("DELETE FROM jobs")).close()
        )
        done = await alone.types("points", "balance", "all", "--json")
        history = await alone.types("points", "history", "ada")
        audit = await alone.reads("points", "audit")

    assert (done.stdout, done.stderr) == ("[]\n", "Nobody has points yet.\n")
    assert (history.stdout, history.stderr) == ("", "This account has no entries yet.\n")
    assert audit["balanced"]


async def test_the_newest_entries_are_listed_newest_first(alone: Operator, data: Path) -> None:
    async with kept(data):
        told = await alone.reads("points", "history", "telegram:7", "--limit", "2")
        lines = lines_of(await alone.sees("points", "history", "ada"))

    assert told[0] == {
        "at": "2026-01-31T12:00:00.000Z",
        "points": 10,
        "from": "wallet:ada:allowance",
        "to": "wallet:ada:held",
        "reference": f"hold:{FOX}:allowance",
    }
    assert told[1]["reference"] == "grant:grant-1"
    assert lines[0].split()[-4:] == ["10", "allowance", "held", f"hold:{FOX}:allowance"]
    assert len(lines) == 3


async def test_a_grant_with_a_key_gives_once(alone: Operator, data: Path) -> None:
    given = ("points", "grant", "discord:8", "25", "--reason", "a  lost\nrun", "--key", "ticket-9")
    async with kept(data) as database:
        first = await alone.reads(*given)
        again = await alone.reads(*given)
        seen = await alone.sees(*given)
        reason = await database.read(
            lambda connection: connection.execute(
                sa.text("SELECT reason FROM grants WHERE ref = 'operator:ticket-9'")
            ).scalar_one()
        )

    assert first == {
        "account": "bob",
        "points": 25,
        "key": "ticket-9",
        "result": "granted",
        "available": 395,
    }
    assert again == {**first, "result": "exists"}
    assert "has given 25 points already: nothing was changed.\nNow available: 395 points." in seen
    assert reason == "a lost run"


async def test_a_grant_without_a_key_gets_one_that_is_told(alone: Operator, data: Path) -> None:
    given = ("points", "grant", "ada", "25", "--reason", "thanks")
    async with kept(data):
        first = await alone.reads(*given)
        second = await alone.reads(*given)
        seen = await alone.sees(*given)

    assert first["key"] != second["key"]
    assert (first["available"], second["available"]) == (485, 510)
    assert "25 points given to ada, under the key " in seen


async def test_a_key_that_gave_something_else_is_refused(alone: Operator, data: Path) -> None:
    async with kept(data) as database:
        await alone.reads("points", "grant", "ada", "25", "--reason", "x", "--key", "k")
        for account, count in (("ada", "26"), ("discord:8", "25")):
            told = await alone.is_refused(
                "points", "grant", account, count, "--reason", "x", "--key", "k"
            )
            assert "nothing was given" in told
        left = await ledger_on(database).balance(WalletId(ADA), now=NOW)

    assert left.bought.amount == 125


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--reason", "  "), "--reason takes 1 to 300"),
        (("--reason", "x" * 301), "--reason takes 1 to 300"),
        (("--reason", "x", "--key", "a b"), "--key takes 1 to 64"),
        (("--reason", "x", "--key", ""), "--key takes 1 to 64"),
    ],
)
async def test_a_grant_that_tells_too_little_is_refused(
    alone: Operator, data: Path, options: tuple[str, ...], why: str
) -> None:
    async with kept(data):
        assert why in await alone.is_refused("points", "grant", "ada", "5", *options)


@pytest.mark.parametrize("count", ["0", "-5", "1000001", "1.5", "1e3", "ten", "٣x"])
async def test_only_whole_points_within_reason_are_given(
    alone: Operator, data: Path, count: str
) -> None:
    async with kept(data) as database:
        done = await alone.types("points", "grant", "ada", "--reason", "x", "--", count)
        left = await ledger_on(database).balance(WalletId(ADA), now=NOW)

    assert (done.exit_code, left.bought.amount) == (2, 100)


@pytest.mark.parametrize(
    ("account", "why"),
    [
        ("telegram:8", "There is no account telegram:8"),
        ("cleo", "There is no account cleo"),
        ("a b", "a b is no account"),
        ("x" * 65, "is no account"),
        ("Telegram:7", "Telegram:7 is no account"),
        ("\x1b[2J", "?[2J is no account"),
        ("\udcff", "? is no account"),
        ("telegram:\udcff", "There is no account telegram:?"),
    ],
)
async def test_whom_the_station_never_met_has_no_wallet_and_gets_none(
    alone: Operator, data: Path, account: str, why: str
) -> None:
    async with kept(data) as database:
        for command in (("balance",), ("history",), ("grant", "5", "--reason", "x")):
            name, *others = command
            assert why in await alone.is_refused("points", name, account, *others)
        entries = (await ledger_on(database).audit()).entries

    assert entries == 3


async def test_books_that_are_right_are_said_to_be(alone: Operator, data: Path) -> None:
    async with kept(data) as database, database.lock_for_worker():
        assert await alone.sees("points", "audit") == BALANCED
        told = await alone.reads("points", "audit")

    assert told == {
        "balanced": True,
        "sum_of_accounts": 0,
        "accounts": 5,
        "entries": 3,
        "problems": [],
    }


async def test_books_that_are_wrong_end_with_1_and_a_list(alone: Operator, data: Path) -> None:
    async with kept(data) as database:
        richer = sa.update(wallets).values(bought=101, issued=471)
        await database.run(lambda connection: connection.execute(richer).close())
        await ledger_on(database).hold(a_hold("job-9", points=7), now=NOW)
        seen = await alone.types("points", "audit")
        told = await alone.types("points", "audit", "--json")

    problems = [
        "Account station:issued stands at -471, and its entries at -470.",
        "Account wallet:ada:bought stands at 101, and its entries at 100.",
        "Hold job-9 keeps 7 points of wallet ada, and there is no such job.",
    ]
    assert (seen.exit_code, told.exit_code) == (1, 1)
    assert seen.stdout.splitlines()[0].startswith("The books do not balance: 5 ledger accounts")
    assert seen.stdout.splitlines()[1:] == problems
    assert json.loads(told.stdout)["problems"] == problems


async def test_the_journal_is_exported_whole_and_oldest_first(
    alone: Operator, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "books.csv"
    async with kept(data) as database:
        for number in range(1_100):
            await ledger_on(database).release(f"job-{number}", now=NOW)
            await ledger_on(database).grant(a_grant(f"more-{number}", points=1), now=NOW)
        told = await alone.reads("points", "export", "--csv", str(file))
        seen = await alone.types("points", "export", "--csv", str(file))

    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.reader(opened))
    assert told == {"file": str(file), "entries": 1_103}
    assert seen.stdout == f"{file} has 1103 entries.\n"
    assert rows[0] == ["number", "at", "reference", "from", "to", "points"]
    assert rows[1] == [
        "1",
        "2026-01-31T12:00:00.000Z",
        "open:ada",
        "station:issued",
        "wallet:ada:allowance",
        "370",
    ]
    assert len(rows) == 1_104
    assert [int(row[0]) for row in rows[1:]] == sorted({int(row[0]) for row in rows[1:]})
    assert names_in(tmp_path) == ["books.csv", "data"]


async def test_an_export_that_cannot_be_written_is_refused(
    alone: Operator, data: Path, tmp_path: Path
) -> None:
    async with kept(data):
        told = await alone.is_refused(
            "points", "export", "--csv", str(tmp_path / "nowhere" / "books.csv")
        )

    assert "No such file" in told


async def test_an_export_that_fails_leaves_the_old_file(
    alone: Operator, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "books.csv"
    file.write_text("the old one")
    async with kept(data) as database:
        await database.run(
            lambda connection: connection.execute(sa.text("UPDATE entries SET at = 'x'")).close()
        )
        with pytest.raises(ValueError, match="x"):
            await alone.types("points", "export", "--csv", str(file))

    assert file.read_text() == "the old one"
    assert names_in(tmp_path) == ["books.csv", "data"]


@pytest.mark.parametrize(
    "command",
    [
        ("balance", "all"),
        ("history", "ada"),
        ("grant", "ada", "5", "--reason", "x"),
        ("audit",),
        ("export", "--csv", "books.csv"),
    ],
)
async def test_a_folder_that_is_not_there_is_refused_and_not_made(
    alone: Operator, tmp_path: Path, command: tuple[str, ...]
) -> None:
    told = await alone.is_refused("points", *command, "--data", str(tmp_path / "mistyped"))

    assert "There is no folder" in told
    assert names_in(tmp_path) == []


async def test_points_are_given_to_whom_the_station_knows_by_a_new_platform(
    alone: Operator, data: Path
) -> None:
    async with kept(data) as database:
        await SqlAccounts(database).account_for(
            Identity("web", "8d1f"), fresh=AccountId("cleo"), now=NOW
        )
        told = await alone.reads("points", "grant", "web:8d1f", "5", "--reason", "welcome")

    assert (told["account"], told["available"]) == ("cleo", 375)
