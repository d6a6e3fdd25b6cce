"""The catalogue at one moment: what is offered, and under which names it is found."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.ids import DeploymentId, WorkflowKey, WorkflowName
from core.workflows.model import Deployment, Workflow
from core.workflows.snapshot import ALIASES, Snapshot, normal_name
from tests.builders import NOW, a_workflow


def deployed(
    name: str,
    *,
    key: str = "",
    title: str = "",
    environment: str = "production",
    day: int = 0,
    aliases: tuple[str, ...] = (),
) -> Workflow:
    """Return a workflow with one deployment."""
    key = key or f"key-{name}"
    deployment = Deployment(
        id=DeploymentId(f"at-{key}"), environment=environment, updated_at=NOW + timedelta(days=day)
    )
    return attrs.evolve(
        a_workflow(normal_name(name)),
        key=WorkflowKey(key),
        title=title or name,
        deployment=deployment.id,
        deployments=(deployment,),
        aliases=aliases,
    )


def of(*workflows: Workflow) -> Snapshot:
    return Snapshot.of(workflows, read_at=NOW)


FLUX = deployed("flux_dev", title="Flux Dev, fast!", aliases=("Speedy",))
FOX = deployed("fox", title="狐")


@pytest.mark.parametrize(
    "raw",
    ["flux_dev", "Flux Dev", " FLUX-DEV ", "Flux Dev, fast!", "flux dev fast", "speedy", "SPEEDY!"],
)
def test_t_25_a_workflow_is_found_by_name_title_and_alias_in_any_spelling(raw: str) -> None:
    assert of(FLUX, FOX).find(raw) is FLUX


@pytest.mark.parametrize("raw", ["key-flux_dev", "KEY-FLUX_DEV", " at-key-flux_dev "])
def test_a_workflow_is_found_by_its_id_and_those_of_its_deployments(raw: str) -> None:
    assert of(FLUX, FOX).find(raw) is FLUX


def test_a_title_of_which_no_command_can_be_made_is_found_as_it_is() -> None:
    assert of(FLUX, FOX).find(" 狐 ") is FOX


@pytest.mark.parametrize("raw", ["", " ", "💥", "-", "fl"])
def test_what_is_no_name_finds_nothing(raw: str) -> None:
    assert of(FLUX, FOX).find(raw) is None


def test_a_name_goes_before_a_title_and_that_before_an_alias() -> None:
    named, titled = deployed("a"), deployed("x", title="A")
    aliased = deployed("y", aliases=("a", "x", "z"))

    found = of(named, titled, aliased)

    assert [found.find(each) for each in ("A", "x", "z")] == [named, titled, aliased]


@pytest.mark.parametrize("raw", ["Fox Sketch v2", "fox-sketch-v2", "狐の絵"])
def test_a_workflow_of_another_title_is_found_by_its_own_name_too(raw: str) -> None:
    sketch = attrs.evolve(deployed("sketch"), own_name="Fox Sketch v2")
    drawing = attrs.evolve(deployed("drawing"), own_name="狐の絵")

    assert of(sketch, drawing).find(raw) is (drawing if raw == "狐の絵" else sketch)


def test_an_own_name_gives_way_to_what_operators_call_a_workflow() -> None:
    aliased = deployed("a", aliases=("fox",))
    sketch = attrs.evolve(deployed("sketch"), own_name="Fox")

    assert of(sketch, aliased).find("fox") is aliased


def test_a_name_from_elsewhere_gives_way_to_a_workflow_of_that_name() -> None:
    draws, own = deployed("text2img"), deployed("makeimage")

    assert of(draws).find("makeimage") is draws
    assert of(draws, own).find("makeimage") is own
    assert of(own).find("text_to_image") is None


def test_t_26_production_is_offered_and_the_newest_of_it_and_the_others_are_told() -> None:
    staged = deployed("flux", key="staged", environment="staging", day=9)
    old, new = deployed("flux", key="old", day=1), deployed("flux", key="new", day=2)

    found = of(staged, old, new)

    (collision,) = found.collisions
    assert found.workflows == (new,)
    assert (collision.offered, collision.hidden) == (new, (old, staged))
    assert "or give it a command of its own by a note" in collision.sentence


def test_t_26_one_that_hides_behind_another_is_found_by_its_ids() -> None:
    old, new = deployed("flux", key="old", day=1), deployed("flux", key="new", day=2)

    found = of(old, new)

    assert [found.find(each) for each in ("flux", "old", "at-old")] == [new, old, old]


def test_titles_of_which_one_command_would_be_made_find_their_own() -> None:
    cat, dog = deployed("v2", key="cat", title="猫 v2"), deployed("v2", key="dog", title="犬 v2")

    found = of(cat, dog)

    assert [found.find(each) for each in ("猫 v2", " 犬 V2 ", "v2", "鳥 v2")] == [
        cat,
        dog,
        cat,
        cat,
    ]


def test_t_26_the_order_in_which_they_are_listed_does_not_matter() -> None:
    one, other = deployed("flux", key="a"), deployed("flux", key="b")

    assert of(one, other).workflows == of(other, one).workflows == (one,)


def test_workflows_are_in_the_order_of_their_names() -> None:
    assert [each.name for each in of(FOX, FLUX).workflows] == ["flux_dev", "fox"]


def test_hidden_ones_are_not_offered_as_near() -> None:
    found = of(attrs.evolve(FLUX, is_hidden=True), FOX)

    assert found.nearest("flux_dew", ["flux_deb"]) == ["flux_deb"]


def test_snapshots_say_the_same_whenever_they_were_read() -> None:
    later = attrs.evolve(of(FOX), read_at=NOW + timedelta(days=1), problem="It is old.")

    assert of(FOX).says_the_same_as(later)


@pytest.mark.parametrize(
    "change",
    [
        {"workflows": ()},
        {"gpu_usd_per_s": {"T4": 1.0}},
        {"warnings": ("odd",)},
        {"is_whole": False},
    ],
)
def test_snapshots_that_differ_do_not_say_the_same(change: dict[str, object]) -> None:
    other = attrs.evolve(of(FOX), **change)  # type: ignore[arg-type] # fields of a snapshot

    assert not of(FOX).says_the_same_as(other)


@given(raw=st.text(max_size=60))
def test_a_command_is_its_own_command(raw: str) -> None:
    assert normal_name(normal_name(raw)) == normal_name(raw)


_WORDS = st.text("ab_ -AB", max_size=4) | st.sampled_from([*ALIASES, *ALIASES.values()])


@given(
    workflows=st.lists(
        st.builds(
            deployed,
            _WORDS.filter(normal_name),
            key=st.text("kK1", min_size=1, max_size=3),
            title=_WORDS,
            aliases=st.lists(_WORDS, max_size=2).map(tuple),
        ),
        max_size=5,
        unique_by=lambda each: each.key,
    ),
    raw=_WORDS,
)
def test_every_spelling_of_what_people_say_finds_the_same(
    workflows: list[Workflow], raw: str
) -> None:
    found = of(*workflows)

    plain = found.find(normal_name(raw))
    assert plain is None or found.find(raw) is plain
    for each in found.workflows:
        assert found.find(each.name) is each
        assert found.find(WorkflowName(each.name.upper())) is each
