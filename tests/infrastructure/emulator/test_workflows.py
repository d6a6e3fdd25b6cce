import json
import re
from typing import Any

import pytest

from infrastructure.emulator.workspace import TEXT2IMG, Workspace
from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
NOT_FOUND = {"detail": "Workflow not found or you don't have access to it"}
NO_VERSION = {"detail": "Workflow version not found or you don't have access to it"}
GRAPH = {
    "1": {
        "class_type": "ComfyUIDeployExternalText",
        "inputs": {"input_id": "words", "display_name": "Words", "default_value": "a fox"},
    },
    "2": {
        "class_type": "ComfyUIDeployExternalEnum",
        "inputs": {"input_id": "style", "default_value": "ink", "options": '["ink", "oil"]'},
    },
    "3": {"class_type": "ComfyUIDeployExternalSeed", "inputs": {"input_id": "seed"}},
    "4": {"class_type": "KSampler", "inputs": {"seed": ["3", 0]}},
    "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0]}},
}
DRAWING = {"nodes": [{"id": 4, "type": "KSampler"}], "links": []}
VERSION = {"workflow": DRAWING, "workflow_api": GRAPH, "comment": "v2"}


async def first(caller: Caller) -> dict[str, Any]:
    """Return the text2img workflow."""
    row: dict[str, Any] = (await caller.http.get("/workflows/all")).json()[0]
    return row


async def created(caller: Caller, name: str = "fox", **fields: object) -> dict[str, Any]:
    texts = {"workflow_json": json.dumps(DRAWING), "workflow_api": json.dumps(GRAPH)}
    response = await caller.http.post("/workflow", json={"name": name} | texts | fields)
    row: dict[str, Any] = response.json()
    return row


async def saved(caller: Caller, workflow_id: str, **fields: object) -> dict[str, Any]:
    response = await caller.http.post(f"/workflow/{workflow_id}/version", json=VERSION | fields)
    row: dict[str, Any] = response.json()
    return row


async def test_the_three_workflows_are_listed(caller: Caller) -> None:
    rows = (await caller.http.get("/workflows")).json()

    assert [row["name"] for row in rows] == ["text2img", "img2img", "upscale"]
    assert set(rows[0]) == {
        *("id", "name", "created_at", "updated_at", "pinned", "cover_image"),
        *("user_name", "user_id", "selected_machine_id", "user_icon"),
    }


async def test_each_route_spells_times_in_its_own_way(caller: Caller) -> None:
    row = await first(caller)

    listed = (await caller.http.get("/workflows")).json()[0]
    one = (await caller.http.get(f"/workflow/{row['id']}")).json()
    version = (await caller.http.get(f"/workflow/{row['id']}/version/1")).json()

    assert row["created_at"] == "2026-01-15T09:00:00.000000"
    assert listed["created_at"] == one["created_at"] == "2026-01-15 09:00:00.000000"
    assert one["versions"][0]["created_at"] == "2026-01-15T09:00:00.000000"
    assert version["created_at"] == "2026-01-15T09:00:00.000Z"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=IMG", ["text2img", "img2img"]),
        ("limit=1&offset=1", ["img2img"]),
        (f"machine_id={NOBODY}", []),
    ],
)
async def test_a_list_can_be_narrowed(caller: Caller, query: str, names: list[str]) -> None:
    rows = (await caller.http.get(f"/workflows?{query}")).json()

    assert [row["name"] for row in rows] == names


async def test_all_can_be_searched_by_id(caller: Caller) -> None:
    row = await first(caller)

    rows = (await caller.http.get(f"/workflows/all?search={row['id']}")).json()

    assert rows == [row]


async def test_a_workflow_comes_with_its_newest_version(caller: Caller) -> None:
    row = await first(caller)
    await saved(caller, row["id"])

    one = (await caller.http.get(f"/workflow/{row['id']}")).json()
    both = (await caller.http.get(f"/workflow/{row['id']}?limit=5")).json()

    assert [version["version"] for version in one["versions"]] == [2]
    assert [version["version"] for version in both["versions"]] == [2, 1]
    assert one["versions"][0]["workflow_api"] == GRAPH


@pytest.mark.parametrize("path", ["", "/versions", "/export"])
async def test_an_unknown_workflow_is_404_and_an_odd_id_500(caller: Caller, path: str) -> None:
    unknown = await caller.http.get(f"/workflow/{NOBODY}{path}")
    odd = await caller.http.get(f"/workflow/abc{path}")

    assert (unknown.status_code, unknown.json()) == (404, NOT_FOUND)
    assert (odd.status_code, odd.text) == (500, "Internal Server Error")


async def test_versions_are_found_by_number_and_by_id(caller: Caller) -> None:
    row = await first(caller)

    by_number = (await caller.http.get(f"/workflow/{row['id']}/version/1")).json()
    by_id = (await caller.http.get(f"/workflow-version/{by_number['id']}")).json()

    assert by_id == by_number
    assert (by_id["version"], by_id["workflow_id"]) == (1, row["id"])


