"""What the service does otherwise than one would think, by its number in ADR 0022."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import attrs
import pytest

from core.generations.model import RunStatus
from core.generations.ports import RunRequest
from core.shared.errors import MediaTroubleError, NoCreditError, SubmitUnclearError
from core.shared.ids import DeploymentId, JobId, RunId
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.runs import Run
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import ENDPOINTS, QUEUE_RUN
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.emulator.faults import Ending, OddOutput, RequestFault, RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import TEXT2IMG
from tests.builders import LONG_AGO
from tests.infrastructure.comfy_deploy.loopback import CRASH, Loopback, json_reply

JOB = JobId("0123456789abcdef0123456789abcdef")
QUEUE = "/run/deployment/queue"
ORDER = RunOrder(
    deployment_id=TEXT2IMG.id,
    inputs={"prompt": "fox", "width": 64, "height": 64, "steps": 1, "stationthis_job": JOB},
)
LONGEST_HIDDEN_RETRY_S = 55.0
"""For so long the queue call was seen to hang while the service asked a sick machine again."""

MB = 1024 * 1024
PATIENCE_S = 10.0

T = TypeVar("T")


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator(EmulatorSettings.quick())
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[ComfyDeployApi]:
    settings = ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url, retry_for_s=0.5)
    async with ComfyDeployApi.opened(settings) as api:
        yield api


@pytest.fixture
def gateway(api: ComfyDeployApi) -> ComfyDeployGateway:
    return ComfyDeployGateway(api.client)


async def asked(question: Callable[[], Awaitable[T]], is_enough: Callable[[T], bool]) -> T:
    """Ask until the answer is enough, and return it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await question()
            if is_enough(answer):
                return answer
            await asyncio.sleep(0.01)


async def ended(api: ComfyDeployApi, run_id: str) -> Run:
    return await asked(lambda: api.runs.get(run_id), lambda run: run.status.is_end)


async def one_run(emulator: Emulator, api: ComfyDeployApi, fault: RunFault) -> Run:
    """Return a run with this fault, once it has ended."""
    emulator.faults.order_runs(fault)
    return await ended(api, await api.runs.queue(ORDER))


async def test_quirk_a9_an_address_without_its_signature_opens_nothing_and_a_read_signs_anew(
    emulator: Emulator, api: ComfyDeployApi, gateway: ComfyDeployGateway
) -> None:
    run = await one_run(emulator, api, RunFault(private=True))

    signed = run.outputs[0].url or ""
    unsigned = urlsplit(signed)._replace(query="").geturl()

    assert await gateway.fetch(signed, limit_bytes=MB)
    with pytest.raises(MediaTroubleError):
        await gateway.fetch(unsigned, limit_bytes=MB)


