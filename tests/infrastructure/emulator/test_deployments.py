import uuid

import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
# The fields of a deployment and of an input, as the service's answers have them.
DEPLOYMENT_FIELDS = {
    "id",
    "user_id",
    "org_id",
    "workflow_version_id",
    "workflow_id",
    "machine_id",
    "share_slug",
    "description",
    "share_options",
    "showcase_media",
    "environment",
    "created_at",
    "updated_at",
    "workflow",
    "version",
    "machine",
    "input_types",
    "output_types",
    "dub_link",
    "gpu",
    "machine_version_id",
    "modal_image_id",
    "concurrency_limit",
    "run_timeout",
    "idle_timeout",
    "keep_warm",
    "activated_at",
    "modal_app_id",
}
INPUT_FIELDS = {
    "type",
    "class_type",
    "input_id",
    "default_value",
    "min_value",
    "max_value",
    "display_name",
    "description",
    "enum_options",
    "step",
}


async def test_three_workflows_are_deployed_to_production(caller: Caller) -> None:
    rows = (await caller.http.get("/deployments")).json()

    assert [row["workflow"]["name"] for row in rows] == ["text2img", "img2img", "upscale"]
    assert {row["environment"] for row in rows} == {"production"}


async def test_a_deployment_has_the_fields_of_the_service(caller: Caller) -> None:
    row = (await caller.http.get("/deployments")).json()[0]

    assert set(row) == DEPLOYMENT_FIELDS
    assert all(set(one) == INPUT_FIELDS for one in row["input_types"])


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("text2img", ["prompt", "negative", "width", "height", "steps", "seed", "batch"]),
        ("img2img", ["image", "prompt", "strength"]),
        ("upscale", ["image", "factor"]),
    ],
)
async def test_the_inputs_come_in_the_order_of_the_graph(
    caller: Caller, name: str, inputs: list[str]
) -> None:
    rows = (await caller.http.get("/deployments")).json()

    row = next(row for row in rows if row["workflow"]["name"] == name)

    assert [one["input_id"] for one in row["input_types"]] == inputs
    assert all(one["display_name"] and one["description"] for one in row["input_types"])


async def test_a_slider_tells_its_limits_and_its_kind(caller: Caller) -> None:
    rows = (await caller.http.get("/deployments")).json()

    width = rows[0]["input_types"][2]

    assert width["class_type"] == "ComfyUIDeployExternalNumberSliderInt"
    assert [
        width[field] for field in ("type", "default_value", "min_value", "max_value", "step")
    ] == ["integer", 768, 64, 2048, 8]


async def test_the_seed_is_an_integer_with_limits(caller: Caller) -> None:
    rows = (await caller.http.get("/deployments")).json()

    seed = next(one for one in rows[0]["input_types"] if one["input_id"] == "seed")

    assert (seed["type"], seed["default_value"]) == ("integer", -1)
    assert (seed["min_value"], seed["max_value"]) == (-1, 4294967295)


async def test_the_graph_wires_every_input_to_a_node(caller: Caller) -> None:
    rows = (await caller.http.get("/deployments")).json()

    graph = rows[0]["version"]["workflow_api"]

    declared = {one["input_id"] for one in rows[0]["input_types"]}
    assert declared == {
        node["inputs"]["input_id"] for node in graph.values() if "input_id" in node["inputs"]
    }


@pytest.mark.parametrize("query", ["is_fluid=true", "environment=staging", "offset=3"])
async def test_other_lists_are_empty(caller: Caller, query: str) -> None:
    response = await caller.http.get(f"/deployments?{query}")

    assert (response.status_code, response.json()) == (200, [])


async def test_a_list_is_cut_into_pages(caller: Caller) -> None:
    rows = (await caller.http.get("/deployments?page_size=1&offset=1")).json()

    assert [row["workflow"]["name"] for row in rows] == ["img2img"]


async def test_an_environment_that_does_not_exist_is_422(caller: Caller) -> None:
    response = await caller.http.get("/deployments?environment=bogus")

    expected = (
        "'staging', 'production', 'public-share', 'private-share', 'preview' or 'community-share'"
    )
    assert response.status_code == 422
    assert response.json()["detail"] == [
        {
            "type": "enum",
            "loc": ["query", "environment"],
            "msg": f"Input should be {expected}",
            "input": "bogus",
            "ctx": {"expected": expected},
        }
    ]


async def test_one_deployment_is_the_row_of_the_list(caller: Caller) -> None:
    row = (await caller.http.get("/deployments")).json()[2]

    response = await caller.http.get(f"/deployment/{row['id']}")

    assert response.json() == row
    assert str(uuid.UUID(row["id"])) == row["id"]


@pytest.mark.parametrize("unknown", [NOBODY, "not-a-uuid"])
async def test_an_unknown_deployment_is_a_500(caller: Caller, unknown: str) -> None:
    response = await caller.http.get(f"/deployment/{unknown}")

    assert (response.status_code, response.json()) == (500, {"detail": "Internal server error"})


async def test_json_comes_without_a_charset(caller: Caller) -> None:
    response = await caller.http.get("/deployments")

    assert response.headers["content-type"] == "application/json"


async def test_the_deployments_of_a_workflow_tell_the_machine(caller: Caller) -> None:
    row = (await caller.http.get("/deployments")).json()[0]

    found = (await caller.http.get(f"/workflow/{row['workflow_id']}/deployments")).json()

    machine = {"id": row["machine_id"], "name": "serverless-a10g"}
    assert found == [row | {"machine": machine}]


async def test_a_workflow_without_deployments_is_404(caller: Caller) -> None:
    response = await caller.http.get(f"/workflow/{NOBODY}/deployments")

    assert (response.status_code, response.json()) == (
        404,
        {"detail": "Deployments not found or you don't have access to it"},
    )


async def test_a_workflow_id_that_is_none_breaks_the_service(caller: Caller) -> None:
    response = await caller.http.get("/workflow/abc/deployments")

    assert (response.status_code, response.text) == (500, "Internal Server Error")


@pytest.mark.parametrize("path", ["community", "featured"])
async def test_nothing_is_shared_at_first(caller: Caller, path: str) -> None:
    response = await caller.http.get(f"/deployments/{path}")

    assert (response.status_code, response.json()) == (200, [])


async def test_a_share_that_is_not_there_is_404(caller: Caller) -> None:
    response = await caller.http.get("/share/x/y")

    assert (response.status_code, response.json()) == (404, {"detail": "Deployment not found"})


async def test_the_deployments_of_a_deleted_workflow_are_gone(caller: Caller) -> None:
    row = (await caller.http.get("/deployments")).json()[0]
    await caller.http.delete(f"/workflow/{row['workflow_id']}")

    rows = (await caller.http.get("/deployments")).json()
    response = await caller.http.get(f"/deployment/{row['id']}")

    assert [each["workflow"]["name"] for each in rows] == ["img2img", "upscale"]
    assert (response.status_code, response.json()) == (500, {"detail": "Internal server error"})
