import re
import time

import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, until

NOBODY = "00000000-0000-0000-0000-000000000001"
RUN_FIELDS = {
    "id",
    "workflow_version_id",
    "workflow_inputs",
    "workflow_id",
    "machine_id",
    "origin",
    "status",
    "ended_at",
    "created_at",
    "updated_at",
    "queued_at",
    "started_at",
    "gpu_event_id",
    "gpu",
    "machine_version",
    "machine_type",
    "modal_function_call_id",
    "user_id",
    "org_id",
    "live_status",
    "progress",
    "is_realtime",
    "webhook",
    "webhook_status",
    "webhook_intermediate_status",
    "outputs",
    "number",
    "duration",
    "cold_start_duration",
    "cold_start_duration_total",
    "run_duration",
    "queue_position",
}
OUTPUT_FIELDS = {
    "id",
    "output_id",
    "run_id",
    "data",
    "node_meta",
    "created_at",
    "updated_at",
    "type",
    "node_id",
}
NOT_CANCELLABLE = {
    "detail": "Error cancel function 404: Run not found or has no modal function call ID"
}


async def test_a_finished_run_has_the_fields_of_the_service(caller: Caller) -> None:
    run = await caller.finished(await caller.start())

    assert set(run) == RUN_FIELDS
    assert set(run["outputs"][0]) == OUTPUT_FIELDS


async def test_a_finished_run_tells_when_everything_happened(caller: Caller) -> None:
    run = await caller.finished(await caller.start())

    stamps = [run[f"{name}_at"] for name in ("created", "queued", "started", "ended")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z", one) for one in stamps)
    assert stamps == sorted(stamps)
    assert run["duration"] >= run["run_duration"] > 0


async def test_a_picture_is_among_the_outputs(caller: Caller) -> None:
    run = await caller.finished(await caller.start())

    item = run["outputs"][0]["data"]["images"][0]
    assert item == {
        "url": f"{caller.emulator.root_url}/files/outputs/runs/{run['id']}/ComfyUI_00001_.png",
        "type": "output",
        "filename": "ComfyUI_00001_.png",
        "is_public": None,
        "subfolder": "",
        "upload_duration": None,
    }


async def test_progress_is_a_share_of_nodes_and_ends_below_one(caller: Caller) -> None:
    run = await caller.finished(await caller.start())

    assert 0.5 < run["progress"] < 1
    assert run["live_status"] == "Executing SaveImage"


async def test_a_quick_run_takes_a_fifth_of_a_second(caller: Caller) -> None:
    await caller.finished(await caller.start())
    begun = time.monotonic()

    await caller.finished(await caller.start())

    assert time.monotonic() - begun < 1.0


async def test_the_older_form_of_the_route_is_alive(caller: Caller) -> None:
    run_id = await caller.start()

    response = await caller.http.get("/run", params={"run_id": run_id})

    assert response.json()["id"] == run_id


async def test_a_run_that_is_not_there_is_404(caller: Caller) -> None:
    response = await caller.http.get(f"/run/{NOBODY}")

    assert (response.status_code, response.json()) == (404, {"detail": "Run not found"})


@pytest.mark.parametrize(
    ("path", "kind", "loc"),
    [("/run/abc", "uuid_parsing", ["path", "run_id"]), ("/run", "missing", ["query", "run_id"])],
)
async def test_a_run_id_that_is_none_is_422(
    caller: Caller, path: str, kind: str, loc: list[str]
) -> None:
    response = await caller.http.get(path)

    detail = response.json()["detail"][0]
    assert (response.status_code, detail["type"], detail["loc"]) == (422, kind, loc)


async def test_runs_beyond_the_limit_wait_and_tell_their_place() -> None:
    settings = EmulatorSettings.quick(concurrency=1, node_s=60.0)
    async with calling(Emulator(settings)) as caller:
        first, second, third = [await caller.start() for _ in range(3)]
        await caller.reaching(first, {"running"})

        runs = [await caller.run(one, queue_position="true") for one in (first, second, third)]

        assert [(run["status"], run["queue_position"]) for run in runs] == [
            ("running", None),
            ("not-started", 0),
            ("not-started", 1),
        ]
        assert (await caller.run(third))["queue_position"] is None


async def test_only_as_many_runs_work_as_are_allowed() -> None:
    settings = EmulatorSettings.quick(concurrency=2, node_s=60.0)
    async with calling(Emulator(settings)) as caller:
        for _ in range(4):
            await caller.start()

        await until(lambda: [run.status for run in caller.emulator.runs].count("running") == 2)

        assert [run.status for run in caller.emulator.runs][2:] == ["not-started"] * 2


async def test_the_first_run_waits_for_the_cold_machine_and_the_next_does_not() -> None:
    async with calling(Emulator(EmulatorSettings.quick(cold_start_s=0.3))) as caller:
        cold = await caller.finished(await caller.start())
        warm = await caller.finished(await caller.start())

        assert cold["cold_start_duration"] >= 0.3 > warm["cold_start_duration"]


async def test_a_running_run_is_cancelled_and_frees_its_place() -> None:
    async with calling(Emulator(EmulatorSettings.quick(concurrency=1, node_s=60.0))) as caller:
        first, second = await caller.start(), await caller.start()
        await caller.reaching(first, {"running"})

        answer = await caller.http.post(f"/run/{first}/cancel")

        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "success", "message": "Function cancelled"},
        )
        assert (await caller.run(first))["status"] == "cancelled"
        await caller.reaching(second, {"running"})


