import re

import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, HookReceiver, calling, until

KEYS = {"event_type", "status", "live_status", "progress", "run_id", "outputs"}


async def test_every_status_is_told_although_intermediate_is_off(
    caller: Caller, hooks: HookReceiver
) -> None:
    await caller.start(webhook=hooks.url)

    await until(lambda: len(hooks.received) == 4)

    assert sorted(hooks.statuses()) == ["queued", "running", "started", "success"]


async def test_a_webhook_has_exactly_six_keys(caller: Caller, hooks: HookReceiver) -> None:
    run_id = await caller.start(webhook=hooks.url)

    await until(lambda: "success" in hooks.statuses())

    assert all(set(one.body) == KEYS for one in hooks.received)
    assert {one.body["run_id"] for one in hooks.received} == {run_id}


async def test_the_last_webhook_brings_the_outputs_with_short_times(
    caller: Caller, hooks: HookReceiver
) -> None:
    await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())

    body = next(one.body for one in hooks.received if one.body["status"] == "success")

    assert body["event_type"] == "run.updated"
    assert re.fullmatch(r".*T\d\d:\d\d:\d\d\.\d{3}Z", body["outputs"][0]["created_at"])
    assert {"type", "node_id"}.isdisjoint(body["outputs"][0])


async def test_progress_comes_on_wish_and_without_outputs(
    caller: Caller, hooks: HookReceiver
) -> None:
    run_id = await caller.start(webhook=hooks.url, webhook_intermediate_status=True)
    await caller.finished(run_id)
    await until(lambda: "success" in hooks.statuses())

    progress = [
        one.body
        for one in hooks.received
        if one.body["live_status"] and one.body["status"] == "running"
    ]

    assert "Executing KSampler" in {body["live_status"] for body in progress}
    assert all(body["outputs"] == [] for body in progress)


async def test_the_second_and_third_attempts_are_gets_with_the_same_body(
    caller: Caller, hooks: HookReceiver
) -> None:
    hooks.answers = [500] * 99

    run_id = await caller.start(webhook=f"{hooks.url}?token=a%2Fb")
    await until(lambda: len(hooks.received) == 12)

    queued = [one for one in hooks.received if one.body["status"] == "queued"]
    assert [one.method for one in queued] == ["POST", "GET", "GET"]
    assert all(one.body == queued[0].body for one in queued)
    assert {one.query["token"] for one in hooks.received} == {"a/b"}
    assert (await caller.finished(run_id))["webhook_status"] is None


async def test_a_delivery_ends_with_the_first_good_answer(
    caller: Caller, hooks: HookReceiver
) -> None:
    hooks.answers = [404]

    await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())

    queued = [one for one in hooks.received if one.body["status"] == "queued"]
    assert [one.method for one in queued] == ["POST", "GET"]


async def test_redirects_are_followed(caller: Caller, hooks: HookReceiver) -> None:
    await caller.start(webhook=hooks.url.replace("/hook", "/moved"))

    await until(lambda: "success" in hooks.statuses())

    assert {one.method for one in hooks.received} == {"POST"}


async def test_a_cancelled_run_tells_so(hooks: HookReceiver) -> None:
    async with calling(Emulator(EmulatorSettings.quick(node_s=60.0))) as caller:
        run_id = await caller.start(webhook=hooks.url)
        await until(lambda: "running" in hooks.statuses())

        await caller.http.post(f"/run/{run_id}/cancel")

        await until(lambda: "cancelled" in hooks.statuses())


@pytest.mark.parametrize(
    ("events", "count"), [("run.output,run.updated", 1), ("run.output", 1), ("run.updated", 0)]
)
async def test_single_outputs_are_told_when_the_address_asks(
    caller: Caller, hooks: HookReceiver, events: str, count: int
) -> None:
    await caller.start(webhook=f"{hooks.url}?target_events={events}")
    await until(lambda: "success" in hooks.statuses())
    await until(lambda: len(hooks.received) == 4 + count)

    outputs = [one for one in hooks.received if one.body["event_type"] == "run.output"]

    assert len(outputs) == count


async def test_an_address_that_nobody_answers_is_given_up(caller: Caller) -> None:
    run_id = await caller.start(webhook="http://127.0.0.1:9/x")
    run = caller.emulator.runs.find(run_id)
    assert run is not None

    await until(lambda: len(run.hooks) == 4 and all(h.state == "given up" for h in run.hooks))

    assert [attempt.split()[0] for attempt in run.hooks[0].attempts] == ["POST", "GET", "GET"]
