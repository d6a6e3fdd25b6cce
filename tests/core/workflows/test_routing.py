"""Which of several deployments runs a workflow, and why."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.ids import DeploymentId
from core.workflows.model import Deployment, Machine
from core.workflows.routing import (
    FASTEST_FIRST,
    LARGEST_FIRST,
    QUALITY,
    SPEED,
    gpu_of,
    gpu_rank,
    route,
)
from tests.builders import NOW


def at(
    id: str,
    environment: str = "production",
    *,
    status: str = "ready",
    gpu: str | None = "A10G",
    own_gpu: str | None = None,
    day: int = 0,
) -> Deployment:
    """Return a deployment on a machine of its own."""
    machine = Machine(id=f"m-{id}", name=f"the {id}", status=status, gpu=gpu)
    return Deployment(
        id=DeploymentId(id),
        environment=environment,
        updated_at=NOW + timedelta(days=day),
        gpu=own_gpu,
        machine=machine,
    )


def order(*deployments: Deployment, prefer: str = QUALITY) -> list[str]:
    return [each.id for each in route(deployments, prefer=prefer).deployments]


def test_a_ready_machine_goes_before_everything_else() -> None:
    sick, well = at("sick", status="building"), at("well", "staging", gpu="T4")

    found = route([sick, well])

    assert [each.id for each in found.deployments] == ["well", "sick"]
    assert found.reason == (
        "Staging is used: the machine the sick of production is not ready (building)."
    )


def test_a_machine_that_nobody_tells_of_is_taken_to_be_ready() -> None:
    unknown = Deployment(id=DeploymentId("unknown"), environment="staging")

    assert order(at("sick", status="error"), unknown) == ["unknown", "sick"]


def test_production_goes_before_staging_and_that_before_the_others() -> None:
    found = route([at("c", "preview", day=9), at("b", "staging", gpu="B200"), at("a")])

    assert [each.id for each in found.deployments] == ["a", "b", "c"]
    assert found.reason == "Production goes before staging."


@pytest.mark.parametrize(
    ("prefer", "first", "second"), [(SPEED, "A100", "L40S"), (QUALITY, "L40S", "A100")]
)
def test_the_operator_prefers_the_faster_gpu_or_the_one_with_more_memory(
    prefer: str, first: str, second: str
) -> None:
    found = route([at("a", gpu=first), at("b", gpu=second)], prefer=prefer)

    assert gpu_of(found.deployments[0]) == first
    assert found.reason == f"{first} is preferred to {second} for {prefer}."


def test_a_deployments_own_gpu_counts_before_its_machines() -> None:
    assert order(at("a", gpu="H100", own_gpu="T4"), at("b", gpu="L4")) == ["b", "a"]


def test_an_unknown_gpu_is_better_than_none_at_all() -> None:
    found = route([at("cpu", gpu="CPU"), at("home", gpu=None), at("t4", gpu="T4")])

    assert [each.id for each in found.deployments] == ["t4", "home", "cpu"]
    assert found.reason == "T4 is preferred to an unknown GPU for quality."


def test_an_unknown_preference_is_quality() -> None:
    assert gpu_rank("L40S", prefer="beauty") == gpu_rank("L40S", prefer=QUALITY)


def test_of_two_that_are_alike_the_newest_runs() -> None:
    found = route([at("old", "", day=1), at("new", "", day=2)])

    assert [each.id for each in found.deployments] == ["new", "old"]
    assert found.reason == "It is the newest in an unnamed environment."


def test_of_two_that_nothing_tells_apart_the_id_settles_it() -> None:
    found = route([at("b"), at("a")])

    assert [each.id for each in found.deployments] == ["a", "b"]
    assert found.reason == "Production has several that are alike: the first by its id runs."


def test_a_deployment_without_a_date_is_the_oldest() -> None:
    undated = Deployment(id=DeploymentId("a"), environment="production", gpu="A10G")

    assert order(undated, at("b")) == ["b", "a"]


def test_a_machine_without_a_name_is_told_by_its_id() -> None:
    sick = Deployment(
        id=DeploymentId("a"), environment="staging", machine=Machine(id="m-1", status="paused")
    )

    assert "the machine m-1 of staging is not ready (paused)" in route([sick, at("b")]).reason


@pytest.mark.parametrize("deployments", [[], [at("a")]])
def test_without_a_choice_there_is_no_reason(deployments: Sequence[Deployment]) -> None:
    found = route(deployments)

    assert (found.deployments, found.reason) == (tuple(deployments), "")


def test_both_tables_name_the_same_gpus() -> None:
    assert set(FASTEST_FIRST) == set(LARGEST_FIRST)


_SOME = st.builds(
    at,
    st.text("abc", min_size=1, max_size=3),
    st.sampled_from(["production", "staging", "preview", ""]),
    status=st.sampled_from(["ready", "building", "error"]),
    gpu=st.sampled_from([*FASTEST_FIRST, "4090", None]),
    day=st.integers(0, 2),
)


@given(
    deployments=st.lists(_SOME, max_size=6, unique_by=lambda each: each.id),
    prefer=st.sampled_from([SPEED, QUALITY]),
    chance=st.randoms(),
)
def test_the_order_depends_on_nothing_but_the_deployments(
    deployments: list[Deployment], prefer: str, chance: object
) -> None:
    found = route(deployments, prefer=prefer)
    shuffled = list(deployments)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own random.Random

    assert route(shuffled, prefer=prefer) == found
    readiness = [each.is_ready for each in found.deployments]
    assert readiness == sorted(readiness, reverse=True)
    assert (found.reason == "") == (len(deployments) < 2)
