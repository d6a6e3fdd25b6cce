"""A form that is looked through: a result is changed and made again, or a workflow is tried."""

import attrs
import pytest

from adapters.chat import texts
from adapters.chat.actions import OpenForm, PressForm, TweakJob
from adapters.chat.cards import Tone
from core.generations.model import JobState
from core.sessions.model import Preferences, personal
from core.shared.ids import JobId
from core.use_cases.fill_form import FormGoneError
from tests.adapters.chat.filled import (
    CFG,
    NEGATIVE,
    PAINT,
    PROMPT,
    SAMPLERS,
    WIDTH,
    a_form_talk,
    action_of,
    change_to,
    labels,
    opened,
    press_on,
    tell,
)
from tests.adapters.chat.talk import Talk
from tests.builders import a_media_ref, a_workflow, an_input


@pytest.fixture
def talk() -> Talk:
    return a_form_talk()


async def result_of(talk: Talk, words: str) -> JobId:
    """Let a job be made, up to its end as far as forms can see."""
    job = await talk.job(await talk.say(words))
    ended = job.moved(JobState.FAILED, now=talk.clock.now())
    assert await talk.jobs.save(ended) is not None
    return job.id


async def test_a_form_shows_every_input_with_its_value_and_a_button(talk: Talk) -> None:
    card = await opened(talk)

    assert card.plain_text == (
        "Paint\n"
        "● Prompt: a red fox\n"
        "Negative: nothing\n"
        "Width: 512\n"
        "Height: 512\n"
        "Cfg: 7\n"
        "Seed: random\n"
        "Hires: no\n"
        "Style: plain\n"
        "Sampler: sampler_1\n"
        "Image: nothing"
    )
    assert labels(card) == [
        ["● Prompt: a red fox", "Negative: nothing", "Width: 512", "Height: 512"],
        ["Cfg: 7", "Seed: random", "Hires: no", "Style: plain"],
        ["Sampler: sampler_1", "Image: nothing"],
        ["portrait", "landscape", "square"],
        ["Run · at most 20", "Keep as my settings", "Close"],
    ]


