"""A wish becomes a waiting job with its points held, or nothing at all."""

import asyncio
from datetime import timedelta

import attrs
import pytest

from core.generations.model import Delivery, JobState
from core.points.model import Points
from core.sessions.model import Preferences, common, personal
from core.shared.errors import InputRefusedError, NotEnoughPointsError, TooManyJobsError
from core.shared.ids import ChatId, JobId, WorkflowKey
from core.use_cases.start_generation import OPEN_JOBS_PER_ACCOUNT, Request
from core.workflows.kinds import InputKind
from core.workflows.lora import Lora
from core.workflows.model import Deployment, Workflow
from infrastructure.memory.loras import InMemoryLoras
from infrastructure.memory.word_lists import InMemoryWildcards
from tests.builders import ADA, BOB, CHAT, NOW, a_hold, a_job, a_quote, a_workflow, an_input
from tests.core.use_cases.station import CAPACITY, DRAW, PAINT, QUOTE, UPSCALE, Station, World

JOB = JobId("0123456789abcdef0123456789abcdef")
OTHER, THIRD = JobId("1" * 32), JobId("2" * 32)
FOX = Request(account=ADA, workflow=DRAW, words="a red fox", reply_to="web:chat-1")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def spend_all_but(world: World, points: int) -> None:
    """Leave so many points in Ada's wallet."""
    spent = a_hold("spent", points=CAPACITY - points)
    await world.ledger.hold(spent, now=world.clock.now())
    await world.ledger.settle("spent", spent.points, now=world.clock.now())


async def test_a_started_job_waits_with_its_wish_and_its_hold(
    station: Station, world: World
) -> None:
    job = await station.start(JOB, FOX)

    assert (job.state, job.quote.points, job.reply_to) == (
        JobState.WAITING,
        Points(QUOTE),
        "web:chat-1",
    )
    assert (job.wish.words, job.wish.inputs) == ("a red fox", {"prompt": "a red fox", "seed": 1})
    assert await world.points() == (0, QUOTE)
    assert station.wake_ups.woken == []


async def test_the_same_id_twice_is_one_job_with_one_hold(station: Station, world: World) -> None:
    first = await station.start(JOB, FOX)

    second = await station.start(JOB, attrs.evolve(FOX, words="another"))

    assert first == second
    assert await world.points() == (0, QUOTE)


async def test_the_same_id_at_once_is_one_job_with_one_hold(station: Station, world: World) -> None:
    jobs = await asyncio.gather(*(station.start(JOB, FOX) for _ in range(8)))

    assert {job.id for job in jobs} == {JOB}
    assert await world.points() == (0, QUOTE)


async def test_the_same_id_after_the_end_is_the_job_that_ended(
    station: Station, world: World
) -> None:
    await station.begin(id=JOB)
    await station.live_out()
    ended = await station.job(JOB)

    again = await station.start(JOB, FOX)

    assert again == ended
    assert len(world.gateway.submitted) == 1


async def test_a_start_that_died_before_its_hold_goes_on_under_its_id(
    station: Station, world: World
) -> None:
    await world.jobs.add(a_job(JOB, quote=a_quote(QUOTE)))

    job = await station.start(JOB, FOX)

    assert job.state is JobState.WAITING
    assert await world.points() == (0, QUOTE)


async def test_a_start_that_died_before_its_hold_is_ended_by_whoever_advances_it(
    station: Station, world: World
) -> None:
    await world.jobs.add(a_job(JOB, quote=a_quote(QUOTE)))
    await station.wake_ups.wake(JOB, at=NOW)

    await station.live_out()

    assert (await station.job(JOB)).state is JobState.SUCCEEDED


async def test_without_points_nothing_is_held_and_the_message_says_when(
    station: Station, world: World
) -> None:
    await spend_all_but(world, 5)

    with pytest.raises(NotEnoughPointsError) as raised:
        await station.start(JOB, FOX)

    error = raised.value
    assert (error.needed, error.available, error.wait_s) == (QUOTE, 5, 900.0)
    assert "costs 20 points and you have 5: 15 short" in error.user_message
    assert "15 min" in error.user_message


async def test_a_job_without_points_has_failed_and_is_not_told_twice(
    station: Station, world: World
) -> None:
    await spend_all_but(world, 5)
    with pytest.raises(NotEnoughPointsError):
        await station.start(JOB, FOX)

    job = await station.job(JOB)

    assert (job.state, job.delivery) == (JobState.FAILED, Delivery.NONE)
    assert (await world.points())[1] == 0


async def test_a_job_whose_starter_died_and_whose_points_are_gone_is_told(
    station: Station, world: World
) -> None:
    await spend_all_but(world, 5)
    await world.jobs.add(a_job(JOB, quote=a_quote(QUOTE)))
    await station.wake_ups.wake(JOB, at=NOW)

    await station.live_out()

    job = await station.job(JOB)
    assert (job.state, job.delivery) == (JobState.FAILED, Delivery.PENDING)
    assert "15 short" in job.failure


