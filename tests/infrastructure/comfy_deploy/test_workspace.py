"""Deployments become workflows: names, the deployment that runs, and whatever JSON there may be."""

import json
from collections.abc import Mapping

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.workflows.directives import Directives
from core.workflows.model import Category, Machine, OutputKind, Workflow
from core.workflows.snapshot import Snapshot, normal_name
from infrastructure.comfy_deploy.answers import Answer
from infrastructure.comfy_deploy.graph import NO_FACTS, GraphFacts
from infrastructure.comfy_deploy.hot import deployments_of, parsed, parsed_drawing
from infrastructure.comfy_deploy.wire import deployment_row
from infrastructure.comfy_deploy.workspace import Workspace, snapshot_of
from tests.builders import NOW
from tests.infrastructure.comfy_deploy.desk import Row, deployment, version


def workspace(*rows: Row, **known: object) -> Workspace:
    """Return a workspace of deployments; `facts` are those of `v1`."""
    found = tuple(each for each in map(deployment_row, rows) if each is not None)
    made = Workspace(read_at=NOW, rows=found)
    return attrs.evolve(made, **known)  # type: ignore[arg-type] # fields of a workspace


def shown(*rows: Row, prefer: str = "quality", **known: object) -> Snapshot:
    return snapshot_of(workspace(*rows, **known), prefer=prefer)


def only(snapshot: Snapshot) -> Workflow:
    (workflow,) = snapshot.workflows
    return workflow


def with_facts(**fields: object) -> Workflow:
    """Return the workflow whose graph tells this."""
    facts = attrs.evolve(NO_FACTS, **fields)  # type: ignore[arg-type] # fields of the facts
    return only(shown(deployment(version=version()), facts={"v1": facts}))


def saying(**fields: object) -> Workflow:
    """Return the workflow whose note says this."""
    return with_facts(directives=attrs.evolve(Directives(), **fields))  # type: ignore[arg-type] # fields


def test_production_is_preferred_then_staging_then_the_newest() -> None:
    preview = deployment("preview", environment="preview", day=9)
    older = deployment("older", environment="public-share", day=2)
    staging = deployment("staging", environment="staging", day=3)
    production = deployment("production", day=1)

    def runs(*rows: Row) -> str:
        return only(shown(*rows)).deployment

    assert runs(preview, staging, production) == "production"
    assert runs(preview, staging) == "staging"
    assert runs(older, preview) == "preview"


def test_t_26_of_two_workflows_with_one_name_the_better_is_offered_and_the_other_is_told() -> None:
    old = deployment("old", workflow="w1", name="Flux-Dev", day=1)
    new = deployment("new", workflow="w2", name="flux dev", day=2)

    found = shown(old, new)

    assert (only(found).name, only(found).deployment) == ("flux_dev", "new")
    (collision,) = found.collisions
    assert "“flux dev” (w2) is offered, and “Flux-Dev” (w1) is not" in collision.sentence


def test_t_26_production_goes_before_what_is_newer() -> None:
    production = deployment("old", workflow="w1", name="flux", day=1)
    staging = deployment("new", workflow="w2", name="Flux", environment="staging", day=2)

    assert only(shown(production, staging)).deployment == "old"


@pytest.mark.parametrize("name", ["", "狐", None, 7])
def test_a_workflow_without_a_usable_name_is_still_shown(name: object) -> None:
    assert only(shown(deployment(workflow="9c97b9f2-121c", name=name))).name == "workflow_9c97b9f2"


@pytest.mark.parametrize(
    ("name", "title"),
    [(" A\n\tB\0 ", "A B"), ("half \ud800 of it", "half of it"), ("x" * 81, f"{'x' * 79}…")],
)
def test_a_title_is_one_line_that_lists_can_show(name: str, title: str) -> None:
    assert only(shown(deployment(name="Other"), names={"w1": name})).title == title


def test_a_workflow_whose_id_is_of_no_use_either_is_still_shown() -> None:
    assert only(shown(deployment("狐", workflow="狐", name="狐"))).name == "workflow"


