"""What a deployment asks for, told by the class of its nodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind, Role
from infrastructure.comfy_deploy.errors import MARKER_INPUT
from infrastructure.comfy_deploy.graph import NO_FACTS, GraphFacts, graph_facts
from infrastructure.comfy_deploy.inputs import inputs_of
from infrastructure.comfy_deploy.wire import Row
from infrastructure.emulator.graphs import inputs_of as offered_by
from tests.infrastructure.comfy_deploy.graphs import ALL, INPAINT, LORAS, SDXL, external, graph, to


def node(short_class: str = "Text", **fields: object) -> dict[str, object]:
    """Return one row of `input_types`."""
    usual = {"type": "string", "input_id": "x", "default_value": None, "enum_options": None}
    return usual | {"class_type": f"ComfyUIDeployExternal{short_class}"} | fields


@pytest.mark.parametrize(
    ("short_class", "kind"),
    [
        ("Text", InputKind.TEXT),
        ("TextAny", InputKind.TEXT),
        ("TextSingleLine", InputKind.TEXT),
        ("Image", InputKind.IMAGE),
        ("ImageAlpha", InputKind.IMAGE),
        ("ImageBatch", InputKind.TEXT),
        ("Number", InputKind.NUMBER),
        ("NumberInt", InputKind.INTEGER),
        ("NumberSlider", InputKind.NUMBER),
        ("NumberSliderInt", InputKind.INTEGER),
        ("Boolean", InputKind.BOOLEAN),
        ("Seed", InputKind.INTEGER),
        ("Lora", InputKind.TEXT),
        ("Checkpoint", InputKind.TEXT),
        ("FaceModel", InputKind.TEXT),
        ("Video", InputKind.FILE),
        ("Vid", InputKind.FILE),
        ("Audio", InputKind.FILE),
        ("EXR", InputKind.FILE),
        ("File", InputKind.FILE),
    ],
)
def test_a_class_tells_the_kind(short_class: str, kind: InputKind) -> None:
    assert [each.kind for each in inputs_of([node(short_class)])] == [kind]


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("integer", InputKind.INTEGER),
        ("float", InputKind.NUMBER),
        ("boolean", InputKind.BOOLEAN),
        ("string", InputKind.TEXT),
        ("image", InputKind.IMAGE),
        ("video", InputKind.FILE),
        ("something", InputKind.TEXT),
        (None, InputKind.TEXT),
        (7, InputKind.TEXT),
    ],
)
def test_the_type_tells_the_kind_of_an_unknown_class(declared: object, kind: InputKind) -> None:
    assert inputs_of([node("Telepathy", type=declared)])[0].kind is kind


def test_a_choice_has_its_options() -> None:
    listed = inputs_of([node("Enum", enum_options=["a", "b", "a", 3, None], default_value="b")])[0]
    written = inputs_of([node("Enum", enum_options='["a", "b"]', default_value="c")])[0]

    assert (listed.kind, listed.options, listed.default) == (InputKind.CHOICE, ("a", "b", "3"), "b")
    assert (written.options, written.default) == (("a", "b"), None)


@pytest.mark.parametrize("options", [None, [], "", "not json", {"a": 1}])
def test_a_choice_without_options_is_a_text(options: object) -> None:
    assert inputs_of([node("Enum", enum_options=options)])[0].kind is InputKind.TEXT


@pytest.mark.parametrize(
    ("short_class", "given", "default"),
    [
        ("Text", None, ""),
        ("Text", "a\0b", "ab"),
        ("Text", 3, ""),
        ("NumberInt", 20, 20),
        ("NumberInt", "20", 20),
        ("NumberInt", 20.0, 20),
        ("NumberInt", 0.5, None),
        ("NumberInt", True, None),
        ("Seed", -1, -1),
        ("Seed", 7, 7),
        ("Seed", 0, 0),
        ("Seed", None, -1),
        ("Seed", 2**32, -1),
        ("NumberSlider", "0.5", 0.5),
        ("Number", "nan", None),
        ("Boolean", False, False),
        ("Boolean", "True", True),
        ("Boolean", 1, None),
        ("Image", ["12", 0], None),
        ("Image", "example.png", None),
        ("Image", "https://x.example/a.png", "https://x.example/a.png"),
    ],
)
def test_a_default_that_cannot_be_is_left_to_the_graph(
    short_class: str, given: object, default: InputValue | None
) -> None:
    assert inputs_of([node(short_class, default_value=given)])[0].default == default


def test_limits_are_those_of_numbers_and_in_order() -> None:
    good = inputs_of([node("NumberInt", min_value=1, max_value="50")])[0]
    crossed = inputs_of([node("NumberInt", min_value=9, max_value=1)])[0]
    wordy = inputs_of([node("Text", min_value=1, max_value=2)])[0]

    assert (good.minimum, good.maximum) == (1, 50)
    assert (crossed.minimum, crossed.maximum, wordy.minimum) == (None, None, None)


def test_nodes_that_share_a_name_are_one_input() -> None:
    found = inputs_of([node(input_id="a"), node("Image", input_id="b"), node(input_id="a")])

    assert [each.name for each in found] == ["a", "b"]


def test_what_cannot_be_given_is_left_out() -> None:
    found = inputs_of(
        [
            {},
            node(input_id=None),
            node(input_id="  "),
            node(input_id=MARKER_INPUT),
            {"type": "binary", "class_type": "ComfyDeployWebscoketImageInput", "input_id": "ws"},
        ]
    )

    assert found == ()


def roles_of(inputs: tuple[Input, ...]) -> dict[str, Role | None]:
    """Return the roles of inputs by their names."""
    return {each.name: each.role for each in inputs}


def listed(api_graph: dict[str, object]) -> list[dict[str, object]]:
    """Return the list that the service makes of a graph."""
    return [each.as_input_type() for each in offered_by(api_graph) if each.is_reported]


def test_a_seed_takes_what_comfyui_takes() -> None:
    found = inputs_of([node("Seed", min_value=1, max_value=4294967295, step=1)])[0]

    assert (found.minimum, found.maximum, found.step) == (0, 4294967295, None)
    assert found.role is Role.SEED


@pytest.mark.parametrize(
    ("short_class", "role"),
    [
        ("Seed", Role.SEED),
        ("Lora", Role.LORA),
        ("Checkpoint", Role.CHECKPOINT),
        ("FaceModel", Role.FACE),
        ("Image", Role.IMAGE),
        ("ImageAlpha", Role.IMAGE),
        ("ImageBatch", Role.IMAGE),
        ("Video", Role.VIDEO),
        ("Vid", Role.VIDEO),
        ("Audio", Role.AUDIO),
        ("File", None),
        ("Text", None),
    ],
)
def test_a_class_tells_the_role(short_class: str, role: Role | None) -> None:
    assert inputs_of([node(short_class)])[0].role is role


def test_a_name_tells_the_role_where_nothing_else_does() -> None:
    found = inputs_of([node(input_id="negative_prompt"), node("NumberInt", input_id="steps")])

    assert roles_of(found) == {"negative_prompt": Role.NEGATIVE, "steps": Role.STEPS}


@pytest.mark.parametrize(
    ("short_class", "given", "step"),
    [
        ("NumberSlider", 0.05, 0.05),
        ("NumberSlider", "0.5", 0.5),
        ("NumberSlider", 0.01, 0.01),
        ("NumberSliderInt", 8, 8),
        ("NumberSliderInt", 1, None),
        ("NumberInt", 0.5, None),
        ("NumberInt", 2.5, None),
        ("Number", 0.01, None),
        ("Number", 0.1, 0.1),
        ("Number", 0, None),
        ("Number", -1, None),
        ("Number", "nan", None),
        ("Text", 8, None),
    ],
)
def test_a_step_is_a_rule_and_not_the_widgets_habit(
    short_class: str, given: object, step: float | None
) -> None:
    assert inputs_of([node(short_class, step=given)])[0].step == step


def test_the_range_of_a_bare_widget_is_no_range() -> None:
    widest = inputs_of([node("Number", min_value=-2147483647, max_value=2147483647)])[0]
    half = inputs_of([node("NumberInt", min_value=0, max_value=2147483647)])[0]

    assert (widest.minimum, widest.maximum) == (None, None)
    assert (half.minimum, half.maximum) == (0, 2147483647)


@pytest.mark.parametrize(("given", "default"), [(0, None), (11, None), (1, 1), (10, 10)])
def test_a_default_outside_the_range_is_none(given: int, default: int | None) -> None:
    row = node("NumberInt", default_value=given, min_value=1, max_value=10)

    assert inputs_of([row])[0].default == default


def test_a_number_that_is_the_seed_may_be_random_by_default() -> None:
    row = node("NumberInt", input_id="seed", default_value=-1, min_value=0)

    assert inputs_of([row])[0].default == -1


def test_t_27_inputs_come_from_the_list_and_the_graph_adds_what_it_leaves_out() -> None:
    rows = listed(SDXL)
    found = inputs_of(rows, graph_facts(SDXL, None))

    assert "dice" not in {row["input_id"] for row in rows}
    assert [each.name for each in found] == [
        *("scene", "style", "avoid", "w", "h", "how_many", "dice", "rounds", "obedience")
    ]
    assert {each.name: each.label for each in found}["scene"] == "Scene"


@pytest.mark.parametrize("name", list(ALL))
def test_without_a_list_the_graph_alone_tells_the_same(name: str) -> None:
    facts = graph_facts(ALL[name], None)

    assert inputs_of(None, facts) == inputs_of(listed(ALL[name]), facts)


def test_what_only_the_graph_has_stands_where_it_stands_there() -> None:
    facts = GraphFacts(inputs=tuple(node(input_id=each) for each in "abcdz"))
    found = inputs_of([node(input_id=each) for each in ("x", "b", "d")], facts)

    assert [each.name for each in found] == ["a", "x", "b", "c", "d", "z"]


def test_the_list_goes_before_the_graph_where_both_tell() -> None:
    facts = GraphFacts(inputs=(node(display_name="Old", default_value="old"),))
    found = inputs_of([node(display_name="New", default_value=None)], facts)[0]

    assert (found.label, found.default) == ("New", "old")


def test_nothing_tells_of_no_inputs() -> None:
    assert inputs_of(None) == inputs_of([], NO_FACTS) == ()


def test_the_graph_tells_the_roles_and_one_of_each_is_kept() -> None:
    found = roles_of(inputs_of(None, graph_facts(SDXL, None)))

    assert found["scene"] is Role.PROMPT
    assert found["style"] is None
    assert found["obedience"] is Role.CFG


def test_of_several_texts_the_one_called_prompt_is_it() -> None:
    two = graph(
        a=external("Text", "style"),
        b=external("Text", "prompt"),
        both=("StringConcatenate", {"string_a": to("a"), "string_b": to("b")}),
        encoder=("CLIPTextEncode", {"text": to("both")}),
    )

    assert roles_of(inputs_of(None, graph_facts(two, None))) == {
        "style": None,
        "prompt": Role.PROMPT,
    }
    assert roles_of(inputs_of(None, GraphFacts(inputs=(node(input_id="x"),)))) == {"x": None}


def test_wires_go_before_names_of_numbers() -> None:
    facts = GraphFacts(roles={"far": Role.STRENGTH})
    rows = [node("Number", input_id=each) for each in ("strength", "far")]

    assert roles_of(inputs_of(rows, facts)) == {"strength": None, "far": Role.STRENGTH}


def test_a_role_that_does_not_suit_the_kind_is_not_given() -> None:
    facts = GraphFacts(roles={"x": Role.PROMPT})

    assert inputs_of([node("NumberInt")], facts)[0].role is None


def test_every_seed_and_every_picture_has_its_role() -> None:
    rows = [node("Seed", input_id="a"), node("Seed", input_id="b")]

    assert set(roles_of(inputs_of(rows)).values()) == {Role.SEED}


def test_files_and_the_prompt_must_be_given() -> None:
    needed = {each.name: each.required for each in inputs_of(None, graph_facts(INPAINT, None))}

    assert needed == {"photo": True, "where": True, "instead": True, "how_far": False}


def test_a_lora_that_the_graph_holds_is_the_default_of_the_listed_one() -> None:
    with_file = graph_facts({**LORAS, **_lora("https://x.example/a")}, None)

    assert inputs_of(listed(LORAS), with_file)[0].default == "https://x.example/a"


def _lora(url: str) -> dict[str, object]:
    return graph(file=external("Lora", "style_file", lora_url=url))


KEYS = ("class_type", "type", "input_id", "default_value", "min_value", "max_value", "step")
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
CLASSES = st.sampled_from(["Seed", "Number", "NumberInt", "Enum", "Text", "Image", "Lora"]).map(
    lambda short: f"ComfyUIDeployExternal{short}"
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from([*KEYS, "enum_options"]), SCALARS | CLASSES, max_size=7)
)


@given(ROWS | st.none(), ROWS, st.dictionaries(st.text(max_size=3), st.sampled_from(Role)))
def test_any_rows_become_inputs_with_names_of_their_own(
    rows: list[Row] | None, drawn: list[Row], roles: dict[str, Role]
) -> None:
    found = inputs_of(rows, GraphFacts(inputs=tuple(drawn), roles=roles))
    given_roles = [each.role for each in found if each.role is not None and each.role.is_one]

    assert len({each.name for each in found}) == len(found)
    assert len(set(given_roles)) == len(given_roles)
    for each in found:
        assert each.default is None or each.kind.is_media or each.accept(each.default) is not None
