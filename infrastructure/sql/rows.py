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
from core.sessions.model import TranscriptMessage
from core.shared.ids import JobId, WalletId

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


def new_job_row(job: Job) -> Row:
    """Return all columns of a job that is stored for the first time."""
    quote = job.quote
    return {
        **moving_job_row(job),
        "id": job.id,
        "account": job.wish.account,
        "workflow": job.wish.workflow,
        "wish": json.dumps(attrs.asdict(job.wish)),
        "quote": json.dumps([quote.points.amount, quote.median_s, quote.p90_s]),
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
    return Wish(**{**wish, "media_inputs": tuple(wish["media_inputs"])})


@lru_cache(REMEMBERED_TEXTS)
def _quote_from(stored: str) -> Quote:
    points, median_s, p90_s = json.loads(stored)
    return Quote(points=Points(points), median_s=median_s, p90_s=p90_s)


@lru_cache(REMEMBERED_TEXTS)
def _outputs_from(stored: str) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(**each) for each in json.loads(stored))


def _claim_from(row: RowMapping) -> Claim | None:
    if row["claim_owner"] is None:
        return None
    return Claim(owner=row["claim_owner"], until=row["claim_until"])
