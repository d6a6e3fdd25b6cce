"""Many runs are followed with few calls, and none of them is told anything that is not so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from core.generations.model import RunStatus
from core.generations.ports import RunRequest
from core.shared.errors import RunUnknownError, ServiceTroubleError
from core.shared.ids import DeploymentId, JobId, RunId
from core.shared.statistics import Saving
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import LIST_DEPLOYMENTS
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.run_lists import PAGE, RunList
from infrastructure.comfy_deploy.run_statuses import FULL_EVERY_S, LATELY_S, NO_LIST_S, RunStatuses
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import Ending, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.comfy_deploy.counting import CountingMeter
from tests.infrastructure.comfy_deploy.loopback import Loopback, json_reply

ONE = "GET /api/run/{id}"
LIST = "GET /api/v2/workflow/{wf}/runs"


@attrs.define(kw_only=True)
class World:
    """An emulator, and whoever follows its runs; `now_s` is the clock of that one."""

    emulator: Emulator
    client: ComfyDeployClient
    meter: CountingMeter
    statuses: RunStatuses
    gateway: ComfyDeployGateway
    now: list[float]

    def calls(self, route: str) -> int:
        """How often a route was asked."""
        requests = self.emulator.state()["requests"]
        assert isinstance(requests, dict)
        return int(requests.get(route, 0))

    async def runs(self, count: int, *, ending: Ending | None = None) -> list[RunId]:
        """Queue so many runs of one workflow, and ask for each once."""
        if ending is not None:
            self.emulator.faults.order_runs(RunFault(count=count, ending=ending))
        deployment = DeploymentId(await self._deployment())
        found = [
            await self.gateway.submit(
                RunRequest(
                    deployment=deployment,
                    inputs={"prompt": "a fox", "width": 64, "height": 64},
                    marker=JobId(f"job{number}"),
                )
            )
            for number in range(count)
        ]
        await self.ask(*found)
        return found

    async def ask(self, *runs: RunId) -> list[RunStatus]:
        """Ask for all of them at once."""
        updates = await asyncio.gather(*(self.statuses.of(run) for run in runs))
        return [each.status for each in updates]

    async def _deployment(self) -> str:
        listed = await self.client.call(LIST_DEPLOYMENTS)
        assert isinstance(listed, list)
        return next(str(each["id"]) for each in listed if each["workflow"]["name"] == "text2img")


@asynccontextmanager
async def following(**changes: float) -> AsyncIterator[World]:
    """Have a world in which runs hang for ever unless a test orders otherwise."""
    emulator = Emulator(EmulatorSettings.quick(concurrency=500, **changes))
    await emulator.start()
    settings = ComfySettings(
        api_key=emulator.api_key, base_url=emulator.base_url, calls_per_s=0, retry_for_s=0.3
    )
    meter, now = CountingMeter(), [1_000.0]
    client = ComfyDeployClient(settings, meter)
    statuses = RunStatuses(client, gather_s=0.02, clock=lambda: now[0])
    gateway = ComfyDeployGateway(client, statuses)
    try:
        yield World(
            emulator=emulator,
            client=client,
            meter=meter,
            statuses=statuses,
            gateway=gateway,
            now=now,
        )
    finally:
        await statuses.aclose()
        await client.aclose()
        await emulator.stop()


async def ended(world: World, run: RunId) -> None:
    """Ask for a run until it has ended well."""
    async with asyncio.timeout(10):
        while await world.ask(run) != [RunStatus.SUCCESS]:
            pass


async def test_t_16_many_runs_of_a_workflow_are_asked_for_by_one_list() -> None:
    async with following() as world:
        runs = await world.runs(20, ending=Ending.NEVER)
        statuses = await world.ask(*runs)

        assert set(statuses) == {RunStatus.RUNNING}
        assert (world.calls(LIST), world.calls(ONE)) == (1, 20)
        assert world.meter.saved[("GET /run/{run_id}", Saving.LISTED)] == 20


async def test_few_runs_are_asked_for_one_by_one_and_at_once() -> None:
    async with following() as world:
        runs = await world.runs(2, ending=Ending.NEVER)
        await world.ask(*runs)

        assert (world.calls(LIST), world.calls(ONE)) == (0, 4)


async def test_more_runs_than_a_page_holds_are_all_found() -> None:
    async with following() as world:
        runs = await world.runs(130, ending=Ending.NEVER)
        statuses = await world.ask(*runs)

        assert set(statuses) == {RunStatus.RUNNING}
        assert (world.calls(LIST), world.calls(ONE)) == (2, 130)


async def test_an_end_that_a_list_shows_is_read_in_full() -> None:
    async with following(node_s=0.05) as world:
        runs = await world.runs(5)
        await asyncio.gather(*(ended(world, run) for run in runs))

        update = await world.statuses.of(runs[0])
        assert (len(update.outputs), world.calls(LIST) > 0) == (1, True)


async def test_an_answer_is_never_older_than_its_question() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.emulator.faults.order_requests(
            RequestFault(spoil=Spoil.DELAY, path="/v2/workflow", delay_s=0.15)
        )
        early = asyncio.create_task(world.ask(runs[0]))
        await asyncio.sleep(0.08)  # its list has been answered for, and is on its way back
        for run in runs:
            await world.gateway.cancel(run)

        assert await world.ask(runs[1]) == [RunStatus.CANCELLED]
        assert await early == [RunStatus.RUNNING]


async def test_a_run_of_which_a_webhook_told_is_read_at_once() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.statuses.may_be_over(JobId("job0"))
        await world.ask(runs[0])

        assert (world.calls(LIST), world.calls(ONE)) == (0, 6)


async def test_a_hint_about_a_job_that_nobody_follows_changes_nothing() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.statuses.may_be_over(JobId("somebody else's"))
        await world.ask(*runs)

        assert world.calls(LIST) == 1


async def test_whoever_goes_on_is_read_in_full_now_and_then() -> None:
    async with following() as world:
        runs = await world.runs(20, ending=Ending.NEVER)
        world.now[0] += FULL_EVERY_S / 2
        lively = asyncio.gather(*(world.statuses.of(run) for run in runs))
        await lively
        after_some_time = world.calls(ONE) - 20
        world.now[0] += FULL_EVERY_S + 1
        await world.ask(*runs)

        assert after_some_time < 10  # for their progress, as far as there is room
        assert world.calls(ONE) - 20 - after_some_time >= 20


@pytest.mark.parametrize(
    "trouble",
    [
        RequestFault(path="/v2/workflow", status=404, body='{"detail": "Not Found"}'),
        RequestFault(path="/v2/workflow", status=504, count=None),
        RequestFault(path="/v2/workflow", status=200, body="<html>", content_type="text/html"),
    ],
    ids=["not there", "too slow for its edge", "a web page"],
)
async def test_a_list_that_fails_is_left_alone_and_the_runs_are_asked_for_one_by_one(
    trouble: RequestFault,
) -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.emulator.faults.order_requests(trouble)
        statuses = await world.ask(*runs)
        lists = world.calls(LIST)
        statuses += await world.ask(*runs)

        assert statuses == [RunStatus.RUNNING] * 10
        assert (world.calls(LIST), world.calls(ONE)) == (lists, 15)


async def test_a_list_that_works_again_is_used_again() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.emulator.faults.order_requests(RequestFault(path="/v2/workflow", status=404))
        await world.ask(*runs)
        world.now[0] += NO_LIST_S[0] - LATELY_S / 2
        await world.ask(*runs)
        world.now[0] += LATELY_S / 2
        await world.ask(*runs)

        assert world.calls(LIST) == 2


async def test_a_server_that_ignores_paging_is_not_read_for_ever() -> None:
    rows = [{"id": f"run{number}", "status": "running"} for number in range(PAGE)]
    async with Loopback(json_reply(rows)) as server:
        client = server.client()
        runs = RunList(client, "w1", 0.0)
        asked = (runs.row(RunId(f"lost{number}")) for number in range(50))
        found = await asyncio.gather(*asked)
        await client.aclose()

    assert set(found) == {None}
    assert len(server.seen) == 2


async def test_whoever_needs_it_fresh_gets_more_than_a_list_tells() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        await world.statuses.of(runs[0], fresh=True)

        assert (world.calls(LIST), world.calls(ONE)) == (0, 6)


async def test_after_a_restart_a_webhook_is_understood_once_the_run_was_read() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        anew = RunStatuses(world.client, gather_s=0.02, clock=lambda: world.now[0])
        await asyncio.gather(*(anew.of(run) for run in runs))
        anew.may_be_over(JobId("job0"))
        await anew.of(runs[0])

        assert (world.calls(LIST), world.calls(ONE)) == (0, 11)


async def test_a_service_that_is_away_is_told_to_all_who_asked() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        world.emulator.faults.order_requests(RequestFault(count=None, status=502))
        asked = [world.statuses.of(run) for run in runs]
        answers = await asyncio.gather(*asked, return_exceptions=True)

        assert {type(each) for each in answers} == {ServiceTroubleError}


async def test_a_run_that_no_list_shows_is_asked_for_itself() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        lost = RunId("00000000-0000-0000-0000-000000000001")
        found = world.statuses
        await world.ask(*runs)

        with pytest.raises(RunUnknownError):
            await found.of(lost)


async def test_whoever_stops_asking_is_not_asked_for() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        asking = asyncio.create_task(world.ask(*runs))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        await asyncio.sleep(0.05)

        assert world.calls(LIST) == 0


async def test_at_the_end_of_the_program_nobody_waits_for_a_list() -> None:
    async with following() as world:
        runs = await world.runs(5, ending=Ending.NEVER)
        asking = [asyncio.create_task(world.statuses.of(run)) for run in runs]
        await asyncio.sleep(0)
        await world.statuses.aclose()
        answers = await asyncio.gather(*asking, return_exceptions=True)

        assert {type(each) for each in answers} == {ServiceTroubleError}
