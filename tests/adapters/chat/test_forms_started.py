"""A form is started once, whatever happens, and stays where it cannot be started."""

from datetime import datetime

import attrs
import pytest
from structlog.testing import capture_logs

from adapters.chat import texts
from core.points.allowance import AllowancePolicy
from core.points.model import Hold, HoldResult
from core.shared.errors import StoreTroubleError
from core.shared.ids import DraftId
from core.use_cases.fill_form import FormGoneError
from infrastructure.memory.drafts import InMemoryDrafts
from infrastructure.memory.ledger import InMemoryLedger
from tests.adapters.chat.filled import (
    PAINT,
    SAMPLERS,
    a_form_talk,
    action_of,
    change_to,
    labels,
    opened,
    press_on,
)
from tests.adapters.chat.talk import WORKFLOWS, Talk, an_id


class LazyDrafts(InMemoryDrafts):
    """Belongs to somebody who dies when a form is to be closed for the first time."""

    _times = 0

    async def remove(self, draft: DraftId) -> bool:
        self._times += 1
        return self._times > 1 and await super().remove(draft)


class BrokenLedger(InMemoryLedger):
    """Cannot be written to."""

    async def hold(self, hold: Hold, *, now: datetime) -> HoldResult:
        raise StoreTroubleError("disk full")


@pytest.fixture
def talk() -> Talk:
    return a_form_talk()


async def test_it_is_run_as_it_stands_and_closed(talk: Talk) -> None:
    await opened(talk)
    update = await press_on(talk, "Run")

    left, started = talk.cards()
    assert (left.plain_text, left.buttons) == (f"Paint\n{texts.FORM_STARTED}", ())
    assert started.plain_text.startswith("Paint  a red fox\n")
    assert (await talk.job(update)).wish.words == "a red fox"


async def test_the_same_press_twice_does_one_thing(talk: Talk) -> None:
    card = await opened(talk)
    await talk.press(action_of(card, "Hires"), id=an_id(7))
    talk.clock.advance(seconds=2)
    await talk.press(action_of(card, "Hires"), id=an_id(7))
    turned = talk.last()
    for _ in range(2):
        talk.clock.advance(seconds=2)
        await talk.press(action_of(card, "Run"), id=an_id(8))

    assert "● Hires: yes" in turned
    assert len(await talk.jobs.open_of(await talk.account())) == 1
    assert len(talk.cards()) == 2


async def test_who_dies_after_the_start_starts_no_second_job(talk: Talk) -> None:
    talk.container.drafts.override(LazyDrafts())
    card = await opened(talk)
    for _ in range(3):
        talk.clock.advance(seconds=2)
        await talk.press(action_of(card, "Run"), id=an_id(8))

    assert len(await talk.jobs.open_of(await talk.account())) == 1
    assert [each.plain_text.split("\n")[0] for each in talk.cards()] == [
        "Paint",
        "Paint  a red fox",
    ]


async def test_a_store_in_trouble_leaves_the_form_and_is_logged(talk: Talk) -> None:
    talk.container.ledger.override(BrokenLedger(AllowancePolicy()))
    card = await opened(talk)
    with capture_logs() as logs:
        await press_on(talk, "Run")

    assert StoreTroubleError("").user_message in talk.last()
    assert labels(talk.cards()[-1]) == labels(card)
    assert [(each["event"], each["code"]) for each in logs] == [
        ("chat.service_error", "store.trouble")
    ]


async def test_two_presses_of_run_start_one_job(talk: Talk) -> None:
    card = await opened(talk)
    for _ in range(2):
        talk.clock.advance(seconds=2)
        await talk.press(action_of(card, "Run"))

    assert len(await talk.jobs.open_of(await talk.account())) == 1
    assert talk.last() == FormGoneError("").user_message


async def test_when_there_are_too_few_points_the_form_stays(talk: Talk) -> None:
    change_to(talk, attrs.evolve(PAINT, fixed_price=5_000))
    card = await opened(talk)
    await press_on(talk, "Run")

    assert "and you have 370: 4630 short." in talk.last()
    assert labels(talk.cards()[-1])[-1] == labels(card)[-1]
    assert len(talk.cards()) == 1


async def test_run_asks_for_what_is_missing_and_comes_back(talk: Talk) -> None:
    card = await opened(talk, "needs")
    await press_on(talk, "Run")
    asked = talk.last()
    await press_on(talk, SAMPLERS[0])

    assert "Sampler: still needed" in card.plain_text
    assert "Please choose the Sampler" in asked
    assert f"● Sampler: {SAMPLERS[0]}" in talk.last()


async def test_a_file_that_is_missing_and_cannot_be_sent_is_said(talk: Talk) -> None:
    await opened(talk, "animate")
    await press_on(talk, "Run")

    assert "needs a file" in talk.last()
    assert labels(talk.cards()[-1])[-1][0].startswith("Run")


async def test_an_answer_for_a_workflow_that_is_gone_makes_nothing_else(talk: Talk) -> None:
    await talk.say("/paint")
    change_to(talk, *WORKFLOWS)
    await talk.say("a red fox")

    assert talk.last().startswith("There is no workflow called “paint”.")
    assert await talk.jobs.open_of(await talk.account()) == []
