"""How balances, entries, grants and audits look: to people, and to scripts."""

from datetime import datetime

import attrs

from composition.operate.tables import Column, Json, ago, card, iso
from core.points.model import Audit, Balance, Entry, GrantResult, Points
from core.shared.ids import WalletId

BALANCE_COLUMNS = (
    Column("ACCOUNT", soft=True),
    Column("ALLOWANCE", is_number=True),
    Column("BOUGHT", is_number=True),
    Column("HELD", is_number=True),
    Column("AVAILABLE", is_number=True),
)
ENTRY_COLUMNS = (
    Column("AGE"),
    Column("POINTS", is_number=True),
    Column("FROM"),
    Column("TO"),
    Column("REFERENCE", soft=True),
)


@attrs.frozen(kw_only=True)
class Granted:
    """What became of a grant, and what the account has now."""

    wallet: WalletId
    points: Points
    key: str
    result: GrantResult
    balance: Balance


def balance_row(wallet: WalletId, balance: Balance) -> Json:
    """Return a balance for scripts."""
    return {
        "account": wallet,
        "available": balance.available.amount,
        "allowance": balance.allowance.amount,
        "bought": balance.bought.amount,
        "held": balance.held.amount,
        "next_refill_at": balance.next_refill_at,
    }


def balance_cells(wallet: WalletId, balance: Balance) -> tuple[str, ...]:
    """Return a balance as a row of a table."""
    amounts = (balance.allowance, balance.bought, balance.held, balance.available)
    return (wallet, *(str(each.amount) for each in amounts))


def balance_card(wallet: WalletId, balance: Balance) -> str:
    """Return a balance as a card."""
    return card(
        (
            ("account", wallet),
            ("available", str(balance.available)),
            ("allowance", str(balance.allowance)),
            ("bought", str(balance.bought)),
            ("held", str(balance.held)),
            ("next refill", iso(balance.next_refill_at)),
        )
    )


def entry_row(entry: Entry) -> Json:
    """Return an entry for scripts."""
    return {
        "at": entry.at,
        "points": entry.amount,
        "from": entry.debit,
        "to": entry.credit,
        "reference": entry.ref,
    }


def entry_cells(entry: Entry, now: datetime) -> tuple[str, ...]:
    """Return an entry as a row of a table: of the wallet's own accounts only what they are for."""
    return (
        ago(entry.at, now),
        str(entry.amount),
        entry.debit.rpartition(":")[2],
        entry.credit.rpartition(":")[2],
        entry.ref,
    )


def granted_row(granted: Granted) -> Json:
    """Return what became of a grant for scripts."""
    return {
        "account": granted.wallet,
        "points": granted.points.amount,
        "key": granted.key,
        "result": granted.result,
        "available": granted.balance.available.amount,
    }


def granted_text(granted: Granted) -> str:
    """Return what became of a grant in sentences."""
    given = f"{granted.points} given to {granted.wallet}, under the key {granted.key}."
    if granted.result is GrantResult.EXISTS:
        given = f"The key {granted.key} has given {granted.points} already: nothing was changed."
    return f"{given}\nNow available: {granted.balance.available}."


def audit_row(audit: Audit) -> Json:
    """Return an audit for scripts."""
    return {
        "balanced": audit.balanced,
        "sum_of_accounts": audit.sum_of_accounts,
        "accounts": audit.accounts,
        "entries": audit.entries,
        "problems": audit.problems,
    }


def audit_text(audit: Audit) -> str:
    """Return an audit in sentences, a problem a line."""
    looked = f"{audit.accounts} ledger accounts, {audit.entries} entries"
    if audit.balanced:
        return f"The books balance: {looked}, and every hold has its job."
    return "\n".join([f"The books do not balance: {looked}.", *audit.problems])
