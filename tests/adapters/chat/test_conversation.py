import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat import texts
from adapters.chat.actions import RepeatJob, RunCommand, ShowInfo, encode
from adapters.chat.cards import Tone
from adapters.chat.dispatch import DOUBLE_PRESS_S
from core.generations.model import JobState
from core.shared.errors import MediaRefusedError, ServiceTroubleError
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot
from tests.adapters.chat.surfaces import BrokenSurface, HeldSurface
from tests.adapters.chat.talk import Talk, a_talk, an_id, chat_of
from tests.builders import a_media_ref
from tests.until import until


class BrokenCatalogue(WorkflowCatalogue):
    """Has a bug."""

    async def current(self) -> Snapshot:
        raise KeyError("a secret of the inside")

    async def reload(self) -> Snapshot:
        return await self.current()


class SilentCatalogue(WorkflowCatalogue):
    """Belongs to a service that does not answer."""

    async def current(self) -> Snapshot:
        raise ServiceTroubleError("no answer from the service within 15 s")

    async def reload(self) -> Snapshot:
        return await self.current()


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        ("/help", "Write what you want to see"),
        ("/start", "Write what you want to see"),
        ("/HELP@station_bot", "Write what you want to see"),
        ("/workflows", "/img2img  Changes a picture."),
        ("/points", "You have 370 points"),
        ("/status", "Nothing is under way."),
        ("/cancel", "There is nothing to cancel."),
        ("/make a red fox", "Text2Img  a red fox"),
        ("/text2img a red fox", "Text2Img  a red fox"),
        (
            "/Text-2-Img a red fox",
            "There is no workflow called “text-2-img”. Did you mean /text2img",
        ),
        ("a red fox", "Text2Img  a red fox"),
        ("", "Please write what you want to see."),
        (" \n", "Please write what you want to see."),
    ],
)
async def test_every_message_is_answered(talk: Talk, command: str, begins: str) -> None:
    await talk.say(command)

    (card,) = talk.cards()
    assert card.plain_text.startswith(begins)


@pytest.mark.parametrize("command", ["help", "workflows", "points", "status", "cancel"])
async def test_a_button_for_a_command_answers_as_the_command_does(talk: Talk, command: str) -> None:
    await talk.say(f"/{command}")
    await talk.press(RunCommand(command))

    typed, pressed = talk.cards()
    assert typed == pressed


async def test_a_slip_of_the_finger_is_answered_with_the_nearest_names(talk: Talk) -> None:
    await talk.say("/upscael 2")

    (card,) = talk.cards()
    assert card.plain_text == (
        "There is no workflow called “upscael”. Did you mean /upscale or /cancel? "
        "/workflows lists all."
    )
    assert (card.tone, card.buttons[0][0].action) == (Tone.BAD, RunCommand("workflows"))


async def test_a_command_like_no_other_is_answered_with_the_list(talk: Talk) -> None:
    await talk.say("/\N{FOX FACE} now")

    assert talk.last() == (
        "There is no workflow called “\N{FOX FACE}”. /workflows lists what there is."
    )


async def test_an_attachment_that_could_not_be_taken_is_explained(talk: Talk) -> None:
    trouble = MediaRefusedError("That is no picture. Please send a PNG or a JPEG.")

    update = await talk.say("a red fox", trouble=trouble)

    assert talk.last() == "That is no picture. Please send a PNG or a JPEG."
    assert await talk.jobs.get(update) is None


async def test_an_error_is_a_card_and_holds_no_points(talk: Talk) -> None:
    await talk.say("/make a red fox width=9000")
    await talk.say("/points")

    mistake, points = talk.cards()
    assert mistake.plain_text == ("“width” takes a number from 64 to 2,048, and 9,000 is outside.")
    assert points.plain_text.startswith("You have 370 points")


async def test_a_service_that_is_silent_is_explained_and_logged() -> None:
    talk = a_talk(catalogue=SilentCatalogue())

    with capture_logs() as logs:
        await talk.say("/workflows")

    assert talk.last() == ServiceTroubleError("").user_message
    assert [(each["event"], each["code"]) for each in logs] == [
        ("chat.service_error", "service.trouble")
    ]


async def test_a_person_s_mistake_is_no_line_of_the_log(talk: Talk) -> None:
    with capture_logs() as logs:
        await talk.say("/upscael")

    assert logs == []


async def test_a_bug_is_an_apology_with_the_number_of_its_note_in_the_log() -> None:
    talk = a_talk(catalogue=BrokenCatalogue())

    with capture_logs() as logs:
        update = await talk.say("a red fox")

    (note,) = logs
    assert talk.last() == texts.bug(update[:8])
    assert (note["event"], note["error_id"], note["exc_info"]) == ("chat.bug", update[:8], True)
    assert "secret" not in talk.last()


async def test_a_surface_that_fails_ends_no_conversation(talk: Talk) -> None:
    talk.surface.fail_with(ServiceTroubleError("the platform is away"))
    with capture_logs() as logs:
        await talk.say("/help")
    talk.surface.heal()
    await talk.say("/points")

    assert [each["event"] for each in logs] == ["chat.not_shown"]
    assert talk.last().startswith("You have 370 points")


