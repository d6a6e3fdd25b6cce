"""What a deployment asks for, told by the class of its nodes."""

import pytest

from core.workflows.model import InputKind, InputValue
from infrastructure.comfy_deploy.errors import MARKER_INPUT
from infrastructure.comfy_deploy.inputs import inputs_of


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
