"""What every generation gateway promises: the fake, and ours on an emulated service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import attrs
import pytest

from core.generations.model import RunStatus, RunUpdate
from core.generations.ports import GenerationGateway, RunRequest
from core.shared.errors import (
    MediaTroubleError,
    RunUnknownError,
    ServiceBusyError,
    ServiceRefusedError,
    SubmitUnclearError,
)
from core.shared.ids import DeploymentId, JobId, RunId
from core.workflows.inputs import InputValue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import Ending, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import TEXT2IMG
from tests.fakes.gateway import HOST, FakeGateway

NOWHERE = "00000000-0000-4000-8000-00000000dead"
JOB = JobId("0123456789abcdef0123456789abcdef")
LIMIT = 10_000_000
PATIENCE_S = 10.0


@attrs.frozen(kw_only=True)
class Bench:
    """A gateway, and what a test may have its service do."""

    gateway: GenerationGateway
    deployment: DeploymentId
    files_root: str
    let_end: Callable[[RunId], None]
    work_for_ever: Callable[[], None]
    be_busy_once: Callable[[], None]
    lose_one_answer: Callable[[], None]
    began_at: datetime = attrs.field(factory=lambda: datetime.now(UTC))

    def request(self, marker: JobId = JOB) -> RunRequest:
        """Return a request that the service takes."""
        inputs: dict[str, InputValue] = {
            "prompt": "a red fox",
            "width": 64,
            "height": 64,
            "steps": 2,
        }
        return RunRequest(deployment=self.deployment, inputs=inputs, marker=marker)

    async def found(self, marker: JobId = JOB) -> RunId | None:
        """Look for the run with a marker among those of this test."""
        return await self.gateway.find(self.deployment, marker, since=self.began_at)

    async def ended(self, run: RunId) -> RunUpdate:
        """Return a run's last update."""
        self.let_end(run)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                update = await self.gateway.status(run)
                if update.status.is_end:
                    return update
                await asyncio.sleep(0.01)


@asynccontextmanager
async def faked() -> AsyncIterator[Bench]:
    deployment = DeploymentId("00000000-0000-4000-8000-000000000001")
    fake = FakeGateway(deployments={deployment})

    def lose() -> None:
        fake.fail_with(SubmitUnclearError("lost"), times=1, after_effect=True)

    yield Bench(
        gateway=fake,
        deployment=deployment,
        files_root=HOST,
        let_end=fake.finish,
        work_for_ever=lambda: None,
        be_busy_once=lambda: fake.fail_with(ServiceBusyError("429"), times=1),
        lose_one_answer=lose,
    )


@asynccontextmanager
async def emulated() -> AsyncIterator[Bench]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    client = ComfyDeployClient(
        ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url, retry_for_s=2.0)
    )
    queue = "/run/deployment/queue"

    def order(fault: RequestFault) -> None:
        emulator.faults.order_requests(fault)

    yield Bench(
        gateway=ComfyDeployGateway(client),
        deployment=DeploymentId(TEXT2IMG.id),
        files_root=emulator.root_url + "/files/",
        let_end=lambda run: None,
        work_for_ever=lambda: emulator.faults.order_runs(RunFault(ending=Ending.NEVER)),
        be_busy_once=lambda: order(RequestFault(path=queue, status=429, body="{}")),
        lose_one_answer=lambda: order(RequestFault(path=queue, spoil=Spoil.LOST)),
    )
    await client.aclose()
    await emulator.stop()


@pytest.fixture(params=[faked, emulated])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    made: Callable[[], AbstractAsyncContextManager[Bench]] = request.param
    async with made() as bench:
        yield bench


async def test_a_submitted_run_is_known_and_found_by_its_marker(bench: Bench) -> None:
    run = await bench.gateway.submit(bench.request())

    assert await bench.found() == run
    assert (await bench.gateway.status(run)).status is not RunStatus.FAILED


