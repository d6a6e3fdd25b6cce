"""
One builder for each object of the core, so that a test names only what it is about.

Every default is valid and dull. Times are counted from `NOW`; people are ADA and BOB.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs

from core.generations.model import (
    Claim,
    Delivery,
    Job,
    JobState,
    RunOutput,
    RunStatus,
    RunUpdate,
    Wish,
)
from core.generations.ports import RunRequest
from core.media.model import UNKNOWN_MIME, MediaRef, mime_of
from core.points.model import Grant, Hold, Points
from core.points.pricing import Quote
from core.sessions.model import Identity, Preferences, TranscriptMessage
from core.shared.ids import (
    AccountId,
    ChatId,
    DeploymentId,
    DraftId,
    JobId,
    MediaId,
    RunId,
    WalletId,
    WorkflowKey,
    WorkflowName,
)
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=9_000)
ADA = AccountId("ada")
BOB = AccountId("bob")
CHAT = ChatId("web:chat-1")
TEXT2IMG = WorkflowName("text2img")
DEPLOYMENT = DeploymentId("00000000-0000-4000-8000-000000000001")


def an_input(
    name: str = "prompt",
    kind: InputKind = InputKind.TEXT,
    *,
    default: InputValue | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    options: tuple[str, ...] = (),
) -> Input:
    """Return an input: by default the text that takes the prompt."""
    return Input(
        name=name,
        kind=kind,
        label=name.replace("_", " ").capitalize(),
        default=default,
        minimum=minimum,
        maximum=maximum,
        options=options,
    )


def a_workflow(
    name: str = TEXT2IMG,
    *,
    inputs: tuple[Input, ...] | None = None,
    deployment: DeploymentId = DEPLOYMENT,
    gpu: str | None = "A10G",
    description: str = "Draws what you say.",
) -> Workflow:
    """Return a workflow: by default one that takes a prompt and a seed."""
    usual = (an_input(), an_input("seed", InputKind.INTEGER, default=-1))
    return Workflow(
        name=WorkflowName(name),
        title=name.replace("_", " ").title(),
        deployment=deployment,
        description=description,
        gpu=gpu,
        inputs=usual if inputs is None else inputs,
    )


def a_wish(
    *,
    account: AccountId = ADA,
    workflow: str = TEXT2IMG,
    inputs: Mapping[str, InputValue] | None = None,
    media_inputs: tuple[str, ...] = (),
    words: str = "a red fox in the snow",
    parent: JobId | None = None,
) -> Wish:
    """Return a complete wish: by default Ada's for a fox."""
    return Wish(
        account=account,
        workflow=WorkflowName(workflow),
        title=workflow.title(),
        deployment=DEPLOYMENT,
        inputs={"prompt": words, "seed": 7} if inputs is None else inputs,
        media_inputs=media_inputs,
        words=words,
        gpu="A10G",
        parent=parent,
    )


def a_quote(points: int = 10, *, median_s: float = 5.0, p90_s: float = 8.0) -> Quote:
    """Return a quote over so many points."""
    return Quote(points=Points(points), median_s=median_s, p90_s=p90_s)


def a_claim(owner: str = "worker-1", *, until: datetime = NOW) -> Claim:
    """Return a claim; at NOW the default one is just over."""
    return Claim(owner=owner, until=until)


def a_job(
    id: str = "job-1",
    *,
    account: AccountId = ADA,
    state: JobState = JobState.PREPARED,
    wish: Wish | None = None,
    quote: Quote | None = None,
    created_at: datetime = NOW,
    moved_at: datetime | None = None,
    version: int = 0,
    claim: Claim | None = None,
    next_wake_at: datetime | None = None,
    run: str | None = None,
    run_s: float | None = None,
    outputs: tuple[MediaRef, ...] = (),
    charged: int = 0,
    failure: str = "",
    delivery: Delivery = Delivery.NONE,
    reply_to: str = "web:chat-1",
    shown_at: str = "",
    cancel_requested: bool = False,
) -> Job:
    """Return a job in any state, also one that no story leads to: stores must keep those too."""
    return Job(
        id=JobId(id),
        wish=a_wish(account=account) if wish is None else wish,
        quote=a_quote() if quote is None else quote,
        created_at=created_at,
        state=state,
        moved_at=created_at if moved_at is None else moved_at,
        version=version,
        claim=claim,
        next_wake_at=next_wake_at,
        run=None if run is None else RunId(run),
        submitted_at=None if run is None else created_at,
        run_s=run_s,
        outputs=outputs,
        charged=Points(charged),
        failure=failure,
        delivery=delivery,
        reply_to=reply_to,
        shown_at=shown_at,
        cancel_requested=cancel_requested,
    )


