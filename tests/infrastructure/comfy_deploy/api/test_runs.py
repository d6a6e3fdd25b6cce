"""Starting, following and stopping runs, against answers that the real backend gave."""

from datetime import UTC, datetime

import pytest

from core.generations.model import RunOutput, RunStatus
from core.shared.errors import (
    InputRefusedError,
    RunUnknownError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
    SubmitUnclearError,
)
from infrastructure.comfy_deploy.api.run_orders import GraphOrder, RunOrder, clean_inputs
from infrastructure.comfy_deploy.api.runs import Run, Runs
from tests.infrastructure.comfy_deploy.api.recorded_runs import given
from tests.infrastructure.comfy_deploy.loopback import CRASH, CUT, HTML, RESET, Reply, json_reply

DEPLOYMENT = "3116a278-66b0-44bf-9e3d-841e52ae82b1"
WORKFLOW = "5a2ecc1a-0387-46bf-8daf-8d66bb78f335"
MADE = "b2141af9-f87f-4e3a-b4d2-797280afec47"
WAITING = "5e47a41f-7087-4d52-b59e-b75eae997673"
NOBODY = "00000000-0000-0000-0000-000000000001"
ORDER = RunOrder(deployment_id=DEPLOYMENT)
GRAPH = {"1": {"inputs": {"images": ["2", 0], "seed": None}, "class_type": "Save\0Image"}}
PNG = RunOutput(url="http://127.0.0.1/x.png", filename="ComfyUI_00001_.png")


async def run_told_by(answer: str | Reply) -> Run:
    async with given(answer) as asked:
        return await Runs(asked.calls).get(MADE)


async def test_a_queued_run_has_an_id() -> None:
    async with given("queued") as asked:
        run_id = await Runs(asked.calls).queue(ORDER)

    assert (run_id, asked.line) == (MADE, "POST /run/deployment/queue")


async def test_an_order_without_wishes_says_only_what_to_run() -> None:
    async with given("queued") as asked:
        await Runs(asked.calls).queue(ORDER)

    assert asked.sent == {"deployment_id": DEPLOYMENT, "inputs": {}}


async def test_a_full_order_has_the_services_field_names() -> None:
    order = RunOrder(
        deployment_id=DEPLOYMENT,
        inputs={"prompt": "fox", "steps": 20, "on": True, "urls": ["a", "b"]},
        webhook="https://our.example/hook/j1",
        webhook_intermediate_status=True,
        gpu="A10G",
        flags=("runpod_v2",),
    )
    async with given("queued") as asked:
        await Runs(asked.calls).queue(order)

    assert asked.sent == {
        "deployment_id": DEPLOYMENT,
        "inputs": {"prompt": "fox", "steps": 20, "on": True, "urls": ["a", "b"]},
        "webhook": "https://our.example/hook/j1",
        "webhook_intermediate_status": True,
        "gpu": "A10G",
        "flags": ["runpod_v2"],
    }


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a\0b", "ab"),
        ("f\ud800x", "f?x"),
        ("狐 𝄞", "狐 𝄞"),
        (["a\0", None, 1.5], ["a", None, 1.5]),
        (False, False),
        ("", ""),
    ],
)
def test_inputs_are_rid_of_what_breaks_the_service(value: object, sent: object) -> None:
    assert clean_inputs({"prompt": value}) == {"prompt": sent}


def test_an_input_without_a_value_is_left_out() -> None:
    assert clean_inputs({"prompt": None, "steps": 0}) == {"steps": 0}


def test_the_name_of_an_input_is_cleaned_too() -> None:
    assert clean_inputs({"pro\0mpt": "fox"}) == {"prompt": "fox"}


