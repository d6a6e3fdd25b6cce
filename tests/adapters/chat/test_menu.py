import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.menu import (
    CHOICE_LENGTH,
    COMMANDS,
    MOST_OPTIONS,
    OTHERS,
    RESERVED,
    Command,
    Menus,
    Option,
    OptionKind,
    call_of,
    command_of,
    complete,
    menu_of,
    options_of,
    typed,
)
from core.shared.errors import StationError
from core.workflows import service
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.service import Workflows
from core.workflows.typed import read
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import PICTURE, SEED, WIDTH, WORKFLOWS, Talk
from tests.adapters.chat.test_conversation import SilentCatalogue
from tests.builders import a_workflow, an_input

NAMED = {command.name: command for command in COMMANDS}
HIDDEN = attrs.evolve(a_workflow("secret"), is_hidden=True)
FOR_OPERATORS = attrs.evolve(a_workflow("train"), for_admins=True)
STYLES = tuple(f"style {number}" for number in range(40))
STYLED = a_workflow(
    "styled",
    inputs=(an_input(), an_input("style", InputKind.CHOICE, options=STYLES, default="style 1")),
)
EVERYTHING = (*WORKFLOWS, HIDDEN, FOR_OPERATORS, STYLED)

some_text = st.text(max_size=130)
some_inputs = st.builds(
    Input,
    name=st.text(min_size=1, max_size=40),
    kind=st.sampled_from(InputKind),
    label=some_text,
    description=some_text,
    options=st.lists(some_text, max_size=30).map(tuple),
)
some_workflows = st.builds(
    a_workflow,
    name=st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True),
    description=some_text,
    inputs=st.lists(some_inputs, max_size=40).map(tuple),
)


def is_taken_everywhere(command: Command) -> bool:
    """Whether no platform's limits are exceeded."""
    options = command.options
    named = [command.name, *(option.name for option in options)]
    summaries = [command.summary, *(option.summary for option in options)]
    required = [option.required for option in options]
    return all(
        (
            all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in named),
            all(1 <= len(summary) <= 100 for summary in summaries),
            len(options) <= MOST_OPTIONS == 25,
            len({option.name for option in options}) == len(options),
            required == sorted(required, reverse=True),
            all(len(option.choices) <= 25 for option in options),
            all(1 <= len(choice) <= 100 for option in options for choice in option.choices),
            not any(option.choices and option.completes for option in options),
        )
    )


def menus() -> Menus:
    """Return the menus over a catalogue of everything."""
    return Menus(Workflows(InMemoryCatalogue(EVERYTHING)))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_platform_takes_a_command_as_it_is(command: Command) -> None:
    assert is_taken_everywhere(command)


@given(workflow=some_workflows)
def test_every_platform_takes_a_workflow_whatever_its_inputs_are_called(
    workflow: Workflow,
) -> None:
    assert is_taken_everywhere(command_of(workflow))


def test_inputs_of_one_normal_name_are_told_apart() -> None:
    inputs = tuple(
        an_input(name) for name in ("cfg", "CFG", "c-f-g" * 9, "options", "\N{FOX FACE}")
    )
    many = (*inputs, *(an_input("x" * 40, InputKind.NUMBER) for _ in range(120)))

    names = [each.name for each in options_of(a_workflow(inputs=many), most=1_000)]

    assert names[:5] == ["cfg", "cfg_2", ("c_f_g" * 9)[:32].rstrip("_"), "options_2", "input"]
    assert (names[5], names[6], names[-1]) == ("x" * 32, "x" * 30 + "_2", "x" * 28 + "_120")


def test_no_command_is_listed_twice() -> None:
    assert len(NAMED) == len(COMMANDS)


def test_the_core_knows_the_same_commands() -> None:
    assert set(service.COMMANDS) == RESERVED - {"start"}


def test_only_what_is_made_is_for_everybody_s_eyes() -> None:
    assert [command.name for command in COMMANDS if not command.private] == ["make", "run"]


