"""Deployments as the service wants them asked for, and as it answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote_plus

import attrs
import pytest
from structlog.testing import capture_logs

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.deployments import (
    DeploymentChange,
    DeploymentOrder,
    Deployments,
)
from tests.infrastructure.comfy_deploy.loopback import HANG, Loopback, Reply, json_reply, reply

PRODUCTION = "3116a278-66b0-44bf-9e3d-841e52ae82b1"
WORKFLOW = "5a2ecc1a-0387-46bf-8daf-8d66bb78f335"
UNKNOWN = "00000000-0000-0000-0000-000000000001"


class Exchange(TypedDict):
    asked: str
    status: int
    body: object


EXCHANGES: Mapping[str, Exchange] = json.loads(
    Path(__file__).with_name("recorded_workspace.json").read_text(encoding="utf-8")
)["exchanges"]


def recorded(name: str) -> Reply:
    """Return an answer that the real backend gave."""
    found = EXCHANGES[name]
    if isinstance(found["body"], str):
        return reply(found["body"], status=found["status"], kind="text/plain; charset=utf-8")
    return json_reply(found["body"], status=found["status"])


def recorded_row(name: str, **changes: object) -> dict[str, object]:
    """Return a recorded object, with some fields changed."""
    body = EXCHANGES[name]["body"]
    assert isinstance(body, dict)
    return body | changes


@asynccontextmanager
async def service(*replies: Reply) -> AsyncIterator[tuple[Loopback, Calls]]:
    """Run a service with these answers, and calls that ask it."""
    async with Loopback(*replies) as server:
        client = server.client()
        try:
            yield server, Calls(client)
        finally:
            await client.aclose()


def asked(server: Loopback) -> list[str]:
    """Return what was asked, in the words of the API's documents: without escapes."""
    targets = [unquote_plus(each.target.removeprefix("/api")) for each in server.seen]
    return [f"{each.method} {target}" for each, target in zip(server.seen, targets, strict=True)]


def halves(environment: str = "", offset: int = 0) -> list[str]:
    """Return the two questions that make up a list, in the order of the alphabet."""
    end = environment and f"&environment={environment}"
    return [
        f"GET /deployments?is_fluid={fluid}{end}&page_size=50&offset={offset}"
        for fluid in ("false", "true")
    ]


def row(deployment: str, day: int) -> dict[str, object]:
    """Return a deployment that was changed on that day."""
    return {"id": deployment, "updated_at": f"2026-11-{day:02}T10:00:00.000000Z"}


def order(environment: str = "production") -> DeploymentOrder:
    return DeploymentOrder(
        workflow_id=WORKFLOW,
        workflow_version_id="203d8ba7-5988-4fca-bef6-453b9b05ca2c",
        environment=environment,
        machine_id="095a259f-6cad-4b13-861d-c8c84f166706",
    )


async def test_a_list_asks_for_both_halves() -> None:
    async with service(json_reply([])) as (server, calls):
        found = await Deployments(calls).list()

    assert (sorted(asked(server)), found) == (halves(), ())


async def test_a_list_of_one_environment_says_so_to_both_halves() -> None:
    async with service(json_reply([])) as (server, calls):
        await Deployments(calls).list("staging")

    assert sorted(asked(server)) == halves("staging")


async def test_both_halves_are_asked_for_at_the_same_time() -> None:
    async with service(HANG) as (server, calls):
        reading = asyncio.create_task(Deployments(calls).list())
        async with asyncio.timeout(1.5):
            while len(server.seen) < len(halves()):
                server.asked.clear()
                await server.asked.wait()
        reading.cancel()
        await asyncio.wait([reading])

    assert sorted(asked(server)) == halves()


async def test_the_halves_are_merged_without_doubles_the_last_change_first() -> None:
    one, other = [row("a", 3), row("b", 1)], [row("c", 2), row("a", 3), {"environment": "odd"}]
    async with service(json_reply(one), json_reply(other)) as (_, calls):
        found = await Deployments(calls).list()

    assert [each.id for each in found] == ["a", "c", "b"]


