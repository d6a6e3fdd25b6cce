"""FillForm: forms are opened, found by their owners, changed once and kept for a while."""

import asyncio
from functools import partial

import attrs
import pytest

from core.generations.model import JobState
from core.media.model import MediaKind
from core.sessions.model import Preferences, common, personal
from core.shared.errors import (
    InputRefusedError,
    NotYoursError,
    StaleButtonError,
    StoreTroubleError,
    UnknownWorkflowError,
)
from core.shared.ids import AccountId, ChatId, DraftId, JobId
from core.use_cases.fill_form import FillForm, FormGoneError, request_of, takes
from core.use_cases.start_generation import Request
from core.workflows.drafts import DRAFT_LIVES, Draft
from core.workflows.form import Form
from core.workflows.inputs import InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.memory.jobs import InMemoryJobs
from infrastructure.memory.preferences import InMemoryPreferences
from tests.builders import ADA, BOB, a_job, a_media_ref, a_workflow, an_input
from tests.fakes.clock import FixedClock

CHAT, ELSEWHERE = ChatId("web:ada"), ChatId("web:elsewhere")
ONE, TWO = DraftId("1" * 32), DraftId("2" * 32)
PICTURE = an_input("image", InputKind.IMAGE)
WIDTH = an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2048)
CFG = an_input("cfg", InputKind.NUMBER, default=7.0)
PAINT = a_workflow("paint", inputs=(PICTURE, an_input(), WIDTH, CFG))


class BusyDrafts(InMemoryDrafts):
    """Has somebody else who is always faster, `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def save(self, draft: Draft) -> Draft | None:
        if self.times:
            self.times -= 1
            now = await self.get(draft.id, now=draft.expires_at - DRAFT_LIVES)
            assert now is not None
            await super().save(attrs.evolve(now, notes=(*now.notes, "Changed.")))
        return await super().save(draft)


class BusyPreferences(InMemoryPreferences):
    """Has somebody else who is always faster."""

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        return False


@attrs.frozen(kw_only=True)
class Desk:
    """A FillForm, and all that is stored."""

    drafts: InMemoryDrafts = attrs.field(factory=InMemoryDrafts)
    preferences: InMemoryPreferences = attrs.field(factory=InMemoryPreferences)
    jobs: InMemoryJobs = attrs.field(factory=InMemoryJobs)
    clock: FixedClock = attrs.field(factory=FixedClock)
    workflows: tuple[Workflow, ...] = (PAINT,)

    @property
    def fill(self) -> FillForm:
        """One life of it: what it knows is in the stores."""
        return FillForm(
            drafts=self.drafts,
            preferences=self.preferences,
            workflows=Workflows(InMemoryCatalogue(self.workflows)),
            jobs=self.jobs,
            clock=self.clock,
        )

    async def opened(
        self, draft: DraftId = ONE, *, asking: str = "image", request: Request | None = None
    ) -> Form:
        """Open a form of Ada's."""
        prepared = await self.fill.prepared(draft, request or a_request())
        return await self.fill.open(prepared.asking(prepared.input(asking)))


a_request = partial(Request, account=ADA, workflow=PAINT, chat=CHAT)
"""What Ada asks for, with as much of it as a test names."""


def wider(form: Form) -> Form:
    return form.with_value(WIDTH, 1024)


async def test_a_form_holds_what_was_given_and_asks_for_the_rest() -> None:
    desk = Desk()
    request = a_request(words="a fox", inputs={"width": "768"}, reply_to="web:ada")

    form = await desk.opened(request=request)

    assert (form.draft.words, form.draft.values, form.asked) == ("a fox", {"width": 768}, PICTURE)
    assert await desk.fill.asked(ADA, CHAT) == form


async def test_a_form_becomes_the_request_that_it_began_with() -> None:
    desk = Desk()
    request = a_request(
        words="a fox",
        inputs={"width": 768},
        media={"image": "fox.png"},
        parent=JobId("parent"),
        reply_to="web:ada",
    )

    form = await desk.opened(request=request)
    assert request_of(form) == attrs.evolve(request, is_complete=True)


async def test_pictures_go_to_the_inputs_that_take_them() -> None:
    form = await Desk().opened(request=a_request(images=("fox.png",)))

    assert form.draft.media == {"image": "fox.png"}


async def test_what_is_not_taken_opens_no_form() -> None:
    desk = Desk()

    with pytest.raises(InputRefusedError, match="outside"):
        await desk.opened(request=a_request(inputs={"width": 1}))
    assert await desk.fill.asked(ADA, CHAT) is None


async def test_the_same_update_opens_one_form() -> None:
    desk = Desk()
    form = await desk.opened()
    await desk.fill.change(form, wider)

    assert (await desk.opened()).draft.values == {"width": 1024}