@pytest.mark.parametrize(
    ("for_admin", "more"),
    [(False, ["styled"]), (True, ["train", "styled"])],
)
def test_the_menu_has_what_somebody_is_offered(*, for_admin: bool, more: list[str]) -> None:
    offered = menu_of(EVERYTHING, for_admin=for_admin)

    ours = [each.name for each in COMMANDS if for_admin or each.name != "reload"]
    assert [each.name for each in offered] == [*ours, "text2img", "img2img", "upscale", *more]


def test_a_workflow_that_is_called_like_a_command_is_reached_by_run() -> None:
    helping = a_workflow("help")

    assert len(menu_of([helping])) == len(menu_of([]))
    assert (call_of(helping), call_of(a_workflow("upscale"))) == ("/run help", "/upscale")


def test_a_workflow_s_options_begin_with_what_it_cannot_do_without() -> None:
    workflow = a_workflow(inputs=(SEED, WIDTH, an_input(), PICTURE))

    assert options_of(workflow) == (
        Option(name="prompt", summary="Prompt", required=True),
        Option(name="image", summary="Image", kind=OptionKind.IMAGE, required=True, input="image"),
        Option(name="seed", summary="Seed", kind=OptionKind.INTEGER, input="seed"),
        Option(
            name="width",
            summary="Width",
            kind=OptionKind.INTEGER,
            minimum=64,
            maximum=2048,
            input="width",
        ),
    )


def test_what_does_not_fit_is_given_as_text() -> None:
    many = tuple(an_input(f"n{number}", InputKind.NUMBER) for number in range(30))

    options = options_of(a_workflow(inputs=many))

    assert [each.name for each in options[-2:]] == ["n23", OTHERS]
    assert typed(command_of(a_workflow(inputs=many)), {"n1": 2, OTHERS: "n29=3"}) == (
        "/text2img --n1=2 n29=3"
    )


@pytest.mark.parametrize(
    ("options", "choices", "completes"),
    [
        (("a", "b"), ("a", "b"), False),
        (tuple(map(str, range(26))), (), True),
        (("a", "b" * (CHOICE_LENGTH + 1)), (), True),
    ],
)
def test_choices_are_shown_where_they_fit(
    options: tuple[str, ...], choices: tuple[str, ...], *, completes: bool
) -> None:
    workflow = a_workflow(inputs=(an_input("style", InputKind.CHOICE, options=options),))

    (option,) = options_of(workflow)

    assert (option.kind, option.choices, option.completes) == (OptionKind.TEXT, choices, completes)


def test_a_long_description_is_cut_and_none_is_the_title() -> None:
    said = command_of(a_workflow(description="A\nlong story. " * 20)).summary

    assert (said[:12], len(said), said[-1]) == ("A long story", 100, "\N{HORIZONTAL ELLIPSIS}")
    assert command_of(a_workflow(description=" \n")).summary == "Text2Img"


@pytest.mark.parametrize(
    ("name", "words", "text"),
    [
        ("help", "", "/help"),
        ("make", "a red fox width=512", "/make a red fox width=512"),
        ("cancel", "all", "/cancel all"),
        ("cancel", "  ", "/cancel"),
        ("settings", "text2img", "/settings text2img"),
    ],
)
def test_a_command_from_a_form_is_as_if_it_were_typed(name: str, words: str, text: str) -> None:
    given_words = {option.name: words for option in NAMED[name].options[:1]}
    assert typed(NAMED[name], given_words) == text


def test_pictures_are_not_typed() -> None:
    command = command_of(a_workflow("img2img", inputs=(an_input(), PICTURE)))

    assert typed(command, {"prompt": "a fox", "image": "fox.png"}) == "/img2img a fox"


def test_what_is_given_for_an_option_that_has_gone_is_typed_by_its_name() -> None:
    given_values = {"prompt": "a fox", "strokes": 30, "tint": "dark red", "none": "", "x": b"file"}

    text = typed(command_of(a_workflow()), given_values)

    assert text == '/text2img --strokes=30 --tint="dark red" a fox'


def test_a_form_does_not_insist_on_a_file_that_only_a_result_can_bring() -> None:
    video = an_input("video", InputKind.FILE)

    options = options_of(a_workflow(inputs=(video, PICTURE, an_input())))

    assert [(each.name, each.required) for each in options] == [
        ("prompt", True),
        ("image", True),
        ("video", False),
    ]


