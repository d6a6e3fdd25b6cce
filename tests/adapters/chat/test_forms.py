"""What a command lacks is asked for, one thing after the other, and then it is done."""

import pytest

from adapters.chat import texts
from adapters.chat.actions import CancelJob, PressForm, RepeatJob
from adapters.chat.cards import Tone
from adapters.chat.surface import ReplyTo
from core.generations.model import JobState
from core.shared.errors import MediaRefusedError
from core.shared.ids import DraftId
from core.use_cases.fill_form import FormGoneError
from tests.adapters.chat.filled import (
    GROUP,
    SAMPLERS,
    a_form_talk,
    action_of,
    labels,
    press_on,
    tell,
)
from tests.adapters.chat.talk import Talk, an_id
from tests.builders import a_media_ref

FOX = a_media_ref("fox.png")


@pytest.fixture
def talk() -> Talk:
    return a_form_talk()


async def open_jobs(talk: Talk, person: str = "ada") -> int:
    return len(await talk.jobs.open_of(await talk.account(person)))


async def test_a_command_without_its_words_asks_for_them_and_is_done_with_the_answer(
    talk: Talk,
) -> None:
    await talk.say("/text2img width=768")

    question = talk.cards()[-1]
    assert question.plain_text == "Text2Img\nWhat do you want to see?"
    assert labels(question) == [["Cancel"]]
    assert await open_jobs(talk) == 0

    update = await talk.say("a red fox")

    left, started = talk.cards()
    assert (left.plain_text, left.buttons) == ("Text2Img\nPrompt: a red fox", ())
    assert started.plain_text == "Text2Img  a red fox\nStarting · at most 20 points, about 6 s"
    assert started.buttons[0][0].action == CancelJob(update)
    wish = (await talk.job(update)).wish
    assert (wish.inputs["prompt"], wish.inputs["width"]) == ("a red fox", 768)


async def test_an_answer_may_bring_values_as_a_command_does(talk: Talk) -> None:
    await talk.say("/text2img")
    update = await talk.say("a red fox --width 768")

    wish = (await talk.job(update)).wish
    assert (wish.words, wish.inputs["width"]) == ("a red fox", 768)


async def test_one_thing_after_the_other_is_asked_for(talk: Talk) -> None:
    await talk.say("/needs")
    asked = [talk.last().split("\n")[1]]
    await talk.say(SAMPLERS[6])
    asked.append(talk.last().split("\n")[1])
    await talk.say("", FOX)
    asked.append(talk.last().split("\n")[1])
    update = await talk.say("a fox")

    assert asked == [
        "Please choose the Sampler, or write a part of what it is called.",
        "Please send a picture for “Image”.",
        "What do you want to see?",
    ]
    assert (await talk.job(update)).wish.inputs == {
        "sampler": SAMPLERS[6],
        "image": "fox.png",
        "prompt": "a fox",
    }


async def test_a_picture_s_words_are_the_prompt_if_there_is_none_yet(talk: Talk) -> None:
    await talk.say("/needs sampler=sampler_1")
    update = await talk.say("make it blue", FOX)

    assert (await talk.job(update)).wish.words == "make it blue"


async def test_many_options_come_in_pages_of_eight(talk: Talk) -> None:
    await talk.say("/needs")
    first = talk.cards()[-1]
    await press_on(talk, texts.AFTER)
    await press_on(talk, texts.AFTER)
    await press_on(talk, texts.AFTER)
    last = talk.cards()[-1]

    assert labels(first) == [
        ["sampler_1", "sampler_2"],
        ["sampler_3", "sampler_4"],
        ["sampler_5", "sampler_6"],
        ["sampler_7", "sampler_8"],
        ["Cancel", texts.AFTER],
    ]
    assert labels(last)[0][0] == "sampler_25"
    assert labels(last)[-1] == ["Cancel", texts.BEFORE]
    assert len(talk.cards()) == 1  # turned in its place


async def test_an_option_is_picked_by_its_button(talk: Talk) -> None:
    await talk.say("/needs", FOX)
    await press_on(talk, texts.AFTER)
    await press_on(talk, "sampler_12")
    update = await talk.say("a fox")

    assert (await talk.job(update)).wish.inputs["sampler"] == "sampler_12"


