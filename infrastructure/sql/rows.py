"""
The core's values as rows, and back.

What is only read together is one column of JSON, in ASCII: whatever a person typed can be stored.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import attrs
from sqlalchemy import RowMapping

from core.generations.model import Claim, Delivery, Job, JobState, Wish
from core.media.model import MediaRef
from core.points.books import HoldRecord, HoldState, Split, Wallet
from core.points.model import Entry, Grant, Points
from core.points.pricing import Quote
from core.sessions.model import Preferences, TranscriptMessage
from core.shared.ids import DraftId, JobId, WalletId
from core.workflows.drafts import Draft

Row = Mapping[str, object]

REMEMBERED_TEXTS = 1024
"""How many columns of JSON are kept decoded: a job is read many times while it runs."""


def wallet_row(wallet: Wallet) -> Row:
    """Return the wallet's columns, without `version`."""
    return attrs.asdict(wallet)


def wallet_from(row: RowMapping) -> Wallet:
    """Return the wallet of a row."""
    return Wallet(**{name: row[name] for name in _WALLET_COLUMNS})


_WALLET_COLUMNS = tuple(field.name for field in attrs.fields(Wallet))


def entry_row(entry: Entry, wallet: WalletId) -> Row:
    """Return a journal entry's columns; the database numbers it."""
    return {"wallet": wallet, **attrs.asdict(entry)}


def entry_from(row: RowMapping) -> Entry:
    """Return the journal entry of a row."""
    return Entry(
        ref=row["ref"],
        debit=row["debit"],
        credit=row["credit"],
        amount=row["amount"],
        at=row["at"],
    )


def hold_row(hold: str, record: HoldRecord, *, now: datetime) -> Row:
    """Return the columns of a hold, or of a tombstone, that begins now."""
    return {
        "id": hold,
        "wallet": record.wallet,
        "allowance": record.split.allowance,
        "bought": record.split.bought,
        "state": record.state,
        "charged": record.charged,
        "held_at": now,
        "ended_at": None if record.state is HoldState.HELD else now,
    }


def hold_from(row: RowMapping) -> HoldRecord:
    """Return the hold of a row."""
    return HoldRecord(
        wallet=row["wallet"],
        split=Split(allowance=row["allowance"], bought=row["bought"]),
        state=HoldState(row["state"]),
        charged=row["charged"],
    )


def grant_row(grant: Grant, *, now: datetime) -> Row:
    """Return a grant's columns."""
    return {
        "ref": grant.ref,
        "wallet": grant.wallet,
        "points": grant.points.amount,
        "reason": grant.reason,
        "at": now,
    }


def grant_from(row: RowMapping) -> Grant:
    """Return the grant of a row."""
    return Grant(
        ref=row["ref"], wallet=row["wallet"], points=Points(row["points"]), reason=row["reason"]
    )


def message_from(row: RowMapping) -> TranscriptMessage:
    """Return the message of a row."""
    return TranscriptMessage(id=row["id"], body=row["body"], at=row["at"], seq=row["seq"])


def draft_row(draft: Draft) -> Row:
    """Return a draft's columns."""
    return {
        "id": draft.id,
        "account": draft.account,
        "chat": draft.chat,
        "workflow_key": draft.key,
        "is_asking": draft.asking != "",
        "filled": json.dumps({name: getattr(draft, name) for name in _FILLED}, default=dict),
        "expires_at": draft.expires_at,
        "version": draft.version,
    }


def draft_from(row: RowMapping) -> Draft:
    """Return the draft of a row."""
    filled = json.loads(row["filled"])
    return Draft(
        **{**filled, "notes": tuple(filled["notes"])},
        id=DraftId(row["id"]),
        account=row["account"],
        chat=row["chat"],
        key=row["workflow_key"],
        expires_at=row["expires_at"],
        version=row["version"],
    )


_OWN_COLUMNS = ("id", "account", "chat", "key", "expires_at", "version")
_FILLED = tuple(each.name for each in attrs.fields(Draft) if each.name not in _OWN_COLUMNS)


def preferences_row(preferences: Preferences) -> Row:
    """Return the columns of what somebody prefers, without `version`."""
    return {
        "inputs": json.dumps(dict(preferences.values)),
        "set_aside": json.dumps(dict(preferences.set_aside)),
    }


def preferences_from(row: RowMapping) -> Preferences:
    """Return the preferences of a row."""
    return Preferences(
        values=json.loads(row["inputs"]),
        set_aside=json.loads(row["set_aside"]),
        version=row["version"],
    )


