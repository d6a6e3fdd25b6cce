"""How a question is answered where we do not hear all that is said."""

import pytest

from adapters.chat import texts
from adapters.chat.surface import ReplyTo
from tests.adapters.chat.filled import GROUP, GUILD, a_form_talk, action_of, labels, tell
from tests.adapters.chat.talk import Talk


@pytest.fixture
def talk() -> Talk:
    return a_form_talk()


@pytest.mark.parametrize(
    ("command", "to", "said", "buttons"),
    [
        ("/text2img", GROUP, texts.REPLY_HERE, [["Cancel"]]),
        ("/text2img", GUILD, texts.PRESS_ANSWER, [["Answer: Prompt", "Cancel"]]),
        ("/upscale", GROUP, texts.REPLY_WITH_IT, [["Cancel"]]),
        ("/upscale", GUILD, texts.NO_PICTURES_HERE, [["Cancel"]]),
    ],
)
async def test_where_we_do_not_hear_all_it_is_said_how_to_answer(
    talk: Talk, command: str, to: ReplyTo, said: str, buttons: list[list[str]]
) -> None:
    await tell(talk, command, to=to)

    (_, shown_to, _, card) = talk.surface.calls[-1]
    assert (shown_to, card.plain_text.split("\n")[-1]) == (to, said)
    assert labels(card) == buttons


async def test_where_nothing_is_heard_many_choices_can_be_searched_all_the_same(talk: Talk) -> None:
    await tell(talk, "/needs", to=GUILD)
    (_, _, _, card) = talk.surface.calls[-1]
    await tell(talk, "r_29", to=GUILD, action=action_of(card, "Answer: Sampler"))

    assert texts.PRESS_ANSWER in card.plain_text
    assert "Please send a picture" in talk.surface.calls[-1][3].plain_text


async def test_a_platform_that_asks_by_itself_sends_the_answer_with_the_press(talk: Talk) -> None:
    await tell(talk, "/text2img", to=GUILD)
    ask = action_of(talk.surface.calls[-1][3], "Answer")
    update = await tell(talk, "a red fox", to=GUILD, action=ask)

    assert (await talk.job(update)).wish.words == "a red fox"


async def test_pressing_answer_elsewhere_asks_in_the_same_place(talk: Talk) -> None:
    await tell(talk, "/text2img", to=GUILD)
    (before,) = talk.surface.cards(GUILD)
    await tell(talk, to=GUILD, action=action_of(before, "Answer"))

    assert talk.surface.cards(GUILD) == [before]
