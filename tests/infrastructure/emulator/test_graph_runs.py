from typing import Any

import pytest

from infrastructure.emulator.deployments import MACHINE_ID
from infrastructure.emulator.faults import Ending, RunFault
from infrastructure.emulator.workspace import TEXT2IMG
from tests.infrastructure.emulator.recorded import NATIVE_PAYLOAD
from tests.infrastructure.emulator.workbench import Caller, opened

NOBODY = "00000000-0000-0000-0000-000000000001"
SMALL = {"width": 64, "height": 64, "seed": 1}
GRAPH: dict[str, Any] = {
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox"}},
    "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 96, "height": 64}},
    "7": {"class_type": "KSampler", "inputs": {"seed": 5, "positive": ["3", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}},
}


def a_graph_order(**fields: object) -> dict[str, object]:
    order = {
        "workflow_id": TEXT2IMG.workflow_id,
        "workflow_api_json": GRAPH,
        "machine_id": MACHINE_ID,
    }
    return order | fields


def a_deployment_order(**fields: object) -> dict[str, object]:
    return {"deployment_id": TEXT2IMG.id, "inputs": SMALL} | fields


async def test_a_graph_is_run_and_saves_where_it_says(caller: Caller) -> None:
    answer = await caller.http.post("/run/workflow/queue", json=a_graph_order())

    run = await caller.finished(answer.json()["run_id"])
    assert (run["status"], run["outputs"][0]["node_meta"]) == (
        "success",
        {"node_id": "9", "node_class": "SaveImage"},
    )


async def test_a_graph_decides_how_large_the_picture_is(caller: Caller) -> None:
    answer = await caller.http.post("/run/workflow/queue", json=a_graph_order())

    run = await caller.finished(answer.json()["run_id"])

    assert opened(await caller.image_of(run)).size == (96, 64)


async def test_an_input_of_a_graph_is_filled_in(caller: Caller) -> None:
    node = {
        "class_type": "ComfyUIDeployExternalNumberInt",
        "inputs": {"input_id": "width", "default_value": 96},
    }
    order = a_graph_order(workflow_api_json=GRAPH | {"1": node}, inputs={"width": 128})

    run_id = (await caller.http.post("/run/workflow/queue", json=order)).json()["run_id"]

    run = await caller.finished(run_id)
    assert opened(await caller.image_of(run)).size[0] == 128


async def test_a_run_of_a_graph_belongs_to_no_deployment(caller: Caller) -> None:
    await caller.http.post("/run/workflow/queue", json=a_graph_order())

    rows = (await caller.http.get(f"/v2/workflow/{TEXT2IMG.workflow_id}/runs")).json()

    assert [row["deployment_id"] for row in rows] == [None]


@pytest.mark.parametrize("machine_id", [None, NOBODY])
async def test_a_graph_without_a_machine_is_404(caller: Caller, machine_id: str | None) -> None:
    order = a_graph_order(machine_id=machine_id)

    answer = await caller.http.post("/run/workflow/queue", json=order)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Machine not found"})


async def test_a_graph_of_an_unknown_workflow_is_404(caller: Caller) -> None:
    order = a_graph_order(workflow_id=NOBODY)

    answer = await caller.http.post("/run/workflow/queue", json=order)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Workflow not found"})


async def test_what_a_graph_order_lacks_is_named(caller: Caller) -> None:
    answer = await caller.http.post("/run/workflow/queue", json={"workflow_api_json": "{}"})

    details = [(one["type"], one["loc"], one["msg"]) for one in answer.json()["detail"]]
    assert details == [
        ("missing", ["body", "workflow_id"], "Field required"),
        ("dict_type", ["body", "workflow_api_json"], "Input should be a valid dictionary"),
    ]


async def test_a_machine_id_that_is_none_is_422(caller: Caller) -> None:
    answer = await caller.http.post("/run/workflow/queue", json=a_graph_order(machine_id="x"))

    details = [(one["type"], one["loc"]) for one in answer.json()["detail"]]
    assert (answer.status_code, details) == (422, [("uuid_parsing", ["body", "machine_id"])])


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/run/deployment/sync", a_deployment_order()),
        ("/run/workflow/sync", a_graph_order()),
        ("/run/sync", a_deployment_order()),
        ("/run", a_deployment_order(execution_mode="sync")),
    ],
)
async def test_a_sync_call_answers_with_the_outputs(
    caller: Caller, path: str, order: dict[str, object]
) -> None:
    outputs = (await caller.http.post(path, json=order)).json()

    run = next(iter(caller.emulator.runs))
    assert [one["run_id"] for one in outputs] == [run.id]
    assert outputs == (await caller.run(run.id))["outputs"]


