import datetime as dt

import httpx
import pytest

from infrastructure.emulator.faults import Ending, RunFault
from infrastructure.emulator.runs import Run
from infrastructure.emulator.workspace import TEXT2IMG
from tests.infrastructure.emulator.workbench import Caller, HookReceiver

DAY_AND_MORE_S = 90_000
BORN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


async def a_stuck_run(caller: Caller, **fields: object) -> str:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.NEVER))
    run_id = await caller.start("text2img", **fields)
    await caller.reaching(run_id, {"running"})
    return run_id


async def test_a_run_unheard_of_for_a_day_is_shown_as_timeout(caller: Caller) -> None:
    run_id = await a_stuck_run(caller)

    caller.emulator.change_settings(clock_ahead_s=DAY_AND_MORE_S)

    run = await caller.run(run_id)
    assert (run["status"], run["ended_at"]) == ("timeout", None)


async def test_what_is_shown_is_not_stored(caller: Caller) -> None:
    run_id = await a_stuck_run(caller)
    caller.emulator.change_settings(clock_ahead_s=DAY_AND_MORE_S)
    await caller.run(run_id)

    caller.emulator.change_settings(clock_ahead_s=0)

    assert (await caller.run(run_id))["status"] == "running"


async def test_what_is_shown_is_not_told(caller: Caller, hooks: HookReceiver) -> None:
    run_id = await a_stuck_run(caller, webhook=hooks.url)
    caller.emulator.change_settings(clock_ahead_s=DAY_AND_MORE_S)

    await caller.run(run_id)

    found = caller.emulator.runs.find(run_id)
    assert found is not None
    assert "timeout" not in [hook.body["status"] for hook in found.hooks]


async def test_lists_show_the_timeout_too(caller: Caller) -> None:
    await a_stuck_run(caller)
    caller.emulator.change_settings(clock_ahead_s=DAY_AND_MORE_S)

    rows = (await caller.http.get(f"/v2/workflow/{TEXT2IMG.workflow_id}/runs")).json()

    assert [row["status"] for row in rows] == ["timeout"]


async def test_a_run_that_is_over_stays_as_it_ended(caller: Caller) -> None:
    run_id = await caller.start()
    await caller.finished(run_id)

    caller.emulator.change_settings(clock_ahead_s=DAY_AND_MORE_S)

    assert (await caller.run(run_id))["status"] == "success"


async def test_the_clock_is_set_over_the_wire(caller: Caller) -> None:
    url = f"{caller.emulator.root_url}/control/settings"
    await caller.http.post(url, json={"clock_ahead_s": DAY_AND_MORE_S})

    run = await caller.run(await caller.start())

    ahead = dt.datetime.fromisoformat(run["created_at"]) - dt.datetime.now(dt.UTC)
    assert ahead > dt.timedelta(seconds=DAY_AND_MORE_S - 60)


@pytest.mark.parametrize("ahead", [-1, "soon"])
async def test_a_clock_that_cannot_be_is_400(caller: Caller, ahead: object) -> None:
    url = f"{caller.emulator.root_url}/control/settings"

    answer: httpx.Response = await caller.http.post(url, json={"clock_ahead_s": ahead})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("status", "stamp"), [("not-started", "created_at"), ("queued", "queued_at")]
)
def test_each_status_counts_from_its_own_moment(status: str, stamp: str) -> None:
    late = BORN + dt.timedelta(hours=30)
    run = Run(deployment=TEXT2IMG, inputs={}, status=status, created_at=BORN, updated_at=late)
    setattr(run, stamp, BORN)

    assert run.shown_status(BORN + dt.timedelta(hours=24)) == status
    assert run.shown_status(BORN + dt.timedelta(hours=25)) == "timeout"
