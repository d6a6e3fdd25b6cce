import asyncio
import itertools
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.chat.cards import Card
from adapters.chat.notifier import EDIT_EVERY_S, Notifier
from adapters.chat.surface import ChatClosedError, NotShownError, ReplyTo, ShownAt
from adapters.chat.turns import Turns
from core.generations.model import Delivery, Job, JobState
from core.shared.errors import ServiceTroubleError
from core.shared.events import DeliveryDue, JobChanged
from core.shared.ids import JobId
from infrastructure.memory.jobs import InMemoryJobs
from tests.adapters.chat.sleeper import Sleeper, come_to_rest
from tests.adapters.chat.surfaces import HeldSurface
from tests.adapters.chat.talk import Talk, a_talk, an_id, chat_of
from tests.builders import NOW, a_job
from tests.fakes.clock import FixedClock
from tests.fakes.surface import RecordingSurface

JOB = an_id(1)
ADA = chat_of("ada")
FIRST_EDIT_S = RecordingSurface.first_edit_s


class TimedSurface(RecordingSurface):
    """Notes when it was asked for an edit, in seconds from the beginning."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self._clock = clock
        self.edited_at: list[float] = []

    async def edit(self, to: ReplyTo, shown_at: ShownAt, card: Card) -> None:
        self.edited_at.append(round((self._clock.now() - NOW).total_seconds(), 3))
        await super().edit(to, shown_at, card)


class SilentJobs(InMemoryJobs):
    """Cannot be asked while `is_silent`."""

    is_silent = False

    async def get(self, job: JobId) -> Job | None:
        if self.is_silent:
            raise ServiceTroubleError("the database is in trouble")
        return await super().get(job)


@attrs.frozen(kw_only=True)
class Watch:
    """A notifier, the time it lives in, and the job that it follows."""

    notifier: Notifier
    jobs: SilentJobs
    surface: TimedSurface
    sleeper: Sleeper

    async def change(self, state: JobState = JobState.RUNNING, *, progress: float = 0.0) -> None:
        """Change the job, and tell it."""
        job = await self.jobs.get(JOB)
        assert job is not None
        await self.jobs.save(attrs.evolve(job, state=state, progress=progress))
        await self.notifier.hear(JobChanged(JOB, state))

    async def wait(self, seconds: float) -> None:
        """Let the time pass."""
        await self.sleeper.pass_time(seconds=seconds)


async def a_watch(*, shown_at: str = "a message", reply_to: str = ADA) -> Watch:
    clock = FixedClock(NOW)
    jobs, surface, sleeper = SilentJobs(), TimedSurface(clock), Sleeper(clock)
    await jobs.add(a_job(JOB, state=JobState.SUBMITTED, reply_to=reply_to, shown_at=shown_at))
    notifier = Notifier(jobs=jobs, surfaces={"web": surface}, turns=Turns(), sleep=sleeper.sleep)
    return Watch(notifier=notifier, jobs=jobs, surface=surface, sleeper=sleeper)


async def live(
    changes_at: Sequence[float], *, ends_at: float, first_edit_s: float = FIRST_EDIT_S
) -> list[float]:
    """Live through a run that changes at these seconds; return when its card was edited."""
    watch = await a_watch()
    watch.surface.first_edit_s = first_edit_s
    now = 0.0
    for number, at in enumerate(sorted(changes_at)):
        await watch.wait(at - now)
        await watch.change(progress=number / len(changes_at))
        now = at
    await watch.wait(ends_at - now)
    await watch.change(JobState.SUCCEEDED)
    await watch.wait(60)
    await watch.notifier.stop()
    return watch.surface.edited_at


async def test_a_change_is_shown_a_moment_later() -> None:
    watch = await a_watch()

    await watch.change(JobState.RUNNING, progress=0.25)
    await watch.wait(FIRST_EDIT_S)

    (card,) = watch.surface.cards(ADA)
    assert card.plain_text.splitlines()[1].startswith("25% · ")
    await watch.notifier.stop()


async def test_hearing_of_a_change_waits_for_nothing() -> None:
    watch = await a_watch()

    await watch.change()

    assert watch.surface.calls == []
    await watch.notifier.stop()


@pytest.mark.parametrize("end_s", [0.1, 1.1, 1.3, 2.0, 2.9])
async def test_a_run_under_three_seconds_is_edited_at_most_once(end_s: float) -> None:
    changes = [tenth / 10 for tenth in range(int(end_s * 10))]

    assert len(await live(changes, ends_at=end_s)) <= 1


async def test_a_run_that_ends_before_its_first_edit_is_never_edited() -> None:
    assert await live([0.0, 0.5, 1.0], ends_at=1.1) == []


async def test_a_longer_run_is_edited_every_two_seconds() -> None:
    changes = [tenth / 10 for tenth in range(90)]

    assert await live(changes, ends_at=9.0) == [1.2, 3.2, 5.2, 7.2]


async def test_a_platform_that_counts_edits_has_its_first_one_later() -> None:
    changes = [tenth / 10 for tenth in range(90)]

    assert await live(changes[:29], ends_at=2.9, first_edit_s=3.0) == []
    assert await live(changes, ends_at=8.9, first_edit_s=3.0) == [3.0, 5.0, 7.0]


async def test_a_change_soon_after_an_edit_waits_for_its_turn() -> None:
    assert await live([0.0, 1.3], ends_at=20.0) == [1.2, 3.2]


async def test_a_run_without_changes_is_not_edited() -> None:
    assert await live([0.0], ends_at=60.0) == [1.2]


async def test_a_change_after_a_long_while_is_shown_as_the_first_was() -> None:
    assert await live([0.0, 30.0], ends_at=60.0) == [1.2, 31.2]


async def test_a_change_that_comes_just_after_its_editor_ended_is_shown() -> None:
    assert await live([0.0, 3.2], ends_at=60.0) == [1.2, 4.4]


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40), st.floats(0, 30))
@settings(deadline=None, max_examples=60)
def test_whenever_changes_come_the_platform_has_its_peace(
    changes_at: list[float], ends_at: float
) -> None:
    before_end = [at for at in changes_at if at <= ends_at]

    edited_at = asyncio.run(live(before_end, ends_at=ends_at))

    gaps = [after - before for before, after in itertools.pairwise(edited_at)]
    assert all(gap >= EDIT_EVERY_S - 0.01 for gap in gaps)
    assert all(min(before_end) + FIRST_EDIT_S - 0.01 <= at <= ends_at + 0.01 for at in edited_at)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_whenever_changes_come_the_last_one_is_shown(changes_at: list[float]) -> None:
    edited_at = asyncio.run(live(changes_at, ends_at=60.0))

    assert max(changes_at) <= edited_at[-1] + 0.01
    assert edited_at[-1] <= max(changes_at) + FIRST_EDIT_S + EDIT_EVERY_S


@pytest.mark.parametrize("state", [state for state in JobState if state.is_end])
async def test_nothing_is_edited_after_the_end(state: JobState) -> None:
    watch = await a_watch()

    await watch.change(JobState.RUNNING)
    await watch.change(state)
    await watch.wait(30)

    assert watch.surface.calls == []


async def test_a_late_word_of_a_job_that_has_ended_changes_nothing() -> None:
    watch = await a_watch()

    await watch.change(JobState.FAILED)
    await watch.notifier.hear(JobChanged(JOB, JobState.RUNNING))
    await watch.wait(30)

    assert watch.surface.calls == []


async def test_a_word_of_a_job_that_is_not_there_changes_nothing() -> None:
    watch = await a_watch()

    await watch.notifier.hear(JobChanged(an_id(404), JobState.RUNNING))
    await watch.wait(30)

    assert watch.surface.calls == []


async def test_events_of_other_kinds_are_none_of_its_business() -> None:
    watch = await a_watch()

    await watch.notifier.hear(DeliveryDue(JOB))
    await watch.wait(30)

    assert watch.surface.calls == []


@pytest.mark.parametrize(
    ("shown_at", "reply_to"), [("", ADA), ("a message", "cli:make"), ("a message", "")]
)
async def test_a_job_that_is_not_shown_here_is_not_edited(shown_at: str, reply_to: str) -> None:
    watch = await a_watch(shown_at=shown_at, reply_to=reply_to)

    await watch.change()
    await watch.wait(30)

    assert watch.surface.calls == []


async def test_a_waiting_job_shows_how_many_are_before_it() -> None:
    watch = await a_watch()
    await watch.jobs.add(a_job(an_id(0), state=JobState.WAITING))

    await watch.change(JobState.WAITING)
    await watch.wait(FIRST_EDIT_S)

    assert "1 ahead of you" in watch.surface.cards(ADA)[0].plain_text
    await watch.notifier.stop()


async def test_a_waiting_card_is_edited_only_when_it_would_say_something_else() -> None:
    watch = await a_watch()
    await watch.jobs.add(a_job(an_id(0), state=JobState.WAITING))
    for _ in range(3):
        await watch.change(JobState.WAITING)
        await watch.wait(5)
    before = await watch.jobs.get(JobId(an_id(0)))
    assert before is not None
    await watch.jobs.save(attrs.evolve(before, state=JobState.RUNNING))
    await watch.change(JobState.WAITING)
    await watch.wait(5)

    assert len(watch.surface.edited_at) == 2
    assert "ahead" not in watch.surface.cards(ADA)[0].plain_text
    await watch.notifier.stop()


async def test_an_edit_that_fails_is_noted_and_the_next_one_made() -> None:
    watch = await a_watch()
    watch.surface.fail_with(ServiceTroubleError("too many edits"))
    with capture_logs() as logs:
        await watch.change()
        await watch.wait(3)
    watch.surface.heal()
    await watch.change(progress=0.5)
    await watch.wait(3)

    assert [(each["event"], each["job"]) for each in logs] == [("chat.not_edited", JOB)]
    assert len(watch.surface.cards(ADA)) == 1
    await watch.notifier.stop()


async def test_an_edit_without_room_is_made_later_as_the_job_stands_then() -> None:
    watch = await a_watch()
    watch.surface.fail_with(NotShownError("no room to spare", wait_s=1.0))
    await watch.change(progress=0.25)
    await watch.wait(5)
    tried_at = list(watch.surface.edited_at)
    job = await watch.jobs.get(JOB)
    assert job is not None
    await watch.jobs.save(attrs.evolve(job, progress=0.5))
    watch.surface.heal()
    await watch.wait(30)

    (card,) = watch.surface.cards(ADA)
    assert (tried_at, watch.surface.edited_at) == ([1.2, 3.2], [1.2, 3.2, 5.2])
    assert "50%" in card.plain_text


async def test_a_chat_that_is_closed_is_not_tried_again() -> None:
    watch = await a_watch()
    watch.surface.fail_with(ChatClosedError("blocked"))

    with capture_logs() as logs:
        await watch.change()
        await watch.wait(30)

    assert [each["code"] for each in logs] == ["chat.closed"]
    assert watch.surface.edited_at == [1.2]


async def test_a_store_that_is_silent_is_noted_and_asked_again() -> None:
    watch = await a_watch()
    await watch.change()
    watch.jobs.is_silent = True
    with capture_logs() as logs:
        await watch.wait(3)
    watch.jobs.is_silent = False
    await watch.change(progress=0.5)
    await watch.wait(3)

    assert [each["event"] for each in logs] == ["chat.not_edited"]
    assert len(watch.surface.cards(ADA)) == 1
    await watch.notifier.stop()


async def test_a_stopped_notifier_edits_nothing_more() -> None:
    watch = await a_watch()

    await watch.change()
    await watch.notifier.stop()
    await watch.wait(30)

    assert watch.surface.calls == []


async def race(*, turns: Turns | None = None, held: str) -> tuple[Talk, HeldSurface]:
    """Have a job end while its waiting card is edited, or its card edited while it is delivered."""
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    sleeper = Sleeper(talk.clock)
    notifier = Notifier(
        jobs=talk.jobs,
        surfaces={"web": surface},
        turns=turns or talk.container.message_turns(),
        sleep=sleeper.sleep,
    )
    job = await talk.has_job(1, state=JobState.SUBMITTED, shown_at="a message")
    surface.hold(held, ADA)
    await notifier.hear(JobChanged(job.id, JobState.RUNNING))
    if held == "edit":
        await sleeper.pass_time(seconds=FIRST_EDIT_S)
    await talk.moves.end(job, JobState.FAILED, failure="It failed.")
    delivering = asyncio.create_task(talk.container.courier().sweep())
    await sleeper.pass_time(seconds=FIRST_EDIT_S)
    surface.let_go(held, ADA)
    await delivering
    await come_to_rest()
    await notifier.stop()
    return talk, surface


@pytest.mark.parametrize("held", ["edit", "finish"])
async def test_the_end_card_stays_last_whoever_is_faster(held: str) -> None:
    talk, _ = await race(held=held)

    assert talk.last().splitlines()[1] == "It failed."
    assert (await talk.job(JOB)).delivery is Delivery.DELIVERED


async def test_a_card_that_is_being_delivered_is_not_edited() -> None:
    _, surface = await race(held="finish")

    assert surface.arrived == [("finish", ADA)]


async def test_without_turns_in_common_the_waiting_card_would_come_last() -> None:
    talk, _ = await race(held="edit", turns=Turns())

    assert talk.last().splitlines()[1] != "It failed."
