import datetime as dt
from typing import Any

import httpx
import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
KEYS = "/platform/api-keys"
SETTINGS = "/platform/user-settings"


async def made(caller: Caller, name: str = "bot") -> str:
    """Make a key and return it."""
    return str((await caller.http.post(KEYS, json={"name": name})).json()["key"])


async def asked_with(caller: Caller, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=caller.emulator.base_url, headers=headers) as other:
        return await other.get("/deployments")


async def used(caller: Caller) -> dict[str, Any]:
    """Run one picture and return the usage."""
    await caller.finished(await caller.start())
    usage: dict[str, Any] = (await caller.http.get("/platform/usage")).json()
    return usage


async def test_a_new_key_opens_everything(caller: Caller) -> None:
    response = await asked_with(caller, await made(caller))

    assert response.status_code == 200


async def test_a_key_is_shown_with_its_last_signs_only(caller: Caller) -> None:
    key = await made(caller)

    (row,) = (await caller.http.get(KEYS)).json()

    assert (row["key"], row["name"], row["revoked"]) == (f"****{key[-4:]}", "bot", False)
    assert set(row) == {
        *("id", "key", "user_id", "revoked", "token_type", "updated_at", "name", "org_id"),
        *("scopes", "created_at"),
    }


async def test_keys_are_listed_newest_first_and_found_by_name(caller: Caller) -> None:
    for name in ("one", "two", "Second"):
        await made(caller, name)

    rows = (await caller.http.get(f"{KEYS}?limit=2&offset=1")).json()
    found = (await caller.http.get(f"{KEYS}?search=sec")).json()

    assert [row["name"] for row in rows] == ["two", "one"]
    assert [row["name"] for row in found] == ["Second"]


async def test_a_revoked_key_is_told_in_full_once_more_and_opens_nothing(caller: Caller) -> None:
    key = await made(caller)
    (row,) = (await caller.http.get(KEYS)).json()

    revoked = (await caller.http.delete(f"{KEYS}/{row['id']}")).json()
    response = await asked_with(caller, key)

    assert (revoked["key"], revoked["revoked"]) == (key, True)
    assert (response.status_code, response.json()) == (401, {"detail": "Revoked token"})
    assert (await caller.http.get(KEYS)).json() == []


async def test_a_key_needs_a_name(caller: Caller) -> None:
    response = await caller.http.post(KEYS, json={})

    assert (response.status_code, response.json()) == (400, {"error": "Name is required"})


@pytest.mark.parametrize("body", ["{", "[]"])
async def test_a_body_that_is_no_object_breaks_the_route_of_keys(caller: Caller, body: str) -> None:
    response = await caller.http.post(KEYS, content=body)

    assert (response.status_code, response.text) == (500, "Internal Server Error")


async def test_a_key_that_is_not_there_cannot_be_revoked(caller: Caller) -> None:
    unknown = await caller.http.delete(f"{KEYS}/{NOBODY}")
    odd = await caller.http.delete(f"{KEYS}/abc")

    assert (unknown.status_code, unknown.json()) == (404, {"error": "API key not found"})
    assert (odd.status_code, odd.text) == (500, "Internal Server Error")


@pytest.mark.parametrize(
    "path", ["/platform/gpu-pricing", "/models", "/deployments/community", "/share/x/y"]
)
async def test_some_routes_ask_for_no_key(caller: Caller, path: str) -> None:
    async with httpx.AsyncClient(base_url=caller.emulator.base_url) as stranger:
        response = await stranger.get(path)

    assert response.status_code != 401


async def test_prices_are_dollars_a_second(caller: Caller) -> None:
    prices = (await caller.http.get("/platform/gpu-pricing")).json()

    assert (prices["A10G"], prices["CPU"], len(prices)) == (0.000337, 0.000042, 10)


async def test_nothing_is_used_at_first(caller: Caller) -> None:
    usage = (await caller.http.get("/platform/usage")).json()

    assert set(usage) == {
        *("usage", "total_cost", "final_cost", "free_tier_credit", "credit", "period"),
    }
    assert (usage["usage"], usage["total_cost"], usage["free_tier_credit"]) == ([], 0, 500)