async def test_cancelling_again_or_too_late_changes_nothing(caller: Caller) -> None:
    run_id = await caller.start()
    await caller.finished(run_id)

    answers = [await caller.http.post(f"/run/{run_id}/cancel") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await caller.run(run_id))["status"] == "success"


async def test_what_cannot_be_cancelled_is_a_500(caller: Caller) -> None:
    response = await caller.http.post(f"/run/{NOBODY}/cancel")

    assert (response.status_code, response.json()) == (500, NOT_CANCELLABLE)


async def test_a_lost_submit_is_found_by_its_marker(caller: Caller) -> None:
    await caller.start(inputs={"job_marker": "other"})
    run_id = await caller.start(inputs={"job_marker": "mine"})
    workflow_id = (await caller.run(run_id))["workflow_id"]

    rows = (await caller.http.get(f"/workflow/{workflow_id}/runs?limit=50")).json()

    found = [row["id"] for row in rows if row["workflow_inputs"].get("job_marker") == "mine"]
    assert found == [run_id]


async def test_full_rows_carry_inputs_and_outputs_unless_refused(caller: Caller) -> None:
    run = await caller.finished(await caller.start())
    path = f"/workflow/{run['workflow_id']}/runs"

    full = (await caller.http.get(path)).json()[0]
    bare = (await caller.http.get(f"{path}?with_inputs=false&with_outputs=false")).json()[0]

    assert {"workflow_inputs", "outputs", "version", "workflow"} <= set(full)
    assert {"workflow_inputs", "outputs"}.isdisjoint(bare)


async def test_slim_rows_are_newest_first_and_paged(caller: Caller) -> None:
    first, second = await caller.start(), await caller.start()
    run = await caller.finished(second)

    path = f"/v2/workflow/{run['workflow_id']}/runs"
    rows = (await caller.http.get(f"{path}?limit=1&offset=1")).json()

    assert [row["id"] for row in rows] == [first]
    assert {"deployment_id", "batch_id", "comfy_deploy_cold_start"} <= set(rows[0])
    assert "workflow_inputs" not in rows[0]


async def test_slim_rows_spell_durations_as_text(caller: Caller) -> None:
    run = await caller.finished(await caller.start())

    rows = (await caller.http.get(f"/v2/workflow/{run['workflow_id']}/runs")).json()

    assert float(rows[0]["duration"]) == pytest.approx(run["duration"])
    assert re.fullmatch(r".*\.\d{3}Z", rows[0]["ended_at"])


async def test_an_unknown_status_breaks_the_slim_list(caller: Caller) -> None:
    response = await caller.http.get(f"/v2/workflow/{NOBODY}/runs?status=bogus")

    assert (response.status_code, response.text) == (500, "Internal Server Error")


async def test_the_runs_of_a_deployment_come_in_an_envelope(caller: Caller) -> None:
    run_id = await caller.start()
    deployment_id = (await caller.ids())["text2img"]

    body = (await caller.http.get(f"/deployment/{deployment_id}/runs")).json()

    assert [row["id"] for row in body["data"]] == [run_id]
    assert body["meta"] == {"totalRowCount": 0, "filterRowCount": 0, "chartData": []}
