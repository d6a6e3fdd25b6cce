"""Whoever wants to hears of every change, once, and what was told of is kept on disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest
from structlog.testing import capture_logs

from core.workflows.model import OutputKind
from core.workflows.snapshot import Snapshot
from infrastructure.comfy_deploy.catalogue_changes import NOTHING
from infrastructure.comfy_deploy.catalogue_file import CatalogueFile
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.desk import (
    CRASHED,
    REFUSAL,
    Desk,
    catalogue_of,
    deployment,
    settled,
    version,
)
from tests.infrastructure.comfy_deploy.loopback import settings_for


@attrs.define
class Listener:
    """Notes what it is told; `fails` makes it raise, and a cleared `may_end` makes it hang."""

    heard: list[tuple[Snapshot, Snapshot]] = attrs.Factory(list)
    fails: bool = False
    may_end: asyncio.Event = attrs.Factory(asyncio.Event)

    def __attrs_post_init__(self) -> None:
        self.may_end.set()

    async def __call__(self, before: Snapshot, after: Snapshot) -> None:
        self.heard.append((before, after))
        await self.may_end.wait()
        if self.fails:
            raise RuntimeError("the listener has a bug")

    @property
    def told(self) -> list[tuple[list[str], list[str]]]:
        """The names before and after each change."""
        return [(_names(before), _names(after)) for before, after in self.heard]


def _names(snapshot: Snapshot) -> list[str]:
    return [each.name for each in snapshot.workflows]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with Desk(deployment()) as desk:
        yield desk


def file_of(desk: Desk, folder: Path) -> CatalogueFile:
    return CatalogueFile(folder / "workflows.json", settings_for(desk.base_url))


def add_one(desk: Desk) -> None:
    desk.deployments.append(deployment("d2", workflow="w2", name="Sketch"))


BOTH = ["sketch", "text_to_image"]
ONE = ["text_to_image"]


async def test_the_first_reading_and_each_that_differs_is_told_of(desk: Desk) -> None:
    listener = Listener()
    async with catalogue_of(desk, FixedClock(), on_change=listener) as catalogue:
        for change in (lambda _: None, lambda _: None, add_one):
            change(desk)
            await catalogue.reload()
            await settled()

    assert listener.told == [([], ONE), (ONE, BOTH)]
    assert listener.heard[0][0] is NOTHING


async def test_telling_holds_up_no_look_and_comes_one_after_the_other(desk: Desk) -> None:
    listener = Listener()
    listener.may_end.clear()
    async with catalogue_of(desk, FixedClock(), on_change=listener) as catalogue:
        await catalogue.current()
        add_one(desk)
        assert _names(await catalogue.reload()) == BOTH
        heard_meanwhile = len(listener.heard)

        listener.may_end.set()
        await settled()

    assert heard_meanwhile == 1
    assert listener.told == [([], ONE), (ONE, BOTH)]


async def test_what_a_listener_could_not_bear_is_logged_and_told_again(desk: Desk) -> None:
    listener = Listener(fails=True)
    async with catalogue_of(desk, FixedClock(), on_change=listener) as catalogue:
        with capture_logs() as lines:
            await catalogue.reload()
            await settled()
        listener.fails = False

        await catalogue.sweep()
        await settled()
        await catalogue.sweep()
        await settled()

    assert [each["event"] for each in lines] == ["catalogue.untold"]
    assert listener.told == [([], ONE), ([], ONE)]


async def test_a_change_of_a_machine_is_a_change(desk: Desk) -> None:
    desk.deployments = [deployment(machine="m1")]
    desk.machines = [{"id": "m1", "status": "building"}]
    listener = Listener()
    async with catalogue_of(desk, FixedClock(), on_change=listener) as catalogue:
        await catalogue.current()
        desk.machines = [{"id": "m1", "status": "ready"}]
        await catalogue.reload()
        await settled()

    assert [each.workflows[0].is_ready for _, each in listener.heard] == [False, True]


async def test_a_start_without_the_service_knows_its_workflows(desk: Desk, tmp_path: Path) -> None:
    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        read = await catalogue.current()
        await settled()
    desk.spoilt["/"] = REFUSAL

    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        at_once = await catalogue.current()
        await settled()
        later = await catalogue.current()

    assert at_once.says_the_same_as(read)
    assert (at_once.problem, later.problem != "") == ("", True)


async def test_a_start_serves_what_the_file_holds_and_reads_anew_at_once(
    desk: Desk, tmp_path: Path
) -> None:
    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        await catalogue.current()
        await settled()
    add_one(desk)
    listener, file = Listener(), file_of(desk, tmp_path)

    async with catalogue_of(desk, FixedClock(), file=file, on_change=listener) as catalogue:
        first, *_ = await asyncio.gather(*(catalogue.current() for _ in range(20)))
        await settled()
        later = await catalogue.current()

    assert (_names(first), _names(later)) == (ONE, BOTH)
    assert listener.told == [(ONE, BOTH)]


async def test_a_start_of_which_the_file_is_still_true_tells_nobody(
    desk: Desk, tmp_path: Path
) -> None:
    desk.deployments = [deployment(version=version())]
    for listener in (Listener(), Listener()):
        file = file_of(desk, tmp_path)
        async with catalogue_of(desk, FixedClock(), file=file, on_change=listener) as catalogue:
            assert await catalogue.sweep() == 1
            await settled()

    assert listener.told == []


async def test_a_change_that_was_not_told_of_before_the_end_is_told_of_after_the_next_start(
    desk: Desk, tmp_path: Path
) -> None:
    dying, living = Listener(), Listener()
    dying.may_end.clear()
    for listener in (dying, living):
        file = file_of(desk, tmp_path)
        async with catalogue_of(desk, FixedClock(), file=file, on_change=listener) as catalogue:
            await catalogue.current()
            await asyncio.sleep(0.01)

    assert dying.told == living.told == [([], ONE)]


async def test_a_file_of_long_ago_is_served_when_nothing_better_can_be_had(
    desk: Desk, tmp_path: Path
) -> None:
    clock = FixedClock()
    async with catalogue_of(desk, clock, file=file_of(desk, tmp_path)) as catalogue:
        await catalogue.current()
        await settled()
    clock.advance(seconds=30 * 86_400)
    desk.spoilt["/"] = REFUSAL

    async with catalogue_of(desk, clock, file=file_of(desk, tmp_path)) as catalogue:
        told = await catalogue.current()

    assert _names(told) == ONE
    assert told.problem == "ComfyUI Deploy refuses us; this is from 31 January, 12:00 UTC."


async def test_reading_anew_needs_no_look_before_it(desk: Desk, tmp_path: Path) -> None:
    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        assert _names(await catalogue.reload()) == ONE


async def test_after_a_start_what_the_file_tells_of_a_graph_counts_where_none_can_be_read(
    desk: Desk, tmp_path: Path, no_pauses: None
) -> None:
    graph = {"1": {"class_type": "SaveImage", "inputs": {}}}
    desk.deployments = [deployment(version=version(graph=graph))]
    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        before = await catalogue.current()
        await settled()
    desk.spoilt |= {"/deployments?is_fluid=false": CRASHED, "/workflow": REFUSAL}

    async with catalogue_of(desk, FixedClock(), file=file_of(desk, tmp_path)) as catalogue:
        after = await catalogue.reload()

    assert after.workflows == before.workflows
    assert after.workflows[0].outputs == (OutputKind.IMAGE,)
