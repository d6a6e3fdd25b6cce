import re
from typing import Any

import pytest

from infrastructure.emulator.faults import Ending, OddOutput, RunFault
from infrastructure.emulator.workspace import TEXT2IMG, UPSCALE
from tests.infrastructure.emulator.recorded import (
    DEPLOYMENT_RUN,
    GALLERY_ITEM,
    RUN_LATEST,
    SLIM_RUN,
    WORKFLOW_RUN,
)
from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
OF_TEXT2IMG = f"/workflow/{TEXT2IMG.workflow_id}"
DAY_S = 86_400
PAGED = [f"{OF_TEXT2IMG}/runs", f"/v2{OF_TEXT2IMG}/runs", f"/deployment/{TEXT2IMG.id}/runs"]


async def rows(caller: Caller, path: str, **query: object) -> list[dict[str, Any]]:
    answer = (await caller.http.get(path, params={k: str(v) for k, v in query.items()})).json()
    found: list[dict[str, Any]] = answer["data"] if isinstance(answer, dict) else answer
    return found


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"{OF_TEXT2IMG}/runs", WORKFLOW_RUN),
        (f"/v2{OF_TEXT2IMG}/runs", SLIM_RUN),
        (f"/deployment/{TEXT2IMG.id}/runs", DEPLOYMENT_RUN),
        (f"{OF_TEXT2IMG}/run/latest", RUN_LATEST),
        (f"{OF_TEXT2IMG}/runs/day", {"id", "created_at", "status"}),
        (f"{OF_TEXT2IMG}/gallery", GALLERY_ITEM),
    ],
)
async def test_a_list_has_the_fields_of_the_service(
    caller: Caller, path: str, fields: set[str]
) -> None:
    await caller.finished(await caller.start())

    assert [set(row) for row in await rows(caller, path)] == [fields]


async def test_the_latest_run_shows_its_newest_media_only(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(odd=OddOutput.EMPTY))
    await caller.finished(await caller.start())
    run_id = await caller.start()
    run = await caller.finished(run_id)

    latest = (await rows(caller, f"{OF_TEXT2IMG}/run/latest"))[0]

    assert [one["id"] for one in latest["outputs"]] == [run["outputs"][-1]["id"]]
    assert latest["id"] == run_id


async def test_a_workflow_that_never_ran_has_no_latest_run(caller: Caller) -> None:
    assert await rows(caller, f"/workflow/{NOBODY}/run/latest") == []


async def test_the_day_ends_after_24_hours(caller: Caller) -> None:
    await caller.start()
    caller.emulator.change_settings(clock_ahead_s=DAY_S + 60)
    young = await caller.start()

    assert [row["id"] for row in await rows(caller, f"{OF_TEXT2IMG}/runs/day")] == [young]


async def test_the_gallery_shows_what_succeeded(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.TIMEOUT_WITH_OUTPUTS))
    await caller.finished(await caller.start())
    good = await caller.finished(await caller.start())

    shown = await rows(caller, f"{OF_TEXT2IMG}/gallery")

    assert [one["output_id"] for one in shown] == [good["outputs"][0]["id"]]
    assert shown[0]["run_duration"] == pytest.approx(good["run_duration"])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"file_type": "image"}, 2),
        ({"file_type": "video"}, 0),
        ({"origin": "manual"}, 0),
        ({"user_id": "somebody"}, 0),
        ({"limit": 1}, 1),
        ({"offset": 2}, 0),
    ],
)
async def test_the_gallery_is_filtered_and_paged(
    caller: Caller, query: dict[str, object], shown: int
) -> None:
    for _ in range(2):
        await caller.finished(await caller.start())

    assert len(await rows(caller, f"{OF_TEXT2IMG}/gallery", **query)) == shown


@pytest.mark.parametrize("path", PAGED)
async def test_a_list_is_paged_newest_first(caller: Caller, path: str) -> None:
    oldest, middle, newest = [await caller.start() for _ in range(3)]

    first = await rows(caller, path, limit=2)
    second = await rows(caller, path, limit=2, offset=2)

    assert [row["id"] for row in first + second] == [newest, middle, oldest]


@pytest.mark.parametrize("path", PAGED)
async def test_a_page_below_zero_breaks_the_service(caller: Caller, path: str) -> None:
    answer = await caller.http.get(path, params={"offset": -1})

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


async def test_the_slim_list_begins_where_it_is_told(caller: Caller) -> None:
    await caller.start()
    caller.emulator.change_settings(clock_ahead_s=3600)
    young = await caller.start()
    since = int(caller.emulator.runs.newest_first()[0].created_at.timestamp()) - 60

    found = await rows(caller, f"/v2{OF_TEXT2IMG}/runs", rf=since)

    assert [row["id"] for row in found] == [young]


async def test_the_slim_list_is_filtered_by_status_and_deployment(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(ending=Ending.FAILED))
    failed = await caller.start()
    await caller.finished(failed)
    await caller.finished(await caller.start())

    query = {"status": "failed", "deployment_id": TEXT2IMG.id}
    found = await rows(caller, f"/v2{OF_TEXT2IMG}/runs", **query)

    assert [row["id"] for row in found] == [failed]
    assert await rows(caller, f"/v2{OF_TEXT2IMG}/runs", deployment_id=UPSCALE.id) == []


async def test_runs_are_counted_for_everybody(caller: Caller) -> None:
    for _ in range(2):
        await caller.start()

    answer = await caller.http.get("/runs/count")

    assert answer.json() == {"count": 2, "start_time": None, "end_time": None, "filters": None}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"workflow_id": TEXT2IMG.workflow_id}, 1),
        ({"workflow_id": UPSCALE.workflow_id}, 0),
        ({"machine_id": TEXT2IMG.machine_id}, 1),
        ({"deployment_id": UPSCALE.id}, 0),
        ({"start_time": "2020-01-01T00:00:00"}, 1),
        ({"end_time": "2020-01-01T00:00:00Z"}, 0),
    ],
)
async def test_counted_runs_are_filtered(caller: Caller, query: dict[str, str], count: int) -> None:
    await caller.start()

    assert (await caller.http.get("/runs/count", params=query)).json()["count"] == count


@pytest.mark.parametrize(
    "query", [{"status": "success"}, {"origin": "api"}, {"gpu": "T4"}, {"start_time": "today"}]
)
async def test_some_filters_break_the_count(caller: Caller, query: dict[str, str]) -> None:
    answer = await caller.http.get("/runs/count", params=query)

    assert (answer.status_code, answer.json()) == (500, {"error": "Internal server error"})


async def test_only_the_full_list_shows_what_does_not_fit_the_api(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(odd=OddOutput.ERROR))
    run = await caller.finished(await caller.start())

    full = (await rows(caller, f"{OF_TEXT2IMG}/runs"))[0]

    assert [list(one["data"]) for one in full["outputs"]] == [["images"], ["error"]]
    assert len(run["outputs"]) == 1


async def test_times_of_lists_have_three_digits(caller: Caller) -> None:
    await caller.finished(await caller.start())

    latest = (await rows(caller, f"{OF_TEXT2IMG}/run/latest"))[0]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", latest["ended_at"])