async def test_a_surface_with_a_bug_ends_no_conversation() -> None:
    surface = BrokenSurface()
    talk = a_talk(surface=surface)

    with capture_logs() as logs:
        update = await talk.say("/help")

    assert [(each["event"], each["error_id"]) for each in logs] == [("chat.not_shown", update[:8])]


async def test_the_same_question_again_is_answered_in_the_same_message(talk: Talk) -> None:
    await talk.say("/help", id=an_id(1))
    await talk.say("/help", id=an_id(1))

    assert len(talk.cards()) == 1


@pytest.mark.parametrize(
    ("between_s", "answers"), [(0.0, 1), (1.0, 1), (1.49, 1), (1.5, 2), (60.0, 2)]
)
async def test_a_double_press_is_one_press_and_a_later_one_another(
    talk: Talk, between_s: float, answers: int
) -> None:
    await talk.press(RunCommand("points"))
    talk.clock.advance(seconds=between_s)
    await talk.press(RunCommand("points"))

    assert len(talk.cards()) == answers


async def test_pressing_on_and_on_does_not_shut_a_button_for_good(talk: Talk) -> None:
    for _ in range(4):
        await talk.press(RunCommand("points"))
        talk.clock.advance(seconds=DOUBLE_PRESS_S / 2)

    assert len(talk.cards()) == 2


async def test_the_same_button_of_another_message_is_another_press(talk: Talk) -> None:
    await talk.press(RunCommand("points"), message="one")
    await talk.press(RunCommand("points"), message="two")

    assert len(talk.cards()) == 2


async def test_two_people_press_the_same_button_of_the_same_message(talk: Talk) -> None:
    await talk.press(RunCommand("points"), person="ada")
    await talk.press(RunCommand("points"), person="bob")

    assert (len(talk.cards("ada")), len(talk.cards("bob"))) == (1, 1)


async def test_a_double_press_starts_one_job(talk: Talk) -> None:
    done = await talk.has_job(state=JobState.SUCCEEDED)

    await talk.press(RepeatJob(done.id))
    await talk.press(RepeatJob(done.id))

    assert len(await talk.jobs.open_of(await talk.account())) == 1


@pytest.mark.parametrize(
    "action",
    [
        "",
        "again:1",
        f"0:again:{an_id(1)}",
        f"1:destroy:{an_id(1)}",
        "1:info:\N{FOX FACE}",
        "1:" + "x" * 10_000,
        encode(ShowInfo(an_id(404))),
        encode(RepeatJob(an_id(404))),
    ],
)
async def test_a_button_that_means_nothing_any_more_says_so(talk: Talk, action: str) -> None:
    await talk.press(action)

    assert talk.last() == "This button is too old to work. Please start again: /help shows how."


async def test_an_answer_that_is_held_up_holds_up_no_other_and_keeps_its_place() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    surface.hold("send", chat_of("ada"))

    first = asyncio.create_task(talk.say("/help"))
    second = asyncio.create_task(talk.say("/points"))
    await until(lambda: len(surface.arrived) == 2)
    surface.let_go("send", chat_of("ada"))
    await asyncio.gather(first, second)

    assert [card.plain_text.split()[0] for card in talk.cards()] == ["Write", "You"]


async def test_nobody_waits_for_somebody_else_s_update() -> None:
    surface = HeldSurface()
    talk = a_talk(surface=surface)
    surface.hold("send", chat_of("ada"))

    slow = asyncio.create_task(talk.say("/help", person="ada"))
    await until(lambda: len(surface.arrived) == 1)
    await talk.say("/help", person="bob")
    shown_meanwhile = (len(talk.cards("ada")), len(talk.cards("bob")))
    surface.let_go("send", chat_of("ada"))
    await slow

    assert shown_meanwhile == (0, 1)


async def test_many_updates_at_once_never_start_more_jobs_than_one_may_have(talk: Talk) -> None:
    await asyncio.gather(*(talk.say(f"fox {number}") for number in range(20)))

    assert len(await talk.jobs.open_of(await talk.account())) == 6
    assert talk.last().startswith("You already have 6 generations under way.")


async def test_a_picture_goes_to_the_workflow_that_takes_one(talk: Talk) -> None:
    update = await talk.say("make it blue", a_media_ref("fox.png"))

    wish = (await talk.job(update)).wish
    assert (wish.workflow, wish.inputs["image"], wish.words) == (
        "img2img",
        "fox.png",
        "make it blue",
    )


@pytest.mark.parametrize("text", ["/", "/ make a fox", "/@bot fox"])
async def test_a_slip_of_the_finger_is_answered_with_help_and_draws_nothing(
    talk: Talk, text: str
) -> None:
    await talk.say(text)

    assert "/workflows" in talk.last()
    assert await talk.jobs.open_of(await talk.account()) == []
