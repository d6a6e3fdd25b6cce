import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat.actions import CancelJob, RepeatJob, UpscaleResult
from core.generations.model import JobState
from core.shared.errors import ServiceTroubleError
from core.shared.ids import JobId
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.surfaces import BrokenSurface, HeldSurface
from tests.adapters.chat.talk import Talk, a_talk, an_id, chat_of
from tests.builders import a_hold, a_media_ref
from tests.until import until

FOX = a_media_ref("fox.png")


def woken(talk: Talk) -> list[JobId]:
    return [job for job, _ in talk.wake_ups.woken]


@pytest.mark.parametrize("text", ["a red fox", "/make a red fox", "/text2img a red fox"])
async def test_a_wish_shows_its_card_and_is_set_going(talk: Talk, text: str) -> None:
    update = await talk.say(text)

    (card,) = talk.cards()
    assert card.plain_text == "Text2Img  a red fox\nStarting · at most 20 points, about 6 s"
    assert card.buttons[0][0].action == CancelJob(update)
    assert woken(talk) == [update]


async def test_a_job_knows_who_wished_it_and_where_it_is_shown(talk: Talk) -> None:
    update = await talk.say("a red fox width=256 --seed 7")

    job = await talk.job(update)
    assert (job.wish.account, job.reply_to, job.shown_at) == (
        await talk.account(),
        "web:ada",
        f"job-{update}",
    )
    assert job.wish.inputs == {"prompt": "a red fox", "width": 256, "seed": 7}


async def test_words_and_values_may_stand_around_a_command_s_picture(talk: Talk) -> None:
    update = await talk.say("/img2img make it blue seed=3", FOX)

    assert (await talk.job(update)).wish.inputs == {
        "prompt": "make it blue",
        "image": "fox.png",
        "seed": 3,
    }


async def test_make_with_a_picture_changes_the_picture(talk: Talk) -> None:
    update = await talk.say("/make it blue", FOX)

    assert (await talk.job(update)).wish.workflow == "img2img"


async def test_a_workflow_without_words_needs_its_picture_alone(talk: Talk) -> None:
    update = await talk.say("/upscale", FOX)

    assert (await talk.job(update)).wish.inputs == {"image": "fox.png"}


@pytest.mark.parametrize(
    ("text", "pictures", "answer"),
    [
        ("", 1, "Img2Img\nWhat do you want to see?"),
        ("/make", 0, "Text2Img\nWhat do you want to see?"),
        ("/make width=512", 0, "Text2Img\nWhat do you want to see?"),
        ("/upscale", 0, "Upscale\nPlease send a picture for “Image”."),
        ("/upscale a fox", 1, "/upscale takes no words, only: image."),
        ("/upscale image=other.png", 1, "/upscale takes no words, only: image."),
        ("/make a fox", 2, "/img2img takes 1 picture, not 2. Please send it again."),
        ("/text2img a fox", 1, "/text2img takes no picture, not 1. Please send it again."),
        (
            "a fox --hight 5",
            0,
            "/text2img has no input “hight”. It takes: prompt, width, seed.",
        ),
    ],
)
async def test_a_wish_that_lacks_something_is_asked_for_it_or_told_what_to_do(
    talk: Talk, text: str, pictures: int, answer: str
) -> None:
    await talk.say(text, *(FOX for _ in range(pictures)))

    assert (talk.last(), woken(talk)) == (answer, [])


async def test_a_workspace_that_takes_no_sentence_says_so() -> None:
    talk = a_talk(catalogue=InMemoryCatalogue())

    await talk.say("a red fox")

    assert talk.last() == "There is no workflow called “make”. /workflows lists what there is."


async def test_a_wallet_whose_points_are_set_aside_is_told_so(talk: Talk) -> None:
    spent = a_hold("spent", points=360, wallet=await talk.account())
    await talk.container.ledger().hold(spent, now=talk.clock.now())

    await talk.say("a red fox")

    assert talk.last() == (
        "This costs 20 points and you have 10: 10 short. "
        "Try again when what is under way has ended: /status shows it."
    )


async def test_the_card_is_shown_before_the_job_is_woken() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    surface.hold("send", chat_of("ada"))

    saying = asyncio.create_task(talk.say("a red fox"))
    await until(lambda: len(surface.arrived) == 1)
    woken_before = woken(talk)
    surface.let_go("send", chat_of("ada"))
    update = await saying

    assert (woken_before, woken(talk)) == ([], [update])


async def test_a_slow_platform_holds_no_job_up() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    surface.hold("send", chat_of("ada"))

    saying = asyncio.create_task(talk.say("a red fox", id=an_id(1)))
    await until(lambda: woken(talk) == [an_id(1)])
    shown_before = talk.cards()
    surface.let_go("send", chat_of("ada"))
    await saying

    assert (shown_before, len(talk.cards()), woken(talk)) == ([], 1, [an_id(1)])
    assert (await talk.job(an_id(1))).shown_at


