"""What is hidden, and what is for operators alone."""

import attrs
import pytest

from adapters.chat.actions import (
    OpenForm,
    RepeatJob,
    ShowWorkflow,
)
from core.generations.model import JobState
from tests.adapters.chat.catalogues import ReadAnew, actions, commands, showing
from tests.adapters.chat.talk import OPERATOR, WORKFLOWS, a_talk
from tests.builders import a_workflow

FOR_OPERATORS = attrs.evolve(a_workflow("train", description="Trains a LoRA."), for_admins=True)
HIDDEN = attrs.evolve(a_workflow("secret", description="Nobody sees this."), is_hidden=True)


async def test_what_is_hidden_is_in_no_list_and_is_there_all_the_same() -> None:
    talk = showing(*WORKFLOWS, HIDDEN)

    await talk.say("/workflows")
    await talk.say("/workflows secret")
    await talk.say("/help secret")

    listed, found, page = talk.cards()
    assert "secret" not in listed.plain_text
    assert commands(found) == []
    assert page.plain_text.startswith("Secret  /secret")


async def test_what_is_for_operators_is_shown_to_operators_alone() -> None:
    talk = showing(*WORKFLOWS, FOR_OPERATORS)

    for person in ("ada", OPERATOR):
        await talk.say("/workflows", person=person)
        await talk.say("/help train", person=person)
        await talk.say("/help trian", person=person)

    ada, op = [[card.plain_text for card in talk.cards(each)] for each in ("ada", OPERATOR)]
    assert not any("Trains a LoRA." in each for each in ada)
    assert ada[1].startswith("There is no workflow called “train”.")
    assert "/train  Trains a LoRA. · at most 20 points, about 6 s · for operators only" in op[0]
    assert (op[1].splitlines()[0], "for operators only" in op[1]) == (
        "Train  /train  text to image",
        True,
    )
    assert actions(talk.cards(OPERATOR)[2])[0] == ShowWorkflow("train")


@pytest.mark.parametrize("text", ["/train a fox", "/run train a fox", "/Train: a fox"])
async def test_what_is_for_operators_is_run_by_operators_alone(text: str) -> None:
    talk = showing(*WORKFLOWS, FOR_OPERATORS)

    refused = await talk.say(text)
    started = await talk.say(text.replace(":", ""), person=OPERATOR)

    assert talk.last().startswith("There is no workflow called")
    assert await talk.jobs.get(refused) is None
    assert (await talk.job(started)).wish.workflow == "train"


async def test_again_is_refused_when_only_operators_may_run_it_by_now() -> None:
    ours = attrs.evolve(WORKFLOWS[0], for_admins=True)
    catalogue = ReadAnew(WORKFLOWS, (ours,))
    talk = a_talk(catalogue=catalogue)
    done = await talk.has_job(state=JobState.SUCCEEDED)
    await catalogue.reload()

    again = await talk.press(RepeatJob(done.id))

    assert talk.last().startswith("There is no workflow called “text2img”.")
    assert await talk.jobs.get(again) is None


async def test_a_sentence_is_never_for_operators_alone() -> None:
    talk = showing(attrs.evolve(WORKFLOWS[0], for_admins=True), a_workflow("zeichne"))

    mine = await talk.say("a red fox")
    theirs = await talk.say("a red fox", person=OPERATOR)

    assert (await talk.job(mine)).wish.workflow == "zeichne"
    assert (await talk.job(theirs)).wish.workflow == "text2img"


async def test_the_form_of_what_is_for_operators_opens_for_operators_alone() -> None:
    talk = showing(*WORKFLOWS, FOR_OPERATORS)

    await talk.press(OpenForm("train"))
    await talk.press(OpenForm("train"), person=OPERATOR)

    assert talk.last().startswith("There is no workflow called “train”.")
    assert talk.last(OPERATOR).startswith("Train")