def new_job_row(job: Job) -> Row:
    """Return all columns of a job that is stored for the first time."""
    quote = job.quote
    return {
        **moving_job_row(job),
        "id": job.id,
        "account": job.wish.account,
        "workflow": job.wish.workflow,
        "wish": json.dumps(attrs.asdict(job.wish)),
        "quote": json.dumps([quote.points.amount, *(getattr(quote, each) for each in _QUOTED)]),
        "created_at": job.created_at,
        "version": job.version,
        "reply_to": job.reply_to,
        "driver": job.driver,
        "shown_at": job.shown_at,
        "cancel_requested": job.cancel_requested,
    }


def moving_job_row(job: Job) -> Row:
    """Return the columns that a job's moves may change."""
    return {
        "state": job.state,
        "moved_at": job.moved_at,
        "claim_owner": None if job.claim is None else job.claim.owner,
        "claim_until": None if job.claim is None else job.claim.until,
        "attempts": job.attempts,
        "next_wake_at": job.next_wake_at,
        "run": job.run,
        "submitted_at": job.submitted_at,
        "progress": job.progress,
        "live_status": job.live_status,
        "queue_position": job.queue_position,
        "run_s": job.run_s,
        "outputs": json.dumps([attrs.asdict(each) for each in job.outputs]),
        "texts": json.dumps(job.texts),
        "charged": job.charged.amount,
        "failure": job.failure,
        "delivery": job.delivery,
        "delivery_attempts": job.delivery_attempts,
    }


def job_from(row: RowMapping) -> Job:
    """Return the job of a row."""
    return Job(
        id=JobId(row["id"]),
        wish=_wish_from(row["wish"]),
        quote=_quote_from(row["quote"]),
        created_at=row["created_at"],
        state=JobState(row["state"]),
        moved_at=row["moved_at"],
        version=row["version"],
        claim=_claim_from(row),
        attempts=row["attempts"],
        next_wake_at=row["next_wake_at"],
        run=row["run"],
        submitted_at=row["submitted_at"],
        progress=row["progress"],
        live_status=row["live_status"],
        queue_position=row["queue_position"],
        run_s=row["run_s"],
        outputs=_outputs_from(row["outputs"]),
        texts=tuple(json.loads(row["texts"])),
        charged=Points(row["charged"]),
        failure=row["failure"],
        delivery=Delivery(row["delivery"]),
        delivery_attempts=row["delivery_attempts"],
        reply_to=row["reply_to"],
        driver=row["driver"],
        shown_at=row["shown_at"],
        cancel_requested=row["cancel_requested"],
    )


def added_job_from(row: RowMapping, job: Job) -> Job:
    """Return the job as it stands after it was inserted; the row has its words."""
    return attrs.evolve(
        job,
        live_status=row["live_status"],
        failure=row["failure"],
        reply_to=row["reply_to"],
        shown_at=row["shown_at"],
    )


def saved_job_from(row: RowMapping, job: Job) -> Job:
    """Return the job as it stands after this was saved; the row has what others write."""
    return attrs.evolve(
        job,
        version=job.version + 1,
        live_status=row["live_status"],
        failure=row["failure"],
        wish=_wish_from(row["wish"]),
        quote=_quote_from(row["quote"]),
        created_at=row["created_at"],
        reply_to=row["reply_to"],
        driver=row["driver"],
        shown_at=row["shown_at"],
        cancel_requested=row["cancel_requested"],
    )


@lru_cache(REMEMBERED_TEXTS)
def _wish_from(stored: str) -> Wish:
    wish = json.loads(stored)
    lists = {name: tuple(wish.get(name, ())) for name in ("media_inputs", "notes")}
    return Wish(**{**wish, **lists})


@lru_cache(REMEMBERED_TEXTS)
def _quote_from(stored: str) -> Quote:
    points, *rest = json.loads(stored)
    # An older row ends after `p90_s`: what it does not tell is not known of its quote.
    return Quote(points=Points(points), **dict(zip(_QUOTED, rest, strict=False)))


_QUOTED = ("median_s", "p90_s", "cold_s", "points_per_s", "is_fixed")
"""What a quote's column has behind the points: new ones are added at the end."""


@lru_cache(REMEMBERED_TEXTS)
def _outputs_from(stored: str) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(**each) for each in json.loads(stored))


def _claim_from(row: RowMapping) -> Claim | None:
    if row["claim_owner"] is None:
        return None
    return Claim(owner=row["claim_owner"], until=row["claim_until"])