@pytest.mark.parametrize(
    ("typed", "said", "first", "count"),
    [
        ("2", "8 of 12: please write more of the name.", "sampler_2", 8),
        ("pler_2", "8 of 11: please write more of the name.", "sampler_2", 8),
        ("nothing", "Nothing there is called “nothing”.", "sampler_1", 8),
        ("_3", "", "sampler_3", 2),
    ],
)
async def test_a_part_of_a_name_narrows_the_choice(
    talk: Talk, typed: str, said: str, first: str, count: int
) -> None:
    await talk.say("/needs")
    await talk.say(typed)

    card = talk.cards()[-1]
    options = [label for row in labels(card) for label in row if label in SAMPLERS]
    assert said in card.plain_text
    assert (options[0], len(options)) == (first, count)


@pytest.mark.parametrize("typed", ["30", "SAMPLER_3", " sampler_3 "])
async def test_the_one_option_that_is_left_or_its_whole_name_is_taken(
    talk: Talk, typed: str
) -> None:
    await talk.say("/needs", FOX)
    await talk.say(typed)
    update = await talk.say("a fox")

    assert (await talk.job(update)).wish.inputs["sampler"] in ("sampler_30", "sampler_3")


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("/upscale", "make it large", "This has to be a picture, not a text."),
        ("/text2img", "", "This has to be a text."),
        ("/text2img", "a fox --width 9000", "and 9,000 is outside."),
    ],
)
async def test_an_answer_that_does_not_fit_is_asked_for_again(
    talk: Talk, command: str, answer: str, said: str
) -> None:
    await talk.say(command)
    await talk.say(answer)

    card = talk.cards()[-1]
    assert said in card.plain_text
    assert (card.tone, labels(card)[-1][-1]) == (Tone.BAD, "Cancel")
    assert talk.cards()[0].plain_text.endswith(texts.FORM_LEFT)
    assert await open_jobs(talk) == 0


async def test_a_command_leaves_a_question_alone(talk: Talk) -> None:
    await talk.say("/upscale")
    await talk.say("/points")
    await talk.say("/text2img a fox")
    await talk.say("/ slip")
    update = await talk.say("", FOX)

    assert (await talk.job(update)).wish.workflow == "upscale"


async def test_cancel_closes_the_question_first_and_then_jobs(talk: Talk) -> None:
    job = await talk.say("/text2img a fox")
    await talk.say("/upscale")

    await talk.say("/cancel")
    assert talk.last() == f"Upscale: {texts.FORM_CLOSED}"
    assert not (await talk.job(job)).cancel_requested
    await talk.say("/cancel")
    assert (await talk.job(job)).cancel_requested


async def test_cancel_all_closes_the_question_and_stops_the_jobs(talk: Talk) -> None:
    job = await talk.say("/text2img a fox")
    await talk.say("/upscale")

    await talk.say("/cancel all")

    assert talk.last() == f"Upscale: {texts.FORM_CLOSED}"
    assert (await talk.job(job)).cancel_requested


async def test_the_button_to_cancel_closes_the_question(talk: Talk) -> None:
    await talk.say("/upscale")
    await press_on(talk, "Cancel")
    update = await talk.say("a fox")

    assert talk.cards()[0].plain_text == f"Upscale\n{texts.FORM_CLOSED}"
    assert (await talk.job(update)).wish.workflow == "text2img"


async def test_a_question_that_nobody_answered_in_time_is_over(talk: Talk) -> None:
    await talk.say("/upscale")
    cancel = action_of(talk.cards()[0], "Cancel")
    talk.clock.advance(seconds=15 * 60)
    update = await talk.say("a fox")
    await talk.press(cancel)

    assert (await talk.job(update)).wish.workflow == "text2img"
    assert talk.last() == FormGoneError("").user_message


async def test_t_62_in_a_group_only_the_person_who_was_asked_can_answer(talk: Talk) -> None:
    await tell(talk, "/upscale", to=GROUP)
    answer_of_bob = await tell(talk, "", FOX, person="bob", to=GROUP, is_answer=True)
    shown = len(talk.surface.calls)
    answer = await tell(talk, "", FOX, to=GROUP, is_answer=True)

    assert await talk.jobs.get(answer_of_bob) is None
    assert shown == 1  # Bob was not even answered
    assert (await talk.job(answer)).wish.workflow == "upscale"


async def test_t_62_nobody_presses_the_buttons_of_somebody_else_s_form(talk: Talk) -> None:
    await talk.say("/needs", FOX)
    card = talk.cards()[-1]
    for label in ("sampler_1", "Cancel", texts.AFTER):
        await talk.press(action_of(card, label), person="bob")

    assert {each.plain_text.split(":")[0] for each in talk.cards("bob")} == {
        "That one belongs to somebody else. Start your own"
    }
    assert talk.cards() == [card]