async def test_one_question_at_a_time_is_asked_in_a_chat() -> None:
    desk = Desk()
    await desk.opened(ONE)
    await desk.opened(TWO)

    newest = await desk.fill.asked(ADA, CHAT)
    assert newest is not None
    assert newest.draft.id == TWO
    assert (await desk.fill.owned(ONE, ADA)).asked is None


@pytest.mark.parametrize(("account", "chat"), [(BOB, CHAT), (ADA, ELSEWHERE)])
async def test_t_62_a_question_is_for_its_person_in_its_chat(
    account: AccountId, chat: ChatId
) -> None:
    desk = Desk()
    await desk.opened()

    assert await desk.fill.asked(account, chat) is None


async def test_t_62_nobody_has_somebody_else_s_form() -> None:
    desk = Desk()
    await desk.opened()

    with pytest.raises(NotYoursError):
        await desk.fill.owned(ONE, BOB)


async def test_a_form_is_kept_for_fifteen_minutes() -> None:
    desk = Desk()
    await desk.opened()

    desk.clock.advance(seconds=14.9 * 60)
    assert await desk.fill.asked(ADA, CHAT) is not None
    desk.clock.advance(seconds=6)
    assert await desk.fill.asked(ADA, CHAT) is None


async def test_every_change_gives_it_its_full_time_again() -> None:
    desk = Desk()
    form = await desk.opened()
    for _ in range(3):
        desk.clock.advance(seconds=14 * 60)
        form = await desk.fill.change(form, wider)

    assert (await desk.fill.owned(ONE, ADA)).draft.values == {"width": 1024}


async def test_t_88_a_half_filled_form_is_there_after_a_restart() -> None:
    desk = Desk()
    form = await desk.opened(request=a_request(words="a fox"))
    await desk.fill.change(form, wider)

    after = await desk.fill.asked(ADA, CHAT)  # by another FillForm, on the same stores

    assert after is not None
    assert (after.draft.words, after.draft.values) == ("a fox", {"width": 1024})


async def test_a_form_that_is_gone_says_how_to_go_on() -> None:
    desk = Desk()
    form = await desk.opened()
    first = await desk.fill.remove(form)

    assert (first, await desk.fill.remove(form)) == (True, False)
    with pytest.raises(FormGoneError) as gone:
        await desk.fill.owned(ONE, ADA)
    assert isinstance(gone.value, StaleButtonError)
    assert gone.value.user_message.startswith("This form is closed: it was run, or closed, or")


async def test_two_changes_at_once_are_both_made() -> None:
    desk = Desk()
    form = await desk.opened()

    await asyncio.gather(
        desk.fill.change(form, wider),
        desk.fill.change(form, lambda each: each.with_value(CFG, 3)),
    )

    assert (await desk.fill.owned(ONE, ADA)).draft.values == {"width": 1024, "cfg": 3}


async def test_a_change_that_somebody_is_always_faster_than_is_given_up() -> None:
    desk = Desk(drafts=BusyDrafts(99))
    form = await desk.opened()

    with pytest.raises(FormGoneError):
        await desk.fill.change(form, wider)


async def test_notes_are_told_once() -> None:
    desk = Desk()
    form = await desk.opened()
    await desk.fill.change(form, lambda each: each.with_note("Look."), is_told=False)
    form = await desk.fill.owned(ONE, ADA)

    told = await desk.fill.change(form, wider)

    assert told.draft.notes == ("Look.",)
    assert (await desk.fill.owned(ONE, ADA)).draft.notes == ()


async def test_a_note_that_came_meanwhile_is_told_too() -> None:
    desk = Desk(drafts=BusyDrafts(1))
    form = await desk.opened()

    assert (await desk.fill.change(form, wider)).draft.notes == ("Changed.",)


async def test_a_whole_form_begins_with_what_is_saved_the_person_s_last() -> None:
    desk = Desk()
    await desk.preferences.save(
        common(CHAT), PAINT.key, Preferences(values={"width": 256, "cfg": 1})
    )
    await desk.preferences.save(
        personal(ADA), PAINT.key, Preferences(values={"width": 300, "steps": 3})
    )

    whole = await desk.opened(ONE, asking="")
    given = await desk.opened(TWO, asking="", request=a_request(inputs={"width": 400}))

    assert whole.draft.values == {"width": 300, "cfg": 1}
    assert given.draft.values == {"width": 400, "cfg": 1}