async def test_a_marker_that_no_run_carries_finds_none(bench: Bench) -> None:
    await bench.gateway.submit(bench.request())

    assert await bench.found(JobId("f" * 32)) is None


async def test_each_of_two_runs_is_found_by_its_own_marker(bench: Bench) -> None:
    first = await bench.gateway.submit(bench.request(JobId("a" * 32)))
    second = await bench.gateway.submit(bench.request(JobId("b" * 32)))

    assert await bench.found(JobId("a" * 32)) == first != second


async def test_a_run_ends_with_a_file_that_can_be_fetched(bench: Bench) -> None:
    run = await bench.gateway.submit(bench.request())

    update = await bench.ended(run)

    assert update.status is RunStatus.SUCCESS
    assert update.run_s is not None
    data = await bench.gateway.fetch(update.outputs[0].url or "", limit_bytes=LIMIT)
    assert data.startswith(b"\x89PNG")


async def test_a_run_that_is_not_there_is_unknown(bench: Bench) -> None:
    with pytest.raises(RunUnknownError):
        await bench.gateway.status(RunId(NOWHERE))


async def test_a_run_is_told_in_full_when_that_is_asked_for(bench: Bench) -> None:
    run = await bench.gateway.submit(bench.request())
    await bench.ended(run)

    assert (await bench.gateway.status(run, fresh=True)).outputs


async def test_a_deployment_that_is_not_there_is_refused(bench: Bench) -> None:
    request = attrs.evolve(bench.request(), deployment=DeploymentId(NOWHERE))

    with pytest.raises(ServiceRefusedError):
        await bench.gateway.submit(request)


async def test_a_busy_service_has_queued_nothing(bench: Bench) -> None:
    bench.be_busy_once()

    with pytest.raises(ServiceBusyError):
        await bench.gateway.submit(bench.request())

    assert await bench.found() is None


async def test_t_05_a_run_whose_answer_was_lost_is_found(bench: Bench) -> None:
    bench.lose_one_answer()

    with pytest.raises(SubmitUnclearError):
        await bench.gateway.submit(bench.request())

    assert await bench.found() is not None


async def test_a_running_run_can_be_cancelled_and_once_more(bench: Bench) -> None:
    bench.work_for_ever()
    run = await bench.gateway.submit(bench.request())

    assert await bench.gateway.cancel(run)
    assert await bench.gateway.cancel(run)
    assert (await bench.gateway.status(run)).status is RunStatus.CANCELLED


async def test_cancelling_after_the_end_changes_nothing(bench: Bench) -> None:
    run = await bench.gateway.submit(bench.request())
    await bench.ended(run)

    assert await bench.gateway.cancel(run)
    assert (await bench.gateway.status(run)).status is RunStatus.SUCCESS


async def test_a_run_that_is_not_there_cannot_be_cancelled(bench: Bench) -> None:
    assert not await bench.gateway.cancel(RunId(NOWHERE))


async def test_an_uploaded_file_can_be_fetched_again(bench: Bench) -> None:
    url = await bench.gateway.upload(b"RIFF....WEBP", name="a fox.webp")

    assert await bench.gateway.fetch(url, limit_bytes=12) == b"RIFF....WEBP"


async def test_a_file_that_is_larger_than_wanted_is_not_taken(bench: Bench) -> None:
    url = await bench.gateway.upload(b"x" * 13, name="a.png")

    with pytest.raises(MediaTroubleError):
        await bench.gateway.fetch(url, limit_bytes=12)


@pytest.mark.parametrize("url", ["{root}nothing.png", "https://elsewhere.example/a.png", "a.png"])
async def test_a_file_that_is_not_there_or_not_theirs_is_trouble(bench: Bench, url: str) -> None:
    with pytest.raises(MediaTroubleError):
        await bench.gateway.fetch(url.format(root=bench.files_root), limit_bytes=LIMIT)