async def test_a_graph_is_queued_with_its_own_nodes() -> None:
    order = GraphOrder(workflow_id=WORKFLOW, graph=GRAPH, machine_id="m1", inputs={"x": 1})
    async with given("graph_queued") as asked:
        run_id = await Runs(asked.calls).queue_graph(order)

    assert run_id == "a1f5cf4d-e1a5-4271-ae73-8199a337c45a"
    assert asked.line == "POST /run/workflow/queue"
    assert asked.sent == {
        "workflow_id": WORKFLOW,
        "workflow_api_json": {
            "1": {"inputs": {"images": ["2", 0], "seed": None}, "class_type": "SaveImage"}
        },
        "machine_id": "m1",
        "inputs": {"x": 1},
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("unknown_order", ServiceRefusedError),
        ("no_credit", ServiceRefusedError),
        ("null_input", InputRefusedError),
        ("refused_by_machine", SubmitUnclearError),
        ("crash", SubmitUnclearError),
        (HTML, SubmitUnclearError),
        (CUT, SubmitUnclearError),
        (RESET, SubmitUnclearError),
        (json_reply({"batch_id": "b1"}), SubmitUnclearError),
    ],
)
async def test_a_failed_order_tells_whether_a_run_may_be_there(
    answer: str | Reply, error: type[Exception]
) -> None:
    async with given(answer) as asked:
        with pytest.raises(error):
            await Runs(asked.calls).queue(ORDER)

    assert len(asked.server.seen) == 1


async def test_a_graph_that_is_not_answered_may_have_been_queued() -> None:
    async with given(RESET) as asked:
        with pytest.raises(SubmitUnclearError):
            await Runs(asked.calls).queue_graph(GraphOrder(workflow_id=WORKFLOW, graph={}))


async def test_a_run_that_is_waited_for_brings_what_it_made() -> None:
    async with given("sync") as asked:
        (output,) = await Runs(asked.calls).sync(ORDER)

    assert asked.line == "POST /run/deployment/sync"
    assert (output.run_id, output.node_id, output.node_class, output.results) == (
        "f9a52466-66fd-4148-bcf7-416cc99d1dea",
        "9",
        "SaveImage",
        (PNG,),
    )


async def test_a_graph_can_be_waited_for() -> None:
    async with given("sync") as asked:
        made = await Runs(asked.calls).sync_graph(GraphOrder(workflow_id=WORKFLOW, graph=GRAPH))

    assert asked.line == "POST /run/workflow/sync"
    assert [each.results for each in made] == [(PNG,)]


@pytest.mark.parametrize("answer", [CRASH, HTML, json_reply({"detail": "?"})])
async def test_a_run_that_was_waited_for_in_vain_may_be_there(answer: Reply) -> None:
    async with given(answer) as asked:
        with pytest.raises(SubmitUnclearError):
            await Runs(asked.calls).sync(ORDER)

    assert len(asked.server.seen) == 1


async def test_a_run_is_asked_for_with_its_place_in_the_queue() -> None:
    async with given("waiting") as asked:
        run = await Runs(asked.calls).get(WAITING)

    assert asked.line == f"GET /run/{WAITING}?queue_position=true"
    assert (run.status, run.word, run.queue_position) == (RunStatus.PENDING, "not-started", 0)


async def test_the_place_in_the_queue_can_be_left_out() -> None:
    async with given("made") as asked:
        await Runs(asked.calls).get(MADE, queue_position=False)

    assert asked.line == f"GET /run/{MADE}?queue_position=false"


async def test_a_good_run_has_its_results_and_its_progress() -> None:
    run = await run_told_by("made")

    assert (run.id, run.status, run.outputs) == (MADE, RunStatus.SUCCESS, (PNG,))
    assert (run.progress, run.live_status) == (0.5, "Executing KSampler")


async def test_a_run_has_its_times_in_seconds_and_its_moments_in_utc() -> None:
    run = await run_told_by("made")

    assert run.started_at == datetime(2026, 11, 22, 21, 52, 0, 186000, tzinfo=UTC)
    assert (run.total_s, run.cold_start_s, run.until_start_s, run.run_s) == (
        1.446073,
        0.198858,
        0.89635,
        0.549723,
    )


