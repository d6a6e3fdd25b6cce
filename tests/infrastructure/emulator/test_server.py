import asyncio
import threading

import httpx
import pytest

from infrastructure.emulator.faults import RequestFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import calling


async def test_stopping_leaves_no_task_and_no_thread() -> None:
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    emulator = Emulator(EmulatorSettings.quick(node_s=60.0))
    async with calling(emulator) as caller:
        run_id = await caller.start(webhook="http://127.0.0.1:9/x")
        await caller.start()
        await caller.reaching(run_id, {"running"})

    left = {task for task in asyncio.all_tasks() - tasks if not task.done()}
    assert (left, set(threading.enumerate()) - threads) == (set(), set())


async def test_stopping_ends_answers_that_hang() -> None:
    emulator = Emulator(EmulatorSettings.quick())
    async with calling(emulator) as caller:
        emulator.faults.order_requests(RequestFault(spoil=Spoil.DELAY, delay_s=600, handled=False))
        hanging = asyncio.create_task(caller.http.get("/deployments"))
        await asyncio.sleep(0.05)

        async with asyncio.timeout(5):
            await emulator.stop()

        answers = await asyncio.gather(hanging, return_exceptions=True)
        assert isinstance(answers[0], httpx.Response | httpx.HTTPError)


async def test_it_can_be_started_again_and_remembers_its_runs() -> None:
    emulator = Emulator(EmulatorSettings.quick())
    async with calling(emulator) as caller:
        run_id = await caller.start()
        await caller.finished(run_id)

    async with calling(emulator) as caller:
        again = await caller.run(run_id)
        fresh = await caller.finished(await caller.start())

        assert (again["status"], fresh["status"]) == ("success", "success")


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing() -> None:
    async with calling(Emulator(EmulatorSettings.quick())) as caller:
        port = int(caller.emulator.root_url.rpartition(":")[2])
        threads = set(threading.enumerate())
        second = Emulator(EmulatorSettings.quick(port=port))

        with pytest.raises(OSError, match="address already in use"):
            await second.start()

        assert set(threading.enumerate()) == threads


def test_the_address_is_known_before_the_start_when_the_port_is() -> None:
    emulator = Emulator(EmulatorSettings(port=3011))

    assert emulator.root_url == "http://127.0.0.1:3011"
    assert emulator.base_url == "http://127.0.0.1:3011/api"


@pytest.mark.parametrize(
    ("host", "root"), [("::", "http://[::1]:3011"), ("localhost", "http://localhost:3011")]
)
def test_the_address_can_be_called_whatever_it_is_bound_to(host: str, root: str) -> None:
    assert Emulator(EmulatorSettings(host=host)).root_url == root


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="no such setting: colour"):
        EmulatorSettings.quick(colour="red")

    with pytest.raises(ValueError, match="concurrency"):
        EmulatorSettings(concurrency=0)


def test_a_usual_run_takes_some_seconds() -> None:
    settings = EmulatorSettings()

    assert (settings.port, settings.api_key, settings.concurrency) == (3011, "emulator-key", 2)
    assert settings.cold_start_s == 1.5