async def test_quirk_b3_a_run_whose_upload_hangs_goes_on_and_shows_what_it_has(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    emulator.faults.order_runs(RunFault(ending=Ending.NEVER_WITH_OUTPUTS))
    run_id = await api.runs.queue(ORDER)

    run = await asked(lambda: api.runs.get(run_id), lambda run: bool(run.outputs))

    assert run.status is RunStatus.RUNNING


async def test_quirk_b5_only_the_log_says_why_a_run_has_failed(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    run = await one_run(emulator, api, RunFault(ending=Ending.FAILED))

    lines = await asked(lambda: api.runs.logs(run.id), bool)

    assert run.status is RunStatus.FAILED
    assert any("Error occurred" in each.message for each in lines)


async def test_quirk_b6_a_run_whose_machine_said_no_may_run_and_is_looked_for(
    emulator: Emulator, gateway: ComfyDeployGateway
) -> None:
    fault = RequestFault(path=QUEUE, spoil=Spoil.MACHINE_ANSWERS, status=400, handled=True)
    emulator.faults.order_requests(fault)
    deployment = DeploymentId(TEXT2IMG.id)

    with pytest.raises(SubmitUnclearError):
        await gateway.submit(RunRequest(deployment=deployment, inputs={"prompt": "x"}, marker=JOB))

    (run,) = emulator.runs.newest_first(workflow_id=TEXT2IMG.workflow_id)
    assert await gateway.find(deployment, JOB, since=LONG_AGO) == run.id


@pytest.mark.parametrize(
    ("odd", "count"),
    [(each, 0 if each is OddOutput.MIXED else 1) for each in OddOutput],
)
async def test_quirk_b8_what_the_service_does_not_show_is_no_result(
    emulator: Emulator, api: ComfyDeployApi, odd: OddOutput, count: int
) -> None:
    run = await one_run(emulator, api, RunFault(odd=odd))

    assert (run.status, len(run.outputs)) == (RunStatus.SUCCESS, count)


async def test_quirk_b9_an_output_without_data_is_no_result(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    emulator.faults.order_runs(RunFault(ending=Ending.EMPTY))

    run = await one_run(emulator, api, RunFault(odd=OddOutput.EMPTY))

    assert run.outputs == ()


async def test_quirk_b10_outputs_that_come_after_the_end_are_found_by_reading_again(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    run = await one_run(emulator, api, RunFault(late_outputs_s=0.5))

    later = await asked(lambda: api.runs.get(run.id), lambda run: bool(run.outputs))

    assert (run.status, run.outputs) == (RunStatus.SUCCESS, ())
    assert len(later.outputs) == 1


async def test_quirk_b13_a_machine_at_home_neither_queues_nor_starts_and_ends_all_the_same(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    run = await one_run(emulator, api, RunFault(classic=True, uploading=True))

    assert (run.status, run.started_at, run.run_s) == (RunStatus.SUCCESS, None, None)


def test_quirk_c3_a_queue_call_is_waited_for_longer_than_the_service_may_hang() -> None:
    client = ComfyDeployClient(ComfySettings(api_key="key"))

    assert client.limit_s(QUEUE_RUN.patience) > LONGEST_HIDDEN_RETRY_S


async def test_quirk_c5_no_order_asks_for_a_batch() -> None:
    async with Loopback(json_reply({"run_id": "r"})) as service:
        api = ComfyDeployApi(service.client())
        await api.runs.queue(attrs.evolve(ORDER, gpu="T4", webhook="https://bot.example.com"))
        await api.client.aclose()

    assert not [name for name in service.seen[0].json if name.startswith("batch")]


def test_quirk_c6_no_path_of_ours_ends_with_a_slash() -> None:
    assert [each.name for each in ENDPOINTS if each.path.endswith("/")] == []


def test_quirk_c11_the_count_of_everybodys_runs_is_not_asked_for() -> None:
    assert [each.name for each in ENDPOINTS if "count" in each.path] == []


async def test_quirk_c15_want_of_credit_is_told_from_every_other_403(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    emulator.faults.order_requests(RequestFault(path=QUEUE, spoil=Spoil.NO_CREDIT))

    with pytest.raises(NoCreditError):
        await api.runs.queue(ORDER)


async def test_quirk_c16_a_refusal_for_want_of_credit_may_be_gone_at_the_next_try(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    emulator.faults.order_requests(RequestFault(path=QUEUE, spoil=Spoil.NO_CREDIT))

    with pytest.raises(NoCreditError):
        await api.runs.queue(ORDER)
    run = await ended(api, await api.runs.queue(ORDER))

    assert run.status is RunStatus.SUCCESS
    assert len(list(emulator.runs)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "Insufficient deployment owner's GPU credits to create run",
        "Insufficient your GPU credits to create run",
    ],
)
async def test_quirk_c17_whosever_credit_it_is_its_want_is_the_same_error(words: str) -> None:
    async with Loopback(json_reply({"detail": words}, status=403)) as service:
        api = ComfyDeployApi(service.client())
        with pytest.raises(NoCreditError):
            await api.runs.queue(ORDER)
        await api.client.aclose()


async def test_quirk_c2_a_crash_that_closes_the_connection_harms_no_later_call() -> None:
    async with Loopback(CRASH, json_reply({"id": "r", "status": "success"})) as service:
        api = ComfyDeployApi(service.client())
        run = await api.runs.get("r")
        await api.client.aclose()

    assert (run.status, len(service.seen)) == (RunStatus.SUCCESS, 2)


async def test_quirk_d1_a_cold_start_is_told_apart_from_the_work(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    run = await one_run(emulator, api, RunFault(cold_s=0.1))

    assert (run.cold_start_s or 0.0) >= 0.1
    assert run.run_s is not None


async def test_quirk_d3_who_waits_for_a_gpu_is_told_the_place_in_the_queue(
    emulator: Emulator, api: ComfyDeployApi
) -> None:
    emulator.change_settings(concurrency=1)
    emulator.faults.order_runs(RunFault(extra_s=5.0))

    runs = [await api.runs.queue(ORDER) for _ in range(3)]

    assert (await api.runs.get(runs[2])).queue_position == 1


async def test_quirk_d4_an_end_that_the_service_learns_late_is_asked_for_until_then(
    emulator: Emulator, gateway: ComfyDeployGateway, api: ComfyDeployApi
) -> None:
    emulator.faults.order_runs(RunFault(late_end_s=0.2))
    run = RunId(await api.runs.queue(ORDER))

    before = await gateway.status(run)
    after = await asked(lambda: gateway.status(run), lambda update: update.status.is_end)

    assert (before.status.is_end, after.status) == (False, RunStatus.SUCCESS)


async def test_quirk_e3_a_call_in_one_expression_has_its_answer(emulator: Emulator) -> None:
    client = ComfyDeployClient(ComfySettings(api_key=emulator.api_key, base_url=emulator.base_url))
    run_id = await ComfyDeployApi(client).runs.queue(ORDER)
    gc.collect()

    run = await ComfyDeployApi(client).runs.get(run_id)
    await client.aclose()

    assert run.id == run_id
