"""The cards of one generation: waiting, running, its end, and how it was made."""

import attrs

from adapters.chat import texts
from adapters.chat.actions import CancelJob, RepeatJob, ShowInfo, TweakJob, UpscaleResult
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from core.generations.model import Job, JobState
from core.points.model import Points
from core.points.receipts import Receipt
from core.shared.wording import shortened
from core.use_cases.find_job import code_of
from core.use_cases.go_on import first_image

SHOWN_WORDS = 200
"""Characters of a prompt on a card; the whole of it is under Info."""

SHOWN_NOTES = 2

TEXT_LENGTH = 1_500
"""Characters of one text result on a card."""

UNBEGUN = frozenset({JobState.PREPARED, JobState.WAITING, JobState.SUBMITTING, JobState.SUBMITTED})
"""The states of a job that does not run yet."""


def message_key(job: Job) -> str:
    """Return the name of the message that shows a job, from its waiting card to its end."""
    return f"job-{job.id}"


def _title(job: Job) -> tuple[Span, ...]:
    if not job.wish.words:
        return (Span(job.wish.title, Style.BOLD),)
    words = shortened(job.wish.words, SHOWN_WORDS)
    return (Span(job.wish.title, Style.BOLD), Span(f"  {words}"))


def _notes(job: Job) -> tuple[Span, ...]:
    """Return what was made of the wish; quick jobs show it with their result alone."""
    shown = job.wish.notes[:SHOWN_NOTES]
    return tuple(Span(f"\n{shortened(each, SHOWN_WORDS)}", Style.QUIET) for each in shown)


def waiting_card(job: Job, *, ahead: int | None = None) -> Card:
    """
    Return the card of a job that has not ended.

    `ahead` is the number of people's jobs before it, while it waits with us.
    """
    waits = job.state in (JobState.PREPARED, JobState.WAITING)
    label = texts.UNDO if waits else texts.CANCEL
    button = Button(label, CancelJob(job.id), Weight.DANGER)
    status = texts.CANCELLING if job.cancel_requested else _status(job, ahead)
    return Card(
        spans=(*_title(job), *_notes(job), Span(f"\n{status}", Style.QUIET)),
        tone=Tone.WORKING,
        progress=job.progress if job.state is JobState.RUNNING else 0.0,
        buttons=() if job.cancel_requested else ((button,),),
    )


def _status(job: Job, ahead: int | None) -> str:
    # Once it works its machine is warm.
    quote = job.quote if job.state in UNBEGUN else attrs.evolve(job.quote, cold_s=0.0)
    price = texts.quoted(quote)
    match job.state:
        case JobState.PREPARED | JobState.WAITING:
            if ahead:
                return f"{texts.WAITING}: {texts.ahead(ahead)} · {price}"
            return f"{texts.STARTING} · {price}"
        case JobState.SUBMITTING | JobState.SUBMITTED:
            if job.queue_position is None:
                return f"{texts.QUEUED} · {price}"
            return f"{texts.QUEUED}: {texts.ahead(job.queue_position)} · {price}"
        case JobState.RUNNING:
            live = f" · {job.live_status}" if job.live_status else ""
            return f"{job.progress:.0%}{live} · {price}"
        case _:
            return f"{texts.FINISHING} · {price}"


def end_card(job: Job, *, can_upscale: bool, receipt: Receipt | None = None) -> Card:
    """
    Return the card of a job's end.

    `can_upscale` says that there is a workflow for it, the receipt what became of its hold; without
    one nothing was ever held.
    """
    if job.state is JobState.SUCCEEDED:
        return _result_card(job, receipt, can_upscale=can_upscale)
    back = () if receipt is None else (Span(f"\n{_receipt(job, receipt)}", Style.QUIET),)
    if job.state is JobState.CANCELLED:
        said = texts.cancelled(_charged(job, receipt))
        return Card(
            spans=(*_title(job), Span(f"\n{said}", Style.QUIET), *back),
            buttons=((Button(texts.AGAIN, RepeatJob(job.id)),),),
        )
    return Card(
        spans=(*_title(job), Span(f"\n{job.failure}"), *back),
        tone=Tone.BAD,
        buttons=((Button(texts.TRY_AGAIN, RepeatJob(job.id)),),),
    )


def _charged(job: Job, receipt: Receipt | None) -> Points:
    return job.charged if receipt is None else receipt.charged


def _receipt(job: Job, receipt: Receipt) -> str:
    return texts.receipt(receipt.returned, code_of(job.id))


def _result_card(job: Job, receipt: Receipt | None, *, can_upscale: bool) -> Card:
    paid = [str(_charged(job, receipt))]
    if job.run_s is not None:
        paid.append(texts.seconds(job.run_s))
    if receipt is not None:
        paid.append(_receipt(job, receipt))
    results = tuple(Span(f"\n{shortened(text, TEXT_LENGTH)}") for text in job.texts)
    buttons = [Button(texts.AGAIN, RepeatJob(job.id)), Button(texts.TWEAK, TweakJob(job.id))]
    if can_upscale and first_image(job) is not None:
        buttons.append(Button(texts.UPSCALE, UpscaleResult(job.id)))
    buttons.append(Button(texts.INFO, ShowInfo(job.id)))
    return Card(
        spans=(*_title(job), *_notes(job), *results, Span(f"\n{' · '.join(paid)}", Style.QUIET)),
        tone=Tone.GOOD,
        media=job.outputs,
        as_files=job.wish.as_files,
        buttons=(tuple(buttons),),
    )


def info_card(job: Job) -> Card:
    """Return how a job was made, so that somebody can make it again."""
    rows = [(texts.WORKFLOW, f"/{job.wish.workflow}")]
    if job.wish.version is not None:
        rows.append((texts.VERSION, str(job.wish.version)))
    rows += [
        (name, shortened(str(value), TEXT_LENGTH))
        for name, value in job.wish.inputs.items()
        if name not in job.wish.media_inputs and value != ""
    ]
    rows += [
        (texts.result(number), f"{each.width} x {each.height}, {each.size_bytes / 1000:,.0f} kB")
        for number, each in enumerate(job.outputs, start=1)
        if each.width
    ]
    if job.run_s is not None:
        rows.append((texts.RUN_TIME, texts.seconds(job.run_s)))
    rows.append((texts.PRICE, texts.paid(job.charged, job.quote)))
    spans: list[Span] = [Span(job.wish.title, Style.BOLD)]
    for name, value in rows:
        spans += [Span(f"\n{name}: ", Style.QUIET), Span(value, Style.CODE)]
    again = Button(texts.AGAIN, RepeatJob(job.id))
    return Card(spans=tuple(spans), buttons=((again,),), private=True)
