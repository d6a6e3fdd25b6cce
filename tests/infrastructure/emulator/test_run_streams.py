import asyncio
from typing import Any

import pytest

from infrastructure.emulator.deployments import MACHINE_ID
from infrastructure.emulator.faults import Ending, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import TEXT2IMG, UPSCALE
from tests.infrastructure.emulator.recorded import KEPT_LOG, PROGRESS
from tests.infrastructure.emulator.streams import Frame, events, following, frames_of
from tests.infrastructure.emulator.test_graph_runs import a_deployment_order, a_graph_order
from tests.infrastructure.emulator.workbench import Caller, calling, until

NOBODY = "00000000-0000-0000-0000-000000000001"
PROGRESS_PATH, LOGS_PATH = "/v2/stream-progress", "/v2/stream-logs"


async def streamed(caller: Caller, path: str, order: dict[str, Any]) -> list[Frame]:
    async with caller.http.stream("POST", path, json=order) as response:
        assert response.status_code == 200
        return [frame async for frame in frames_of(response)]


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/run/deployment/stream", a_deployment_order()),
        ("/run/workflow/stream", a_graph_order()),
        ("/run/stream", a_deployment_order()),
        ("/run", a_deployment_order(execution_mode="stream")),
    ],
)
async def test_a_stream_tells_a_run_in_the_order_of_the_service(
    caller: Caller, path: str, order: dict[str, Any]
) -> None:
    told = events(await streamed(caller, path, order))

    assert told[:10] == [
        "queuing",
        "function_call_id",
        "gpu_ready",
        "gpu_event_id",
        "comfyui_api_ready",
        "comfyui_ready",
        "(prompt)",
        "status",
        "execution_start",
        "execution_cached",
    ]
    assert told[-5:] == ["executed", "execution_success", "executing", "output_ready", "status"]


async def test_a_stream_has_the_headers_of_the_service(caller: Caller) -> None:
    order = a_deployment_order()
    async with caller.http.stream("POST", "/run/deployment/stream", json=order) as response:
        headers = response.headers

    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")


async def test_the_last_frame_is_the_plugins_status(caller: Caller) -> None:
    frames = await streamed(caller, "/run/deployment/stream", a_deployment_order())

    run = next(iter(caller.emulator.runs))
    assert frames[-1] == (
        "event_update",
        {"event": "status", "data": {"prompt_id": run.id, "status": "success"}},
    )


async def test_the_frame_of_the_prompt_has_no_event(caller: Caller) -> None:
    frames = await streamed(caller, "/run/deployment/stream", a_deployment_order())

    prompt = next(data for _, data in frames if "node_errors" in data)
    run = next(iter(caller.emulator.runs))
    assert prompt == {"prompt_id": run.id, "number": 1, "node_errors": {}}


async def test_a_stream_tells_logs_too(caller: Caller) -> None:
    frames = await streamed(caller, "/run/deployment/stream", a_deployment_order())

    logs = [data for name, data in frames if name == "log_update"]
    assert [set(one) for one in logs] == [{"logs", "timestamp"}] * 2
    assert logs[0]["logs"] == "got prompt"


async def test_a_stream_of_a_failing_run_says_why_and_ends(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.FAILED))

    told = await streamed(caller, "/run/deployment/stream", a_deployment_order())

    assert told[-2][1]["event"] == "execution_error"
    assert told[-1][1]["data"]["status"] == "failed"


async def test_trouble_of_the_machine_just_ends_the_stream(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.MACHINE_GONE))

    told = await streamed(caller, "/run/deployment/stream", a_deployment_order())

    assert [data for _, data in told] == [{"event": "queuing"}]


async def test_a_stream_of_nothing_is_404(caller: Caller) -> None:
    answer = await caller.http.post("/run/deployment/stream", json={"deployment_id": NOBODY})

    assert (answer.status_code, answer.json()) == (404, {"detail": "Deployment not found"})


async def test_a_cancelled_run_ends_its_stream_without_a_status(caller: Caller) -> None:
    caller.emulator.change_settings(node_s=60)
    streaming = asyncio.create_task(
        streamed(caller, "/run/deployment/stream", a_deployment_order())
    )
    await until(lambda: any(run.status == "running" for run in caller.emulator.runs))
    run = next(iter(caller.emulator.runs))

    await caller.http.post(f"/run/{run.id}/cancel")

    assert (await streaming)[-1][1]["event"] != "status"


async def test_a_stream_ends_when_the_server_does() -> None:
    emulator = Emulator(EmulatorSettings.quick(node_s=60.0))
    async with calling(emulator) as caller:
        streaming = asyncio.create_task(
            streamed(caller, "/run/deployment/stream", a_deployment_order())
        )
        await until(lambda: any(run.status == "running" for run in emulator.runs))

        await emulator.stop()

        assert (await streaming)[0][1] == {"event": "queuing"}


@pytest.mark.parametrize(
    "query", [{}, {"run_id": NOBODY, "workflow_id": NOBODY}, {"session_id": NOBODY}]
)
async def test_progress_is_asked_for_exactly_one_thing(
    caller: Caller, query: dict[str, str]
) -> None:
    answer = await caller.http.get(PROGRESS_PATH, params=query)

    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "Exactly one ID type must be provided"},
    )