@pytest.mark.parametrize("name", ["2nd_text", "5", "größe", "画像 大", "a (b)", 'say "hi"', "x\ny"])
def test_an_input_of_any_name_is_given_by_its_option(name: str) -> None:
    workflow = a_workflow(inputs=(an_input(), an_input(name, default="ink")))
    command = command_of(workflow)
    (option,) = (each for each in command.options if each.input)

    text = typed(command, {"prompt": 'he says "hello', option.name: "dark red"})

    found = read(text.removeprefix("/text2img "), workflow)
    assert (found.words, found.values) == ('he says "hello', {name: "dark red"})


@given(value=st.text(alphabet="a\"' \u201c\u201d\u201e\n-\u2014=:{", min_size=1, max_size=12))
def test_a_value_from_a_form_arrives_as_it_was_given(value: str) -> None:
    workflow = a_workflow(inputs=(an_input(), an_input("style text", default="ink")))
    text = typed(command_of(workflow), {"prompt": "a fox", "style_text": value})

    found = read(text.removeprefix("/text2img "), workflow)

    kept = found.values["style text"]
    same = not ('"' in value and "'" in value and re.search("[\u201c\u201d\u201e]", value))
    assert found.words == "a fox"
    assert kept == value or not same


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
async def test_the_conversation_knows_every_command_that_is_listed(
    talk: Talk, command: Command
) -> None:
    words = {"make": {"prompt": "a red fox"}, "run": {"workflow": "text2img", "prompt": "a fox"}}
    await talk.say(typed(command, words.get(command.name, {})), person="op")

    assert "There is no workflow called" not in talk.last("op")
    assert talk.cards("op")[-1].private is command.private


def test_what_begins_so_is_completed_before_what_holds_it() -> None:
    assert complete(["img2vid", "vid2vid", "VIDEO", "fox"], " vid") == [
        "vid2vid",
        "VIDEO",
        "img2vid",
    ]
    assert len(complete([str(number) for number in range(100)], "")) == 25


@pytest.mark.parametrize(
    ("command", "option", "begun", "found"),
    [
        ("run", "workflow", "up", ["upscale"]),
        ("help", "workflow", "2img", ["img2img", "text2img"]),
        ("settings", "workflow", "train", []),
        ("run", "workflow", "secret", []),
        ("run", "prompt", "", []),
        ("styled", "style", "E 39", ["style 39"]),
        ("styled", "prompt", "a", []),
        ("styled", "no such option", "a", []),
        ("text2img", "width", "5", []),
        ("secret", "prompt", "", []),
        ("nothing", "workflow", "", []),
    ],
)
async def test_an_option_is_completed(
    command: str, option: str, begun: str, found: list[str]
) -> None:
    assert await menus().completions(command, option, begun, for_admin=False) == found


async def test_an_operator_is_offered_what_is_for_operators() -> None:
    assert await menus().completions("run", "workflow", "tr", for_admin=True) == ["train"]
    assert "train" in {each.name for each in await menus().current(for_admin=True)}


async def test_a_command_is_found_by_its_name_as_somebody_is_offered_it() -> None:
    found = [await menus().command(each, for_admin=False) for each in ("run", "styled", "train")]

    assert found[:2] == [NAMED["run"], command_of(STYLED)]
    assert (found[2].name, found[2].options) == ("train", ())
    assert await menus().command("train", for_admin=True) == command_of(FOR_OPERATORS)


async def test_without_a_catalogue_the_menu_has_what_is_fixed() -> None:
    silent = Menus(Workflows(SilentCatalogue()))

    assert await silent.current(for_admin=True) == COMMANDS
    assert await silent.command("make", for_admin=False) == NAMED["make"]
    assert await silent.completions("run", "workflow", "", for_admin=True) == []


async def test_what_can_be_listed_is_told_whole_or_not_at_all() -> None:
    names = [each.name for each in await menus().everything()]
    assert names == [*NAMED, "img2img", "styled", "text2img", "upscale"]
    with pytest.raises(StationError):
        await Menus(Workflows(SilentCatalogue())).everything()
