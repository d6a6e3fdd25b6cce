from typing import Any

import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
NOT_FOUND = {"detail": "Workflow not found"}


async def first(caller: Caller) -> dict[str, Any]:
    """Return the text2img workflow."""
    row: dict[str, Any] = (await caller.http.get("/workflows/all")).json()[0]
    return row


async def changed(caller: Caller, workflow_id: str, **fields: object) -> dict[str, Any]:
    row: dict[str, Any] = (await caller.http.patch(f"/workflow/{workflow_id}", json=fields)).json()
    return row


async def test_a_description_is_changed_and_the_time_gets_a_zone(caller: Caller) -> None:
    before = await first(caller)

    row = await changed(caller, before["id"], description="d", cover_image="c.png")

    assert (row["description"], row["cover_image"], row["name"]) == ("d", "c.png", "text2img")
    assert row["updated_at"].endswith("Z")
    assert row["updated_at"] > before["updated_at"]
    assert row["created_at"] == before["created_at"]


async def test_a_new_name_is_shown_by_the_deployments(caller: Caller) -> None:
    row = await first(caller)

    await changed(caller, row["id"], name="foxes")

    names = [one["workflow"]["name"] for one in (await caller.http.get("/deployments")).json()]
    assert names == ["foxes", "img2img", "upscale"]


async def test_a_workflow_with_a_new_name_still_runs(caller: Caller) -> None:
    await changed(caller, (await first(caller))["id"], name="foxes")

    body = {"deployment_id": (await caller.ids())["foxes"], "inputs": {"width": 64, "height": 64}}
    queued = await caller.http.post("/run/deployment/queue", json=body)

    assert (await caller.finished(queued.json()["run_id"]))["status"] == "success"


async def test_pinning_puts_it_first_and_ignores_the_rest(caller: Caller) -> None:
    rows = (await caller.http.get("/workflows")).json()

    row = await changed(caller, rows[2]["id"], pinned=True, name="other")

    names = [one["name"] for one in (await caller.http.get("/workflows")).json()]
    assert (row["pinned"], row["name"]) == (True, "upscale")
    assert names == ["upscale", "text2img", "img2img"]


@pytest.mark.parametrize("way", ["delete", "patch"])
async def test_a_deleted_workflow_is_not_found_any_more(caller: Caller, way: str) -> None:
    row = await first(caller)

    if way == "delete":
        answer = (await caller.http.delete(f"/workflow/{row['id']}")).json()
        assert answer == {"message": "Workflow deleted successfully"}
    else:
        assert (await changed(caller, row["id"], deleted=True))["deleted"] is True

    assert (await caller.http.get(f"/workflow/{row['id']}")).status_code == 404
    assert len((await caller.http.get("/workflows")).json()) == 2


async def test_what_is_not_there_cannot_be_changed(caller: Caller) -> None:
    answers = [
        await caller.http.patch(f"/workflow/{NOBODY}", json={}),
        await caller.http.delete(f"/workflow/{NOBODY}"),
        await caller.http.post(f"/workflow/{NOBODY}/clone", json={}),
    ]

    assert [(one.status_code, one.json()) for one in answers] == [(404, NOT_FOUND)] * 3


async def test_an_id_that_is_none_breaks_the_service(caller: Caller) -> None:
    answers = [
        await caller.http.patch("/workflow/abc", json={}),
        await caller.http.delete("/workflow/abc"),
        await caller.http.post("/workflow/abc/clone", json={}),
    ]

    assert [(one.status_code, one.text) for one in answers] == [(500, "Internal Server Error")] * 3


async def test_a_version_for_an_id_that_is_none_leaks_the_reason(caller: Caller) -> None:
    body: dict[str, object] = {"workflow": {}, "workflow_api": {}}

    response = await caller.http.post("/workflow/abc/version", json=body)

    assert response.status_code == 500
    assert "invalid UUID 'abc'" in response.json()["detail"]


async def test_a_clone_has_the_newest_version_as_its_first(caller: Caller) -> None:
    row = await first(caller)
    version: dict[str, object] = {"workflow": {"nodes": []}, "workflow_api": {"1": {}}}
    await caller.http.post(f"/workflow/{row['id']}/version", json=version)

    copy = (await caller.http.post(f"/workflow/{row['id']}/clone", json={})).json()

    (only,) = (await caller.http.get(f"/workflow/{copy['id']}?limit=9")).json()["versions"]
    assert (only["version"], only["workflow_api"]) == (1, {"1": {}})
    assert (copy["name"], copy["created_at"][-6:]) == ("text2img (Cloned)", "+00:00")


async def test_a_clone_can_have_a_name_of_its_own(caller: Caller) -> None:
    row = await first(caller)

    copy = (await caller.http.post(f"/workflow/{row['id']}/clone", json={"name": "two"})).json()

    assert copy["name"] == "two"


async def test_a_name_that_is_no_text_is_422(caller: Caller) -> None:
    row = await first(caller)

    response = await caller.http.patch(
        f"/workflow/{row['id']}", json={"name": 1, "pinned": "maybe"}
    )

    kinds = {one["loc"][1]: one["type"] for one in response.json()["detail"]}
    assert (response.status_code, kinds) == (422, {"name": "string_type", "pinned": "bool_parsing"})


async def test_a_nul_in_a_text_breaks_the_service(caller: Caller) -> None:
    row = await first(caller)

    response = await caller.http.patch(f"/workflow/{row['id']}", json={"name": "a\x00b"})

    assert (response.status_code, response.text) == (500, "Internal Server Error")
