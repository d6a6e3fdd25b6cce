"""`stationthis points`: what everybody has, how it came, and whether the books are right."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from composition.config import Config
from composition.container import Container
from composition.operate.books_file import written
from composition.operate.command import (
    AS_JSON,
    DATA,
    EXIT_FAILED,
    LIMIT,
    CommandRefusedError,
    config_of,
    run_to_end,
)
from composition.operate.points_views import (
    BALANCE_COLUMNS,
    ENTRY_COLUMNS,
    Granted,
    audit_row,
    audit_text,
    balance_card,
    balance_cells,
    balance_row,
    entry_cells,
    entry_row,
    granted_row,
    granted_text,
)
from composition.operate.reach import records
from composition.operate.tables import say, say_json, say_rows, table
from core.points.model import (
    MAX_AMOUNT,
    Audit,
    Balance,
    Entry,
    Grant,
    GrantResult,
    Points,
)
from core.sessions.model import Identity
from core.shared.ids import AccountId, WalletId

EVERYBODY = "all"
ACCOUNT = click.argument("account")
KEY = re.compile(r"[A-Za-z0-9._:@/-]{1,64}")
LONGEST_REASON = 300
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IDENTITY = re.compile(r"([a-z]{1,16}):(.{1,128})")


@click.group()
def points() -> None:
    """Show, give and prove points. ACCOUNT: its id, or a person as in telegram:7."""


@points.command()
@ACCOUNT
@DATA
@AS_JSON
def balance(account: str, data: Path | None, *, as_json: bool) -> None:
    """Show what an account has now; `all` lists everybody's."""
    config, now = config_of(data), datetime.now(UTC)
    if account == EVERYBODY:
        every = run_to_end(_balances(config, now))
        say_rows(
            [balance_row(*each) for each in every],
            as_json=as_json,
            empty="Nobody has points yet.",
            text=table(BALANCE_COLUMNS, [balance_cells(*each) for each in every]),
        )
        return
    wallet, found = run_to_end(_balance(config, account, now))
    if as_json:
        say_json(balance_row(wallet, found))
    else:
        say(balance_card(wallet, found))


@points.command()
@ACCOUNT
@LIMIT
@DATA
@AS_JSON
def history(account: str, limit: int, data: Path | None, *, as_json: bool) -> None:
    """List the newest entries of an account, the newest first."""
    found = run_to_end(_history(config_of(data), account, limit))
    now = datetime.now(UTC)
    say_rows(
        [entry_row(each) for each in found],
        as_json=as_json,
        empty="This account has no entries yet.",
        text=table(ENTRY_COLUMNS, [entry_cells(each, now) for each in found]),
    )


@points.command()
@ACCOUNT
@click.argument("count", metavar="POINTS", type=click.IntRange(1, MAX_AMOUNT))
@click.option("--reason", required=True, help="Why; it is kept with the grant.")
@click.option("--key", help="Makes it unique: the same key gives once. Default: a new one.")
@DATA
@AS_JSON
def grant(
    account: str, count: int, *, reason: str, key: str | None, data: Path | None, as_json: bool
) -> None:
    """Give an account points that do not expire."""
    granted = run_to_end(_granted(config_of(data), account, count, reason=reason, key=key))
    if as_json:
        say_json(granted_row(granted))
    else:
        say(granted_text(granted))


@points.command()
@DATA
@AS_JSON
def audit(data: Path | None, *, as_json: bool) -> None:
    """Prove the books; exit code 1, and a list, when they are wrong."""
    found = run_to_end(_audited(config_of(data)))
    if as_json:
        say_json(audit_row(found))
    else:
        say(audit_text(found))
    sys.exit(0 if found.balanced else EXIT_FAILED)


@points.command()
@click.option(
    "--csv", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where."
)
@DATA
@AS_JSON
def export(file: Path, data: Path | None, *, as_json: bool) -> None:
    """Write every entry of the journal to a file, the oldest first."""
    count = run_to_end(_exported(config_of(data), file))
    if as_json:
        say_json({"file": str(file), "entries": count})
    else:
        say(f"{file} has {count} entr{'y' if count == 1 else 'ies'}.")


async def _balances(config: Config, now: datetime) -> list[tuple[WalletId, Balance]]:
    async with records(config) as container:
        return list((await container.ledger().balances(now=now)).items())


async def _balance(config: Config, account: str, now: datetime) -> tuple[WalletId, Balance]:
    async with records(config) as container:
        wallet = await _wallet(container, account)
        return wallet, await container.ledger().balance(wallet, now=now)


async def _history(config: Config, account: str, limit: int) -> list[Entry]:
    async with records(config) as container:
        wallet = await _wallet(container, account)
        return list(await container.ledger().history(wallet, limit=limit))


async def _granted(
    config: Config, account: str, count: int, *, reason: str, key: str | None
) -> Granted:
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise CommandRefusedError(f"--reason takes 1 to {LONGEST_REASON} characters.")
    if key is not None and KEY.fullmatch(key) is None:
        raise CommandRefusedError("--key takes 1 to 64 letters, digits and . _ : @ / -")
    async with records(config) as container:
        wallet = await _wallet(container, account)
        key = key or container.ids().token()
        wanted = Grant(
            # In a corner of its own: no key can be the reference of something that was bought.
            ref=f"operator:{key}",
            wallet=wallet,
            points=Points(count),
            reason=reason,
        )
        ledger, now = container.ledger(), container.clock().now()
        result = await ledger.grant(wanted, now=now)
        if result is GrantResult.EXISTS_WITH_DIFFERENT_TERMS:
            raise CommandRefusedError(
                f"The key {key} has given something else already, or to somebody else: "
                "nothing was given. Choose another key."
            )
        left = await ledger.balance(wallet, now=now)
        return Granted(wallet=wallet, points=wanted.points, key=key, result=result, balance=left)


async def _audited(config: Config) -> Audit:
    async with records(config) as container:
        found: Audit = await container.auditor().audit(now=container.clock().now())
        return found


async def _exported(config: Config, file: Path) -> int:
    async with records(config) as container:
        return await written(container.ledger(), file)


async def _wallet(container: Container, account: str) -> WalletId:
    """Return whose wallet is meant. Raises CommandRefusedError for whom the station never met."""
    named = _IDENTITY.fullmatch(account)
    store = container.account_store()
    if named is not None:
        known = await store.find(Identity(named[1], named[2]))
    elif _ID.fullmatch(account) is not None:
        known = await store.get(AccountId(account))
    else:
        raise CommandRefusedError(
            f"{account} is no account: give its id, or a person as in telegram:7."
        )
    if known is None:
        raise CommandRefusedError(
            f"There is no account {account}: `./stationthis points balance all` lists who has one."
        )
    return WalletId(known.id)
