"""What a graph tells of its workflow."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.directives import Directives
from core.workflows.kinds import Role
from core.workflows.model import OutputKind
from infrastructure.comfy_deploy.graph import GraphFacts, graph_facts
from infrastructure.comfy_deploy.graph_notes import LONGEST_NOTE
from infrastructure.emulator.stock import DEPLOYMENTS
from tests.infrastructure.comfy_deploy.graphs import (
    ALL,
    FLUX,
    INPAINT,
    KONTEXT,
    LORAS,
    SDXL,
    SONG,
    WAN,
    Fields,
    drawing,
    encoded,
    external,
    graph,
    to,
)


def facts(**nodes: tuple[str, Fields]) -> GraphFacts:
    """Return what a graph of these nodes tells."""
    return graph_facts(graph(**nodes), None)


def roles_of(**nodes: tuple[str, Fields]) -> dict[str, Role]:
    """Return the roles in a graph of these nodes."""
    return dict(facts(**nodes).roles)


def test_wires_tell_the_roles_whatever_the_names() -> None:
    assert graph_facts(SDXL, None).roles == {
        "scene": Role.PROMPT,
        "style": Role.PROMPT,
        "avoid": Role.NEGATIVE,
        "w": Role.WIDTH,
        "h": Role.HEIGHT,
        "how_many": Role.BATCH,
        "dice": Role.SEED,
        "rounds": Role.STEPS,
        "obedience": Role.CFG,
    }


def test_a_prompt_that_is_zeroed_for_the_negative_is_the_prompt() -> None:
    assert graph_facts(FLUX, None).roles == {"input_text": Role.PROMPT, "guide": Role.CFG}


def test_words_are_followed_through_what_guides_to_a_guider() -> None:
    assert graph_facts(KONTEXT, None).roles == {"change": Role.PROMPT, "luck": Role.SEED}
    assert graph_facts(WAN, None).roles == {
        "what_happens": Role.PROMPT,
        "never": Role.NEGATIVE,
    }


def test_a_picture_that_is_only_a_mask_is_one() -> None:
    assert graph_facts(INPAINT, None).roles == {
        "where": Role.MASK,
        "instead": Role.PROMPT,
        "how_far": Role.STRENGTH,
    }


def test_a_picture_that_is_also_a_mask_is_a_picture() -> None:
    assert not roles_of(
        photo=external("ImageAlpha", "photo"),
        a=("VAEEncodeForInpaint", {"pixels": to("photo"), "mask": to("photo", 1)}),
    )


def test_files_of_models_are_told_by_their_fields() -> None:
    assert graph_facts(LORAS, None).roles == {"style_file": Role.LORA, "prompt": Role.PROMPT}
    assert roles_of(
        which=external("Enum", "look", options='["a.safetensors"]'),
        model=("CheckpointLoaderSimple", {"ckpt_name": to("which")}),
    ) == {"look": Role.CHECKPOINT}


def test_pictures_at_once_may_be_repeated_later() -> None:
    assert roles_of(
        n=external("NumberInt", "n"), many=("RepeatLatentBatch", {"amount": to("n")})
    ) == {"n": Role.BATCH}


@pytest.mark.parametrize(
    ("class_type", "field", "role"),
    [
        ("WanVideoTextEncode", "negative_prompt", Role.NEGATIVE),
        ("easy fullLoader", "positive", Role.PROMPT),
        ("FluxProUltraImageNode", "prompt", Role.PROMPT),
        ("SomePack", "neg", Role.NEGATIVE),
        ("SomePack", "pos", Role.PROMPT),
        ("DrawText", "text", None),
        ("SaveImage", "filename_prefix", None),
        ("CLIPVisionEncode", "crop", None),
    ],
)
def test_a_text_is_what_the_field_says_that_takes_it(
    class_type: str, field: str, role: Role | None
) -> None:
    found = roles_of(words=external("Text", "x"), taker=(class_type, {field: to("words")}))

    assert found.get("x") is role


def test_a_text_that_guides_by_an_unknown_way_is_what_its_name_says() -> None:
    for name, role in (("negative", Role.NEGATIVE), ("x", Role.PROMPT)):
        assert roles_of(
            words=external("Text", name),
            encoder=encoded(to("words")),
            black_box=("SomeSampler", {"conditioning_b": to("encoder")}),
        ) == {name: role}


def test_one_number_for_both_sides_is_neither() -> None:
    assert not roles_of(
        side=external("NumberInt", "side"),
        latent=("EmptyLatentImage", {"width": to("side"), "height": to("side")}),
    )


def test_the_size_of_a_cut_is_not_that_of_the_picture() -> None:
    assert not roles_of(
        side=external("NumberInt", "side"), cut=("ImageCrop", {"width": to("side")})
    )


def test_wires_in_a_circle_and_in_a_long_row_come_to_an_end() -> None:
    assert not roles_of(
        words=external("Text", "x"),
        a=("Reroute", {"": to("b"), "more": to("words")}),
        b=("Reroute", {"": to("a")}),
    )
    row = {f"r{n}": ("Reroute", {"": to(f"r{n - 1}")}) for n in range(1, 500)}
    assert not roles_of(
        r0=external("Text", "x"), **row, end=("CLIPTextEncode", {"text": to("r499")})
    )


def test_wires_by_numbers_are_wires() -> None:
    plain = {
        "1": {"class_type": "ComfyUIDeployExternalText", "inputs": {"input_id": "x"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": [1, 0]}},
    }

    assert graph_facts(plain, None).roles == {"x": Role.PROMPT}


def test_every_external_node_is_a_row_of_the_lists_form() -> None:
    row = dict(graph_facts(SDXL, None).inputs[6])

    assert [each["input_id"] for each in graph_facts(SONG, None).inputs] == ["tags", "lyrics"]
    assert row == {
        "type": "integer",
        "class_type": "ComfyUIDeployExternalSeed",
        "input_id": "dice",
        "default_value": -1,
        "min_value": 1,
        "max_value": 4294967295,
        "display_name": "",
        "description": "",
        "enum_options": None,
        "step": None,
    }


@pytest.mark.parametrize(
    ("short", "fields", "default"),
    [
        ("Text", {"default_value": "a fox"}, "a fox"),
        (
            "Lora",
            {"default_lora_name": "a.ckpt", "lora_url": "https://x.example/l"},
            "https://x.example/l",
        ),
        ("FaceModel", {"face_model_url": "https://x.example/f"}, "https://x.example/f"),
        ("Audio", {"audio_file": "https://x.example/a.mp3"}, "https://x.example/a.mp3"),
        ("EXR", {"exr_file": "https://x.example/a.exr"}, "https://x.example/a.exr"),
        ("File", {"file_url": "https://x.example/a.zip"}, "https://x.example/a.zip"),
        ("ImageBatch", {"images": "[]"}, None),
        ("ImageBatch", {"images": '["https://x.example/a"]'}, '["https://x.example/a"]'),
        ("Image", {"default_value": ["4", 0], "default_value_url": "https://x.example/a"}, None),
        ("Video", {"default_value_url": "https://x.example/a.mp4"}, None),
    ],
)
def test_each_class_keeps_its_default_in_a_field_of_its_own(
    short: str, fields: Fields, default: object
) -> None:
    assert facts(x=external(short, "x", **fields)).inputs[0]["default_value"] == default


@pytest.mark.parametrize("options", ["a, b", '["a", 3]', '{"a": 1}', "", None])
def test_choices_that_break_the_list_are_a_problem_for_the_operator(options: object) -> None:
    (problem,) = facts(x=external("Enum", "style", options=options)).problems

    assert "“style”" in problem
    assert facts(x=external("Enum", "style", options='["a"]')).problems == ()


def test_notes_are_what_the_workflow_is_about_and_directives() -> None:
    found = graph_facts(
        SDXL, drawing("Draws foxes.", "In snow.\n@stationthis command=fox", "**Only** foxes.")
    )

    assert found.note == "Draws foxes.\n\nIn snow.\n\n**Only** foxes."
    assert found.directives == Directives(command="fox")
    assert graph_facts(None, drawing("@stationthis price=cheap")).problems


def test_notes_in_a_subgraph_and_in_named_widgets_are_read() -> None:
    inner = {"type": "Note", "widgets_values": {"text": "Inside.\0\ud800"}}
    drawn = {"definitions": {"subgraphs": [{"nodes": [inner]}, None]}, "nodes": None}

    assert graph_facts(None, drawn).note == "Inside."


def test_a_long_note_is_cut_at_a_blank() -> None:
    words = graph_facts(None, drawing("fox " * 400)).note
    one_word = graph_facts(None, drawing("x" * 2_000)).note

    assert words.endswith("fox…")
    assert len(one_word) == LONGEST_NOTE


@pytest.mark.parametrize("name", list(ALL))
def test_facts_of_a_graph_that_came_as_json_are_the_same(name: str) -> None:
    assert graph_facts(json.loads(json.dumps(ALL[name])), None) == graph_facts(ALL[name], None)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
IDS: st.SearchStrategy[object] = st.sampled_from(["1", "2", "3", 1, 2, None, [], {}])
CLASSES: st.SearchStrategy[object] = st.sampled_from(
    [
        *("ComfyUIDeployExternalText", "ComfyUIDeployExternalEnum", "ComfyUIDeployExternal"),
        *("ComfyUIDeployExternalImage", "KSampler", "CLIPTextEncode", "Reroute", "SaveImage"),
        *("VHS_VideoCombine", "LoraLoader", "Note", "", None, 3, []),
    ]
)
FIELDS = st.sampled_from(
    ["input_id", "text", "positive", "seed", "width", "mask", "ckpt_name", "type", "options", ""]
)
JSON = st.recursive(
    SCALARS, lambda deep: st.lists(deep, max_size=3) | st.dictionaries(FIELDS, deep, max_size=3)
)
VALUES = st.one_of(SCALARS, st.tuples(IDS, st.integers(0, 2)).map(list), JSON)
NODES = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"class_type": CLASSES, "inputs": st.dictionaries(FIELDS, VALUES, max_size=5) | JSON}
    ),
)
DRAWN = st.fixed_dictionaries(
    {"nodes": st.lists(st.fixed_dictionaries({"type": CLASSES, "widgets_values": JSON})) | JSON}
)


@given(st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), NODES) | JSON, DRAWN | JSON)
def test_any_graph_is_read_without_an_exception(api_graph: object, drawn: object) -> None:
    assert isinstance(graph_facts(api_graph, drawn), GraphFacts)


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("img2img", {"prompt": Role.PROMPT, "strength": Role.STRENGTH}),
        ("upscale", {}),
    ],
)
def test_graphs_of_the_emulator_are_read(name: str, roles: dict[str, Role]) -> None:
    stock = next(each for each in DEPLOYMENTS if each.name == name)
    found = graph_facts(stock.workflow_api(), stock.workflow_version().drawing)

    assert found.roles == roles
    assert found.outputs == (OutputKind.IMAGE,)
    assert len(found.inputs) == len(stock.inputs)
