import httpx
import pytest

from tests.infrastructure.emulator.workbench import Caller

MISSING = {"detail": "Invalid or missing token"}
WRONG = {"detail": "Invalid or expired token"}


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({}, MISSING),
        ({"Authorization": "bearer emulator-key"}, MISSING),
        ({"Authorization": "emulator-key"}, MISSING),
        ({"Authorization": "Bearer other"}, WRONG),
        ({"x-api-key": "other"}, WRONG),
    ],
)
async def test_a_caller_without_the_right_key_is_refused(
    caller: Caller, headers: dict[str, str], answer: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=caller.emulator.base_url, headers=headers) as stranger:
        response = await stranger.get("/deployments")

    assert (response.status_code, response.json()) == (401, answer)


async def test_an_unknown_path_without_a_key_is_401_and_with_one_404(caller: Caller) -> None:
    async with httpx.AsyncClient(base_url=caller.emulator.base_url) as stranger:
        without = await stranger.get("/no/such/path")

    with_key = await caller.http.get("/no/such/path")

    assert without.status_code == 401
    assert (with_key.status_code, with_key.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("way", ["header", "query"])
async def test_the_key_is_taken_from_other_places_too(caller: Caller, way: str) -> None:
    headers = {"x-api-key": "emulator-key"} if way == "header" else {}
    params = {"cd_token": "emulator-key"} if way == "query" else {}

    async with httpx.AsyncClient(base_url=caller.emulator.base_url, headers=headers) as other:
        response = await other.get("/deployments", params=params)

    assert response.status_code == 200


async def test_a_wrong_method_is_405_and_a_trailing_slash_307(caller: Caller) -> None:
    wrong = await caller.http.delete("/run/deployment/queue")

    slash = await caller.http.post("/run/deployment/queue/", json={})

    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    assert (slash.status_code, slash.headers["location"]) == (
        307,
        f"{caller.emulator.base_url}/run/deployment/queue",
    )