def test_deployments_that_name_no_workflow_are_workflows_by_themselves() -> None:
    found = shown(deployment("d1", workflow="", name="a"), deployment("d2", workflow="", name="b"))

    assert [each.key for each in found.workflows] == ["d1", "d2"]


def test_a_note_names_the_command() -> None:
    workflow = saying(command="paint", title="Painter", aliases=("draw",))

    assert (workflow.name, workflow.title, workflow.aliases) == ("paint", "Painter", ("draw",))


def test_a_title_that_a_note_gives_makes_the_command() -> None:
    assert saying(title="My Painter").name == "my_painter"


def test_a_workflow_of_another_title_keeps_its_own_name() -> None:
    assert saying(title="My Painter").own_name == "Text to Image"
    assert saying(title="Text to Image").own_name == ""


def test_what_a_note_says_is_what_the_workflow_is() -> None:
    workflow = saying(
        price=7,
        price_factor=2.0,
        hidden=True,
        admins_only=True,
        as_files=True,
        example="a fox",
        category=Category.AUDIO,
    )

    assert (workflow.fixed_price, workflow.price_factor, workflow.example) == (7, 2.0, "a fox")
    assert (workflow.is_hidden, workflow.for_admins, workflow.as_files) == (True, True, True)
    assert workflow.category is Category.AUDIO


def test_what_the_graph_tells_is_what_the_workflow_is() -> None:
    workflow = with_facts(
        outputs=(OutputKind.VIDEO,),
        base_model="WAN",
        lora_loaders=("LoraLoader",),
        reads_lora_tags=True,
        note="Makes films.",
    )

    assert (workflow.category, workflow.base_model) == (Category.VIDEO, "WAN")
    assert (workflow.lora_loaders, workflow.reads_lora_tags) == (("LoraLoader",), True)
    assert workflow.description == "Makes films."


def test_the_services_description_is_used_where_no_note_is() -> None:
    row = deployment(version=version()) | {"description": " Draws. "}

    assert only(shown(row)).description == "Draws."


def test_what_is_wrong_with_a_note_is_a_warning() -> None:
    facts = {"v1": GraphFacts(problems=("The note says price=cheap.",))}

    found = shown(deployment(version=version()), facts=facts)

    assert found.warnings == ("“Text to Image”: The note says price=cheap.",)


def test_an_alias_that_is_another_workflows_name_is_a_warning() -> None:
    facts = {"v1": GraphFacts(directives=Directives(aliases=("sketch", "own")))}
    painter = deployment(version=version())
    sketch = deployment("d2", workflow="w2", name="Sketch")

    found = shown(painter, sketch, facts=facts)

    assert found.warnings == (
        "“Text to Image” cannot be called sketch: that is what people call “Sketch”.",
    )
    sketched, owned = found.find("Sketch"), found.find("OWN")
    assert sketched is not None
    assert owned is not None
    assert (sketched.key, owned.key) == ("w2", "w1")


MACHINES: Mapping[str, Machine] = {
    "slow": Machine(id="slow", name="slow", gpu="T4"),
    "fast": Machine(id="fast", name="fast", gpu="H100"),
    "sick": Machine(id="sick", name="sick", status="error", gpu="B200"),
}


def test_the_workflow_is_as_the_deployment_that_runs_it() -> None:
    production = deployment("p", machine="sick", gpu=None, version=version("v1", number=1))
    staging = deployment(
        "s",
        environment="staging",
        machine="slow",
        gpu=None,
        input_types=[{"input_id": "words", "type": "string"}],
        version=version("v2", number=2),
    )

    workflow = only(shown(production, staging, machines=MACHINES))

    assert (workflow.deployment, workflow.gpu, workflow.is_ready) == ("s", "T4", True)
    assert (workflow.runs_on.version, workflow.inputs[0].name) == (2, "words")
    assert workflow.route == (
        "Staging is used: the machine sick of production is not ready (error)."
    )


