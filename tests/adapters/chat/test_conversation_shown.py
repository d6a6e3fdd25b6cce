"""Answers that a platform does not take at once: they are tried again, and hold up nobody."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapters.chat.conversation import LONGEST_WAIT_S, Conversation
from adapters.chat.surface import ChatClosedError, NotShownError
from core.shared.errors import StationError
from tests.adapters.chat.sleeper import Sleeper, come_to_rest
from tests.adapters.chat.talk import Talk

TRIES = 3


@pytest.fixture
def sleeper(talk: Talk) -> Sleeper:
    """Have the conversation sleep until a test lets the time pass."""
    container, slept = talk.container, Sleeper(talk.clock)
    container.conversation.override(
        Conversation(
            accounts=container.accounts(),
            dispatch=container.dispatch(),
            sleep=slept.sleep,
        )
    )
    return slept


def sends(talk: Talk) -> int:
    """Return how often something was sent, in vain or not."""
    return len([order for order, *_ in talk.surface.calls if order == "send"])


async def asked(talk: Talk, failure: StationError) -> asyncio.Task[object]:
    """Ask for help where the platform fails; return what still tries to answer."""
    talk.surface.fail_with(failure)
    asking: asyncio.Task[object] = asyncio.create_task(talk.say("/help"))
    await come_to_rest()
    return asking


async def test_an_answer_that_was_not_shown_is_shown_a_little_later(
    talk: Talk, sleeper: Sleeper
) -> None:
    with capture_logs():
        asking = await asked(talk, NotShownError("502"))
        talk.surface.heal()
        await sleeper.pass_time(seconds=1)
        await asking

    assert (sends(talk), len(talk.cards())) == (2, 1)


async def test_an_answer_is_given_up_after_some_tries(talk: Talk, sleeper: Sleeper) -> None:
    with capture_logs() as logs:
        asking = await asked(talk, NotShownError("502"))
        await sleeper.pass_time(seconds=60)
        await asking

    assert sends(talk) == TRIES
    assert [each["event"] for each in logs] == ["chat.not_shown"] * TRIES


async def test_a_silence_that_the_platform_asks_for_is_kept(talk: Talk, sleeper: Sleeper) -> None:
    with capture_logs():
        asking = await asked(talk, NotShownError("429", wait_s=31))
        talk.surface.heal()
        await sleeper.pass_time(seconds=30)
        before = sends(talk)
        await sleeper.pass_time(seconds=1)
        await asking

    assert (before, sends(talk), len(talk.cards())) == (1, 2, 1)


@pytest.mark.parametrize(
    "failure",
    [
        ChatClosedError("blocked"),
        NotShownError("429", wait_s=LONGEST_WAIT_S + 1),
        StationError("a mistake"),
    ],
)
async def test_an_answer_that_would_be_in_vain_is_not_tried_again(
    talk: Talk, sleeper: Sleeper, failure: StationError
) -> None:
    with capture_logs():
        await (await asked(talk, failure))

    assert sends(talk) == 1


async def test_who_waits_for_an_answer_may_go_on(talk: Talk, sleeper: Sleeper) -> None:
    with capture_logs():
        asking = await asked(talk, NotShownError("502"))
        talk.surface.heal()
        await talk.say("/points")
        meanwhile = len(talk.cards())
        await sleeper.pass_time(seconds=1)
        await asking

    assert (meanwhile, len(talk.cards())) == (1, 2)