async def test_a_person_may_have_only_so_many_jobs_open(station: Station, world: World) -> None:
    started = [await station.begin() for _ in range(OPEN_JOBS_PER_ACCOUNT)]

    with pytest.raises(TooManyJobsError, match="6"):
        await station.begin()

    assert (await station.begin(id=started[0])) == started[0]
    assert await world.points() == (0, OPEN_JOBS_PER_ACCOUNT * QUOTE)
    assert await station.begin(account=BOB)


async def test_a_repeat_of_a_job_that_ended_is_not_one_too_many(station: Station) -> None:
    ended = await station.whole_life(id=JOB)
    for _ in range(OPEN_JOBS_PER_ACCOUNT):
        await station.begin()

    assert await station.start(JOB, FOX) == ended


async def test_a_value_that_is_refused_leaves_no_trace(station: Station, world: World) -> None:
    with pytest.raises(InputRefusedError):
        await station.start(JOB, attrs.evolve(FOX, words=""))

    assert await world.jobs.get(JOB) is None
    assert await world.points() == (0, 0)


async def test_a_hold_that_cannot_be_is_a_bug(station: Station, world: World) -> None:
    await world.ledger.release(JOB, now=NOW)

    with pytest.raises(ValueError, match="already_released"):
        await station.start(JOB, FOX)


async def test_a_slow_starter_returns_the_job_as_it_stands(station: Station, world: World) -> None:
    stale = await world.jobs.add(a_job(JOB, quote=a_quote(QUOTE)))
    await station.start.hold(stale, told=True)

    job = await station.start.hold(stale, told=True)

    assert (job.state, await world.points()) == (JobState.WAITING, (0, QUOTE))


async def test_a_seed_that_nobody_gave_is_drawn_and_each_time_anew(station: Station) -> None:
    seeds = [(await station.job(await station.begin())).wish.inputs["seed"] for _ in range(3)]

    assert seeds == [1, 2, 3]


async def test_t_64_a_seed_of_zero_is_a_seed(station: Station) -> None:
    job = await station.start(JOB, attrs.evolve(FOX, inputs={"seed": 0}))

    assert job.wish.inputs["seed"] == 0


async def test_a_seed_is_drawn_within_its_limits(station: Station) -> None:
    seed = an_input("noise_seed", InputKind.INTEGER, minimum=5, maximum=6)
    workflow = a_workflow(inputs=(an_input(), seed))

    jobs = [await station.job(await station.begin(workflow=workflow)) for _ in range(4)]

    assert {job.wish.inputs["noise_seed"] for job in jobs} == {5, 6}


async def test_words_do_not_replace_a_prompt_that_was_given_by_name(station: Station) -> None:
    job = await station.start(JOB, attrs.evolve(FOX, inputs={"prompt": "a blue cat"}))

    assert (job.wish.words, job.wish.inputs["prompt"]) == ("a blue cat", "a blue cat")


async def test_a_workflow_without_a_prompt_takes_no_words(station: Station) -> None:
    request = Request(account=ADA, workflow=UPSCALE, words="larger", images=("a.png",))

    with pytest.raises(InputRefusedError, match="takes no words, only: input_image"):
        await station.start(JOB, request)

    job = await station.start(JOB, attrs.evolve(request, words=""))
    assert (job.wish.words, job.wish.media_inputs) == ("", ("input_image",))


@pytest.mark.parametrize(
    ("workflow", "images", "problem"),
    [
        (DRAW, ("a.png",), "takes no picture, not 1"),
        (PAINT, ("a.png", "b.png"), "takes 1 picture, not 2"),
        (PAINT, (), "needs a picture"),
    ],
)
async def test_pictures_that_do_not_fit_are_refused(
    station: Station, workflow: Workflow, images: tuple[str, ...], problem: str
) -> None:
    request = attrs.evolve(FOX, workflow=workflow, images=images)

    with pytest.raises(InputRefusedError, match=problem):
        await station.start(JOB, request)


async def test_pictures_fill_the_inputs_in_their_order_but_for_those_that_have_one(
    station: Station,
) -> None:
    workflow = a_workflow(
        inputs=tuple(an_input(name, InputKind.IMAGE) for name in ("pose", "face", "style"))
    )
    request = attrs.evolve(
        FOX, words="", workflow=workflow, media={"face": "f.png"}, images=("1.png", "2.png")
    )

    job = await station.start(JOB, request)

    assert job.wish.inputs == {"pose": "1.png", "face": "f.png", "style": "2.png"}
    assert job.wish.media_inputs == ("pose", "face", "style")