def an_ended_job(
    id: str = "job-1",
    *,
    state: JobState = JobState.SUCCEEDED,
    delivery: Delivery = Delivery.PENDING,
    account: AccountId = ADA,
    now: datetime = NOW,
) -> Job:
    """Return a job at its end, with a run behind it and its delivery before it."""
    job = a_job(id, account=account, state=state, created_at=now, run=f"run-{id}", run_s=5.0)
    return attrs.evolve(job, delivery=delivery, next_wake_at=now)


def a_hold(id: str = "job-1", *, points: int = 10, wallet: str = ADA) -> Hold:
    """Return a hold of so many points in Ada's wallet."""
    return Hold(id=id, wallet=WalletId(wallet), points=Points(points))


def a_grant(
    ref: str = "grant-1", *, points: int = 100, wallet: str = ADA, reason: str = "a gift"
) -> Grant:
    """Return a grant of so many points to Ada's wallet."""
    return Grant(ref=ref, wallet=WalletId(wallet), points=Points(points), reason=reason)


def a_media_ref(
    id: str = "5f0c.png", *, size_bytes: int = 1_000, width: int = 64, height: int = 64
) -> MediaRef:
    """Return a reference to a stored file: by default a small PNG."""
    mime = mime_of(MediaId(id))
    known = mime != UNKNOWN_MIME
    return MediaRef(
        id=MediaId(id),
        mime=mime,
        size_bytes=size_bytes,
        width=width if known else 0,
        height=height if known else 0,
    )


def an_identity(user_id: str = "7", *, platform: str = "telegram") -> Identity:
    """Return a person as a platform knows them."""
    return Identity(platform, user_id)


def a_message(id: str = "m-1", *, body: str = "hello", at: datetime = NOW) -> TranscriptMessage:
    """Return a message that was not stored yet."""
    return TranscriptMessage(id=id, body=body, at=at)


def a_draft(
    id: str = "draft-1",
    *,
    account: AccountId = ADA,
    chat: ChatId = CHAT,
    workflow: str = TEXT2IMG,
    words: str = "",
    values: Mapping[str, InputValue] | None = None,
    media: Mapping[str, str] | None = None,
    asking: str = "",
    now: datetime = NOW,
) -> Draft:
    """Return a form that was touched just now: by default Ada's, with nothing in it."""
    return Draft(
        id=DraftId(id),
        account=account,
        chat=chat,
        workflow=WorkflowName(workflow),
        key=WorkflowKey(workflow),
        words=words,
        values=values or {},
        media=media or {},
        asking=asking,
        expires_at=now + DRAFT_LIVES,
    )


def some_preferences(
    values: Mapping[str, InputValue] | None = None,
    *,
    set_aside: Mapping[str, str] | None = None,
    version: int = 0,
) -> Preferences:
    """Return preferences: by default for more steps."""
    wanted = {"steps": 30} if values is None else values
    return Preferences(values=wanted, set_aside=set_aside or {}, version=version)


def a_run_request(
    marker: str = "job-1",
    *,
    deployment: DeploymentId = DEPLOYMENT,
    inputs: Mapping[str, InputValue] | None = None,
    hook: str | None = None,
) -> RunRequest:
    """Return a run to be queued."""
    return RunRequest(
        deployment=deployment,
        inputs={"prompt": "a red fox in the snow", "seed": 7} if inputs is None else inputs,
        marker=JobId(marker),
        hook=hook,
    )


def a_run_update(
    status: RunStatus = RunStatus.RUNNING,
    *,
    progress: float = 0.0,
    live_status: str = "",
    outputs: tuple[RunOutput, ...] = (),
    run_s: float | None = None,
) -> RunUpdate:
    """Return what the service may say of a run."""
    return RunUpdate(
        status=status, progress=progress, live_status=live_status, outputs=outputs, run_s=run_s
    )


def an_output(name: str = "picture.png", *, url: str | None = None) -> RunOutput:
    """Return one result as the service lists it."""
    return RunOutput(url=url or f"https://files.example/{name}", filename=name)