async def test_a_version_that_is_not_there_is_404(caller: Caller) -> None:
    row = await first(caller)

    by_number = await caller.http.get(f"/workflow/{row['id']}/version/99")
    by_id = await caller.http.get(f"/workflow-version/{NOBODY}")

    assert (by_number.status_code, by_number.json()) == (404, NO_VERSION)
    assert (by_id.status_code, by_id.json()) == (404, NO_VERSION)


async def test_a_version_that_cannot_be_is_422(caller: Caller) -> None:
    row = await first(caller)

    by_number = await caller.http.get(f"/workflow/{row['id']}/version/one")
    by_id = await caller.http.get("/workflow-version/abc")

    kinds = [answer.json()["detail"][0]["type"] for answer in (by_number, by_id)]
    assert kinds == ["int_parsing", "uuid_parsing"]
    assert (by_number.status_code, by_id.status_code) == (422, 422)


async def test_the_versions_of_a_workflow_are_listed_newest_first(caller: Caller) -> None:
    row = await first(caller)
    await saved(caller, row["id"])

    rows = (await caller.http.get(f"/workflow/{row['id']}/versions")).json()
    found = (await caller.http.get(f"/workflow/{row['id']}/versions?search=V2")).json()

    assert [one["version"] for one in rows] == [2, 1]
    assert found == rows[:1]


async def test_an_export_has_the_graph_inside_the_drawing(caller: Caller) -> None:
    made = await created(caller)

    export = (await caller.http.get(f"/workflow/{made['workflow_id']}/export?version=1")).json()

    assert export == DRAWING | {"workflow_api": GRAPH, "environment": {}}


async def test_the_export_of_a_version_with_a_machine_tells_its_gpu(caller: Caller) -> None:
    row = await first(caller)
    await saved(caller, row["id"], machine_id=row["selected_machine_id"])

    export = (await caller.http.get(f"/workflow/{row['id']}/export")).json()

    assert (export["environment"]["gpu"], export["environment"]["run_timeout"]) == ("A10G", 300)


async def test_a_new_workflow_has_one_version(caller: Caller) -> None:
    made = await created(caller)

    row = (await caller.http.get(f"/workflow/{made['workflow_id']}")).json()

    assert set(made) == {"workflow_id", "machine_id"}
    assert made["machine_id"] is None
    assert [(one["version"], one["comment"]) for one in row["versions"]] == [(1, "initial version")]


async def test_a_new_workflow_with_a_machine_has_a_preview(caller: Caller) -> None:
    machine_id = (await first(caller))["selected_machine_id"]

    made = await created(caller, machine_id=machine_id)

    (row,) = (await caller.http.get(f"/workflow/{made['workflow_id']}/deployments")).json()
    assert (row["environment"], row["machine_id"]) == ("preview", machine_id)


async def test_the_inputs_of_a_new_workflow_are_read_from_its_graph(caller: Caller) -> None:
    made = await created(caller, machine_id=(await first(caller))["selected_machine_id"])

    (row,) = (await caller.http.get(f"/workflow/{made['workflow_id']}/deployments")).json()

    # Seeds are not reported.
    assert [(one["input_id"], one["type"]) for one in row["input_types"]] == [
        ("words", "string"),
        ("style", "string"),
    ]
    assert row["input_types"][1]["enum_options"] == ["ink", "oil"]


async def test_named_outputs_are_read_from_the_drawing(caller: Caller) -> None:
    node = {"id": 9, "type": "ComfyDeployStdOutputImage", "widgets_values": ["std_out"]}
    machine_id = (await first(caller))["selected_machine_id"]
    drawing = json.dumps({"nodes": [*DRAWING["nodes"], node]})
    made = await created(caller, workflow_json=drawing, machine_id=machine_id)

    (row,) = (await caller.http.get(f"/workflow/{made['workflow_id']}/deployments")).json()

    assert row["output_types"] == [
        {"class_type": "ComfyDeployStdOutputImage", "output_id": "std_out"}
    ]


async def test_a_websocket_picture_is_a_binary_input(caller: Caller) -> None:
    node = {"class_type": "ComfyDeployWebscoketImageInput", "inputs": {"input_id": "live"}}
    machine_id = (await first(caller))["selected_machine_id"]
    made = await created(caller, workflow_api=json.dumps({"1": node}), machine_id=machine_id)

    (row,) = (await caller.http.get(f"/workflow/{made['workflow_id']}/deployments")).json()

    assert [(one["input_id"], one["type"]) for one in row["input_types"]] == [("live", "binary")]