@pytest.mark.parametrize("kind", ["run", "workflow", "machine"])
async def test_progress_of_what_is_not_there_is_404(caller: Caller, kind: str) -> None:
    answer = await caller.http.get(PROGRESS_PATH, params={f"{kind}_id": NOBODY})

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"{kind.capitalize()} not found"},
    )


async def test_progress_of_what_is_no_id_breaks_the_service(caller: Caller) -> None:
    answer = await caller.http.get(PROGRESS_PATH, params={"run_id": "abc"})

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


async def test_progress_of_one_run_tells_all_and_ends_with_any(caller: Caller) -> None:
    caller.emulator.change_settings(node_s=60)
    watched = await caller.start()
    await caller.reaching(watched, {"running"})
    caller.emulator.change_settings(node_s=0.001)

    async with following(caller.http, PROGRESS_PATH, run_id=watched) as frames:
        other = await caller.start("text2img")
        told = [data async for _, data in frames]

    assert {one["run_id"] for one in told} == {other}
    assert told[-1]["status"] == "success"
    assert (await caller.run(watched))["status"] == "running"


async def test_progress_has_the_fields_and_words_of_the_service(caller: Caller) -> None:
    watched = await caller.start()
    await caller.finished(watched)

    async with following(caller.http, PROGRESS_PATH, run_id=watched) as frames:
        await caller.start()
        told = [data async for _, data in frames]

    assert {frozenset(one) for one in told} == {PROGRESS}
    assert [told[0]["status"], told[-2]["status"]] == ["input", "output"]
    assert (told[0]["progress"], told[-1]["progress"]) == (-1, -1)


@pytest.mark.parametrize(
    "query", [{"workflow_id": TEXT2IMG.workflow_id}, {"machine_id": MACHINE_ID}]
)
async def test_progress_of_many_runs_goes_on(caller: Caller, query: dict[str, str]) -> None:
    async with following(caller.http, PROGRESS_PATH, **query) as frames:
        ids = {await caller.start(), await caller.start()}
        ended: set[str] = set()
        async for _, data in frames:
            ended |= {data["run_id"]} if data["status"] == "success" else set()
            if ended == ids:
                break

    assert ended == ids


async def test_progress_is_filtered_by_deployment(caller: Caller) -> None:
    query = {"machine_id": MACHINE_ID, "deployment_id": UPSCALE.id}
    async with following(caller.http, PROGRESS_PATH, **query) as frames:
        await caller.start("text2img")
        wanted = await caller.start("upscale")

        assert (await anext(frames))[1]["run_id"] == wanted


async def test_progress_may_tell_whole_runs(caller: Caller) -> None:
    watched = await caller.start()
    await caller.finished(watched)

    async with following(caller.http, PROGRESS_PATH, run_id=watched, return_run="true") as frames:
        other = await caller.start()
        told = [data async for _, data in frames]

    assert (told[-1]["id"], told[-1]["status"], len(told[-1]["outputs"])) == (other, "success", 1)


async def test_logs_are_told_from_the_first_to_the_last(caller: Caller) -> None:
    run_id = await caller.start()

    async with following(caller.http, LOGS_PATH, run_id=run_id) as frames:
        told = [data async for _, data in frames]

    assert [one["message"] for one in told[:-1]] == ["got prompt", "Prompt executed"]
    assert told[-1] == {"type": "stream_complete", "source": "clickhouse"}


async def test_logs_are_filtered_by_level(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.FAILED))
    run_id = await caller.start()

    async with following(caller.http, LOGS_PATH, run_id=run_id, log_level="error") as frames:
        told = [data async for _, data in frames]

    assert [one.get("level") for one in told] == ["error", None]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run_id", "Run not found"),
        ("session_id", "Session not found"),
        ("machine_id_version", "Machine version not found"),
    ],
)
async def test_logs_of_what_is_not_there_are_404(caller: Caller, name: str, words: str) -> None:
    answer = await caller.http.get(LOGS_PATH, params={name: NOBODY})

    assert (answer.status_code, answer.json()) == (404, {"detail": words})


async def test_kept_logs_come_some_seconds_after_the_end(caller: Caller) -> None:
    caller.emulator.change_settings(logs_after_s=3600)
    run_id = await caller.start()
    await caller.finished(run_id)
    path = f"/v2/clickhouse-run-logs/{run_id}"
    before = (await caller.http.get(path)).json()

    caller.emulator.change_settings(clock_ahead_s=7200)

    after = (await caller.http.get(path)).json()
    assert (before, [one["log"] for one in after]) == (
        [],
        ["got prompt", "Prompt executed", "__END__"],
    )
    assert {frozenset(one) for one in after} == {KEPT_LOG}


async def test_kept_logs_of_no_run_are_empty(caller: Caller) -> None:
    assert (await caller.http.get(f"/v2/clickhouse-run-logs/{NOBODY}")).json() == []
