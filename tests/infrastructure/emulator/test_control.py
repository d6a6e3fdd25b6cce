import httpx
import pytest

from tests.infrastructure.emulator.workbench import Caller, HookReceiver, until


async def test_orders_are_taken_over_the_wire(caller: Caller) -> None:
    root = caller.emulator.root_url
    order = {"for": "requests", "spoil": "answer", "path": "/deployments", "status": 429}

    async with httpx.AsyncClient(base_url=root) as operator:
        taken = await operator.post("/control/faults", json=[order, {"for": "runs"}])

    assert taken.json()["requests"][0]["status"] == 429
    assert (await caller.http.get("/deployments")).status_code == 429


async def test_orders_are_forgotten_over_the_wire(caller: Caller) -> None:
    url = f"{caller.emulator.root_url}/control/faults"
    await caller.http.post(url, json={"for": "runs", "ending": "failed", "count": None})

    answer = await caller.http.delete(url)

    assert answer.json() == {"requests": [], "runs": []}
    assert (await caller.finished(await caller.start()))["status"] == "success"


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"for": "moon"},
        {"for": "runs", "ending": "bogus"},
        {"for": "runs", "count": 0},
        {"for": "requests", "colour": "red"},
        {"for": "requests", "status": "many"},
        "fail",
    ],
)
async def test_an_order_that_makes_no_sense_is_400(caller: Caller, order: object) -> None:
    url = f"{caller.emulator.root_url}/control/faults"

    answer = await caller.http.post(url, json=order)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_state_counts_requests_by_route(caller: Caller) -> None:
    run_id = await caller.start()
    await caller.finished(run_id)

    requests = (await caller.http.get(f"{caller.emulator.root_url}/control")).json()["requests"]

    assert requests["POST /api/run/deployment/queue"] == 1
    assert requests["GET /api/run/{id}"] >= 1


async def test_the_state_shows_runs_and_what_was_told(caller: Caller, hooks: HookReceiver) -> None:
    run_id = await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())
    # The receiver may know before the sender has read the answer.
    found = caller.emulator.runs.find(run_id)
    assert found is not None
    await until(lambda: all(hook.state == "delivered" for hook in found.hooks))

    run = (await caller.http.get(f"{caller.emulator.root_url}/control")).json()["runs"][0]

    assert (run["id"], run["status"], run["deployment"]) == (run_id, "success", "text2img")
    assert run["webhooks"][0]["attempts"] == ["POST 200"]


async def test_the_state_does_not_tell_the_key(caller: Caller) -> None:
    answer = await caller.http.get(f"{caller.emulator.root_url}/control")

    assert "emulator-key" not in answer.text


async def test_the_dials_are_turned_over_the_wire(caller: Caller) -> None:
    await caller.http.post(
        f"{caller.emulator.root_url}/control/settings", json={"node_s": 60, "concurrency": 1}
    )

    first, second = await caller.start(), await caller.start()

    await caller.reaching(first, {"running"})
    assert (await caller.run(second))["status"] == "not-started"


async def test_more_concurrency_takes_waiting_runs_at_once(caller: Caller) -> None:
    caller.emulator.change_settings(node_s=60, concurrency=1)
    _, second = await caller.start(), await caller.start()

    caller.emulator.change_settings(concurrency=2)

    await caller.reaching(second, {"running"})


@pytest.mark.parametrize("settings", [{"colour": 1}, {"concurrency": 0}, {"node_s": "long"}])
async def test_settings_that_cannot_be_are_400(caller: Caller, settings: dict[str, object]) -> None:
    answer = await caller.http.post(f"{caller.emulator.root_url}/control/settings", json=settings)

    assert answer.status_code == 400