async def test_a_run_tells_what_it_was_given_and_where_it_ran() -> None:
    run = await run_told_by("made")

    assert run.inputs == {"in_text": "hi", "unknown": [1, "a"], "in_numberint": 3}
    assert (run.workflow_id, run.machine_type, run.webhook) == (
        WORKFLOW,
        "classic",
        "http://127.0.0.1:63873/hook",
    )


async def test_a_cancelled_run_never_started() -> None:
    run = await run_told_by("cancelled")

    assert (run.status, run.started_at, run.run_s) == (RunStatus.CANCELLED, None, None)


async def test_a_status_that_is_new_to_us_is_one_of_a_run_that_goes_on() -> None:
    run = await run_told_by(json_reply({"id": MADE, "status": "polishing", "progress": 0.4}))

    assert (run.status, run.word) == (RunStatus.RUNNING, "polishing")


async def test_fields_of_a_wrong_kind_have_their_defaults() -> None:
    run = await run_told_by(
        json_reply({"id": 7, "status": "queued", "duration": [], "outputs": 5, "created_at": 1})
    )

    assert run == Run(status=RunStatus.PENDING, word="queued")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("unknown_run", RunUnknownError),
        ("odd_run_id", RunUnknownError),
        ("foreign_run", ServiceRefusedError),
        (HTML, ServiceTroubleError),
        (json_reply([]), ServiceTroubleError),
        (json_reply({"detail": "Not Found"}, status=404), ServiceRefusedError),
    ],
)
async def test_a_run_that_is_not_told_of_has_its_error(
    answer: str | Reply, error: type[ServiceError]
) -> None:
    with pytest.raises(error):
        await run_told_by(answer)


async def test_asking_for_a_run_is_repeated(no_pauses: None) -> None:
    async with given(RESET, "made") as asked:
        run = await Runs(asked.calls).get(MADE)

    assert run.status is RunStatus.SUCCESS


async def test_a_run_is_cancelled() -> None:
    async with given("cancel") as asked:
        assert await Runs(asked.calls).cancel(WAITING)

    assert asked.line == f"POST /run/{WAITING}/cancel"


async def test_a_run_that_cannot_be_cancelled_is_no_error() -> None:
    async with given("cannot_cancel") as asked:
        assert not await Runs(asked.calls).cancel(MADE)

    assert len(asked.server.seen) == 1


async def test_a_cancel_that_is_refused_is_an_error() -> None:
    async with given(json_reply({"detail": "Revoked token"}, status=401)) as asked:
        with pytest.raises(ServiceRefusedError):
            await Runs(asked.calls).cancel(MADE)


async def test_a_log_is_told_without_the_services_own_marks() -> None:
    async with given("logs") as asked:
        (line,) = await Runs(asked.calls).logs(MADE)

    assert asked.line == f"GET /v2/clickhouse-run-logs/{MADE}"
    assert (line.message, line.at) == (
        "hello log",
        datetime(2026, 11, 22, 22, 6, 15, 374000, tzinfo=UTC),
    )


async def test_a_run_that_goes_on_has_no_log_yet() -> None:
    async with given("no_logs") as asked:
        assert await Runs(asked.calls).logs(MADE) == ()


@pytest.mark.parametrize(
    ("answer", "error"),
    [("odd_run_id", RunUnknownError), (json_reply({"a": 1}), ServiceTroubleError)],
)
async def test_a_log_that_is_none_has_its_error(
    answer: str | Reply, error: type[ServiceError]
) -> None:
    async with given(answer) as asked:
        with pytest.raises(error):
            await Runs(asked.calls).logs(MADE)


async def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    async with given("made") as asked:
        await Runs(asked.calls).get("../deployments?x=")

    assert asked.line == "GET /run/___deployments_x_?queue_position=true"