async def test_t_87_a_tweaked_number_is_sent_as_a_number(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Width")
    await talk.say("768")
    await press_on(talk, "Cfg")
    await talk.say("4.5")
    update = await press_on(talk, "Run")

    inputs = (await talk.job(update)).wish.inputs
    assert (inputs["width"], inputs["cfg"]) == (768, 4.5)
    assert (type(inputs["width"]), type(inputs["cfg"])) == (int, float)


async def test_a_number_is_asked_for_and_the_form_comes_back(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Width")
    question = talk.cards()[-1]
    await talk.say("770")

    assert question.plain_text == "Paint\nPlease write the new Width: 64 to 2,048, in steps of 8."
    assert labels(question) == [["Back"]]
    left, form = talk.cards()
    assert left.plain_text == "Paint\nWidth: 768"
    assert "● Width: 768" in form.plain_text


async def test_what_is_out_of_range_is_asked_for_again_and_back_leads_back(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Width")
    await talk.say("9000")

    question = talk.cards()[-1]
    assert question.plain_text.endswith(
        "“width” takes a number from 64 to 2,048, and 9,000 is outside."
    )
    assert question.tone is Tone.BAD
    await press_on(talk, "Back")
    assert "Width: 512" in talk.last()
    update = await talk.say("a blue fox")  # asked no more: a sentence of its own
    assert (await talk.job(update)).wish.workflow == "text2img"


async def test_a_platform_that_asks_by_itself_changes_the_form_in_its_place(talk: Talk) -> None:
    card = await opened(talk)
    await tell(talk, "768", action=action_of(card, "Width"))

    (form,) = talk.cards()
    assert "● Width: 768" in form.plain_text


async def test_a_switch_is_turned_at_once(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Hires")
    turned = talk.last()
    await press_on(talk, "● Hires")

    assert "● Hires: yes" in turned
    assert "● Hires" not in talk.last()
    assert len(talk.cards()) == 1


async def test_an_option_is_chosen_among_buttons(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Style")
    question = talk.cards()[-1]
    await press_on(talk, "ink")

    assert question.plain_text == "Paint\nPlease choose the Style."
    assert labels(question) == [["plain", "oil"], ["ink"], ["Back"]]
    assert "● Style: ink" in talk.last()
    assert len(talk.cards()) == 1


async def test_an_option_is_found_by_a_part_of_its_name_and_narrows_the_choice(
    talk: Talk,
) -> None:
    await opened(talk)
    await press_on(talk, "Sampler")
    await talk.say("_3")
    await press_on(talk, SAMPLERS[29])

    assert f"● Sampler: {SAMPLERS[29]}" in talk.last()


async def test_a_value_can_go_back_to_the_workflow_s_own(talk: Talk) -> None:
    await opened(talk)
    for label in ("Style", "oil", "● Style", texts.ITS_OWN_VALUE):
        await press_on(talk, label)

    assert "\nStyle: plain" in talk.last()


async def test_a_picture_is_sent_for_the_form(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Image")
    await talk.say("", a_media_ref("fox.png"))
    form = talk.last()
    update = await press_on(talk, "Run")

    assert "● Image: yours" in form
    assert (await talk.job(update)).wish.inputs["image"] == "fox.png"


async def test_my_last_result_is_taken_if_there_is_one_still(talk: Talk) -> None:
    await talk.has_job(state=JobState.SUCCEEDED, outputs=[a_media_ref("old.png")])
    await opened(talk)
    await press_on(talk, "Image")
    last = action_of(talk.cards()[-1], texts.MY_LAST_RESULT)
    assert isinstance(last, PressForm)
    await talk.press(OpenForm("paint"), person="bob")
    bobs = action_of(talk.cards("bob")[-1], "Run")
    assert isinstance(bobs, PressForm)

    await press_on(talk, texts.MY_LAST_RESULT)
    await talk.press(PressForm(bobs.draft, last.what), person="bob")

    assert "● Image: yours" in talk.last()
    assert texts.NO_RESULT in talk.last("bob")


@pytest.mark.parametrize(
    ("shape", "width", "height"),
    [("portrait", 416, 624), ("landscape", 624, 416), ("square", 512, 512)],
)
async def test_a_shape_sets_width_and_height(
    talk: Talk, shape: str, width: int, height: int
) -> None:
    await opened(talk)
    await press_on(talk, shape)

    assert f"Width: {width}\n" in talk.last()
    assert f"Height: {height}\n" in talk.last()


async def test_what_was_changed_is_kept_as_settings_and_the_next_form_begins_so(
    talk: Talk,
) -> None:
    await opened(talk)
    for label in ("Hires", "portrait", "Keep"):
        await press_on(talk, label)
    said = talk.last().splitlines()[-1]
    saved = await talk.container.preferences().get(personal(await talk.account()), PAINT.key)
    card = await opened(talk)

    assert said == "Kept: it begins with your width, height, hires from now on."
    assert saved.values == {"width": 416, "height": 624, "hires": True}
    assert "● Hires: yes" in card.plain_text


async def test_keeping_what_is_the_workflow_s_own_forgets_what_was_kept(talk: Talk) -> None:
    owner = personal(await talk.account())
    store = talk.container.preferences()
    await store.save(owner, PAINT.key, Preferences(values={"hires": True}))
    await opened(talk)
    for label in ("● Hires", "Keep"):
        await press_on(talk, label)

    assert talk.last().endswith(texts.NOTHING_KEPT)
    assert (await store.get(owner, PAINT.key)).values == {}


async def test_a_note_is_shown_once(talk: Talk) -> None:
    await opened(talk)
    for label in ("Hires", "Keep", "● Hires"):
        await press_on(talk, label)

    assert "Kept" not in talk.last()


async def test_a_form_is_closed(talk: Talk) -> None:
    card = await opened(talk)
    await press_on(talk, "Close")
    await talk.press(action_of(card, "Run"))

    closed, gone = talk.cards()
    assert (closed.plain_text, closed.buttons) == (f"Paint\n{texts.FORM_CLOSED}", ())
    assert gone.plain_text == FormGoneError("").user_message


async def test_a_result_is_tweaked_from_what_it_was_made_of(talk: Talk) -> None:
    job = await result_of(talk, "/paint a red fox --width 768 --seed 7")
    await talk.press(TweakJob(job))
    card = talk.cards()[-1]
    await press_on(talk, "Hires")
    update = await press_on(talk, "Run")

    wish = (await talk.job(update)).wish
    assert "● Prompt: a red fox\n" in card.plain_text
    assert "● Width: 768\n" in card.plain_text
    assert (wish.words, wish.inputs["width"], wish.inputs["hires"], wish.parent) == (
        "a red fox",
        768,
        True,
        job,
    )


async def test_somebody_else_s_result_is_not_tweaked(talk: Talk) -> None:
    job = await result_of(talk, "/paint a red fox")
    await talk.press(TweakJob(job), person="bob")

    assert talk.last("bob").startswith("That one belongs to somebody else.")


async def test_many_inputs_come_in_pages() -> None:
    many = a_workflow(
        "many",
        inputs=(PROMPT, *(an_input(f"i{n}", CFG.kind, default=n) for n in range(1, 46))),
    )
    talk = a_form_talk(many)
    first = await opened(talk, "many")
    await press_on(talk, texts.AFTER)
    second = talk.cards()[-1]
    await tell(talk, "3", action=action_of(second, "I25"))
    changed = talk.last()
    await press_on(talk, texts.BEFORE)

    assert [len(row) for row in labels(first)] == [5, 5, 5, 5, 4]
    assert labels(first)[-1][-1] == texts.AFTER
    assert labels(second)[-1][-2:] == [texts.BEFORE, texts.AFTER]
    assert "● I25: 3" in changed  # on the same page
    assert talk.last() == first.plain_text


async def test_t_61_a_form_goes_on_after_a_restart(talk: Talk) -> None:
    await opened(talk)
    await press_on(talk, "Width")
    again = a_form_talk()  # another life, on the same stores
    again.container.drafts.override(talk.container.drafts())
    again.container.account_store.override(talk.container.account_store())
    await again.say("768")
    update = await press_on(again, "Run")

    assert (await again.job(update)).wish.inputs["width"] == 768


async def test_a_workflow_that_changed_sets_aside_what_it_does_not_take(talk: Talk) -> None:
    card = await opened(talk)
    await press_on(talk, "landscape")
    narrow = attrs.evolve(WIDTH, maximum=600)
    change_to(talk, attrs.evolve(PAINT, inputs=(NEGATIVE, PROMPT, narrow)))

    await press_on(talk, "Negative")  # whose place another input has now

    said = talk.last()
    assert texts.FORM_CHANGED in said
    assert "“width” takes a number from 64 to 600, and 624 is outside. It is left out." in said
    assert "has no input “height”" in said
    assert "Width: 512" in said
    assert card != talk.cards()[-1]


async def test_what_a_form_shows_is_what_is_made_whatever_is_saved(talk: Talk) -> None:
    await talk.say("/settings paint width=768 negative=hands")
    await opened(talk)
    await press_on(talk, "● Width")
    await press_on(talk, "Its own value")
    form = talk.cards()[-1].plain_text
    update = await press_on(talk, "Run")

    inputs = (await talk.job(update)).wish.inputs
    assert "\nWidth: 512" in form
    assert (inputs["width"], inputs["negative"]) == (512, "hands")
