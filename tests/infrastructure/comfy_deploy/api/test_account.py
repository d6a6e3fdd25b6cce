"""The account as the service wants it asked for, and as it answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from structlog.testing import capture_logs

from core.shared.errors import (
    NotThereError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
)
from infrastructure.comfy_deploy.api.account import DayUsage, ServiceAccount
from tests.infrastructure.comfy_deploy.api.test_deployments import (
    EXCHANGES,
    asked,
    recorded,
    recorded_row,
    service,
)
from tests.infrastructure.comfy_deploy.loopback import CRASH, Reply, json_reply

KEY = "dd0f9e52-7c94-433f-80f0-9ef40b51e89c"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


async def test_the_usage_of_the_running_period_needs_no_times() -> None:
    async with service(recorded("usage")) as (server, calls):
        found = await ServiceAccount(calls).usage()

    assert asked(server) == ["GET /platform/usage"]
    assert (found.total_cost, found.free_tier_credit, found.credit) == (0.0, 500.0, None)
    assert found.period.start == datetime(2026, 11, 22, 21, 50, 30, 943493, tzinfo=UTC)


async def test_the_usage_of_a_period_is_asked_for_in_utc_without_a_zone() -> None:
    rome = timezone(timedelta(hours=1))
    async with service(recorded("usage")) as (server, calls):
        await ServiceAccount(calls).usage(start=NEW_YEAR.astimezone(rome))

    assert asked(server) == ["GET /platform/usage?start_time=2026-01-01T00:00:00"]


async def test_the_usage_names_machines_seconds_and_costs() -> None:
    item = {"machine_name": "m", "gpu": "A10G", "usage_in_sec": 12.5, "cost": 0.0042}
    async with service(json_reply(recorded_row("usage", usage=[item]))) as (_, calls):
        (found,) = (await ServiceAccount(calls).usage()).usage

    assert (found.machine_name, found.gpu, found.usage_in_sec, found.cost) == (
        "m",
        "A10G",
        12.5,
        0.0042,
    )


async def test_the_usage_of_days_is_asked_for_as_it_was_recorded() -> None:
    async with service(recorded("usage details")) as (server, calls):
        found = await ServiceAccount(calls).usage_details(NEW_YEAR, NEXT_YEAR)

    assert (asked(server), found) == ([EXCHANGES["usage details"]["asked"]], ())


async def test_the_usage_of_a_day_is_a_cost_for_each_gpu() -> None:
    days = [{"date": "2026-11-22", "A10G": 0.25, "T4": 0.5}, {"A10G": 1.0}, {"date": "soon"}]
    async with service(json_reply(days)) as (_, calls):
        found = await ServiceAccount(calls).usage_details(NEW_YEAR, NEXT_YEAR)

    assert found == (DayUsage(day=date(2026, 11, 22), cost={"A10G": 0.25, "T4": 0.5}),)


async def test_a_time_without_a_zone_is_not_sent() -> None:
    async with service(recorded("usage")) as (server, calls):
        with pytest.raises(ValueError, match="zone"):
            await ServiceAccount(calls).usage(end=NEW_YEAR.replace(tzinfo=None))

    assert asked(server) == []


async def test_the_plan_has_its_name_and_limits() -> None:
    async with service(recorded("plan")) as (server, calls):
        found = await ServiceAccount(calls).plan()

    assert (asked(server), found.names) == (["GET /platform/plan"], ("creator_monthly",))
    assert (found.payment_issue, found.cancel_at_period_end) == (False, False)
    limits = found.limits
    assert (limits.machine_count, limits.machine_limit) == (3, 10)
    assert (limits.workflow_count, limits.workflow_limit) == (2, 30)


@pytest.mark.parametrize("name", ["priavteModels", "privateModels"])
async def test_private_models_are_allowed_however_it_is_spelled(name: str) -> None:
    async with service(json_reply({"features": {name: True}})) as (_, calls):
        found = await ServiceAccount(calls).plan()

    assert (found.limits.private_models, found.limits.always_on_machine_limit) == (True, None)


@pytest.mark.parametrize("body", [{}, [], {"plans": None, "features": 3}, {"plans": {"names": 1}}])
async def test_a_plan_of_a_wrong_shape_is_one_without_a_name(body: object) -> None:
    async with service(json_reply(body)) as (_, calls):
        found = await ServiceAccount(calls).plan()

    assert (found.names, found.limits.machine_limit) == ((), None)


async def test_gpu_prices_are_dollars_per_second() -> None:
    async with service(recorded("prices")) as (server, calls):
        prices = await ServiceAccount(calls).gpu_prices()

    assert asked(server) == ["GET /platform/gpu-pricing"]
    assert (len(prices), prices["CPU"], prices["H100"]) == (10, 0.000042, 0.002338)


async def test_a_price_that_is_no_number_is_left_out() -> None:
    async with service(json_reply({"T4": "0.00018", "L4": None, "H100": "soon"})) as (_, calls):
        assert await ServiceAccount(calls).gpu_prices() == {"T4": 0.00018}


async def test_keys_are_listed_without_their_secret() -> None:
    async with service(recorded("keys")) as (server, calls):
        (found,) = await ServiceAccount(calls).keys()

    assert asked(server) == ["GET /platform/api-keys"]
    assert (found.id, found.name, found.key, found.revoked) == (KEY, "k", "****RdV4", False)


async def test_keys_are_searched_page_by_page() -> None:
    async with service(json_reply([])) as (server, calls):
        await ServiceAccount(calls).keys(search="k", limit=10, offset=0)

    assert asked(server) == ["GET /platform/api-keys?search=k&limit=10&offset=0"]


async def test_a_new_key_is_handed_over_once_and_not_shown_in_logs() -> None:
    async with service(recorded("create key")) as (server, calls):
        made = await ServiceAccount(calls).create_key("k")

    assert (asked(server), server.seen[0].json) == (["POST /platform/api-keys"], {"name": "k"})
    assert made.key.endswith("shortenedRdV4")
    assert "RdV4" not in repr(made)


async def test_a_deleted_key_is_neither_returned_nor_logged() -> None:
    async with service(recorded("delete key")) as (server, calls):
        with capture_logs() as logs:
            deleting: Awaitable[object] = ServiceAccount(calls).delete_key(KEY)
            kept = await deleting

    assert asked(server) == [f"DELETE /platform/api-keys/{KEY}"]
    assert (kept, "RdV4" in str(logs)) == (None, False)


NO_KEY = json_reply({"error": "API key not found"}, status=404)
NOT_OURS = json_reply({"error": "API key does not belong to the current user"}, status=403)


@pytest.mark.parametrize(
    ("answer", "call", "expected"),
    [
        (
            recorded("create key without name"),
            lambda it: it.create_key(""),
            ServiceRefusedError,
        ),
        (NO_KEY, lambda it: it.delete_key(KEY), NotThereError),
        (NOT_OURS, lambda it: it.delete_key(KEY), ServiceRefusedError),
        (
            recorded("usage details without times"),
            lambda it: it.usage_details(NEW_YEAR, NEXT_YEAR),
            ServiceRefusedError,
        ),
        (json_reply({}), lambda it: it.usage_details(NEW_YEAR, NEXT_YEAR), ServiceTroubleError),
        # Asked once although a crash may pass: a second call might make a second key.
        (CRASH, lambda it: it.create_key("k"), ServiceTroubleError),
    ],
)
async def test_a_refusal_has_its_error_at_the_first_answer(
    answer: Reply,
    call: Callable[[ServiceAccount], Awaitable[object]],
    expected: type[ServiceError],
) -> None:
    async with service(answer) as (server, calls):
        with pytest.raises(ServiceError) as caught:
            await call(ServiceAccount(calls))

    assert (type(caught.value), len(server.seen)) == (expected, 1)