async def test_a_file_that_is_named_like_a_value_is_refused_with_the_way_on(
    station: Station,
) -> None:
    workflow = a_workflow(inputs=(an_input("image", InputKind.IMAGE),))
    request = attrs.evolve(FOX, words="", workflow=workflow, inputs={"image": "fox.png"})

    with pytest.raises(InputRefusedError, match="send it along"):
        await station.start(JOB, request)


async def test_a_picture_that_the_deployment_brings_itself_goes_to_the_service_as_it_is(
    station: Station, world: World
) -> None:
    default = "https://example.com/default.png"
    workflow = a_workflow(inputs=(an_input("image", InputKind.IMAGE, default=default),))
    job = await station.start(JOB, attrs.evolve(FOX, words="", workflow=workflow))
    await station.start.wake(job)

    await station.live_out()

    assert (await station.job(JOB)).wish.media_inputs == ()
    assert world.gateway.submitted[-1].inputs["image"] == default


async def test_the_quote_is_what_slow_runs_took_until_now(station: Station, world: World) -> None:
    before = await station.quote(DRAW)
    world.gateway.run_s = 3.5
    for _ in range(3):
        await station.whole_life()

    after = await station.quote(DRAW)

    assert (before.points, after.points) == (Points(QUOTE), Points(7))
    assert (after.median_s, after.p90_s) == (3.5, 3.5)


async def test_only_the_runs_of_the_same_workflow_count_for_a_quote(station: Station) -> None:
    await station.whole_life()

    assert (await station.quote(PAINT)).points == Points(QUOTE)


async def test_an_abandoned_start_is_looked_at_soon(station: Station, world: World) -> None:
    job = await station.start(JOB, FOX)

    assert job.next_wake_at == world.clock.now() + timedelta(seconds=2)


async def test_what_a_person_and_a_chat_have_saved_is_where_a_wish_begins(
    station: Station, world: World
) -> None:
    steps = an_input("steps", InputKind.INTEGER, default=20)
    workflow = a_workflow(inputs=(an_input(), steps, an_input("cfg", InputKind.NUMBER, default=7)))
    key, chat = workflow.key, CHAT
    await world.preferences.save(personal(ADA), key, Preferences(values={"steps": 5, "gone": 1}))
    await world.preferences.save(common(chat), key, Preferences(values={"steps": 6, "cfg": 2.5}))
    asked = Request(account=ADA, workflow=workflow, words="a fox", chat=chat)

    wish = (await station.start(JOB, asked)).wish
    nowhere = (await station.start(OTHER, attrs.evolve(asked, chat=ChatId("")))).wish
    of_bob = (await station.start(THIRD, attrs.evolve(asked, account=BOB))).wish

    assert wish.inputs == {"prompt": "a fox", "steps": 5, "cfg": 2.5}
    assert wish.notes == ("Your saved “gone” is left out: /text2img does not take it any more.",)
    assert nowhere.inputs == {"prompt": "a fox", "steps": 5, "cfg": 7}
    assert of_bob.inputs == {"prompt": "a fox", "steps": 6, "cfg": 2.5}


async def test_t_67_words_are_drawn_and_call_loras_and_stay_as_they_were_typed(
    station: Station, world: World
) -> None:
    world.wildcards = InMemoryWildcards({"animals": ["{fox|fox}"]})
    world.loras = InMemoryLoras([Lora(name="PixelArt", triggers=("pixel",))])
    workflow = attrs.evolve(
        a_workflow(inputs=(*DRAW.inputs, an_input("negative"))), reads_lora_tags=True
    )

    job = await Station(world).start(
        JOB,
        attrs.evolve(
            FOX,
            workflow=workflow,
            words="a pixel:.4 __animals__",
            inputs={"negative": "{hands|hands}"},
            notes=("a note",),
        ),
    )

    assert job.wish.words == "a pixel:.4 __animals__"
    assert job.wish.inputs["prompt"] == "a <lora:PixelArt:0.4> pixel fox"
    assert (job.wish.typed, job.wish.inputs["negative"]) == ({"negative": "{hands|hands}"}, "hands")
    assert job.wish.notes == (
        "a note",
        "__animals__ became fox",
        "{hands|hands} became hands",
        "“pixel” calls the LoRA PixelArt (0.4)",
    )


async def test_a_wish_tells_which_workflow_made_it_and_how(station: Station) -> None:
    workflow = attrs.evolve(
        DRAW,
        key=WorkflowKey("w-1"),
        deployments=(Deployment(id=DRAW.deployment, version=3),),
        as_files=True,
    )

    wish = (await station.start(JOB, attrs.evolve(FOX, workflow=workflow))).wish

    assert (wish.key, wish.version, wish.as_files) == ("w-1", 3, True)