async def test_a_recorded_list_is_understood() -> None:
    async with service(recorded("deployments"), json_reply([])) as (_, calls):
        found = await Deployments(calls).list()

    assert [each.environment for each in found] == ["preview", "staging"]
    assert {each.workflow.name for each in found if each.workflow} == {"wf one"}


async def test_one_broken_half_leaves_the_other_and_a_warning() -> None:
    broken = recorded("deployment unknown")
    async with service(broken, json_reply([row("a", 1)])) as (_, calls):
        with capture_logs() as logs:
            found = await Deployments(calls).list()

    assert [each.id for each in found] == ["a"]
    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("deployments.half", "warning")
    ]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (recorded("deployments of a broken enum"), ServiceTroubleError),
        (recorded("deployment unknown"), ServiceTroubleError),
        (recorded("deployments in no environment"), ServiceRefusedError),
        (json_reply({"deployments": None}), ServiceTroubleError),
    ],
)
@pytest.mark.usefixtures("no_pauses")
async def test_two_broken_halves_are_an_error(answer: Reply, expected: type[ServiceError]) -> None:
    async with service(answer) as (_, calls):
        with pytest.raises(ServiceError) as caught:
            await Deployments(calls).list()

    assert type(caught.value) is expected


async def test_a_full_page_is_followed_by_the_next() -> None:
    pages = [json_reply([row("a", 3), row("b", 2)]), json_reply([row("c", 1)])]
    async with service(recorded("deployment unknown"), *pages) as (server, calls):
        found = await Deployments(calls, page_size=2).list()

    assert [each.id for each in found] == ["a", "b", "c"]
    assert asked(server)[2].endswith("&page_size=2&offset=2")


async def test_a_service_without_pages_is_not_asked_for_ever() -> None:
    everything = json_reply([row("a", 3), row("b", 2), row("c", 1)])
    async with service(everything) as (server, calls), asyncio.timeout(1.5):
        found = await Deployments(calls, page_size=2).list()

    assert ([each.id for each in found], len(server.seen)) == (["a", "b", "c"], 4)


async def test_a_deployment_is_read_by_its_id() -> None:
    async with service(recorded("deployment")) as (server, calls):
        found = await Deployments(calls).get(PRODUCTION)

    assert asked(server) == [f"GET /deployment/{PRODUCTION}"]
    assert (found.id, found.environment, found.run_timeout) == (PRODUCTION, "production", 300.0)
    assert found.updated_at == datetime(2026, 11, 22, 21, 50, 33, 239000, tzinfo=UTC)


async def test_the_inputs_of_a_deployment_have_their_kinds_bounds_and_defaults() -> None:
    async with service(recorded("deployment")) as (_, calls):
        found = await Deployments(calls).get(PRODUCTION)

    inputs = {each.input_id: each for each in found.input_types}
    slider = inputs["in_numberslider"]
    assert (slider.type, slider.min_value, slider.max_value) == ("float", 0.0, 1.0)
    assert [inputs[name].default_value for name in ("in_boolean", "in_text")] == [False, ""]


async def test_a_default_that_is_a_list_cannot_be_changed() -> None:
    inputs = [{"input_id": "x", "default_value": [1, 2]}]
    async with service(json_reply({"input_types": inputs})) as (_, calls):
        found = await Deployments(calls).get(PRODUCTION)

    assert found.input_types[0].default_value == (1, 2)


async def test_a_deployment_is_read_without_its_graphs_unless_they_are_wanted() -> None:
    async with service(recorded("deployment")) as (server, calls):
        bare = await Deployments(calls).get(PRODUCTION)
        full = await Deployments(calls).get_full(PRODUCTION)

    assert asked(server) == [f"GET /deployment/{PRODUCTION}"] * 2
    assert bare.version is not None
    assert (bare.version.version, "workflow_api" in attrs.asdict(bare.version)) == (2, False)
    assert full.version is not None
    assert list(full.version.workflow_api) == ["1"]


async def test_an_answer_of_a_wrong_shape_is_a_deployment_of_defaults() -> None:
    odd = {"id": 5, "input_types": "none", "workflow": [], "gpu": None, "keep_warm": "many"}
    async with service(json_reply(odd)) as (_, calls):
        found = await Deployments(calls).get(PRODUCTION)

    assert (found.id, found.input_types, found.workflow, found.gpu) == ("", (), None, "")