async def test_a_run_is_used_time_of_its_machine(caller: Caller) -> None:
    usage = await used(caller)

    (row,) = usage["usage"]
    assert (row["machine_name"], row["gpu"]) == ("serverless-a10g", "A10G")
    assert row["cost"] == pytest.approx(row["usage_in_sec"] * 0.000337)
    assert usage["total_cost"] == row["cost"] > usage["final_cost"] == 0


async def test_a_session_is_used_time_once_it_has_ended(caller: Caller) -> None:
    machine = (await caller.http.get("/machines?search=t4")).json()[0]
    await caller.http.post("/session", json={"machine_id": machine["id"], "timeout": 10})

    caller.emulator.change_settings(clock_ahead_s=11 * 60)
    (row,) = (await caller.http.get("/platform/usage")).json()["usage"]

    assert (row["machine_id"], row["gpu"], row["usage_in_sec"]) == (machine["id"], "T4", 600)


async def test_another_period_has_another_usage(caller: Caller) -> None:
    await used(caller)

    response = await caller.http.get("/platform/usage?start_time=2026-01-01&end_time=2026-01-02")

    assert response.json()["usage"] == []
    assert response.json()["period"] == {
        "start": "2026-01-01T00:00:00.000000",
        "end": "2026-01-02T00:00:00.000000",
    }


async def test_costs_are_told_by_day(caller: Caller) -> None:
    usage = await used(caller)
    today = dt.datetime.now(dt.UTC).date()

    query = f"start_time={today}T00:00:00&end_time=2100-01-01"
    rows = (await caller.http.get(f"/platform/usage-details?{query}")).json()

    assert rows == [{"date": str(today), "A10G": usage["total_cost"]}]


async def test_a_period_must_be_given_and_must_be_times(caller: Caller) -> None:
    missing = await caller.http.get("/platform/usage-details")
    odd = await caller.http.get("/platform/usage-details?start_time=x&end_time=y")

    assert (missing.status_code, missing.json()["detail"]) == (
        422,
        [
            {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
            for name in ("start_time", "end_time")
        ],
    )
    assert (odd.status_code, odd.json()["detail"][0]["loc"]) == (422, ["query", "start_time"])


async def test_the_plan_counts_what_there_is(caller: Caller) -> None:
    plan = (await caller.http.get("/platform/plan")).json()

    features = plan["features"]
    assert (features["currentMachineCount"], features["currentWorkflowCount"]) == (3, 3)
    assert (features["priavteModels"], plan["plans"]["plans"]) == (True, ["creator_monthly"])


async def test_a_limit_is_kept_up_to_the_balance(caller: Caller) -> None:
    path = "/platform/check-limit?feature_id=machine_limit"

    allowed = await caller.http.post(path)
    refused = await caller.http.post(f"{path}&required_balance=1001")

    assert allowed.json() == {"allowed": True, "balance": 1000}
    assert refused.json()["allowed"] is False


async def test_settings_are_few_until_they_are_changed(caller: Caller) -> None:
    before = (await caller.http.get(SETTINGS)).json()

    changed = (await caller.http.put(SETTINGS, json={"output_visibility": "private"})).json()
    after = (await caller.http.get(SETTINGS)).json()

    assert set(before) == {"user_id", "org_id", "api_version", "spend_limit"}
    assert set(before) < set(changed) < set(after)
    assert changed["output_visibility"] == after["output_visibility"] == "private"


async def test_settings_that_are_not_named_stay(caller: Caller) -> None:
    await caller.http.put(SETTINGS, json={"output_visibility": "private"})

    changed = (await caller.http.put(SETTINGS, json={"spend_limit": 20})).json()

    assert (changed["spend_limit"], changed["output_visibility"]) == (20, "private")
    assert set((await caller.http.get(SETTINGS)).json()) - set(changed) == {"updated_at"}


async def test_a_setting_of_the_wrong_kind_is_422(caller: Caller) -> None:
    response = await caller.http.put(SETTINGS, json={"spend_limit": [], "api_version": 2})

    kinds = {one["loc"][1]: one["type"] for one in response.json()["detail"]}
    assert (response.status_code, kinds) == (
        422,
        {"spend_limit": "float_type", "api_version": "string_type"},
    )
