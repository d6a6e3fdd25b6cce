"""Machines as the service wants them asked for, and as it answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import attrs
import pytest

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.machines import MachineChange, MachineOrder, Machines
from tests.infrastructure.comfy_deploy.api.test_deployments import (
    UNKNOWN,
    asked,
    recorded,
    service,
)
from tests.infrastructure.comfy_deploy.loopback import CRASH, Reply, json_reply

CLASSIC = "095a259f-6cad-4b13-861d-c8c84f166706"
ORDER = MachineOrder(name="c", endpoint="http://127.0.0.1:63873/", auth_token="user:pw")


async def test_deleted_machines_are_not_listed() -> None:
    async with service(recorded("machines")) as (server, calls):
        found = await Machines(calls).list()

    assert asked(server) == ["GET /machines?limit=100&offset=0&is_deleted=false"]
    assert [(each.name, each.status) for each in found] == [
        ("runpod-stub", "ready"),
        ("serverless-fake", "ready"),
    ]


async def test_deleted_machines_are_listed_when_asked_for() -> None:
    async with service(json_reply([])) as (server, calls):
        await Machines(calls).list(search="stub", limit=5, offset=5, with_deleted=True)

    assert asked(server) == ["GET /machines?limit=5&offset=5&search=stub"]


async def test_all_machines_are_listed_at_once() -> None:
    async with service(recorded("machines")) as (server, calls):
        found = await Machines(calls).all()

    assert (asked(server), len(found)) == (["GET /machines/all"], 2)


async def test_a_machine_comes_with_its_settings() -> None:
    async with service(recorded("machine")) as (server, calls):
        found = await Machines(calls).get(CLASSIC)

    assert asked(server) == [f"GET /machine/{CLASSIC}"]
    assert (found.type, found.endpoint) == ("classic", "http://127.0.0.1:63873/")
    assert (found.concurrency_limit, found.run_timeout, found.idle_timeout) == (2, 300.0, 60.0)
    assert found.created_at == datetime(2026, 11, 22, 21, 50, 32, 943292, tzinfo=UTC)


async def test_a_machine_of_our_own_is_added() -> None:
    async with service(recorded("create machine")) as (server, calls):
        made = await Machines(calls).create_custom(ORDER)

    assert asked(server) == ["POST /machine/custom"]
    assert server.seen[0].json == {
        "name": "c",
        "type": "classic",
        "endpoint": "http://127.0.0.1:63873/",
        "auth_token": "user:pw",
    }
    assert made.id == "ec9f7297-072a-47ca-b5ad-6a88fd58ed78"


async def test_a_machine_without_a_token_says_so_with_a_null() -> None:
    async with service(recorded("create machine")) as (server, calls):
        await Machines(calls).create_custom(MachineOrder(name="c", endpoint="http://h/"))

    assert server.seen[0].json["auth_token"] is None


async def test_a_machines_token_is_neither_kept_nor_shown() -> None:
    async with service(recorded("create machine")) as (_, calls):
        made = await Machines(calls).create_custom(ORDER)

    assert "user:pw" not in str(attrs.asdict(made))
    assert "user:pw" not in repr(ORDER) + repr(MachineChange(auth_token="user:pw"))


async def test_a_change_sends_only_what_is_to_be_different() -> None:
    async with service(recorded("change machine")) as (server, calls):
        change = MachineChange(endpoint="http://127.0.0.1:9/base")
        changed = await Machines(calls).change_custom(CLASSIC, change)

    assert asked(server) == [f"PATCH /machine/custom/{CLASSIC}"]
    assert server.seen[0].json == {"endpoint": "http://127.0.0.1:9/base"}
    assert changed.endpoint == "http://127.0.0.1:9/base"


async def test_a_machines_events_say_when_its_gpu_was_up() -> None:
    event = {
        "id": "e1",
        "gpu": "A10G",
        "start_time": "2026-11-22T21:50:33.108Z",
        "end_time": None,
        "tunnel_url": "https://canvas.example",
        "cost": 0.5,
    }
    async with service(json_reply([event])) as (server, calls):
        (found,) = await Machines(calls).events(CLASSIC)

    assert asked(server) == [f"GET /machine/{CLASSIC}/events"]
    assert (found.gpu, found.end_time, found.cost) == ("A10G", None, 0.5)
    assert found.start_time == datetime(2026, 11, 22, 21, 50, 33, 108000, tzinfo=UTC)


@pytest.mark.parametrize(("force", "end"), [(False, ""), (True, "?force=true")])
async def test_a_machine_is_deleted(*, force: bool, end: str) -> None:
    async with service(json_reply({"message": "Machine deleted successfully"})) as (server, calls):
        await Machines(calls).delete(CLASSIC, force=force)

    assert asked(server) == [f"DELETE /machine/{CLASSIC}{end}"]


async def test_a_machine_in_use_is_refused_with_the_names_of_its_workflows() -> None:
    async with service(recorded("machine in use")) as (_, calls):
        with pytest.raises(ServiceRefusedError, match="related to this machine: wf one"):
            await Machines(calls).delete(CLASSIC)


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (recorded("machine unknown"), lambda it: it.get(UNKNOWN), NotThereError),
        (recorded("machine unknown"), lambda it: it.delete(UNKNOWN), NotThereError),
        (
            recorded("machine unknown"),
            lambda it: it.change_custom(UNKNOWN, MachineChange()),
            NotThereError,
        ),
        (
            recorded("create machine refused"),
            lambda it: it.create_custom(ORDER),
            ServiceRefusedError,
        ),
        (
            recorded("machine without endpoint"),
            lambda it: it.create_custom(ORDER),
            ServiceRefusedError,
        ),
        (recorded("machine of no type"), lambda it: it.create_custom(ORDER), ServiceRefusedError),
        # Asked once although a crash may pass: a second call might add a second machine.
        (CRASH, lambda it: it.create_custom(ORDER), ServiceTroubleError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[Machines], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(Machines(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)
