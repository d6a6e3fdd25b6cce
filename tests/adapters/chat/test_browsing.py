"""Lists of workflows and their pages, as people write and press them."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chat import texts
from adapters.chat.actions import (
    MAX_BYTES,
    BrowseWorkflows,
    RunCommand,
    ShowWorkflow,
    encode,
)
from adapters.chat.browsing import searchable
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.catalogues import actions, commands, showing
from tests.adapters.chat.talk import OPERATOR, WORKFLOWS, Talk, a_talk, an_id
from tests.builders import NOW, a_workflow, an_ended_job

MANY = tuple(a_workflow(f"flow{number:02}") for number in range(20))


async def test_a_few_workflows_are_listed_with_their_price_and_the_way_to_each(talk: Talk) -> None:
    await talk.jobs.add(an_ended_job(an_id(1)))

    await talk.say("/workflows")

    (card,) = talk.cards()
    assert card.plain_text.splitlines() == [
        "/img2img  Changes a picture. · at most 20 points, about 6 s",
        "/text2img  Draws what you say. · at most 10 points, about 5 s",
        "/upscale  Makes a picture larger. · at most 20 points, about 6 s",
    ]
    assert actions(card) == [ShowWorkflow(name) for name in ("img2img", "text2img", "upscale")]


async def test_many_workflows_are_shown_by_their_headings_first() -> None:
    talk = showing(*WORKFLOWS, *MANY)

    await talk.say("/workflows")

    (card,) = talk.cards()
    assert card.plain_text.splitlines() == [
        "23 workflows",
        "text to image  21",
        "image to image  1",
        "upscale  1",
        "",
        "To look for one: /workflows fox",
    ]
    assert actions(card) == [
        BrowseWorkflows("text to image.0"),
        BrowseWorkflows("image to image.0"),
        BrowseWorkflows("upscale.0"),
    ]


async def test_a_heading_is_turned_over_page_by_page() -> None:
    talk = showing(*MANY)

    shown: list[str] = []
    for page in ("0", "1", "2"):
        await talk.press(BrowseWorkflows(f"text to image.{page}"))
        shown += commands(talk.cards()[-1])

    first, middle, last = talk.cards()
    assert shown == [f"/{each.name}" for each in MANY]
    assert first.plain_text.startswith("text to image  page 1 of 3\n/flow00")
    assert [each.label for each in middle.buttons[-1]] == [
        texts.BEFORE,
        texts.HEADINGS,
        texts.AFTER,
    ]
    assert [each.action for each in middle.buttons[-1]] == [
        BrowseWorkflows("text to image.0"),
        BrowseWorkflows(".0"),
        BrowseWorkflows("text to image.2"),
    ]
    assert [each.label for each in first.buttons[-1]] == [texts.HEADINGS, texts.AFTER]
    assert [each.label for each in last.buttons[-1]] == [texts.BEFORE, texts.HEADINGS]


async def test_the_way_back_leads_to_the_headings() -> None:
    talk = showing(*MANY)

    await talk.say("/workflows")
    await talk.press(BrowseWorkflows(".0"))

    typed, pressed = talk.cards()
    assert typed == pressed


@pytest.mark.parametrize("page", ["text to image.99", "text to image.2"])
async def test_a_page_behind_the_last_is_the_last(page: str) -> None:
    talk = showing(*MANY)

    await talk.press(BrowseWorkflows(page))

    assert commands(talk.cards()[-1]) == [f"/{each.name}" for each in MANY[16:]]


async def test_a_heading_that_is_empty_by_now_leads_to_all_headings() -> None:
    talk = showing(*MANY)

    await talk.press(BrowseWorkflows("video.0"))

    assert talk.last().startswith("20 workflows")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("upscale", ["/upscale"]),
        ("PICTURE", ["/img2img", "/upscale"]),
        ("picture larger", ["/upscale"]),
        ("2img", ["/img2img", "/text2img"]),
        ("people", ["/face"]),
        ("face", ["/face", "/about_face"]),
    ],
)
async def test_workflows_are_found_by_what_is_said_of_them(words: str, found: list[str]) -> None:
    face = attrs.evolve(a_workflow("face", description=""), aliases=("people",))
    other = a_workflow("about_face", description="")
    talk = showing(*WORKFLOWS, face, other)

    await talk.say(f"/workflows {words}")

    assert sorted(commands(talk.cards()[-1])) == sorted(found)


async def test_names_are_found_before_descriptions() -> None:
    talk = showing(a_workflow("a", description="about foxes"), a_workflow("z_fox"))

    await talk.say("/workflows fox")

    assert commands(talk.cards()[-1]) == ["/z_fox", "/a"]


async def test_a_search_is_turned_over_as_it_was_begun() -> None:
    talk = showing(*MANY)

    await talk.say("/workflows  Flow: ")
    await talk.press(BrowseWorkflows("?Flow.1"))

    first, second = talk.cards()
    assert first.plain_text.startswith("“Flow”  page 1 of 3\n/flow00")
    assert first.buttons[-1][-1].action == BrowseWorkflows("?Flow.1")
    assert second.plain_text.startswith("“Flow”  page 2 of 3\n/flow08")


async def test_a_search_in_vain_offers_the_nearest_names(talk: Talk) -> None:
    await talk.say("/workflows upscael")

    (card,) = talk.cards()
    assert card.plain_text == (
        "Nothing here is called “upscael”, or says so of itself. Perhaps you mean one of these:"
    )
    assert actions(card) == [ShowWorkflow("upscale"), BrowseWorkflows(".0")]


async def test_a_search_that_is_like_nothing_says_so(talk: Talk) -> None:
    await talk.say("/workflows \N{FOX FACE}")

    (card,) = talk.cards()
    assert card.plain_text == "Nothing here is called “\N{FOX FACE}”, or says so of itself."
    assert actions(card) == [BrowseWorkflows(".0")]


@given(words=st.text(max_size=80))
@example(words="\N{FOX FACE} " * 20)
def test_a_button_holds_any_search(words: str) -> None:
    kept = searchable(words)

    action = BrowseWorkflows(f"?{kept}.999")
    assert len(encode(action).encode()) <= MAX_BYTES
    assert searchable(kept) == kept


async def test_a_page_shows_what_its_command_would(talk: Talk) -> None:
    await talk.say("/help upscale")
    await talk.press(ShowWorkflow("upscale"))
    await talk.say("/help /Upscale")

    assert len({card.plain_text for card in talk.cards()}) == 1
    assert talk.last().startswith("Upscale  /upscale  upscale\nMakes a picture larger.")


@pytest.mark.parametrize("text", ["/help", "/help make", "/help /workflows"])
async def test_help_on_a_command_of_ours_is_the_help(talk: Talk, text: str) -> None:
    await talk.say(text)

    assert talk.last().startswith("Write what you want to see")


async def test_help_on_an_unknown_name_leads_to_the_nearest(talk: Talk) -> None:
    await talk.say("/help upscael")

    card = talk.cards()[-1]
    assert card.plain_text.startswith("There is no workflow called “upscael”. Did you mean")
    assert actions(card) == [ShowWorkflow("upscale"), RunCommand("workflows")]


async def test_a_name_that_is_reserved_is_reached_by_run() -> None:
    talk = showing(*WORKFLOWS, a_workflow("status"), a_workflow("make"))

    await talk.say("/status a fox")
    first = await talk.say("/run status a red fox")
    second = await talk.say("/run /make a red fox")
    await talk.say("/help status")

    assert talk.cards()[0].plain_text == texts.NOTHING_OPEN
    assert (await talk.job(first)).wish.workflow == "status"
    assert (await talk.job(second)).wish.workflow == "make"
    assert "reached by /run alone" in talk.last()


async def test_run_without_a_name_is_the_list(talk: Talk) -> None:
    await talk.say("/run")
    await talk.say("/workflows")

    ran, listed = talk.cards()
    assert ran == listed


async def test_run_of_an_unknown_name_says_so(talk: Talk) -> None:
    await talk.say("/run upscael")

    assert talk.last().startswith("There is no workflow called “upscael”. Did you mean /upscale")


async def test_a_list_that_is_old_says_so_and_operators_hear_what_is_wrong() -> None:
    snapshot = Snapshot.of(
        [*WORKFLOWS, a_workflow("upscale")], read_at=NOW, warnings=("a note cannot be read",) * 2
    )
    old = attrs.evolve(snapshot, problem="ComfyUI Deploy does not answer: this is from 12:30 UTC.")
    talk = a_talk(catalogue=InMemoryCatalogue.showing(old))

    await talk.say("/workflows")
    await talk.say("/workflows", person=OPERATOR)
    await talk.say("/help upscale", person="bob")

    assert old.problem in talk.last("bob").splitlines()
    assert talk.last().splitlines()[-1] == old.problem
    assert talk.last(OPERATOR).splitlines()[-2:] == [
        old.problem,
        (
            "Operators: `stationthis workflows sync` shows 2 warnings and 1 name that several "
            "workflows have."
        ),
    ]


async def test_an_empty_workspace_says_who_fills_it() -> None:
    talk = showing()

    await talk.say("/workflows")

    assert talk.last() == "There are no workflows yet. An operator adds them in ComfyUI Deploy."
