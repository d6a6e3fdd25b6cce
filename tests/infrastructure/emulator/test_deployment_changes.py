from typing import Any

import attrs
import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling

NOBODY = "00000000-0000-0000-0000-000000000001"
BROKEN = {"detail": "Internal server error"}


async def first(caller: Caller) -> dict[str, Any]:
    """Return the text2img deployment."""
    row: dict[str, Any] = (await caller.http.get("/deployments")).json()[0]
    return row


async def machine(caller: Caller, name: str) -> dict[str, Any]:
    rows = (await caller.http.get("/machines")).json()
    return next(row for row in rows if row["name"] == name)


async def wish(caller: Caller, **changes: object) -> dict[str, object]:
    """Return the body that deploys text2img to staging."""
    row = await first(caller)
    names = ("workflow_version_id", "workflow_id", "machine_id")
    return {name: row[name] for name in names} | {"environment": "staging"} | changes


async def deployed(caller: Caller, **changes: object) -> dict[str, Any]:
    response = await caller.http.post("/deployment", json=await wish(caller, **changes))
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()
    return row


async def test_a_new_deployment_is_the_newest_and_can_be_run(caller: Caller) -> None:
    made = await deployed(caller)

    rows = (await caller.http.get("/deployments")).json()
    body = {"deployment_id": made["id"], "inputs": {"width": 64, "height": 64}}
    queued = await caller.http.post("/run/deployment/queue", json=body)

    assert (rows[0]["id"], rows[0]["environment"]) == (made["id"], "staging")
    assert (await caller.finished(queued.json()["run_id"]))["status"] == "success"


async def test_the_answer_leaves_out_what_is_joined(caller: Caller) -> None:
    made = await deployed(caller)

    row = (await caller.http.get(f"/deployment/{made['id']}")).json()

    joined = ("workflow", "version", "machine", "input_types", "output_types")
    assert set(made) == set(row)
    assert [made[name] for name in joined] == [None] * 5


async def test_there_is_one_for_each_workflow_and_environment(caller: Caller) -> None:
    made = await deployed(caller)
    other = await machine(caller, "home")

    moved = await deployed(caller, machine_id=other["id"])

    assert (moved["id"], moved["machine_id"]) == (made["id"], other["id"])
    assert (moved["created_at"], len((await caller.http.get("/deployments")).json())) == (
        made["created_at"],
        4,
    )


async def test_a_machine_with_a_build_makes_a_fluid_deployment(caller: Caller) -> None:
    pinned = await machine(caller, "serverless-t4")

    made = await deployed(caller, machine_id=None, machine_version_id=pinned["machine_version_id"])

    rows = (await caller.http.get("/deployments?is_fluid=true")).json()
    assert [(row["id"], row["gpu"]) for row in rows] == [(made["id"], "T4")]
    assert made["modal_image_id"].startswith("im-")


async def test_it_needs_a_machine(caller: Caller) -> None:
    body = await wish(caller, machine_id=None)

    response = await caller.http.post("/deployment", json=body)

    assert (response.status_code, response.json()) == (
        400,
        {"detail": "Machine ID or Machine Version ID is required"},
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"environment": "bogus"}, 'invalid input value for enum deployment_environment: "bogus"'),
        ({"workflow_id": NOBODY}, "Internal server error: 404: Workflow not found"),
        ({"machine_id": NOBODY}, "Internal server error: 404: Machine not found"),
        ({"machine_version_id": NOBODY}, "'NoneType' object has no attribute 'machine_id'"),
        ({"workflow_version_id": NOBODY}, "violates foreign key constraint"),
        ({"workflow_id": "abc"}, "invalid UUID 'abc'"),
    ],
)
async def test_other_mistakes_are_500_and_leak_their_reason(
    caller: Caller, changes: dict[str, object], words: str
) -> None:
    response = await caller.http.post("/deployment", json=await wish(caller, **changes))

    assert response.status_code == 500
    assert words in response.json()["detail"]


async def test_missing_fields_are_422(caller: Caller) -> None:
    response = await caller.http.post("/deployment", json={"workflow_id": 5})

    details = response.json()["detail"]
    assert response.status_code == 422
    assert [(one["type"], one["loc"][1]) for one in details] == [
        ("missing", "workflow_version_id"),
        ("string_type", "workflow_id"),
        ("missing", "environment"),
    ]


