"""Following many runs without webhooks: `./stationthis test --full tests/benchmarks -n0`."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import attrs
import httpx
import pytest

from composition.config import Config
from composition.container import Container
from composition.run import working
from core.generations.ports import Places
from core.shared.events import Event, RunEnded
from core.shared.ids import AccountId, JobId, WorkflowName
from core.shared.statistics import Outcome, Saving
from core.use_cases.start_generation import Request
from infrastructure.comfy_deploy.api.deployments import DeploymentOrder
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import GET_RUN, LIST_RUNS
from infrastructure.comfy_deploy.settings import ComfySettings
from tests.benchmarks.figures import tell
from tests.infrastructure.comfy_deploy.counting import CountingMeter
from tests.program import emulating
from tests.until import until

pytestmark = [pytest.mark.full, pytest.mark.process]

RUNS = 200
WORKFLOWS = ("fox", "hare", "owl", "crane")
IN_FLIGHT_S = 60.0
CALLS_OF_ONE_BY_ONE = 0.25
NOTICED_S = 2.0
PATIENCE_S = 240.0


@attrs.define
class Noticed:
    """How late each end of a run was noticed, in seconds."""

    container: Container
    late_s: dict[JobId, float] = attrs.Factory(dict)

    async def hear(self, event: Event) -> None:
        """Take an event."""
        if isinstance(event, RunEnded):
            ended_at = event.ended_at or datetime.max.replace(tzinfo=self.now.tzinfo)
            self.late_s[event.job] = (self.now - ended_at).total_seconds()

    @property
    def now(self) -> datetime:
        """The present."""
        return self.container.clock().now()


async def test_many_runs_without_webhooks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = CountingMeter()
    async with emulating(tmp_path / "emulator.log", "--fast") as service:
        settings = ComfySettings(
            api_key=service["COMFY_DEPLOY_API_KEY"], base_url=service["COMFY_DEPLOY_BASE_URL"]
        )
        await _prepared(settings)
        config = Config(
            database_url="memory:",
            data_dir=tmp_path,
            comfy=settings,
            webhooks=False,
            places=Places(per_account=RUNS, in_all=RUNS),
        )
        container = Container(config=config, owner="worker:test")
        container.client.override(ComfyDeployClient(settings, meter))
        noticed = Noticed(container)
        async with working(container):
            container.events().subscribe(noticed.hear)
            await _started(container)
            await until(lambda: len(noticed.late_s) == RUNS, within_s=PATIENCE_S)

    singles, lists = _calls(meter)[GET_RUN.name], _calls(meter)[LIST_RUNS.name]
    one_by_one = singles + meter.saved[GET_RUN.name, Saving.LISTED]
    latest_s = max(noticed.late_s.values())
    tell(
        capsys,
        f"{RUNS} runs of {len(WORKFLOWS)} workflows in flight for {IN_FLIGHT_S:.0f} s without "
        f"webhooks: {singles} single questions and {lists} lists, {(singles + lists)} calls, where "
        f"one by one takes {one_by_one}: {(singles + lists) / one_by_one:.1%}; ends noticed after "
        f"{latest_s:.2f} s at the latest",
    )
    assert singles + lists <= CALLS_OF_ONE_BY_ONE * one_by_one
    assert latest_s <= NOTICED_S


def _calls(meter: CountingMeter) -> Mapping[str, int]:
    names = (GET_RUN.name, LIST_RUNS.name)
    return {name: sum(meter.ended[name, outcome] for outcome in Outcome) for name in names}


async def _prepared(settings: ComfySettings) -> None:
    """Have four workflows, and room for all runs at once, each of which takes a minute."""
    async with ComfyDeployApi.opened(settings) as api:
        listed = await api.deployments.list()
        first = next(e for e in listed if e.workflow and e.workflow.name == "text2img")
        for name in WORKFLOWS:
            copy = await api.workflows.clone(first.workflow_id, name=name)
            (version, *_) = await api.workflows.versions(copy.id)
            await api.deployments.save(
                DeploymentOrder(
                    workflow_id=copy.id,
                    workflow_version_id=version.id,
                    environment="production",
                    machine_id=first.machine_id,
                )
            )
    async with httpx.AsyncClient(base_url=settings.base_url.removesuffix("/api")) as control:
        answers = (
            await control.post("/control/settings", json={"concurrency": 2 * RUNS}),
            await control.post(
                "/control/faults", json={"for": "runs", "count": None, "extra_s": IN_FLIGHT_S}
            ),
        )
    assert [each.status_code for each in answers] == [200, 200]


async def _started(container: Container) -> None:
    workflows = {each.name: each for each in (await container.catalogue().current()).workflows}
    start, small = container.start(), {"width": 64, "height": 64, "steps": 1}
    for number in range(RUNS):
        request = Request(
            account=AccountId(f"person{number}"),
            workflow=workflows[WorkflowName(WORKFLOWS[number % len(WORKFLOWS)])],
            words=f"a fox number {number}",
            inputs=small,
            reply_to="web:nobody",
        )
        await start.wake(await start(JobId(f"{number:032x}"), request))
        await asyncio.sleep(0)
