import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import texts
from adapters.chat.actions import OpenForm, RunCommand
from adapters.chat.cards import Card, Style
from adapters.chat.views.catalogue import (
    EXAMPLES,
    Page,
    Reloaded,
    example_of,
    headings_card,
    list_card,
    nothing_found_card,
    reloaded_card,
    workflow_card,
)
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Category, Deployment, Machine, OutputKind, Workflow
from core.workflows.typed import read
from tests.adapters.chat.talk import PICTURE, SEED, WIDTH, WORKFLOWS
from tests.builders import DEPLOYMENT, a_quote, a_workflow, an_input

BUILDING = Machine(id="m1", status="building", gpu="A10G")
TWO_PLACES = (
    Deployment(id=DEPLOYMENT, environment="production", version=4, gpu="A10G", machine=BUILDING),
    Deployment(id=DEPLOYMENT, environment="staging"),
)


def lines(card: Card) -> list[str]:
    return card.plain_text.splitlines()


def a_page(*workflows: Workflow) -> Page:
    return Page(rows=[(each, a_quote(20, median_s=6.0)) for each in workflows])


def test_a_list_says_of_each_what_it_does_and_what_is_the_matter() -> None:
    busy = attrs.evolve(
        a_workflow("busy_fox", description="Takes\n its time."),
        deployments=TWO_PLACES,
        for_admins=True,
    )
    long = a_workflow("long", description="x" * 500)

    assert lines(list_card(a_page(busy, a_workflow("plain", description=""), long), ["old"])) == [
        (
            "/busy_fox  Busy Fox: Takes its time. · at most 20 points, about 6 s "
            "· not ready: building · for operators only"
        ),
        "/plain  Plain · at most 20 points, about 6 s",
        f"/long  {'x' * 139}… · at most 20 points, about 6 s",
        "old",
    ]


def test_a_whole_page_fits_a_message_of_any_platform() -> None:
    many = [a_workflow("x" * 30 + f"{number}", description="x" * 500) for number in range(8)]

    card = list_card(attrs.evolve(a_page(*many), what="?" + "f" * 39, number=1, pages=3), ["old"])

    assert len(card.plain_text) < 2_500
    assert len(card.buttons) == 5
    assert max(map(len, card.buttons)) <= 5


@pytest.mark.parametrize("category", Category)
def test_each_heading_that_has_workflows_has_a_button(category: Category) -> None:
    card = headings_card([attrs.evolve(WORKFLOWS[0], category=category)], ["old"])

    assert lines(card)[:2] == ["1 workflow", f"{category}  1"]
    assert lines(card)[-1] == "old"
    assert [each.label for row in card.buttons for each in row] == [category.capitalize()]


def test_a_page_of_a_workflow_tells_all_about_it() -> None:
    inputs = (an_input(), an_input("cfg", InputKind.NUMBER, default=4.5), SEED)
    workflow = attrs.evolve(
        a_workflow("portrait", inputs=inputs, description="Draws people."),
        deployments=TWO_PLACES,
        route="Production comes before staging.",
        outputs=(OutputKind.IMAGE, OutputKind.TEXT),
        aliases=("face", "people"),
    )

    card = workflow_card(workflow, a_quote(20, median_s=6.0))

    assert lines(card) == [
        "Portrait  /portrait  text to image · makes: image, text",
        "Draws people.",
        "",
        "at most 20 points, about 6 s",
        "not ready: building",
        "A10G, production, version 4",
        "Production comes before staging.",
        "also called: /face, /people",
        "",
        "For example: /portrait a red fox in the snow --cfg 4.5",
        "",
        "What it takes",
        "prompt  text, needed",
        "cfg  number, usually 4.5",
        "seed  whole number, another one each time",
    ]
    assert [each.action for each in card.buttons[0]] == [
        OpenForm("portrait"),
        RunCommand("workflows"),
    ]
    assert example_of(workflow) in [each.text for each in card.spans if each.style is Style.CODE]