async def test_a_workflows_deployments_name_their_machines() -> None:
    async with service(recorded("deployments of a workflow")) as (server, calls):
        found = await Deployments(calls).of_workflow(WORKFLOW)

    assert asked(server) == [f"GET /workflow/{WORKFLOW}/deployments"]
    assert found[0].machine is not None
    assert found[0].machine.name == "runpod-stub"


async def test_a_workflow_without_deployments_has_none() -> None:
    answer = json_reply(
        {"detail": "Deployments not found or you don't have access to it"}, status=404
    )
    async with service(answer) as (_, calls):
        assert await Deployments(calls).of_workflow(WORKFLOW) == ()


async def test_t_11_a_deployment_is_saved_with_what_was_ordered_and_no_nulls() -> None:
    async with service(recorded("save")) as (server, calls):
        saved = await Deployments(calls).save(order())

    assert asked(server) == ["POST /deployment"]
    assert server.seen[0].json == {
        "workflow_id": WORKFLOW,
        "workflow_version_id": "203d8ba7-5988-4fca-bef6-453b9b05ca2c",
        "environment": "production",
        "machine_id": "095a259f-6cad-4b13-861d-c8c84f166706",
    }
    assert (saved.environment, saved.workflow, saved.input_types) == ("production", None, ())


async def test_a_saved_share_has_its_slug() -> None:
    async with service(recorded("save shared")) as (_, calls):
        saved = await Deployments(calls).save(order("public-share"))

    assert saved.share_slug == "user_free_w"


def test_an_environment_that_the_service_would_crash_at_cannot_be_ordered() -> None:
    with pytest.raises(ValueError, match="environment"):
        order("bogus")


async def test_a_change_sends_only_what_is_to_be_different() -> None:
    async with service(recorded("change deployment")) as (server, calls):
        changed = await Deployments(calls).change(PRODUCTION, DeploymentChange(concurrency_limit=3))

    assert asked(server) == [f"PATCH /deployment/{PRODUCTION}"]
    assert (server.seen[0].json, changed.concurrency_limit) == ({"concurrency_limit": 3}, 3)


async def test_a_zero_is_a_change_too() -> None:
    async with service(recorded("change deployment")) as (server, calls):
        await Deployments(calls).change(PRODUCTION, DeploymentChange(keep_warm=0))

    assert server.seen[0].json == {"keep_warm": 0}


async def test_a_deployment_is_deactivated() -> None:
    stopped = recorded_row("change deployment", activated_at=None)
    async with service(json_reply(stopped)) as (server, calls):
        found = await Deployments(calls).deactivate(PRODUCTION)

    assert asked(server) == [f"POST /deployment/{PRODUCTION}/deactivate"]
    assert (found.id, found.activated_at) == (PRODUCTION, None)


async def test_a_shared_deployment_is_deleted() -> None:
    answer = json_reply({"message": "Share deployment deleted successfully"})
    async with service(answer) as (server, calls):
        await Deployments(calls).delete(PRODUCTION)

    assert asked(server) == [f"DELETE /deployment/{PRODUCTION}"]


BUSY_RUNS = json_reply(
    {"detail": "Failed to deactivate deployment. It may have active runs"}, status=400
)


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (recorded("deployment unknown"), lambda it: it.get(UNKNOWN), NotThereError),
        (recorded("deployment unknown"), lambda it: it.get_full(UNKNOWN), NotThereError),
        (
            recorded("change unknown deployment"),
            lambda it: it.change(UNKNOWN, DeploymentChange()),
            NotThereError,
        ),
        (
            recorded("delete production deployment"),
            lambda it: it.delete(PRODUCTION),
            NotThereError,
        ),
        (recorded("save without a machine"), lambda it: it.save(order()), ServiceRefusedError),
        (recorded("save for an unknown workflow"), lambda it: it.save(order()), NotThereError),
        (BUSY_RUNS, lambda it: it.deactivate(PRODUCTION), ServiceRefusedError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[Deployments], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(Deployments(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)
