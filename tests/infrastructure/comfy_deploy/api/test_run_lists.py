"""Lists of runs, against answers that the real backend gave."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import NotThereError, ServiceRefusedError, ServiceTroubleError
from infrastructure.comfy_deploy.api.runs import Runs
from tests.infrastructure.comfy_deploy.api.recorded_runs import given
from tests.infrastructure.comfy_deploy.loopback import json_reply

WORKFLOW = "5a2ecc1a-0387-46bf-8daf-8d66bb78f335"
DEPLOYMENT = "3116a278-66b0-44bf-9e3d-841e52ae82b1"
NEWEST = "e09ceff9-ecc5-47d1-b10d-25e4aee6a621"
Listing = Callable[[Runs], Awaitable[object]]
LISTINGS: list[tuple[str, Listing]] = [
    (f"/v2/workflow/{WORKFLOW}/runs?limit=100&offset=0", lambda runs: runs.list(WORKFLOW)),
    (
        f"/workflow/{WORKFLOW}/runs?with_inputs=true&with_outputs=true&limit=25&offset=0",
        lambda runs: runs.list_full(WORKFLOW),
    ),
    (
        f"/deployment/{DEPLOYMENT}/runs?limit=60&offset=0",
        lambda runs: runs.of_deployment(DEPLOYMENT),
    ),
    (f"/workflow/{WORKFLOW}/run/latest", lambda runs: runs.latest(WORKFLOW)),
    (f"/workflow/{WORKFLOW}/runs/day", lambda runs: runs.days(WORKFLOW)),
    (f"/workflow/{WORKFLOW}/gallery?limit=100&offset=0", lambda runs: runs.gallery(WORKFLOW)),
]
every_listing = pytest.mark.parametrize(
    ("target", "listing"), LISTINGS, ids=[each[0].split("?")[0] for each in LISTINGS]
)


@every_listing
async def test_a_list_is_asked_for_at_its_own_place(target: str, listing: Listing) -> None:
    async with given(json_reply([])) as asked:
        found = await listing(Runs(asked.calls))

    assert asked.line == f"GET {target}"
    assert not found


@every_listing
async def test_an_answer_that_is_no_list_is_trouble(target: str, listing: Listing) -> None:
    async with given(json_reply({"status": "ok"})) as asked:
        with pytest.raises(ServiceTroubleError):
            await listing(Runs(asked.calls))


@every_listing
async def test_a_key_that_is_refused_is_told(target: str, listing: Listing) -> None:
    async with given(json_reply({"detail": "Revoked token"}, status=401)) as asked:
        with pytest.raises(ServiceRefusedError):
            await listing(Runs(asked.calls))


async def test_a_list_can_be_narrowed() -> None:
    async with given("list") as asked:
        await Runs(asked.calls).list(
            WORKFLOW,
            status="not-started",
            deployment_id=DEPLOYMENT,
            since=datetime(2026, 11, 22, 21, 0, tzinfo=UTC),
            limit=2,
            offset=4,
        )

    assert asked.line == (
        f"GET /v2/workflow/{WORKFLOW}/runs?status=not-started&deployment_id={DEPLOYMENT}"
        "&rf=1795381200&limit=2&offset=4"
    )


async def test_a_slim_row_has_its_state_and_where_it_belongs() -> None:
    async with given("list") as asked:
        first, second = await Runs(asked.calls).list(WORKFLOW)

    assert (first.id, first.status, first.word) == (NEWEST, RunStatus.PENDING, "queued")
    assert (first.deployment_id, first.workflow_id) == (DEPLOYMENT, WORKFLOW)
    assert second.status is RunStatus.FAILED


async def test_times_that_are_written_as_text_are_numbers() -> None:
    async with given("list_of_good") as asked:
        (run,) = await Runs(asked.calls).list(WORKFLOW, status="success")

    assert (run.total_s, run.queue_s, run.cold_start_s, run.until_start_s, run.run_s) == (
        1.13051,
        0.195519,
        0.27505,
        0.470569,
        0.659941,
    )


async def test_what_was_not_told_of_a_row_is_none() -> None:
    async with given("list") as asked:
        first, _ = await Runs(asked.calls).list(WORKFLOW)

    assert (first.total_s, first.run_s, first.ended_at, first.gpu) == (None, None, None, "")


async def test_a_full_row_has_what_a_single_run_has() -> None:
    async with given("list_full") as asked:
        (run,) = await Runs(asked.calls).list_full(WORKFLOW, with_inputs=False, limit=1)

    assert "with_inputs=false&with_outputs=true&limit=1" in asked.line
    assert (run.id, run.status, run.word) == (NEWEST, RunStatus.RUNNING, "started")
    assert (run.queue_s, run.deployment_id, run.progress) == (0.132709, DEPLOYMENT, 0.0)


async def test_a_deployments_runs_come_wrapped_and_without_zones() -> None:
    async with given("of_deployment") as asked:
        first, second = await Runs(asked.calls).of_deployment(DEPLOYMENT, limit=2)

    assert (first.status, second.status) == (RunStatus.RUNNING, RunStatus.FAILED)
    assert first.created_at == datetime(2026, 11, 22, 21, 53, 11, 161402, tzinfo=UTC)


async def test_the_runs_of_a_deployment_that_is_not_there_are_not_asked_for_again() -> None:
    async with given("unknown_deployment") as asked:
        with pytest.raises(NotThereError):
            await Runs(asked.calls).of_deployment("00000000-0000-0000-0000-000000000001")

    assert len(asked.server.seen) == 1


async def test_the_latest_run_comes_alone() -> None:
    async with given("latest") as asked:
        run = await Runs(asked.calls).latest(WORKFLOW)

    assert run is not None
    assert (run.id, run.status) == (NEWEST, RunStatus.RUNNING)


async def test_a_workflow_that_never_ran_has_no_latest_run() -> None:
    async with given(json_reply([])) as asked:
        assert await Runs(asked.calls).latest(WORKFLOW) is None


async def test_a_days_runs_are_their_states() -> None:
    async with given("days") as asked:
        found = await Runs(asked.calls).days(WORKFLOW)

    assert [(each.id[:4], each.status) for each in found] == [
        ("e09c", RunStatus.RUNNING),
        ("079d", RunStatus.FAILED),
    ]


async def test_a_gallery_shows_what_was_made() -> None:
    async with given("gallery") as asked:
        (output,) = await Runs(asked.calls).gallery(WORKFLOW)

    assert (output.id, output.run_id, output.node_class) == (
        "186046a5-0ee5-422b-adef-441dee952e8d",
        NEWEST,
        "SaveImage",
    )
    assert output.results == (
        RunOutput(url="http://127.0.0.1/x.png", filename="ComfyUI_00001_.png"),
    )


async def test_a_gallery_can_be_narrowed() -> None:
    async with given("gallery") as asked:
        await Runs(asked.calls).gallery(
            WORKFLOW, file_type="video", origin="api", user_id="user_1", limit=1
        )

    assert asked.line == (
        f"GET /workflow/{WORKFLOW}/gallery?file_type=video&origin=api&user_id=user_1"
        "&limit=1&offset=0"
    )