@pytest.mark.parametrize("text", ["so what", "/ so what", ""])
async def test_a_reply_in_a_group_that_answers_nothing_is_not_for_us(talk: Talk, text: str) -> None:
    await tell(talk, text, to=GROUP, is_answer=True)

    assert talk.surface.calls == []


async def test_a_picture_in_a_group_that_could_not_be_taken_matters_only_if_we_asked(
    talk: Talk,
) -> None:
    trouble = MediaRefusedError("That is no picture. Please send a PNG.")
    await tell(talk, "look", to=GROUP, is_answer=True, trouble=trouble)
    before = len(talk.surface.calls)
    await tell(talk, "/upscale", to=GROUP)
    await tell(talk, "", to=GROUP, is_answer=True, trouble=trouble)

    assert before == 0
    assert talk.surface.calls[-1][3].plain_text == "That is no picture. Please send a PNG."


async def test_a_question_in_one_chat_is_not_answered_in_another(talk: Talk) -> None:
    await tell(talk, "/upscale", to=GROUP)
    update = await talk.say("a fox")

    assert (await talk.job(update)).wish.workflow == "text2img"


async def test_the_same_answer_again_answers_no_second_question(talk: Talk) -> None:
    await talk.say("/needs")
    await talk.say("sampler_4", id=an_id(7))
    once = talk.cards()
    await talk.say("sampler_4", id=an_id(7))

    assert talk.cards() == once
    assert talk.last().endswith("Please send a picture for “Image”.")


async def test_the_same_last_answer_again_starts_one_job(talk: Talk) -> None:
    await talk.say("/text2img")
    await talk.say("a fox", id=an_id(7))
    await talk.say("a fox", id=an_id(7))

    assert await open_jobs(talk) == 1


async def test_the_same_command_again_asks_once(talk: Talk) -> None:
    await talk.say("/upscale", id=an_id(7))
    await talk.say("/upscale", id=an_id(7))

    assert len(talk.cards()) == 1


async def test_a_result_can_be_the_picture(talk: Talk) -> None:
    await talk.has_job(state=JobState.SUCCEEDED, outputs=[a_media_ref("old.png")])
    await talk.say("/upscale")
    update = await press_on(talk, "My last result")

    assert (await talk.job(update)).wish.inputs["image"] == "old.png"


async def test_a_file_that_nobody_can_send_is_asked_for_where_there_is_a_result(
    talk: Talk,
) -> None:
    await talk.say("/animate")
    refused = talk.last()
    await talk.has_job(state=JobState.SUCCEEDED, outputs=[a_media_ref("old.mp4")])
    await talk.say("/animate")
    asked = labels(talk.cards()[-1])
    update = await press_on(talk, "My last result")

    assert "needs a file" in refused
    assert asked == [["My last result", "Cancel"]]
    assert (await talk.job(update)).wish.inputs == {"video": "old.mp4"}


async def test_what_is_asked_for_by_a_result_s_button_is_asked_too(talk: Talk) -> None:
    done = await talk.has_job(state=JobState.SUCCEEDED)
    await talk.press(RepeatJob(done.id))

    assert await open_jobs(talk) == 1


async def test_when_it_cannot_be_started_the_form_stays_and_says_why(talk: Talk) -> None:
    await talk.say("/text2img")
    for number in range(6):
        await talk.say(f"/text2img fox {number}")
    await talk.say("a seventh")

    card = talk.cards()[-1]
    assert "You already have 6 generations under way." in card.plain_text
    assert labels(card)[-1][0].startswith("Run")
    assert "Prompt: a seventh" in card.plain_text


@pytest.mark.parametrize("what", ["nothing", "input.1", "pick", "ask.1.2.3", "input.99.1"])
async def test_a_button_of_a_form_that_means_nothing_harms_nothing(talk: Talk, what: str) -> None:
    asked = await talk.say("/upscale")
    await talk.press(PressForm(DraftId(asked), what))

    assert len(talk.cards()) in (1, 2)
    assert await open_jobs(talk) == 0


async def test_a_form_of_nobody_is_gone(talk: Talk) -> None:
    await talk.press(PressForm(DraftId(an_id(404)), "run"))

    assert talk.last() == FormGoneError("").user_message


async def test_where_a_question_cannot_be_shown_the_answer_is_still_taken(talk: Talk) -> None:
    talk.surface.fail_with(MediaRefusedError("away"))
    await talk.say("/text2img")
    talk.surface.heal()
    update = await talk.say("a fox")

    assert (await talk.job(update)).wish.words == "a fox"
    assert ReplyTo(talk.surface.calls[-1][1]) == "web:ada"
