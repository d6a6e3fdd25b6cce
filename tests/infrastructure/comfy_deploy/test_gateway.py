"""What goes over the wire, and what comes of answers that are not what they should be."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from structlog.testing import capture_logs

from core.generations.model import RunStatus
from core.generations.ports import RunRequest
from core.shared.errors import (
    DeploymentGoneError,
    InputRefusedError,
    NotThereError,
    RunUnknownError,
    ServiceBusyError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
    StationError,
    SubmitUnclearError,
)
from core.shared.ids import DeploymentId, JobId, RunId
from core.workflows.inputs import InputValue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.run_statuses import MANY
from infrastructure.comfy_deploy.uploads import safe_name
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.desk import REFUSAL, Desk, catalogue_of, deployment
from tests.infrastructure.comfy_deploy.loopback import (
    CHUNKS_CUT,
    CRASH,
    CUT,
    HANG,
    HTML,
    KEY,
    NOT_HTTP,
    RESET,
    SILENCE,
    TORN,
    Loopback,
    Reply,
    json_reply,
    settings_for,
)

DEPLOYMENT = DeploymentId("3116a278-66b0-44bf-9e3d-841e52ae82b1")
JOB = JobId("0123456789abcdef0123456789abcdef")
RUN = RunId("5e47a41f-7087-4d52-b59e-b75eae997673")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUEUED = json_reply({"run_id": RUN})


def a_request(
    inputs: Mapping[str, InputValue] | None = None, *, hook: str | None = None
) -> RunRequest:
    return RunRequest(deployment=DEPLOYMENT, inputs=inputs or {}, marker=JOB, hook=hook)


@pytest.mark.parametrize(("known", "readings"), [(DEPLOYMENT, 2), ("another", 1)])
async def test_a_deployment_that_is_gone_has_the_catalogue_read_anew_unless_it_was(
    known: str, readings: int
) -> None:
    gone = json_reply({"detail": "Deployment not found"}, status=404)
    async with Desk(deployment(known)) as desk, catalogue_of(desk, FixedClock()) as catalogue:
        await catalogue.current()
        desk.spoilt["/run/deployment/queue"] = gone
        client = desk.client()

        with pytest.raises(DeploymentGoneError):
            await ComfyDeployGateway(client, catalogue=catalogue).submit(a_request())

        await client.aclose()
    assert desk.lists_read() == 2 * readings


async def test_a_deployment_that_is_gone_is_told_though_nothing_can_be_read_anew() -> None:
    gone = json_reply({"detail": "Deployment not found"}, status=404)
    async with Desk(deployment(DEPLOYMENT)) as desk, catalogue_of(desk, FixedClock()) as catalogue:
        await catalogue.current()
        desk.spoilt |= {"/run/deployment/queue": gone, "/": REFUSAL}
        client = desk.client()

        with pytest.raises(DeploymentGoneError):
            await ComfyDeployGateway(client, catalogue=catalogue).submit(a_request())

        await client.aclose()


async def test_t_06_a_submit_has_the_services_own_field_names() -> None:
    async with Loopback(QUEUED) as server:
        client = server.client()

        run = await ComfyDeployGateway(client).submit(
            a_request({"prompt": "fox", "steps": 20}, hook="https://our.example/hook/j1")
        )
        await client.aclose()

    assert run == RUN
    assert server.seen[0].target == "/api/run/deployment/queue"
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.seen[0].json == {
        "deployment_id": DEPLOYMENT,
        "inputs": {"prompt": "fox", "steps": 20, "stationthis_job": JOB},
        "webhook": "https://our.example/hook/j1",
        "webhook_intermediate_status": True,
    }


async def test_what_breaks_the_service_is_not_sent() -> None:
    async with Loopback(QUEUED) as server:
        client = server.client()

        await ComfyDeployGateway(client).submit(a_request({"prompt": "a\0 f\ud800x 狐"}))
        await client.aclose()

    assert server.seen[0].json == {
        "deployment_id": DEPLOYMENT,
        "inputs": {"prompt": "a f?x 狐", "stationthis_job": JOB},
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_reply({"detail": "Deployment not found"}, status=404), ServiceRefusedError),
        (json_reply({"detail": "Insufficient credits"}, status=403), ServiceRefusedError),
        (json_reply({}, status=429, headers={"Retry-After": "1"}), ServiceBusyError),
        (
            json_reply({"detail": [{"loc": ["body", "inputs", "w", "int"]}]}, status=422),
            InputRefusedError,
        ),
        (json_reply({}), SubmitUnclearError),
        (json_reply([]), SubmitUnclearError),
        (json_reply({"run_id": None}), SubmitUnclearError),
        (HTML, SubmitUnclearError),
        (CRASH, SubmitUnclearError),
        (CUT, SubmitUnclearError),
        (TORN, SubmitUnclearError),
        (CHUNKS_CUT, SubmitUnclearError),
        (NOT_HTTP, SubmitUnclearError),
        (RESET, SubmitUnclearError),
        (SILENCE, SubmitUnclearError),
        (HANG, SubmitUnclearError),
    ],
)
async def test_t_05_a_submit_that_fails_was_sent_once(
    answer: Reply, expected: type[StationError]
) -> None:
    async with Loopback(answer, QUEUED) as server:
        client = server.client(queue_timeout_s=0.3)

        with pytest.raises(expected):
            await ComfyDeployGateway(client).submit(a_request())
        await client.aclose()

    assert len(server.seen) == 1


async def test_a_run_is_looked_for_on_more_than_one_page(no_pauses: None) -> None:
    others = [{"id": f"r{n}", "workflow_inputs": {"stationthis_job": str(n)}} for n in range(25)]
    ours = [{"id": RUN, "workflow_inputs": {"stationthis_job": JOB}}]
    deployment = json_reply({"id": DEPLOYMENT, "workflow_id": "wf-1"})
    async with Loopback(deployment, json_reply(others), json_reply(ours)) as server:
        client = server.client()
        gateway = ComfyDeployGateway(client)

        found = await gateway.find(DEPLOYMENT, JOB, since=NOW)
        again = await gateway.find(DEPLOYMENT, JOB, since=NOW)
        await client.aclose()

    assert (found, again) == (RUN, RUN)
    assert [each.target.partition("?")[0] for each in server.seen] == [
        f"/api/deployment/{DEPLOYMENT}",
        *["/api/workflow/wf-1/runs"] * 3,
    ]
    assert "limit=25&offset=25&with_inputs=true&with_outputs=false" in server.seen[2].target


def a_page(number: int, *, made_at: datetime = NOW) -> Reply:
    """Return 25 runs of others."""
    made = made_at.isoformat()
    return json_reply([{"id": f"r{number}-{n}", "created_at": made} for n in range(25)])


async def looked_up(*pages: Reply) -> tuple[RunId | None, int]:
    """Look for the run of a submit at NOW; return it, and how many pages that took."""
    deployment = json_reply({"id": DEPLOYMENT, "workflow_id": "wf-1"})
    async with Loopback(deployment, *pages) as server:
        client = server.client()
        try:
            found = await ComfyDeployGateway(client).find(DEPLOYMENT, JOB, since=NOW)
        finally:
            await client.aclose()
    return found, len(server.seen) - 1


async def test_a_run_behind_many_newer_ones_is_found() -> None:
    ours = json_reply([{"id": RUN, "workflow_inputs": {"stationthis_job": JOB}}])

    assert await looked_up(*map(a_page, range(12)), ours) == (RUN, 13)


@pytest.mark.parametrize(
    "last",
    [a_page(1), json_reply([]), a_page(3, made_at=NOW - timedelta(seconds=61))],
    ids=["seen before", "empty", "from before the submit"],
)
async def test_a_look_up_ends_where_the_run_cannot_be_any_more(last: Reply) -> None:
    assert await looked_up(a_page(1), a_page(2), last, a_page(4)) == (None, 3)


async def test_a_look_up_goes_on_at_runs_that_a_slow_clock_may_have_stamped() -> None:
    slow = a_page(1, made_at=NOW - timedelta(seconds=59))

    assert await looked_up(slow, json_reply([])) == (None, 2)


async def test_a_look_up_that_would_have_no_end_cannot_tell() -> None:
    with pytest.raises(ServiceTroubleError, match="1000 newer runs"):
        await looked_up(*map(a_page, range(41)))


async def test_the_first_generation_cannot_be_looked_through_and_is_not_asked() -> None:
    async with Loopback(HTML) as server:
        settings = attrs.evolve(settings_for(server.base_url), dialect="legacy")
        client = ComfyDeployClient(settings)

        with pytest.raises(NotThereError):
            await ComfyDeployGateway(client).find(DEPLOYMENT, JOB, since=NOW)
        await client.aclose()

    assert server.seen == []


@pytest.mark.parametrize(
    "answers",
    [
        [json_reply({"detail": "Internal server error"}, status=500)],
        [json_reply({"id": DEPLOYMENT})],
        [json_reply({"workflow_id": "wf-1"}), json_reply({"unexpected": 1})],
        [json_reply({"workflow_id": "wf-1"}), HTML],
        [json_reply({"workflow_id": "wf-1"}), CRASH],
    ],
)
async def test_a_look_up_that_cannot_tell_says_so(answers: list[Reply], no_pauses: None) -> None:
    async with Loopback(*answers) as server:
        client = server.client()

        with pytest.raises(ServiceError):
            await ComfyDeployGateway(client).find(DEPLOYMENT, JOB, since=NOW)
        await client.aclose()


async def test_a_run_is_asked_for_with_its_place_in_the_queue() -> None:
    waiting = {"id": RUN, "status": "queued", "queue_position": 2, "progress": 0}
    async with Loopback(json_reply(waiting)) as server:
        client = server.client()

        update = await ComfyDeployGateway(client).status(RUN)
        await client.aclose()

    assert server.seen[0].target == f"/api/run/{RUN}?queue_position=true"
    assert (update.status, update.queue_position) == (RunStatus.PENDING, 2)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (json_reply({"detail": "Run not found"}, status=404), RunUnknownError),
        (json_reply([]), ServiceTroubleError),
        (json_reply({"id": RUN}), ServiceTroubleError),
        (HTML, ServiceTroubleError),
        (CRASH, ServiceTroubleError),
        (RESET, ServiceTroubleError),
        (CUT, ServiceTroubleError),
    ],
)
async def test_a_status_that_cannot_be_read_is_not_the_end_of_a_run(
    answer: Reply, expected: type[ServiceError], no_pauses: None
) -> None:
    async with Loopback(answer) as server:
        client = server.client()

        with pytest.raises(expected):
            await ComfyDeployGateway(client).status(RUN)
        await client.aclose()


async def test_a_fresh_status_is_the_runs_own_where_a_list_would_do() -> None:
    running = json_reply({"id": RUN, "workflow_id": "wf-1", "status": "running"})
    async with Loopback(running) as server:
        client = server.client()
        gateway = ComfyDeployGateway(client)

        for number in range(MANY):
            await gateway.status(RunId(f"run-{number}"))
        await gateway.status(RunId("run-0"), fresh=True)
        await client.aclose()

    assert server.seen[-1].target == "/api/run/run-0?queue_position=true"


async def test_an_id_with_a_path_in_it_stays_an_id() -> None:
    async with Loopback(json_reply({"detail": "no"}, status=422)) as server:
        client = server.client()

        with pytest.raises(RunUnknownError):
            await ComfyDeployGateway(client).status(RunId("../deployments?x=1#"))
        await client.aclose()

    assert server.seen[0].target == "/api/run/___deployments_x_1_?queue_position=true"


async def test_a_status_never_heard_of_is_logged_once() -> None:
    async with Loopback(json_reply({"id": RUN, "status": "dreaming"})) as server:
        client = server.client()
        gateway = ComfyDeployGateway(client)

        with capture_logs() as lines:
            await gateway.status(RUN)
            await gateway.status(RUN)
        await client.aclose()

    assert [(each["event"], each["status"]) for each in lines] == [("run.odd_status", "dreaming")]


@pytest.mark.parametrize(
    "detail",
    [
        "Error cancel function 404: Run not found or has no modal function call ID",
        "Error cancel function (sqlalchemy…) invalid UUID 'abc'",
    ],
)
async def test_what_the_service_cannot_cancel_is_told_and_not_tried_again(detail: str) -> None:
    async with Loopback(json_reply({"detail": detail}, status=500)) as server:
        client = server.client()

        assert not await ComfyDeployGateway(client).cancel(RUN)
        await client.aclose()

    assert len(server.seen) == 1


@pytest.mark.parametrize("answer", [HTML, CRASH, RESET, json_reply({}, status=401)])
async def test_a_cancel_without_an_answer_is_an_error(answer: Reply, no_pauses: None) -> None:
    async with Loopback(answer) as server:
        client = server.client()

        with pytest.raises(ServiceError):
            await ComfyDeployGateway(client).cancel(RUN)
        await client.aclose()


async def test_t_07_an_upload_goes_to_the_upload_route_as_a_form() -> None:
    async with Loopback(json_reply({"file_url": "https://b.example/inputs/1.png"})) as server:
        client = server.client()

        url = await ComfyDeployGateway(client).upload(b"\x89PNG", name="../my fox?.png")
        await client.aclose()

    assert url == "https://b.example/inputs/1.png"
    assert (server.seen[0].method, server.seen[0].target) == ("POST", "/api/file/upload")
    assert b'name="file"; filename="my_fox.png"' in server.seen[0].body


@pytest.mark.parametrize("answer", [json_reply({"file_url": None}), json_reply({}), HTML])
async def test_an_upload_without_an_address_is_trouble(answer: Reply) -> None:
    async with Loopback(answer) as server:
        client = server.client()

        with pytest.raises(ServiceTroubleError):
            await ComfyDeployGateway(client).upload(b"x", name="a.png")
        await client.aclose()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a fox.webp", "a_fox.webp"),
        ("C:\\temp\\fox.png", "fox.png"),
        ("狐.png", "file.png"),
        ("", "file"),
        ("..", "file"),
        ('x"\r\nSet-Cookie: a.png', "x_Set-Cookie_a.png"),
        ("x" * 300 + ".jpeg", "x" * 75 + ".jpeg"),
    ],
)
def test_a_file_name_is_made_harmless_and_keeps_its_ending(name: str, safe: str) -> None:
    assert safe_name(name) == safe
