from typing import Any

import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
NOT_FOUND = {"detail": "Machine not found"}
HOME: dict[str, object] = {
    "name": "desk",
    "type": "classic",
    "endpoint": "http://127.0.0.1:9/",
    "auth_token": None,
}
SLIM = {
    *("id", "user_id", "name", "created_at", "updated_at", "type", "org_id", "status", "gpu"),
    *("machine_version", "machine_builder_version", "comfyui_version", "import_failed_logs"),
    *("machine_version_id", "is_workspace"),
}
WHOLE = SLIM | {
    *("endpoint", "concurrency_limit", "run_timeout", "idle_timeout", "docker_command_steps"),
    *("keep_warm", "allow_concurrent_inputs", "base_docker_image", "python_version", "extra_args"),
    *("prestart_command", "install_custom_node_with_gpu", "optimized_runner", "disable_metadata"),
    *("cpu_request", "cpu_limit", "memory_request", "memory_limit", "models_to_cache"),
    *("enable_gpu_memory_snapshot", "deleted"),
}


async def machines(caller: Caller, query: str = "") -> dict[str, dict[str, Any]]:
    """Return the listed machines by name."""
    return {row["name"]: row for row in (await caller.http.get(f"/machines{query}")).json()}


async def added(caller: Caller) -> dict[str, Any]:
    row: dict[str, Any] = (await caller.http.post("/machine/custom", json=HOME)).json()
    return row


async def test_there_are_rented_gpus_and_one_at_home(caller: Caller) -> None:
    rows = await machines(caller)

    assert {name: (row["type"], row["gpu"]) for name, row in rows.items()} == {
        "serverless-a10g": ("comfy-deploy-serverless", "A10G"),
        "serverless-t4": ("comfy-deploy-serverless", "T4"),
        "home": ("classic", None),
    }


async def test_a_list_is_slim_and_one_machine_is_told_in_full(caller: Caller) -> None:
    row = (await machines(caller))["home"]

    one = (await caller.http.get(f"/machine/{row['id']}")).json()

    assert (set(row), set(one)) == (SLIM, WHOLE)
    assert one["created_at"] == row["created_at"] == "2025-12-16T09:00:00.000000"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?search=T4", ["serverless-t4"]),
        ("?is_self_hosted=true", ["home"]),
        ("?is_docker=true", ["serverless-a10g", "serverless-t4"]),
        ("?limit=1&offset=2", ["home"]),
        ("?is_workspace=true", []),
    ],
)
async def test_a_list_can_be_narrowed(caller: Caller, query: str, names: list[str]) -> None:
    assert list(await machines(caller, query)) == names


async def test_more_is_told_when_it_is_asked_for(caller: Caller) -> None:
    query = "?include_has_workflows=true&include_docker_command_steps=true"

    rows = await machines(caller, query)

    assert (rows["serverless-a10g"]["has_workflows"], rows["home"]["has_workflows"]) == (
        True,
        False,
    )
    assert rows["home"]["docker_command_steps"] is None


async def test_a_machine_of_ones_own_can_be_added(caller: Caller) -> None:
    made = await added(caller)

    one = (await caller.http.get(f"/machine/{made['id']}")).json()

    assert (one["name"], one["endpoint"], one["status"]) == ("desk", HOME["endpoint"], "ready")
    assert made["created_at"].endswith("Z")
    assert set(made) > WHOLE


async def test_a_machine_can_be_changed(caller: Caller) -> None:
    made = await added(caller)

    body = {"endpoint": "http://127.0.0.1:9/base", "auth_token": "user:pw"}
    changed = (await caller.http.patch(f"/machine/custom/{made['id']}", json=body)).json()

    assert (changed["endpoint"], changed["auth_token"], changed["name"]) == (*body.values(), "desk")


async def test_missing_fields_are_named(caller: Caller) -> None:
    body = {"name": "x", "type": "classic"}

    response = await caller.http.post("/machine/custom", json=body)

    expected = [
        {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": body}
        for name in ("endpoint", "auth_token")
    ]
    assert (response.status_code, response.json()) == (422, {"detail": expected})


async def test_a_type_that_does_not_exist_is_422(caller: Caller) -> None:
    response = await caller.http.post("/machine/custom", json=HOME | {"type": "nope"})

    expected = (
        "'classic', 'runpod-serverless', 'modal-serverless', 'comfy-deploy-serverless', "
        "'workspace' or 'workspace-v2'"
    )
    assert response.status_code == 422
    assert response.json()["detail"] == [
        {
            "type": "enum",
            "loc": ["body", "type"],
            "msg": f"Input should be {expected}",
            "input": "nope",
            "ctx": {"expected": expected},
        }
    ]


@pytest.mark.parametrize("body", ["[]", "{", ""])
async def test_a_body_that_is_no_object_is_422(caller: Caller, body: str) -> None:
    headers = {"Content-Type": "application/json"}

    response = await caller.http.post("/machine/custom", content=body, headers=headers)

    kinds = {"[]": "model_attributes_type", "{": "json_invalid", "": "missing"}
    assert (response.status_code, response.json()["detail"][0]["type"]) == (422, kinds[body])


async def test_what_is_not_there_is_404(caller: Caller) -> None:
    answers = [
        await caller.http.get(f"/machine/{NOBODY}"),
        await caller.http.delete(f"/machine/{NOBODY}"),
        await caller.http.patch(f"/machine/custom/{NOBODY}", json={}),
    ]

    assert [(one.status_code, one.json()) for one in answers] == [(404, NOT_FOUND)] * 3


async def test_an_id_that_is_none_is_422(caller: Caller) -> None:
    answers = [
        await caller.http.get("/machine/abc"),
        await caller.http.delete("/machine/abc"),
        await caller.http.get("/machine/abc/events"),
        await caller.http.patch("/machine/custom/abc", json={}),
    ]

    locations = [one.json()["detail"][0]["loc"] for one in answers]
    assert [one.status_code for one in answers] == [422] * 4
    assert locations == [["path", "machine_id"]] * 4


async def test_a_machine_with_deployments_is_not_deleted(caller: Caller) -> None:
    row = (await machines(caller))["serverless-a10g"]

    response = await caller.http.delete(f"/machine/{row['id']}")

    words = "You still have these workflows related to this machine: text2img,img2img,upscale"
    assert (response.status_code, response.json()) == (402, {"detail": words})


async def test_deleting_can_be_forced(caller: Caller) -> None:
    row = (await machines(caller))["serverless-a10g"]

    response = await caller.http.delete(f"/machine/{row['id']}?force=true")

    assert response.json() == {"message": "Machine deleted"}


async def test_a_deleted_machine_is_listed_but_not_found(caller: Caller) -> None:
    made = await added(caller)

    await caller.http.delete(f"/machine/{made['id']}")

    assert (await caller.http.get(f"/machine/{made['id']}")).status_code == 404
    assert "desk" in await machines(caller)
    assert "desk" not in await machines(caller, "?is_deleted=false")
    assert "desk" not in {row["name"] for row in (await caller.http.get("/machines/all")).json()}


async def test_the_events_of_a_machine_are_its_sessions(caller: Caller) -> None:
    row = (await machines(caller))["serverless-t4"]
    session = (await caller.http.post("/session", json={"machine_id": row["id"]})).json()

    (event,) = (await caller.http.get(f"/machine/{row['id']}/events")).json()

    assert (event["session_id"], event["gpu"], event["end_time"]) == (
        session["session_id"],
        "T4",
        None,
    )