async def test_numbers_and_gpu_can_be_changed(caller: Caller) -> None:
    row = await first(caller)
    changes = {"concurrency_limit": 3, "gpu": "H100", "run_timeout": 60, "keep_warm": 1}

    changed = (await caller.http.patch(f"/deployment/{row['id']}", json=changes)).json()

    assert {name: changed[name] for name in changes} == changes
    assert changed["updated_at"] > row["updated_at"]


async def test_a_change_can_move_it_to_another_machine(caller: Caller) -> None:
    row, other = await first(caller), await machine(caller, "home")

    body = {"machine_id": other["id"]}
    changed = (await caller.http.patch(f"/deployment/{row['id']}", json=body)).json()

    assert changed["machine_id"] == other["id"]


@pytest.mark.parametrize("body", [{"machine_id": NOBODY}, {"workflow_version_id": NOBODY}])
async def test_a_change_to_what_is_not_there_is_a_500(
    caller: Caller, body: dict[str, object]
) -> None:
    row = await first(caller)

    response = await caller.http.patch(f"/deployment/{row['id']}", json=body)

    assert (response.status_code, response.json()) == (500, BROKEN)
    assert await first(caller) == row


async def test_a_change_of_an_unknown_one_is_a_500(caller: Caller) -> None:
    response = await caller.http.patch(f"/deployment/{NOBODY}", json={})

    assert (response.status_code, response.json()) == (500, BROKEN)


async def test_a_gpu_that_does_not_exist_is_422(caller: Caller) -> None:
    row = await first(caller)

    response = await caller.http.patch(f"/deployment/{row['id']}", json={"gpu": "GTX"})

    (detail,) = response.json()["detail"]
    assert (response.status_code, detail["type"], detail["input"]) == (422, "enum", "GTX")
    assert detail["msg"].startswith("Input should be 'CPU', 'T4',")


async def test_only_what_is_shared_can_be_deleted(caller: Caller) -> None:
    row, shared = await first(caller), await deployed(caller, environment="private-share")

    refused = await caller.http.delete(f"/deployment/{row['id']}")
    removed = await caller.http.delete(f"/deployment/{shared['id']}")

    assert (refused.status_code, refused.json()) == (500, BROKEN)
    assert removed.json() == {"message": "Share deployment deleted successfully"}
    assert (await caller.http.get(f"/deployment/{shared['id']}")).status_code == 500


async def test_a_public_share_is_found_by_its_slug(caller: Caller) -> None:
    made = await deployed(caller, environment="public-share")
    user, name = made["share_slug"].split("_")

    shared = (await caller.http.get(f"/share/{user}/{name}")).json()

    assert (shared["id"], shared["workflow"]["name"]) == (made["id"], "text2img")
    assert [one["input_id"] for one in shared["input_types"]][:2] == ["prompt", "negative"]
    assert "version" not in shared


async def test_what_is_shared_with_everybody_is_listed(caller: Caller) -> None:
    made = await deployed(caller, environment="community-share")

    rows = (await caller.http.get("/deployments/community")).json()

    assert [row["id"] for row in rows] == [made["id"]]


async def test_it_is_not_deactivated_while_it_runs() -> None:
    async with calling(Emulator(EmulatorSettings.quick(node_s=30.0))) as caller:
        await caller.start()
        row = await first(caller)

        busy = await caller.http.post(f"/deployment/{row['id']}/deactivate")

        assert busy.status_code == 400
        assert busy.json()["detail"].startswith("Failed to deactivate deployment.")


async def test_it_is_deactivated_when_nothing_runs(caller: Caller) -> None:
    row = await first(caller)
    found = caller.emulator.workspace.deployment(row["id"])
    assert found is not None
    caller.emulator.workspace.deploy(attrs.evolve(found, activated_at=found.created_at))

    response = await caller.http.post(f"/deployment/{row['id']}/deactivate")
    unknown = await caller.http.post(f"/deployment/{NOBODY}/deactivate")

    assert (response.json()["id"], response.json()["activated_at"]) == (row["id"], None)
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Deployment not found"})
