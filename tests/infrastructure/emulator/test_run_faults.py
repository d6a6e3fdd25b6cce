import json
from collections.abc import Iterable

import pytest

from infrastructure.emulator.faults import Ending, HookTrouble, OddOutput, RunFault
from infrastructure.emulator.workspace import TEXT2IMG
from tests.infrastructure.emulator.workbench import Caller, HookReceiver, until


async def hidden_outputs(caller: Caller, odd: OddOutput) -> int:
    """Return how many of the two outputs of a run the API does not show."""
    caller.emulator.faults.order_runs(RunFault(odd=odd))
    run = await caller.finished(await caller.start())
    found = caller.emulator.runs.find(run["id"])
    assert found is not None
    return len(found.outputs) - len(run["outputs"])


@pytest.mark.parametrize("odd", sorted(set(OddOutput) - {OddOutput.EMPTY}))
async def test_an_output_with_an_odd_value_vanishes(caller: Caller, odd: OddOutput) -> None:
    assert await hidden_outputs(caller, odd) == 1


async def test_an_output_without_data_is_shown(caller: Caller) -> None:
    assert await hidden_outputs(caller, OddOutput.EMPTY) == 0


async def test_odd_values_are_told_only_when_cancelling(
    caller: Caller, hooks: HookReceiver
) -> None:
    fault = RunFault(odd=OddOutput.ERROR, ending=Ending.NEVER_WITH_OUTPUTS)
    caller.emulator.faults.order_runs(fault)
    run_id = await caller.start(webhook=hooks.url)
    found = caller.emulator.runs.find(run_id)
    assert found is not None
    await until(lambda: len(found.outputs) == 2)

    await caller.http.post(f"/run/{run_id}/cancel")
    await until(lambda: "cancelled" in hooks.statuses())

    told = next(one.body["outputs"] for one in hooks.received if one.body["status"] == "cancelled")
    assert [list(one["data"]) for one in told] == [["images"], ["error"]]


async def test_outputs_may_come_after_the_end(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(late_outputs_s=0.2))

    run = await caller.finished(await caller.start())

    found = caller.emulator.runs.find(run["id"])
    assert found is not None
    assert (run["status"], run["outputs"]) == ("success", [])
    await until(lambda: len(found.outputs) == 1)


async def test_progress_may_change_after_the_end(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(late_progress=True))

    run = await caller.finished(await caller.start())

    assert run["status"] == "success"
    assert run["progress"] < 0.5


async def test_progress_may_step_back(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(backwards=True))

    await caller.start(webhook=hooks.url, webhook_intermediate_status=True)
    await until(lambda: "success" in hooks.statuses())

    run = next(iter(caller.emulator.runs))
    told = [float(str(hook.body["progress"])) for hook in run.hooks]
    assert told != sorted(told)


async def test_a_repeated_end_is_told_again_as_it_was(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(again=["success", "failed", "running"]))

    run_id = await caller.start(webhook=hooks.url)
    await until(lambda: hooks.statuses().count("success") == 4)

    assert (await caller.run(run_id))["status"] == "success"


@pytest.mark.parametrize("again", [["done"], "success"])
def test_only_statuses_of_the_service_are_repeated(again: Iterable[str]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        RunFault(again=again)


async def test_a_dead_session_is_noticed_by_reading(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.SESSION_DIED))
    run_id = await caller.start(webhook=hooks.url)
    found = caller.emulator.runs.find(run_id)
    assert found is not None
    await until(lambda: found.session_ended)
    unread = found.status

    run = await caller.run(run_id)

    assert (unread, run["status"], found.status) == ("running", "cancelled", "cancelled")
    assert (run["ended_at"], hooks.statuses().count("cancelled")) == (None, 0)


async def test_a_failed_run_may_have_outputs(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.FAILED_WITH_OUTPUTS))

    run = await caller.finished(await caller.start())

    assert (run["status"], len(run["outputs"])) == ("failed", 1)


async def test_an_old_plugin_says_that_it_uploads(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(uploading=True))

    await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())

    run = next(iter(caller.emulator.runs))
    statuses = [hook.body["status"] for hook in run.hooks]
    assert statuses == ["queued", "started", "running", "uploading", "success"]


