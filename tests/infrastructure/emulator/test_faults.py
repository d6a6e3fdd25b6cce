import time
from typing import Any

import httpx
import pytest

from infrastructure.emulator.faults import (
    Ending,
    Faults,
    HookTrouble,
    OutputShape,
    RequestFault,
    RunFault,
    Spoil,
)
from tests.infrastructure.emulator.workbench import Caller, HookReceiver, until

QUEUE = "/run/deployment/queue"


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (429, '{"detail":"slow down"}', "application/json"),
        (500, "Internal Server Error", "text/plain; charset=utf-8"),
        (503, "<html>Service Unavailable</html>", "text/html"),
    ],
)
async def test_an_ordered_answer_comes_as_often_as_ordered(
    caller: Caller, status: int, body: str, content_type: str
) -> None:
    caller.emulator.faults.order_requests(
        RequestFault(status=status, body=body, content_type=content_type, count=2)
    )

    answers = [await caller.http.get("/deployments") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert (answers[0].text, answers[0].headers["content-type"]) == (body, content_type)


async def test_an_ordered_answer_may_carry_headers(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(status=429, headers={"Retry-After": "7"}))

    answer = await caller.http.get("/deployments")

    assert answer.headers["retry-after"] == "7"


async def test_only_what_matches_is_spoiled(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(method="post", path="/run", count=None))

    got, posted = await caller.http.get("/deployments"), await caller.http.post(QUEUE, json={})

    assert (got.status_code, posted.status_code) == (200, 503)


async def test_an_order_without_a_count_stands_until_cleared(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(path="/api/deployments", count=None))
    spoiled = [(await caller.http.get("/deployments")).status_code for _ in range(4)]

    caller.emulator.faults.clear()

    assert spoiled == [503] * 4
    assert (await caller.http.get("/deployments")).status_code == 200


async def test_a_spoiled_queue_call_makes_no_run(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(path=QUEUE))

    await caller.queue()

    assert len(caller.emulator.runs) == 0


async def test_a_refused_queue_call_may_run_all_the_same(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(path=QUEUE, status=400, handled=True))

    answer = await caller.queue()

    assert answer.status_code == 400
    assert len(caller.emulator.runs) == 1


async def test_a_slow_call_answers_late_and_truly(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.DELAY, delay_s=0.2, path=QUEUE))
    begun = time.monotonic()

    answer = await caller.queue()

    assert answer.status_code == 200
    assert time.monotonic() - begun >= 0.2


async def test_a_caller_who_gives_up_on_a_slow_call_leaves_a_run(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.DELAY, delay_s=60, path=QUEUE))
    caller.http.timeout = httpx.Timeout(0.3)

    with pytest.raises(httpx.ReadTimeout):
        await caller.queue()

    assert len(caller.emulator.runs) == 1


async def test_a_hang_before_the_work_leaves_nothing(caller: Caller) -> None:
    caller.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.DELAY, delay_s=60, handled=False, path=QUEUE)
    )
    caller.http.timeout = httpx.Timeout(0.3)

    with pytest.raises(httpx.ReadTimeout):
        await caller.queue()

    assert len(caller.emulator.runs) == 0


async def test_a_machine_that_refuses_makes_the_call_hang_then_fail(
    caller: Caller, hooks: HookReceiver
) -> None:
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.MACHINE_REFUSES, path=QUEUE))
    begun = time.monotonic()

    answer = await caller.queue("text2img", webhook=hooks.url)

    waited = time.monotonic() - begun
    run = next(iter(caller.emulator.runs))
    assert waited >= caller.emulator.settings.machine_retry_s
    assert (answer.status_code, answer.json()) == (
        502,
        {"detail": "Error creating run: 502 Bad Gateway"},
    )
    assert (run.status, run.ended_at, run.hooks) == ("failed", None, [])


@pytest.mark.parametrize(("handled", "runs"), [(None, 1), (False, 0)])
async def test_a_lost_answer_closes_the_connection(
    caller: Caller, *, handled: bool | None, runs: int
) -> None:
    caller.emulator.faults.order_requests(
        RequestFault(spoil=Spoil.LOST, path=QUEUE, handled=handled)
    )

    with pytest.raises(httpx.RemoteProtocolError):
        await caller.queue()

    assert len(caller.emulator.runs) == runs


async def test_a_cut_answer_breaks_off_in_the_middle(caller: Caller) -> None:
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.CUT, path="/deployments"))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        await caller.http.get("/deployments")

    assert (await caller.http.get("/deployments")).status_code == 200


