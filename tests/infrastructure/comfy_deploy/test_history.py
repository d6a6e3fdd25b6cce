"""How long runs took, as the service lists them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from core.shared.ids import WorkflowKey
from core.workflows.ports import RunTime
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.history import ApiRunHistory, ToldRuns
from infrastructure.comfy_deploy.settings import LEGACY
from tests.builders import NOW, a_workflow
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.loopback import HANG, Loopback, Reply, json_reply
from tests.until import until

KEY = WorkflowKey("5a2ecc1a-0387-46bf-8daf-8d66bb78f335")
DRAW = attrs.evolve(a_workflow(), key=KEY)
REFUSED = json_reply({"detail": "no key"}, status=401)


def row(run_s: object = "4.5", **fields: object) -> dict[str, object]:
    """Return a run as the service lists it; everything is told as text."""
    return {
        "id": "run-1",
        "status": "success",
        "gpu": "A10G",
        "ended_at": NOW.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "run_duration": run_s,
        "cold_start_duration": "1.0",
        "comfy_deploy_cold_start": "2.0",
        "cold_start_duration_total": "3.0",
    } | fields


@attrs.frozen(kw_only=True)
class Given:
    """A server with its answers laid out, and what remembers them."""

    server: Loopback
    clock: FixedClock
    told: ToldRuns

    async def asked(self, *, patience_s: float = 5.0) -> list[float]:
        """Return how long the runs took, asking for them."""
        history = ApiRunHistory(self.told, patience_s=patience_s)
        return [each.run_s for each in await history.recent(DRAW, limit=50)]

    async def known(self) -> list[float]:
        """Return how long the runs took, of which it is known already."""
        history = ApiRunHistory(self.told, patience_s=None)
        return [each.run_s for each in await history.recent(DRAW, limit=50)]

    async def is_known(self, *seconds: float) -> None:
        """Wait until an answer that was asked for on the side has come."""
        await until(lambda: [each.run_s for each in self.told.known(KEY)] == list(seconds))


@asynccontextmanager
async def given(*replies: Reply) -> AsyncIterator[Given]:
    """Have a server that gives these replies, the last one for ever."""
    async with Loopback(*replies) as server:
        client, clock = server.client(retry_for_s=0.01), FixedClock()
        told = ToldRuns(client, clock)
        yield Given(server=server, clock=clock, told=told)
        await told.aclose()
        await client.aclose()


async def the_run(**fields: object) -> RunTime | None:
    """Return the only run of a list, None when it is passed over."""
    async with given(json_reply([row(**fields)])) as asked:
        found = await ApiRunHistory(asked.told, patience_s=5.0).recent(DRAW, limit=50)
    return found[0] if found else None


async def test_successes_are_asked_for_and_nothing_else() -> None:
    async with given(json_reply([row()])) as asked:
        assert await asked.asked() == [4.5]

        (seen,) = asked.server.seen
    assert seen.target == f"/api/v2/workflow/{KEY}/runs?status=success&limit=50&offset=0"


async def test_a_run_is_told_with_its_wait() -> None:
    assert await the_run() == RunTime(ended_at=NOW, run_s=4.5, wait_s=3.0, gpu="A10G")


@pytest.mark.parametrize(("boot_s", "was_cold"), [("2.9", None), ("3", True), (None, None)])
async def test_a_container_that_had_to_boot_was_cold(boot_s: object, was_cold: object) -> None:
    found = await the_run(cold_start_duration=boot_s)

    assert found is not None
    assert found.was_cold is was_cold


@pytest.mark.parametrize(
    ("queue_s", "boot_s", "wait_s"), [("2.0", "1.5", 3.5), (None, "1.5", None), ("2.0", None, None)]
)
async def test_a_wait_that_is_not_told_is_the_sum_of_its_parts(
    queue_s: object, boot_s: object, wait_s: object
) -> None:
    found = await the_run(
        cold_start_duration_total=None, comfy_deploy_cold_start=queue_s, cold_start_duration=boot_s
    )

    assert found is not None
    assert found.wait_s == wait_s


@pytest.mark.parametrize(
    "fields",
    [{"run_s": None}, {"run_s": "-1"}, {"run_s": "nan"}, {"ended_at": None}, {"status": "failed"}],
)
async def test_t_21_a_run_that_does_not_tell_its_time_is_passed_over(
    fields: dict[str, object],
) -> None:
    assert await the_run(**fields) is None


async def test_a_list_is_remembered_for_an_hour_and_then_renewed_on_the_side() -> None:
    async with given(json_reply([row("4")]), json_reply([row("5")])) as asked:
        first = await asked.asked()
        asked.clock.advance(seconds=3_599)
        within = await asked.asked()
        asked.clock.advance(seconds=2)
        after = await asked.asked()
        await asked.is_known(5.0)

        assert (first, within, after) == ([4.0], [4.0], [4.0])
        assert len(asked.server.seen) == 2


async def test_a_clock_that_is_set_back_does_not_keep_a_list_for_days() -> None:
    async with given(json_reply([row("4")]), json_reply([row("5")])) as asked:
        await asked.asked()
        asked.clock.advance(seconds=-86_400)

        await asked.asked()
        await asked.is_known(5.0)


async def test_a_crowd_asks_once() -> None:
    async with given(json_reply([row()])) as asked:
        answers = await asyncio.gather(*(asked.asked() for _ in range(50)))

        assert answers == [[4.5]] * 50
        assert len(asked.server.seen) == 1


async def test_who_leaves_does_not_take_the_answer_away_from_the_others() -> None:
    async with given(json_reply([row()])) as asked:
        leaves = asyncio.create_task(asked.asked())
        await asyncio.sleep(0)
        leaves.cancel()

        assert await asked.asked() == [4.5]
        assert len(asked.server.seen) == 1


async def test_a_slow_service_holds_nobody_up() -> None:
    async with given(HANG) as asked:
        assert await asked.asked(patience_s=0.01) == []


async def test_a_late_answer_is_there_the_next_time() -> None:
    async with given(json_reply([row()])) as asked:
        now = await asked.asked(patience_s=0.0)
        await asked.is_known(4.5)

        assert now == []
        assert await asked.asked() == [4.5]
        assert len(asked.server.seen) == 1


async def test_what_is_known_is_told_without_asking() -> None:
    async with given(json_reply([row()])) as asked:
        before = await asked.known()
        await asked.asked()

        assert (before, await asked.known()) == ([], [4.5])
        assert len(asked.server.seen) == 1


@pytest.mark.parametrize("failure", [REFUSED, json_reply({"detail": "what?"})])
async def test_a_failure_is_no_history_and_is_not_asked_again_for_a_minute(failure: Reply) -> None:
    async with given(failure, json_reply([row()])) as asked:
        first = await asked.asked()
        asked.clock.advance(seconds=59)
        within = await asked.asked()
        asked.clock.advance(seconds=2)
        await asked.asked()
        await asked.is_known(4.5)

        assert (first, within) == ([], [])
        assert len(asked.server.seen) == 2


async def test_a_failure_does_not_forget_what_was_known() -> None:
    async with given(json_reply([row()]), REFUSED) as asked:
        await asked.asked()
        asked.clock.advance(seconds=3_601)
        await asked.asked()
        await until(lambda: len(asked.server.seen) == 2)

        assert await asked.asked() == [4.5]


@pytest.mark.parametrize("key", ["text2img", "", "5a2ecc1a038746bf8daf8d66bb78f335", f"{KEY}/x"])
async def test_a_key_that_is_no_id_of_the_service_asks_nothing(key: str) -> None:
    async with given(json_reply([row()])) as asked:
        workflow = attrs.evolve(DRAW, key=WorkflowKey(key))

        assert await ApiRunHistory(asked.told).recent(workflow, limit=50) == ()
        assert asked.server.seen == []


async def test_a_server_of_the_first_generation_is_not_asked() -> None:
    async with Loopback(json_reply([row()])) as server:
        settings = attrs.evolve(server.client().settings, dialect=LEGACY)
        client = ComfyDeployClient(settings)

        assert await ApiRunHistory(ToldRuns(client, FixedClock())).recent(DRAW, limit=50) == ()
        await client.aclose()
        assert server.seen == []


async def test_what_is_on_its_way_is_given_up_at_the_end() -> None:
    async with given(HANG) as asked:
        await asked.asked(patience_s=0.0)
        await asked.server.asked.wait()

        async with asyncio.timeout(1):
            await asked.told.aclose()
        assert await asked.known() == []