async def test_a_machine_may_be_deaf_to_a_cancel(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(deaf=True, extra_s=0.1))
    run_id = await caller.start()
    await caller.reaching(run_id, {"running"})

    await caller.http.post(f"/run/{run_id}/cancel")

    found = caller.emulator.runs.find(run_id)
    assert found is not None
    await until(lambda: len(found.outputs) == 1)
    assert found.status == "cancelled"


async def test_the_service_may_learn_late_of_the_end(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(late_end_s=0.3))

    run = await caller.finished(await caller.start())

    assert run["run_duration"] >= 0.3


async def test_an_app_that_is_built_again_begins_late(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(cold_s=0.3))

    run = await caller.finished(await caller.start())

    assert run["cold_start_duration"] >= 0.3


async def test_private_files_open_to_signed_addresses_only(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(private=True))
    run = await caller.finished(await caller.start())
    item = run["outputs"][0]["data"]["images"][0]

    answers = [await caller.http.get(url) for url in (item["url"], item["url"].split("?")[0])]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert item["is_public"] is False


async def test_a_signed_address_is_good_for_one_hour(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(private=True))
    run = await caller.finished(await caller.start())
    old = run["outputs"][0]["data"]["images"][0]["url"]

    caller.emulator.change_settings(clock_ahead_s=3700)

    fresh = (await caller.run(run["id"]))["outputs"][0]["data"]["images"][0]["url"]
    assert [(await caller.http.get(url)).status_code for url in (old, fresh)] == [403, 200]


@pytest.mark.parametrize(("event", "is_signed"), [("run.updated", True), ("run.output", False)])
async def test_webhooks_of_outputs_carry_unsigned_addresses(
    caller: Caller, hooks: HookReceiver, event: str, *, is_signed: bool
) -> None:
    caller.emulator.faults.order_runs(RunFault(private=True))

    await caller.start(webhook=f"{hooks.url}?target_events=run.output")
    await until(lambda: "success" in hooks.statuses())

    run = next(iter(caller.emulator.runs))
    told = [json.dumps(hook.body) for hook in run.hooks if hook.body["outputs"]]
    signed = ["X-Amz-Signature" in one for one in told if event in one]
    assert signed == [is_signed]


async def test_files_may_have_no_type(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(untyped=True))
    run = await caller.finished(await caller.start())

    answer = await caller.http.get(run["outputs"][0]["data"]["images"][0]["url"])

    assert answer.headers["content-type"] == "application/octet-stream"


async def test_full_seconds_are_spelled_without_seconds(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(full_seconds=True))
    run = await caller.finished(await caller.start())

    row = (await caller.http.get(f"/v2/workflow/{TEXT2IMG.workflow_id}/runs")).json()[0]

    assert len(row["ended_at"]) == len("2026-11-22T21:50Z")
    assert row["ended_at"][:16] == run["ended_at"][:16]


async def test_older_backends_do_not_name_events(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.NAMELESS))

    await caller.start(webhook=hooks.url)
    await until(lambda: "success" in hooks.statuses())

    assert {"event_type" in one.body for one in hooks.received} == {False}


async def test_webhooks_may_be_worded_as_documented(caller: Caller, hooks: HookReceiver) -> None:
    caller.emulator.faults.order_runs(RunFault(webhooks=HookTrouble.DOCUMENTED))

    await caller.start(webhook=hooks.url, webhook_intermediate_status=True)
    await until(lambda: "completed" in hooks.statuses())

    end = next(one.body for one in hooks.received if one.body["status"] == "completed")
    assert end["progress"] > 50


async def test_deliveries_are_in_the_log(caller: Caller, hooks: HookReceiver) -> None:
    run_id = await caller.start(webhook=hooks.url)
    found = caller.emulator.runs.find(run_id)
    assert found is not None

    await until(lambda: sum(line.level == "webhook" for line in found.logs) == 4)

    assert {line.text for line in found.logs if line.level == "webhook"} == {"POST 200"}


def test_all_orders_for_a_run_are_joined() -> None:
    joined = RunFault(late_progress=True).over(RunFault(cold_s=3.0, again=["failed"]))

    assert (joined.late_progress, joined.cold_s, joined.again) == (True, 3.0, ("failed",))