async def test_whoever_gives_up_a_message_gives_up_showing_it() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    surface.hold("send", chat_of("ada"))
    saying = asyncio.create_task(talk.say("a red fox"))
    await until(lambda: len(surface.arrived) == 1)

    saying.cancel()
    await asyncio.wait([saying])
    surface.let_go("send", chat_of("ada"))
    await asyncio.sleep(0)

    assert talk.cards() == []


async def test_a_job_whose_card_could_not_be_shown_is_set_going_all_the_same(talk: Talk) -> None:
    talk.surface.fail_with(ServiceTroubleError("the platform is away"))

    with capture_logs() as logs:
        update = await talk.say("a red fox")

    assert woken(talk) == [update]
    assert [(each["event"], each["job"]) for each in logs] == [("chat.not_shown", update)]


async def test_nobody_is_told_that_a_job_failed_while_it_goes_on(talk: Talk) -> None:
    talk.surface.fail_with(ServiceTroubleError("the platform is away"))

    await talk.say("a red fox")

    assert [(order, key.partition("-")[0]) for order, _, key, _ in talk.surface.calls] == [
        ("send", "job")
    ]


async def test_a_job_is_set_going_even_by_a_surface_with_a_bug() -> None:
    talk = a_talk(surface=BrokenSurface())

    with capture_logs():
        update = await talk.say("a red fox")

    assert woken(talk) == [update]


async def test_the_same_message_twice_is_one_job_one_card_and_one_hold(talk: Talk) -> None:
    await talk.say("a red fox", id=an_id(1))
    await talk.say("a red fox", id=an_id(1))
    balance = await talk.container.ledger().balance(await talk.account(), now=talk.clock.now())

    assert [order for order, *_ in talk.surface.calls] == ["send"]
    assert (woken(talk), balance.held.amount) == ([an_id(1)], 20)


async def test_the_same_message_twice_at_once_is_one_job(talk: Talk) -> None:
    await asyncio.gather(*(talk.say("a red fox", id=an_id(1)) for _ in range(5)))

    assert [order for order, *_ in talk.surface.calls] == ["send"]
    assert len(await talk.jobs.open_of(await talk.account())) == 1


async def test_the_same_message_after_its_end_starts_nothing(talk: Talk) -> None:
    await talk.say("a red fox", id=an_id(1))
    await talk.container.end()(await talk.job(an_id(1)), JobState.CANCELLED)
    await talk.say("a red fox", id=an_id(1))

    assert len(talk.surface.calls) == 1
    assert (await talk.job(an_id(1))).state is JobState.CANCELLED


async def test_a_job_that_has_ended_meanwhile_shows_no_waiting_card(talk: Talk) -> None:
    async with talk.container.message_turns().of(an_id(1)):
        saying = asyncio.create_task(talk.say("a red fox", id=an_id(1)))
        await until(lambda: woken(talk) == [an_id(1)])
        await talk.container.end()(await talk.job(an_id(1)), JobState.CANCELLED)
    await saying

    assert talk.surface.calls == []


async def test_the_same_message_again_shows_the_card_that_was_not_shown(talk: Talk) -> None:
    talk.surface.fail_with(ServiceTroubleError("the platform is away"))
    with capture_logs():
        await talk.say("a red fox", id=an_id(1))
    talk.surface.heal()
    await talk.say("a red fox", id=an_id(1))

    assert len(talk.cards()) == 1
    assert (await talk.job(an_id(1))).shown_at


async def test_who_comes_later_sees_how_many_are_before_them(talk: Talk) -> None:
    await talk.say("a red fox", person="ada")
    talk.clock.advance(seconds=1)
    await talk.say("a blue fox", person="bob")

    assert talk.last("bob").splitlines()[1].startswith("Waiting for a free place: 1 ahead of you")


async def test_again_is_the_same_wish_with_another_seed(talk: Talk) -> None:
    done = await talk.has_job(state=JobState.SUCCEEDED)

    press = await talk.press(RepeatJob(done.id))

    wish = (await talk.job(press)).wish
    assert (wish.words, wish.parent) == (done.wish.words, done.id)
    assert wish.inputs["seed"] != done.wish.inputs["seed"]


async def test_upscale_takes_the_result_s_picture(talk: Talk) -> None:
    done = await talk.has_job(state=JobState.SUCCEEDED, outputs=(a_media_ref("a.mp4"), FOX))

    press = await talk.press(UpscaleResult(done.id))

    wish = (await talk.job(press)).wish
    assert (wish.workflow, wish.inputs, wish.parent) == ("upscale", {"image": FOX.id}, done.id)


async def test_upscaling_what_has_no_picture_is_a_stale_button(talk: Talk) -> None:
    done = await talk.has_job(state=JobState.FAILED)

    await talk.press(UpscaleResult(done.id))

    assert talk.last().startswith("This button is too old")


@pytest.mark.parametrize("kind", [RepeatJob, UpscaleResult])
async def test_nobody_goes_on_from_somebody_else_s_job(
    talk: Talk, kind: type[RepeatJob] | type[UpscaleResult]
) -> None:
    done = await talk.has_job(state=JobState.SUCCEEDED, outputs=(FOX,))

    press = await talk.press(kind(done.id), person="bob")

    assert talk.last("bob").startswith("That one belongs to somebody else.")
    assert await talk.jobs.get(press) is None
