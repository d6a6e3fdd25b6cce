"""Sessions as the service wants them asked for, and as it answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.sessions import SessionOrder, Sessions
from tests.infrastructure.comfy_deploy.api.test_deployments import (
    UNKNOWN,
    asked,
    recorded,
    service,
)
from tests.infrastructure.comfy_deploy.loopback import CRASH, Reply, json_reply

SESSION = "7f1d5f5e-0000-4000-8000-000000000001"
MACHINE = "d677be18-a4d0-4486-81d0-e85a60815026"
ORDER = SessionOrder(machine_id=MACHINE)
TOLD: dict[str, object] = {
    "id": SESSION,
    "session_id": SESSION,
    "gpu_event_id": "e1",
    "url": "https://canvas.example",
    "gpu": "A10G",
    "created_at": "2026-11-22T21:50:33.108796",
    "timeout": 15,
    "timeout_end": "2026-11-22T22:05:33.108796",
    "machine_id": MACHINE,
    "machine_version_id": None,
    "status": "running",
    "user_id": "user_1",
    "org_id": "None",
}
"""A running session in the words of the API's schema: none was recorded."""


async def test_a_session_is_started_with_what_was_ordered_and_no_nulls() -> None:
    answer = json_reply({"session_id": SESSION, "url": None})
    async with service(answer) as (server, calls):
        made = await Sessions(calls).create(
            SessionOrder(machine_id=MACHINE, gpu="A10G", timeout=15)
        )

    assert asked(server) == ["POST /session"]
    assert server.seen[0].json == {"machine_id": MACHINE, "gpu": "A10G", "timeout": 15}
    assert (made.session_id, made.url) == (SESSION, "")


async def test_a_session_is_read_by_its_id() -> None:
    async with service(json_reply(TOLD)) as (server, calls):
        found = await Sessions(calls).get(SESSION)

    assert asked(server) == [f"GET /session/{SESSION}"]
    assert (found.gpu, found.timeout, found.url) == ("A10G", 15.0, "https://canvas.example")
    assert found.timeout_end == datetime(2026, 11, 22, 22, 5, 33, 108796, tzinfo=UTC)


async def test_an_id_that_is_the_word_none_is_no_id() -> None:
    async with service(json_reply(TOLD)) as (_, calls):
        found = await Sessions(calls).get(SESSION)

    assert (found.org_id, found.machine_version_id, found.user_id) == ("", "", "user_1")


async def test_the_address_of_a_session_is_not_shown_in_logs() -> None:
    async with service(json_reply(TOLD)) as (_, calls):
        found = await Sessions(calls).get(SESSION)

    assert "canvas.example" not in repr(found)


async def test_a_recorded_list_without_sessions_is_empty() -> None:
    async with service(recorded("sessions")) as (server, calls):
        found = await Sessions(calls).list()

    assert (asked(server), found) == (["GET /sessions"], ())


async def test_the_sessions_of_one_machine_are_listed() -> None:
    async with service(json_reply([TOLD])) as (server, calls):
        (found,) = await Sessions(calls).list(machine_id=MACHINE)

    assert (asked(server), found.id) == ([f"GET /sessions?machine_id={MACHINE}"], SESSION)


async def test_a_session_is_extended_by_minutes() -> None:
    answer = json_reply({"message": "Timeout increased successfully"})
    async with service(answer) as (server, calls):
        await Sessions(calls).extend(SESSION, 10)

    assert asked(server) == [f"POST /session/{SESSION}/increase-timeout"]
    assert server.seen[0].json == {"minutes": 10}


@pytest.mark.parametrize("success", [True, False])
async def test_a_session_is_ended_or_not_as_the_service_says(*, success: bool) -> None:
    async with service(json_reply({"success": success})) as (server, calls):
        ended = await Sessions(calls).delete(SESSION)

    assert asked(server) == [f"DELETE /session/{SESSION}?wait_for_shutdown=false"]
    assert ended is success


async def test_the_end_of_a_session_may_be_waited_for() -> None:
    async with service(json_reply({"success": True})) as (server, calls):
        await Sessions(calls).delete(SESSION, wait_for_shutdown=True)

    assert asked(server) == [f"DELETE /session/{SESSION}?wait_for_shutdown=true"]


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (recorded("session unknown"), lambda it: it.get(UNKNOWN), NotThereError),
        (recorded("session unknown"), lambda it: it.extend(UNKNOWN, 5), NotThereError),
        (recorded("session unknown"), lambda it: it.delete(UNKNOWN), NotThereError),
        (
            recorded("session on a classic machine"),
            lambda it: it.create(ORDER),
            ServiceRefusedError,
        ),
        # Asked once although a crash may pass: a second call might start a second session.
        (CRASH, lambda it: it.create(ORDER), ServiceTroubleError),
        (CRASH, lambda it: it.extend(SESSION, 5), ServiceTroubleError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[Sessions], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(Sessions(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)


async def test_a_session_without_credit_is_refused() -> None:
    async with service(recorded("session without credit")) as (_, calls):
        with pytest.raises(ServiceRefusedError, match="Insufficient balance"):
            await Sessions(calls).create(ORDER)