async def test_a_file_can_be_cut_too(caller: Caller) -> None:
    run = await caller.finished(await caller.start())
    caller.emulator.faults.order_requests(RequestFault(spoil=Spoil.CUT, path="/files/"))

    with pytest.raises(httpx.RemoteProtocolError):
        await caller.image_of(run)

    assert (await caller.image_of(run)).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("ending", "status", "outputs"),
    [
        (Ending.EMPTY, "success", 0),
        (Ending.FAILED, "failed", 0),
        (Ending.TIMEOUT, "timeout", 0),
        (Ending.TIMEOUT_WITH_OUTPUTS, "timeout", 1),
        (Ending.SUCCESS, "success", 1),
    ],
)
async def test_a_run_ends_as_ordered(
    caller: Caller, ending: Ending, status: str, outputs: int
) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=ending))

    run = await caller.finished(await caller.start())

    assert (run["status"], len(run["outputs"])) == (status, outputs)
    assert run["ended_at"] is not None


@pytest.mark.parametrize(("ending", "outputs"), [(Ending.NEVER, 0), (Ending.NEVER_WITH_OUTPUTS, 1)])
async def test_a_run_may_never_be_reported(caller: Caller, ending: Ending, outputs: int) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=ending))
    silent = [await caller.start(), await caller.start()][0]
    found = caller.emulator.runs.find(silent)
    assert found is not None

    await until(lambda: len(found.outputs) == outputs and "SaveImage" in (found.live_status or ""))
    # The second run is over long before the first would be, and needs no place of its own.
    await until(lambda: any(run.is_over for run in caller.emulator.runs))

    assert (await caller.run(silent))["status"] == "running"
    assert len((await caller.run(silent))["outputs"]) == outputs


async def test_a_run_takes_longer_on_order(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(extra_s=0.3))

    run = await caller.finished(await caller.start())

    assert run["run_duration"] >= 0.3


def first_item(run: dict[str, Any], shape: OutputShape) -> dict[str, Any]:
    outputs = run["outputs"]
    data = next(iter(outputs.values())) if shape is OutputShape.OBJECT else outputs[0]["data"]
    if shape is OutputShape.NODE_KEYED:
        data = next(iter(data.values()))
    key = shape.value if shape in (OutputShape.FILES, OutputShape.GIFS) else "images"
    item: dict[str, Any] = data[key][0]
    return item


@pytest.mark.parametrize("shape", list(OutputShape))
async def test_outputs_come_in_the_ordered_shape(caller: Caller, shape: OutputShape) -> None:
    caller.emulator.faults.order_runs(RunFault(shape=shape))

    run = await caller.finished(await caller.start())

    assert first_item(run, shape)["filename"] == "ComfyUI_00001_.png"


async def test_lost_webhooks_never_arrive(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.LOST))

    run_id = await caller.start(webhook=hooks.url)
    await caller.finished(run_id)

    told = await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())
    assert {one.body["run_id"] for one in hooks.received} == {told}


async def test_doubled_webhooks_arrive_twice(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.DOUBLED))

    await caller.start(webhook=hooks.url)
    await until(lambda: len(hooks.received) == 8)

    assert hooks.statuses().count("success") == 2


async def test_reordered_webhooks_arrive_last_first(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.REORDERED))

    await caller.start(webhook=hooks.url)
    await until(lambda: len(hooks.received) == 4)

    assert hooks.statuses() == ["success", "running", "started", "queued"]


async def test_late_webhooks_arrive_after_the_end(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.LATE, webhook_delay_s=0.5))

    run = await caller.finished(await caller.start(webhook=hooks.url))
    at_the_end = list(hooks.received)
    await until(lambda: "success" in hooks.statuses())

    assert (run["status"], at_the_end) == ("success", [])


def test_orders_are_used_up_one_by_one() -> None:
    faults = Faults()
    faults.order_runs(RunFault(ending=Ending.FAILED, count=2))

    endings = [faults.for_run("text2img").ending for _ in range(3)]

    assert endings == [Ending.FAILED, Ending.FAILED, None]


def test_orders_for_the_same_run_are_joined_and_the_earlier_wins() -> None:
    faults = Faults()
    faults.order_runs(RunFault(webhooks=HookTrouble.LOST))
    faults.order_runs(RunFault(ending=Ending.FAILED, webhooks=HookTrouble.LATE))

    joined = faults.for_run("text2img")

    assert (joined.webhooks, joined.ending) == (HookTrouble.LOST, Ending.FAILED)


def test_an_order_for_one_deployment_leaves_the_others_alone() -> None:
    faults = Faults()
    faults.order_runs(RunFault(ending=Ending.FAILED, deployment="upscale"))

    assert faults.for_run("text2img").ending is None
    assert faults.for_run("upscale").ending is Ending.FAILED