async def test_what_differs_is_kept_in_place_of_what_was() -> None:
    desk = Desk()
    before = Preferences(values={"width": 300}, set_aside={"cfg": "gone", "steps": "gone"})
    await desk.preferences.save(personal(ADA), PAINT.key, before)
    form = await desk.opened(request=a_request(words="a fox", inputs={"width": 512, "cfg": 3}))

    kept = await desk.fill.keep(form)

    saved = await desk.preferences.get(personal(ADA), PAINT.key)
    assert kept == saved.values == {"cfg": 3}
    assert saved.set_aside == {"steps": "gone"}


async def test_what_cannot_be_kept_is_said() -> None:
    desk = Desk(preferences=BusyPreferences())

    with pytest.raises(StoreTroubleError):
        await desk.fill.keep(await desk.opened())


async def test_a_workflow_that_was_renamed_is_found_by_its_key() -> None:
    desk = Desk()
    await desk.opened()
    renamed = attrs.evolve(PAINT, name=a_workflow("draw").name)

    form = await attrs.evolve(desk, workflows=(renamed,)).fill.owned(ONE, ADA)

    assert (form.workflow, form.draft.workflow) == (renamed, "draw")


async def test_the_form_of_a_workflow_that_is_gone_goes_too() -> None:
    desk = Desk()
    await desk.opened()
    later = attrs.evolve(desk, workflows=(a_workflow("draw"),))

    with pytest.raises(UnknownWorkflowError, match="paint"):
        await later.fill.owned(ONE, ADA)
    assert await later.fill.asked(ADA, CHAT) is None


async def test_the_last_result_is_the_newest_that_fits() -> None:
    desk = Desk()
    for number, outputs in enumerate([("1.png",), ("2.png", "3.png"), ("4.mp4",)]):
        job = a_job(
            f"job-{number}",
            state=JobState.SUCCEEDED,
            outputs=tuple(a_media_ref(each) for each in outputs),
            created_at=desk.clock.now(),
        )
        await desk.jobs.add(job)
        desk.clock.advance(seconds=1)

    found = await desk.fill.last_result(ADA, PICTURE)

    assert found == a_media_ref("2.png")
    assert await desk.fill.last_result(ADA, WIDTH) is None
    assert await desk.fill.last_result(BOB, PICTURE) is None


async def test_a_form_knows_the_job_that_it_has_become() -> None:
    desk = Desk()
    await desk.jobs.add(a_job("job-1"))

    assert await desk.fill.has_started(JobId("job-1"))
    assert not await desk.fill.has_started(JobId("job-2"))


@pytest.mark.parametrize(
    ("name", "kind", "taken"),
    [
        ("image", InputKind.IMAGE, {MediaKind.IMAGE}),
        ("video", InputKind.FILE, {MediaKind.VIDEO}),
        ("sound", InputKind.FILE, {MediaKind.AUDIO}),
        ("archive", InputKind.FILE, set(MediaKind)),
        ("prompt", InputKind.TEXT, set()),
    ],
)
def test_an_input_takes_files_of_its_kind(
    name: str, kind: InputKind, taken: set[MediaKind]
) -> None:
    assert {each for each in MediaKind if takes(an_input(name, kind), each)} == taken


async def test_a_form_that_begins_to_ask_silences_the_one_that_asked_before() -> None:
    desk = Desk()
    await desk.opened(ONE)
    form = await desk.opened(TWO, asking="")
    await desk.fill.change(form, lambda each: each.asking(WIDTH))

    newest = await desk.fill.asked(ADA, CHAT)
    assert newest is not None
    assert (newest.draft.id, newest.asked) == (TWO, WIDTH)
    assert (await desk.fill.owned(ONE, ADA)).asked is None


async def test_a_saved_prompt_is_in_a_form_until_other_words_are() -> None:
    desk = Desk()
    await desk.preferences.save(personal(ADA), PAINT.key, Preferences(values={"prompt": "a cat"}))

    own = await desk.opened(TWO, request=a_request(words="a fox"), asking="")

    assert (await desk.opened(ONE, asking="")).draft.words == "a cat"
    assert own.draft.words == "a fox"


async def test_keeping_a_form_leaves_a_saved_prompt_and_seed_alone() -> None:
    seed = an_input("seed", InputKind.INTEGER, default=-1)
    draw = a_workflow("draw", inputs=(an_input(), WIDTH, CFG, seed))
    desk = Desk(workflows=(draw,))
    saved: dict[str, InputValue] = {"prompt": "a cat", "seed": 7, "cfg": 3.0, "gone": 1}
    await desk.preferences.save(personal(ADA), draw.key, Preferences(values=saved))

    form = await desk.opened(request=a_request(workflow=draw, inputs={"cfg": 7.0}), asking="")
    await desk.fill.keep(wider(form))

    kept = await desk.preferences.get(personal(ADA), draw.key)
    assert kept.values == {"prompt": "a cat", "seed": 7, "width": 1024}