async def test_a_sync_call_of_a_failing_run_answers_with_nothing(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.FAILED))

    answer = await caller.http.post("/run/deployment/sync", json=a_deployment_order())

    assert (answer.status_code, answer.json()) == (200, [])


async def test_a_sync_call_of_nothing_is_404(caller: Caller) -> None:
    answer = await caller.http.post("/run/deployment/sync", json={"deployment_id": NOBODY})

    assert (answer.status_code, answer.json()) == (404, {"detail": "Deployment not found"})


@pytest.mark.parametrize("path", ["/run", "/run/queue"])
@pytest.mark.parametrize(
    "order",
    [
        a_deployment_order(),
        a_graph_order(),
        {"workflow_version_id": TEXT2IMG.version_id, "machine_id": MACHINE_ID},
    ],
)
async def test_the_older_routes_take_any_kind_of_order(
    caller: Caller, path: str, order: dict[str, object]
) -> None:
    answer = await caller.http.post(path, json=order)

    run = await caller.run(answer.json()["run_id"])
    assert run["workflow_id"] == TEXT2IMG.workflow_id


async def test_an_order_of_no_kind_is_refused_once_a_kind(caller: Caller) -> None:
    answer = await caller.http.post("/run", json={})

    details = [(one["type"], one["loc"]) for one in answer.json()["detail"]]
    assert (answer.status_code, details) == (
        422,
        [
            ("missing", ["body", "WorkflowRunVersionRequest", "workflow_version_id"]),
            ("missing", ["body", "WorkflowRunRequest", "workflow_id"]),
            ("missing", ["body", "WorkflowRunRequest", "workflow_api_json"]),
            ("missing", ["body", "DeploymentRunRequest", "deployment_id"]),
            ("missing", ["body", "ModelRunRequest", "model_id"]),
        ],
    )


async def test_a_body_that_is_no_object_fits_no_kind(caller: Caller) -> None:
    answer = await caller.http.post("/run", json=[])

    details = answer.json()["detail"]
    assert [one["loc"][-1] for one in details][0::3] == [
        "WorkflowRunVersionRequest",
        "ModelRunRequest",
    ]
    assert {one["type"] for one in details} == {"model_attributes_type"}


async def test_an_input_that_fits_no_branch_is_told_for_each_kind(caller: Caller) -> None:
    answer = await caller.http.post("/run", json=a_deployment_order(inputs={"a": None}))

    places = [one["loc"] for one in answer.json()["detail"]]
    assert ["body", "DeploymentRunRequest", "inputs", "a", "list[any]"] in places


async def test_an_order_of_a_model_breaks_the_service(caller: Caller) -> None:
    answer = await caller.http.post("/run", json={"model_id": "x"})

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


async def test_an_unknown_version_is_404(caller: Caller) -> None:
    answer = await caller.http.post("/run", json={"workflow_version_id": NOBODY})

    assert (answer.status_code, answer.json()) == (404, {"detail": "Workflow version not found"})


@pytest.mark.parametrize(
    ("fields", "runs"),
    [
        ({"batch_number": 3}, 3),
        ({"batch_input_params": {"prompt": ["a", "b"], "steps": [1, 2]}}, 4),
    ],
)
async def test_a_batch_is_many_runs_with_one_id(
    caller: Caller, fields: dict[str, object], runs: int
) -> None:
    answer = await caller.http.post("/run", json=a_deployment_order(**fields))

    assert list(answer.json()) == ["batch_id"]
    batches = [run.batch_id for run in caller.emulator.runs]
    assert batches == [answer.json()["batch_id"]] * runs


async def test_each_run_of_a_batch_has_its_own_inputs(caller: Caller) -> None:
    params = {"prompt": ["a", "b"]}

    await caller.http.post("/run", json=a_deployment_order(batch_input_params=params))

    assert [run.inputs["prompt"] for run in caller.emulator.runs] == ["a", "b"]
    assert {run.inputs["width"] for run in caller.emulator.runs} == {64}


async def test_a_native_run_is_left_to_the_caller(caller: Caller) -> None:
    payload = (await caller.http.post("/run", json=a_deployment_order(is_native_run=True))).json()

    assert set(payload) == NATIVE_PAYLOAD
    assert (await caller.run(payload["prompt_id"]))["status"] == "not-started"


async def test_a_native_run_breaks_the_queue(caller: Caller) -> None:
    answer = await caller.queue("text2img", is_native_run=True)

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


async def test_a_run_tells_where_it_comes_from(caller: Caller) -> None:
    run_id = await caller.start("text2img", origin="workspace")

    assert (await caller.run(run_id))["origin"] == "workspace"


async def test_an_origin_that_does_not_exist_breaks_the_service(caller: Caller) -> None:
    answer = await caller.queue("text2img", origin="moon")

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