def test_a_page_of_a_bare_workflow_is_short() -> None:
    bare = a_workflow("bare", inputs=(), description="", gpu=None)

    assert lines(workflow_card(bare, a_quote(1, median_s=0.4))) == [
        f"Bare  /bare  {bare.category}",
        "",
        "at most 1 point, about 0.4 s",
        "",
        "For example: /bare",
        "",
        "no inputs",
    ]


def test_a_page_says_how_a_reserved_name_is_reached_and_that_a_picture_is_needed() -> None:
    shown = lines(workflow_card(a_workflow("help", inputs=(PICTURE,)), a_quote()))

    assert texts.RESERVED_NAME in shown
    at = shown.index("For example: /run help")
    assert shown[at + 1] == "Send a picture along."


def test_one_place_needs_no_reason() -> None:
    alone = attrs.evolve(WORKFLOWS[0], deployments=TWO_PLACES[:1], route="There is one.")

    assert "There is one." not in lines(workflow_card(alone, a_quote()))


@given(
    inputs=st.lists(
        st.builds(
            Input,
            name=st.text(min_size=1, max_size=200),
            kind=st.sampled_from(InputKind),
            description=st.text(max_size=400),
            options=st.lists(st.text(max_size=60), max_size=40).map(tuple),
        ),
        max_size=60,
    ).map(tuple),
    description=st.text(max_size=3_000),
)
def test_a_page_fits_one_message_whatever_is_on_it(
    inputs: tuple[Input, ...], description: str
) -> None:
    workflow = attrs.evolve(
        a_workflow(inputs=inputs, description=description),
        deployments=TWO_PLACES,
        route="x" * 150,
        example="a fox " * 300,
        aliases=tuple("x" * 30 for _ in range(12)),
    )

    assert len(workflow_card(workflow, a_quote()).plain_text) <= 4_096


def test_inputs_for_which_there_is_no_room_are_named() -> None:
    many = tuple(
        attrs.evolve(an_input(f"n{number}", InputKind.NUMBER), description="x" * 200)
        for number in range(20)
    )

    shown = lines(workflow_card(a_workflow(inputs=many), a_quote()))

    at = shown.index(texts.INPUTS) + 1
    assert [each.split()[0] for each in shown[at:-1]] == [f"n{number}" for number in range(11)]
    assert shown[-1] == f"and 9 more: {', '.join(f'n{number}' for number in range(11, 20))}"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_an_example_is_taken_as_it_is(workflow: Workflow) -> None:
    words = example_of(workflow).removeprefix(f"/{workflow.name}")

    typed = read(words, workflow)

    assert (workflow.prompt is None) == (typed.words == "")
    for name, value in typed.values.items():
        wanted = workflow.input_named(name)
        assert wanted is not None
        assert wanted.accept(value) == wanted.default


@pytest.mark.parametrize(
    ("workflow", "example"),
    [
        (attrs.evolve(WORKFLOWS[0], example="a cat --width 64"), "/text2img a cat --width 64"),
        (WORKFLOWS[0], "/text2img a red fox in the snow --width 512"),
        (WORKFLOWS[1], "/img2img the same in winter"),
        (WORKFLOWS[2], "/upscale"),
        (a_workflow("run", inputs=(WIDTH,)), "/run run --width 512"),
        (
            a_workflow("flow", inputs=(an_input("hires", InputKind.BOOLEAN, default=True),)),
            "/flow",
        ),
    ],
)
def test_an_example_is_the_operator_s_or_made_of_the_inputs(
    workflow: Workflow, example: str
) -> None:
    assert example_of(workflow) == example


def test_every_category_has_an_example() -> None:
    assert set(EXAMPLES) == set(Category)


def test_a_search_in_vain_is_told_with_what_is_wrong_with_the_whole() -> None:
    assert lines(nothing_found_card("fox", [], ["old"])) == [
        "Nothing here is called “fox”, or says so of itself.",
        "old",
    ]


def test_what_a_reading_brought_is_told_with_what_is_wrong() -> None:
    card = reloaded_card(Reloaded(count=1, took_s=0.25, new=["fox"]), ["old"])

    assert lines(card) == ["1 workflow, read in 0.2 s.", "new: /fox", "old"]
    assert card.buttons[0][0].action == RunCommand("workflows")
