"""What is known of the workflows is served at once, and read anew by one for all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from core.shared.errors import ServiceError, ServiceRefusedError, ServiceTroubleError
from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.desk import (
    CRASHED,
    HALVES,
    REFUSAL,
    Desk,
    catalogue_of,
    deployment,
    settled,
)
from tests.infrastructure.comfy_deploy.loopback import HTML, Reply, json_reply

CROWD = 1_000
MIDDAY = "ComfyUI Deploy refuses us; this is from 12:00 UTC."


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk(deployment()) as desk:
        yield desk


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def shown(snapshot: Snapshot) -> str:
    """Return the one deployment that is shown."""
    (workflow,) = snapshot.workflows
    return workflow.deployment


def redeploy(desk: Desk, identifier: str = "d2") -> None:
    """Have another deployment in place of the first."""
    desk.deployments = [deployment(identifier)]


async def seen_after(
    catalogue: ComfyDeployCatalogue, clock: FixedClock, *pauses: float
) -> list[str]:
    """Look after each pause, and let what a look has begun come to its end."""
    seen = []
    for pause in pauses:
        clock.advance(seconds=pause)
        seen.append(shown(await catalogue.current()))
        await settled()
    return seen


async def test_t_16_a_crowd_on_a_cold_cache_makes_one_set_of_calls(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        answers = await asyncio.gather(*(catalogue.current() for _ in range(CROWD)))

    assert sorted(desk.asked_for) == sorted(
        [*HALVES, "/machines", "/platform/gpu-pricing", "/workflows/all"]
    )
    assert len({id(each) for each in answers}) == 1


async def test_what_is_known_is_served_without_asking(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        asked = len(desk.seen)

        await seen_after(catalogue, clock, 0, 30, 17)

    assert len(desk.seen) == asked


async def test_t_29_it_is_read_anew_in_the_background_before_it_is_old(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        redeploy(desk)

        seen = await seen_after(catalogue, clock, 47, 2, 0)

    assert seen == ["d1", "d1", "d2"]


async def test_an_old_list_is_served_at_once_while_it_is_read_anew(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        redeploy(desk)

        seen = await seen_after(catalogue, clock, 12 * 60 - 1, 0)

    assert seen == ["d1", "d2"]


@pytest.mark.parametrize("pause", [12 * 60, -86_400, -1], ids=["too old", "set back", "slipped"])
async def test_a_list_that_is_much_too_old_or_of_the_future_is_waited_for(
    desk: Desk, clock: FixedClock, pause: float
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        redeploy(desk)

        assert await seen_after(catalogue, clock, pause) == ["d2"]


async def test_t_31_without_a_time_to_live_every_look_reads_anew(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock, ttl_s=0) as catalogue:
        seen = []
        for identifier in ("a", "b", "c"):
            redeploy(desk, identifier)
            seen.append(shown(await catalogue.current()))

    assert seen == ["a", "b", "c"]
    assert desk.lists_read() == 6


async def test_without_a_time_to_live_the_old_one_is_served_when_nothing_can_be_read(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock, ttl_s=0) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = REFUSAL

        told = await catalogue.current()
        await catalogue.current()

    assert (shown(told), told.problem) == ("d1", MIDDAY)
    assert desk.lists_read() == 6


async def test_t_30_an_old_list_is_served_while_the_service_is_down_and_it_is_left_alone(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = REFUSAL
        await seen_after(catalogue, clock, 61)
        told = await catalogue.current()
        await seen_after(catalogue, clock, 1, 28)
        asked = desk.lists_read()
        desk.spoilt.clear()
        redeploy(desk)

        seen = await seen_after(catalogue, clock, 1, 0)
        well = await catalogue.current()

    assert (shown(told), told.problem) == ("d1", MIDDAY)
    assert asked == 4
    assert (seen, well.problem) == (["d1", "d2"], "")


async def test_the_day_is_told_when_the_list_is_of_another(
    desk: Desk, clock: FixedClock, no_pauses: None
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = CRASHED
        clock.advance(seconds=86_400)

        told = await catalogue.current()

    assert told.problem == "ComfyUI Deploy does not answer; this is from 31 January, 12:00 UTC."


async def test_nobody_waits_long_for_a_service_that_hangs(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock, wait_s=0.3) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = Reply(hang=True)
        clock.advance(seconds=86_400)

        told = await catalogue.current()

    assert shown(told) == "d1"
    assert told.problem.startswith("ComfyUI Deploy does not answer; this is from")


async def test_of_a_crowd_that_waits_in_vain_one_says_so(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock, wait_s=0.3) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = Reply(hang=True)
        clock.advance(seconds=86_400)

        with capture_logs() as logs:
            told = await asyncio.gather(*(catalogue.current() for _ in range(CROWD)))

    assert len({each.problem for each in told}) == 1
    assert [each["event"] for each in logs].count("catalogue.stale") == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CRASHED, ServiceTroubleError),
        (HTML, ServiceTroubleError),
        (json_reply({"odd": 1}), ServiceTroubleError),
        (json_reply({"detail": "Internal server error"}, status=500), ServiceTroubleError),
        (REFUSAL, ServiceRefusedError),
    ],
)
async def test_without_any_list_the_trouble_is_told_and_the_next_caller_tries_anew(
    desk: Desk, clock: FixedClock, answer: Reply, expected: type[Exception], no_pauses: None
) -> None:
    desk.spoilt["/"] = answer
    async with catalogue_of(desk, clock) as catalogue:
        for _ in range(2):
            with pytest.raises(expected):
                await catalogue.current()
        desk.spoilt.clear()

        assert shown(await catalogue.current()) == "d1"


async def test_a_caller_who_leaves_does_not_take_the_list_away(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        first = asyncio.create_task(catalogue.current())
        second = asyncio.create_task(catalogue.current())
        await desk.asked.wait()

        first.cancel()

        assert shown(await second) == "d1"
    assert first.cancelled()
    assert desk.lists_read() == 2


async def test_reading_anew_shows_what_is_there_now(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        redeploy(desk)

        assert shown(await catalogue.reload()) == "d2"
        assert shown(await catalogue.current()) == "d2"


async def test_whoever_reads_anew_does_not_join_a_reading_that_has_passed_by(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        first = asyncio.create_task(catalogue.current())
        await desk.asked.wait()
        await asyncio.sleep(0)

        later = await asyncio.gather(*(catalogue.reload() for _ in range(10)))
        await first

    assert desk.lists_read() == 4
    assert len({id(each) for each in later}) == 1


async def test_two_who_read_anew_at_once_make_one_reading(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await asyncio.gather(catalogue.reload(), catalogue.reload())

    assert desk.lists_read() == 2


async def test_a_reading_anew_that_fails_is_told_and_what_was_known_stays(
    desk: Desk, clock: FixedClock
) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        desk.spoilt["/"] = REFUSAL

        with pytest.raises(ServiceError):
            await catalogue.reload()

        told = await catalogue.current()
    assert (shown(told), told.problem) == ("d1", MIDDAY)


@pytest.mark.parametrize(("ttl_s", "reads"), [(60, [1, 0, 0, 1]), (0, [1, 0, 0, 1])])
async def test_a_sweep_reads_what_is_nearly_old_though_nobody_looks(
    desk: Desk, clock: FixedClock, ttl_s: float, reads: list[int]
) -> None:
    async with catalogue_of(desk, clock, ttl_s=ttl_s) as catalogue:
        swept = []
        for pause in (0, 10, 30, 30):
            clock.advance(seconds=pause)
            swept.append(await catalogue.sweep())

    assert swept == reads


async def test_a_sweep_bears_a_service_that_is_down_and_leaves_it_alone(
    desk: Desk, clock: FixedClock
) -> None:
    desk.spoilt["/"] = REFUSAL
    async with catalogue_of(desk, clock) as catalogue:
        swept = []
        for pause in (0, 10, 19, 1):
            clock.advance(seconds=pause)
            swept.append((await catalogue.sweep(), desk.lists_read()))

    assert swept == [(0, 2), (0, 2), (0, 2), (0, 4)]


async def test_stopping_when_nothing_is_read_does_nothing(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        await catalogue.aclose()

        assert shown(await catalogue.current()) == "d1"


async def test_a_reading_that_is_stopped_leaves_nothing_behind(
    desk: Desk, clock: FixedClock
) -> None:
    desk.spoilt["/"] = Reply(hang=True)
    async with catalogue_of(desk, clock) as catalogue:
        asking = asyncio.create_task(catalogue.current())
        await desk.asked.wait()

        await catalogue.aclose()
        await asyncio.wait([asking])

    assert asking.cancelled()


async def test_t_30_a_reader_never_sees_half_of_a_swap(desk: Desk, clock: FixedClock) -> None:
    async with catalogue_of(desk, clock, ttl_s=0.001) as catalogue:
        await catalogue.current()
        stop = asyncio.Event()

        async def redeploying() -> None:
            for number in range(30):
                desk.deployments = [
                    deployment(f"d{number}-{n}", workflow=f"w{n}", name=f"{number} of {n}")
                    for n in range(5)
                ]
                await catalogue.reload()
            stop.set()

        async def looking() -> None:
            while not stop.is_set():
                found = (await catalogue.current()).workflows
                assert len({each.name.split("_of_")[0] for each in found}) == 1
                assert len(found) in (1, 5)
                await asyncio.sleep(0)

        await asyncio.gather(redeploying(), *(looking() for _ in range(5)))


class ClockOfOneBug(FixedClock):
    """Fails when it is looked at for the n-th time."""

    def __init__(self, *, at: int) -> None:
        super().__init__()
        self._left = at

    def now(self) -> datetime:
        self._left -= 1
        if self._left == 0:
            raise RuntimeError("a bug")
        return super().now()


async def test_a_bug_is_logged_and_does_not_make_every_look_read_anew(desk: Desk) -> None:
    clock = ClockOfOneBug(at=4)
    async with catalogue_of(desk, clock) as catalogue:
        await catalogue.current()
        clock.advance(seconds=61)
        with capture_logs() as lines:
            seen = await seen_after(catalogue, clock, 0, 0, 0)

    assert [each["event"] for each in lines] == ["catalogue.bug", "catalogue.stale"]
    assert (seen, desk.lists_read()) == (["d1"] * 3, 2)