def test_what_no_machine_can_run_is_shown_as_not_ready() -> None:
    workflow = only(shown(deployment(machine="sick"), machines=MACHINES))

    assert not workflow.is_ready


_ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)
_ANY = st.recursive(
    _ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner)
)
_NAMES = st.sampled_from(["w1", "w2", "Flux Dev", "flux_dev", "makeimage", "x" * 40, "狐", ""])
_INPUTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "input_id": _NAMES | _ANY,
            "class_type": st.sampled_from(
                [
                    f"ComfyUIDeployExternal{e}"
                    for e in ("Text", "Image", "Enum", "NumberInt", "Seed")
                ]
            )
            | _ANY,
            "type": st.sampled_from(["string", "integer", "float", "binary"]) | _ANY,
            "default_value": _ANY,
            "min_value": _ANY,
            "max_value": _ANY,
            "step": _ANY,
            "enum_options": st.just(["a", "b"]) | st.just('["a"]') | _ANY,
            "display_name": _ANY,
            "description": _ANY,
        },
    ),
    max_size=4,
)
_NODES = st.dictionaries(
    st.text(max_size=3),
    st.fixed_dictionaries({}, optional={"class_type": _NAMES | _ANY, "inputs": _ANY}) | _ANY,
    max_size=3,
)
_VERSIONS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["v1", "v2"]) | _ANY,
        "version": _ANY,
        "workflow_api": _NODES | _ANY,
        "workflow": st.fixed_dictionaries({"nodes": st.lists(_ANY, max_size=3)}) | _ANY,
    },
)
_DEPLOYMENTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["d1", "d2", "d3"]) | _ANY},
        optional={
            "workflow_id": _NAMES | _ANY,
            "workflow": st.fixed_dictionaries({"id": _NAMES, "name": _NAMES}) | _ANY,
            "environment": st.sampled_from(["production", "staging", "preview"]) | _ANY,
            "description": _ANY,
            "gpu": st.sampled_from(["A10G", "H100"]) | _ANY,
            "updated_at": st.just("2026-11-22T21:50:33.197248+00Z") | _ANY,
            "machine_id": st.sampled_from(list(MACHINES)) | _ANY,
            "modal_image_id": _ANY,
            "input_types": _INPUTS | _ANY,
            "version": _VERSIONS | _ANY,
        },
    )
    | _ANY,
    max_size=5,
)


def snapshot_from(rows: object, prefer: str = "quality") -> Snapshot:
    """Return what a list makes, on the way that an answer takes."""
    answer = Answer(status=200, content_type="application/json", body=json.dumps(rows).encode())
    read = Workspace(read_at=NOW, rows=deployments_of(answer), machines=MACHINES)
    return snapshot_of(read.with_facts({}, {}), prefer=prefer)


@settings(max_examples=100, deadline=None)
@given(rows=_DEPLOYMENTS, prefer=st.sampled_from(["speed", "quality"]))
def test_any_list_of_deployments_gives_workflows_with_names_that_people_can_type(
    rows: object, prefer: str
) -> None:
    found = snapshot_from(rows, prefer)

    for each in found.workflows:
        assert each.name == normal_name(each.name) != ""
        assert each.deployment == each.deployments[0].id
    assert len({each.name for each in found.workflows}) == len(found.workflows)


@settings(max_examples=100, deadline=None)
@given(rows=_DEPLOYMENTS)
def test_names_titles_aliases_and_ids_find_the_same_in_every_spelling(rows: object) -> None:
    found = snapshot_from(rows)

    for each in found.workflows:
        assert found.find(each.name) is each
        assert found.find(f" {each.name.upper().replace('_', '-')} ") is each
        for said in (each.title, *each.aliases):
            plain = found.find(normal_name(said))
            assert plain is None or found.find(said) is plain
        by_id = found.find(each.key)
        assert by_id is not None


def test_bytes_that_are_no_graph_tell_nothing() -> None:
    assert parsed(msgspec.Raw(b"{")) is None
    assert parsed_drawing(msgspec.Raw(b'{"nodes": ["odd"]}')) == {"nodes": ["odd"]}