@pytest.mark.parametrize("options", ["ink, oil", "[1, 2]", "{}"])
async def test_an_enum_without_a_list_breaks_what_it_is_in(caller: Caller, options: str) -> None:
    fields = {"input_id": "style", "options": options}
    graph = {"1": {"class_type": "ComfyUIDeployExternalEnum", "inputs": fields}}
    machine_id = (await first(caller))["selected_machine_id"]
    made = await created(caller, workflow_api=json.dumps(graph), machine_id=machine_id)
    broken = caller.emulator.workspace.deployments()[0].id

    paths = [
        "/deployments",
        f"/deployment/{broken}",
        f"/workflow/{made['workflow_id']}/deployments",
    ]
    texts = [(await caller.http.get(path)).text for path in paths]

    assert texts == ["Internal Server Error"] * 3


def test_a_graph_that_was_sent_runs_unlisted() -> None:
    workspace = Workspace()

    deployment = workspace.deployment_of_graph(TEXT2IMG.workflow_id, GRAPH, None)

    assert [one.input_id for one in deployment.inputs] == ["words", "style", "seed"]
    assert [(one.class_type, one.samples) for one in deployment.nodes] == [
        ("KSampler", True),
        ("SaveImage", False),
    ]
    assert (deployment.last_node_id, deployment.version_id) == ("5", TEXT2IMG.version_id)
    assert deployment not in workspace.deployments()


def test_a_graph_of_an_unknown_workflow_on_another_machine_can_be_run() -> None:
    workspace = Workspace()
    pinned = next(one for one in workspace.machines.newest_first() if one.gpu == "T4")

    deployment = workspace.deployment_of_graph(NOBODY, {"1": None}, pinned.id)

    assert (deployment.workflow_id, deployment.gpu, deployment.nodes) == (NOBODY, "T4", ())


@pytest.mark.parametrize(
    ("fields", "status", "answer"),
    [
        ({"workflow_json": "{"}, 400, {"error": "Invalid JSON format"}),
        ({"machine_id": NOBODY}, 404, {"error": "Machine not found"}),
        ({"machine_version_id": NOBODY}, 404, {"error": "Machine version not found"}),
    ],
)
async def test_a_workflow_that_cannot_be_made_is_refused(
    caller: Caller, fields: dict[str, str], status: int, answer: dict[str, str]
) -> None:
    body = {"name": "x", "workflow_json": "{}"} | fields

    response = await caller.http.post("/workflow", json=body)

    assert (response.status_code, response.json()) == (status, answer)


async def test_a_workflow_without_a_name_is_422(caller: Caller) -> None:
    response = await caller.http.post("/workflow", json={"workflow_json": {}})

    assert response.status_code == 422
    assert response.json()["detail"] == [
        {
            "type": "missing",
            "loc": ["body", "name"],
            "msg": "Field required",
            "input": {"workflow_json": {}},
        },
        {
            "type": "string_type",
            "loc": ["body", "workflow_json"],
            "msg": "Input should be a valid string",
            "input": {},
        },
    ]


async def test_a_new_version_counts_up_and_spells_its_time_badly(caller: Caller) -> None:
    row = await first(caller)

    version = await saved(caller, row["id"])

    assert (version["version"], version["comment"]) == (2, "v2")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00Z", version["created_at"])


async def test_a_new_version_with_a_machine_moves_the_preview(caller: Caller) -> None:
    row = await first(caller)
    machine_id = row["selected_machine_id"]

    made = [await saved(caller, row["id"], machine_id=machine_id) for _ in range(2)]

    rows = (await caller.http.get(f"/workflow/{row['id']}/deployments")).json()
    assert [(one["environment"], one["workflow_version_id"]) for one in rows] == [
        ("production", (await caller.http.get(f"/workflow/{row['id']}/version/1")).json()["id"]),
        ("preview", made[1]["id"]),
    ]


async def test_a_version_on_an_unknown_machine_is_not_saved(caller: Caller) -> None:
    row = await first(caller)

    response = await caller.http.post(
        f"/workflow/{row['id']}/version", json=VERSION | {"machine_id": NOBODY}
    )

    assert (response.status_code, response.json()) == (
        500,
        {"detail": "500: Internal server error: 404: Machine not found"},
    )
    assert (await caller.http.get(f"/workflow/{row['id']}/version/2")).status_code == 404


async def test_a_version_of_an_unknown_workflow_is_a_500(caller: Caller) -> None:
    response = await caller.http.post(f"/workflow/{NOBODY}/version", json=VERSION)

    assert (response.status_code, response.json()) == (500, {"detail": "404: Workflow not found"})


async def test_a_version_needs_both_graphs_as_objects(caller: Caller) -> None:
    row = await first(caller)

    response = await caller.http.post(f"/workflow/{row['id']}/version", json={"workflow": "{}"})

    assert response.status_code == 422
    assert [one["type"] for one in response.json()["detail"]] == ["dict_type", "missing"]
