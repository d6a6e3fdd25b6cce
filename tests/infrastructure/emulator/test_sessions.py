from typing import Any

import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
FIELDS = {
    *("id", "session_id", "gpu_event_id", "url", "gpu", "created_at", "timeout", "timeout_end"),
    *("machine_id", "machine_version_id", "status", "user_id", "org_id"),
}


async def machine_id(caller: Caller, name: str = "serverless-a10g") -> str:
    rows = (await caller.http.get(f"/machines?search={name}")).json()
    return str(rows[0]["id"])


async def opened(caller: Caller, **fields: object) -> dict[str, Any]:
    body = {"machine_id": await machine_id(caller)} | fields
    row: dict[str, Any] = (await caller.http.post("/session", json=body)).json()
    return row


async def shown(caller: Caller, session_id: str) -> dict[str, Any]:
    row: dict[str, Any] = (await caller.http.get(f"/session/{session_id}")).json()
    return row


async def test_a_session_has_the_gpu_of_its_machine(caller: Caller) -> None:
    made = await opened(caller)

    row = await shown(caller, made["session_id"])

    assert made == {"session_id": row["id"], "url": None}
    assert set(row) == FIELDS
    assert (row["gpu"], row["timeout"], row["status"], row["org_id"]) == (
        "A10G",
        15,
        "running",
        "None",
    )


async def test_a_session_can_have_another_gpu_and_timeout(caller: Caller) -> None:
    made = await opened(caller, gpu="H100", timeout=30)

    row = await shown(caller, made["session_id"])

    assert (row["gpu"], row["timeout"]) == ("H100", 30)


async def test_the_address_is_told_at_once_to_who_waits_for_it(caller: Caller) -> None:
    made = await opened(caller, wait_for_server=True)

    assert made["url"] == (await shown(caller, made["session_id"]))["url"]


async def test_open_sessions_are_listed_newest_first(caller: Caller) -> None:
    made = [await opened(caller), await opened(caller)]

    rows = (await caller.http.get("/sessions")).json()
    others = await caller.http.get(f"/sessions?machine_id={NOBODY}")

    assert [row["id"] for row in rows] == [made[1]["session_id"], made[0]["session_id"]]
    assert others.json() == []


async def test_a_closed_session_is_not_found_any_more(caller: Caller) -> None:
    made = await opened(caller)

    closed = await caller.http.delete(f"/session/{made['session_id']}?wait_for_shutdown=true")
    gone = await caller.http.get(f"/session/{made['session_id']}")

    assert closed.json() == {"success": True}
    assert (gone.status_code, gone.json()) == (404, {"detail": "GPUEvent not found"})
    assert (await caller.http.get("/sessions")).json() == []


async def test_a_session_ends_at_its_timeout(caller: Caller) -> None:
    made = await opened(caller, timeout=20)

    caller.emulator.change_settings(clock_ahead_s=20 * 60)

    assert (await caller.http.get(f"/session/{made['session_id']}")).status_code == 404


async def test_closing_what_is_not_open_is_404(caller: Caller) -> None:
    response = await caller.http.delete("/session/abc")

    words = "GPUEvent not found session_id: abc, the event might be already closed"
    assert (response.status_code, response.json()) == (404, {"detail": words})


async def test_the_time_can_be_increased(caller: Caller) -> None:
    made = await opened(caller)
    path = f"/session/{made['session_id']}/increase-timeout"

    response = await caller.http.post(path, json={"minutes": 20})
    caller.emulator.change_settings(clock_ahead_s=30 * 60)

    assert response.json() == {"message": "Timeout increased successfully"}
    assert (await caller.http.get(f"/session/{made['session_id']}")).status_code == 200


async def test_more_than_an_hour_ahead_is_refused(caller: Caller) -> None:
    made = await opened(caller)
    path = f"/session/{made['session_id']}/increase-timeout"

    response = await caller.http.post(path, json={"minutes": 46})

    assert response.status_code == 400
    assert response.json()["detail"].startswith(
        "You can't have more than 1 hour of time remaining."
    )


async def test_the_time_of_what_is_not_open_cannot_be_increased(caller: Caller) -> None:
    unknown = await caller.http.post(f"/session/{NOBODY}/increase-timeout", json={"minutes": 1})
    odd = await caller.http.post(f"/session/{NOBODY}/increase-timeout", json={"minutes": 1.5})

    assert (unknown.status_code, unknown.json()) == (404, {"detail": "GPU event not found"})
    assert (odd.status_code, odd.json()["detail"][0]["type"]) == (422, "int_from_float")


async def test_a_machine_at_home_has_no_sessions(caller: Caller) -> None:
    body = {"machine_id": await machine_id(caller, "home")}

    response = await caller.http.post("/session", json=body)

    words = "Machine is not a Comfy Deploy Serverless machine"
    assert (response.status_code, response.json()) == (400, {"detail": words})


async def test_a_machine_has_five_sessions_at_once(caller: Caller) -> None:
    for _ in range(5):
        await opened(caller)

    refused = await opened(caller)

    assert refused["detail"].startswith("You have reached the maximum number of concurrent")


@pytest.mark.parametrize(
    ("wanted", "status", "text"),
    [(NOBODY, 404, '{"detail":"Machine not found"}'), ("abc", 500, "Internal Server Error")],
)
async def test_a_session_needs_a_machine_that_is_there(
    caller: Caller, wanted: str, status: int, text: str
) -> None:
    response = await caller.http.post("/session", json={"machine_id": wanted})

    assert (response.status_code, response.text) == (status, text)


@pytest.mark.parametrize(
    ("minutes", "kind"), [(1.5, "int_from_float"), ("x", "int_parsing"), ([], "int_type")]
)
async def test_a_timeout_that_is_no_whole_number_is_422(
    caller: Caller, minutes: object, kind: str
) -> None:
    body = {"machine_id": NOBODY, "timeout": minutes}

    response = await caller.http.post("/session", json=body)

    assert (response.status_code, response.json()["detail"][0]["type"]) == (422, kind)


async def test_minutes_may_be_spelled_as_a_text_or_a_round_number(caller: Caller) -> None:
    made = [await opened(caller, timeout=minutes) for minutes in ("20", 20.0)]

    assert [(await shown(caller, one["session_id"]))["timeout"] for one in made] == [20, 20]


async def test_a_session_on_a_gpu_that_does_not_exist_is_422(caller: Caller) -> None:
    response = await caller.http.post("/session", json={"gpu": "GTX", "timeout": "long"})

    assert response.status_code == 422
    assert [one["type"] for one in response.json()["detail"]] == ["missing", "enum", "int_parsing"]
