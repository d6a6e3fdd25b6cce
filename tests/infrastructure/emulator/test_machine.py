import attrs
import pytest

from infrastructure.emulator.deployments import stable_id
from infrastructure.emulator.faults import RunFault
from infrastructure.emulator.gpus import GPUS, pace_of
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from infrastructure.emulator.workspace import UPSCALE
from tests.infrastructure.emulator.test_graph_runs import a_graph_order
from tests.infrastructure.emulator.workbench import Caller, calling

T4, HOME = stable_id("machine/t4"), stable_id("machine/home")


async def run_on(caller: Caller, gpu: str) -> dict[str, object]:
    order = a_graph_order(machine_id=T4, gpu=gpu)
    answer = await caller.http.post("/run/workflow/queue", json=order)
    return await caller.finished(answer.json()["run_id"])


def test_a_better_gpu_is_faster() -> None:
    speeds = [pace_of(gpu).speed for gpu in GPUS]

    assert speeds == sorted(speeds)


def test_a_gpu_that_is_not_known_is_the_usual_one() -> None:
    assert pace_of(None) == pace_of("A10G")


async def test_an_h100_works_faster_than_a_t4() -> None:
    async with calling(Emulator(EmulatorSettings.quick(node_s=0.1))) as caller:
        slow, fast = await run_on(caller, "T4"), await run_on(caller, "H100")

        assert float(str(fast["run_duration"])) < float(str(slow["run_duration"])) / 2


async def test_each_gpu_begins_cold() -> None:
    async with calling(Emulator(EmulatorSettings.quick(cold_start_s=0.2))) as caller:
        runs = [await run_on(caller, gpu) for gpu in ("T4", "H100", "T4")]

        cold = [float(str(run["cold_start_duration"])) for run in runs]
        assert cold[0] >= 0.24
        assert cold[0] > cold[1] >= 0.16 > cold[2]


async def test_the_deployments_own_gpu_goes_before_the_callers(caller: Caller) -> None:
    run = await caller.run(await caller.start("upscale", gpu="H100"))

    assert run["gpu"] == "T4"


async def test_the_callers_gpu_goes_before_the_machines(caller: Caller) -> None:
    order = a_graph_order(machine_id=T4)
    plain = (await caller.http.post("/run/workflow/queue", json=order)).json()["run_id"]

    assert (await caller.run(plain))["gpu"] == "T4"
    assert (await run_on(caller, "L4"))["gpu"] == "L4"


async def test_a_machine_at_home_neither_queues_nor_starts(caller: Caller) -> None:
    order = a_graph_order(machine_id=HOME)
    answer = await caller.http.post("/run/workflow/queue", json=order)

    run = await caller.finished(answer.json()["run_id"])

    assert (run["machine_type"], run["modal_function_call_id"]) == ("classic", None)
    assert (run["queued_at"], run["started_at"], run["run_duration"]) == (None, None, None)


async def test_a_run_at_home_cannot_be_cancelled(caller: Caller) -> None:
    caller.emulator.faults.order_runs(RunFault(classic=True))

    answer = await caller.http.post(f"/run/{await caller.start()}/cancel")

    assert answer.status_code == 500


async def test_a_run_that_works_too_long_times_out() -> None:
    settings = EmulatorSettings.quick(node_s=60.0, run_timeout_s=0.2)
    async with calling(Emulator(settings)) as caller:
        run = await caller.finished(await caller.start())

        assert (run["status"], run["outputs"]) == ("timeout", [])
        assert run["ended_at"] is not None


async def test_the_place_in_the_queue_is_that_of_the_machine() -> None:
    async with calling(Emulator(EmulatorSettings.quick(concurrency=1, node_s=60.0))) as caller:
        await caller.reaching(await caller.start(), {"running"})
        await caller.start()
        order = a_graph_order(machine_id=T4)
        other = (await caller.http.post("/run/workflow/queue", json=order)).json()["run_id"]

        assert (await caller.run(other, queue_position="true"))["queue_position"] == 0


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("not-a-uuid", 10)])
async def test_cancelling_what_is_no_id_tells_too_much(
    caller: Caller, text: str, length: int
) -> None:
    answer = await caller.http.post(f"/run/{text}/cancel")

    assert answer.status_code == 500
    assert f"length must be between 32..36 characters, got {length})" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("runpod-serverless", "Machine auth token not found"),
        ("workspace-v2", "Invalid machine type"),
    ],
)
async def test_a_machine_that_cannot_be_called_refuses_after_the_row(
    caller: Caller, kind: str, words: str
) -> None:
    machine = caller.emulator.workspace.machines.put(MachineRow(name="other", type=kind))
    order = a_graph_order(machine_id=machine.id)

    answer = await caller.http.post("/run/workflow/queue", json=order)

    assert (answer.status_code, answer.json()) == (400, {"detail": words})
    assert [run.status for run in caller.emulator.runs] == ["failed"]


async def test_a_deployment_on_no_machine_is_404(caller: Caller) -> None:
    caller.emulator.workspace.deploy(attrs.evolve(UPSCALE, machine_id="gone"))

    answer = await caller.queue("upscale")

    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "Machine not found for this deployment"},
    )
