"""From the shape that a person wants to a size that the workflow takes."""

import contextlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.errors import InputRefusedError
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.sizes import ASPECTS, has_sizes, ratio_of, size_for
from tests.builders import a_workflow, an_input


def a_side(
    name: str,
    *,
    default: InputValue | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    kind: InputKind = InputKind.INTEGER,
) -> Input:
    side = an_input(name, kind, default=default, minimum=minimum, maximum=maximum)
    return attrs.evolve(side, step=step)


def sized(
    default: InputValue | None = None,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    kind: InputKind = InputKind.INTEGER,
) -> Workflow:
    sides = (
        a_side(name, default=default, minimum=minimum, maximum=maximum, step=step, kind=kind)
        for name in ("width", "height")
    )
    return a_workflow(inputs=(an_input(), *sides))


def sides(workflow: Workflow, ratio: float) -> tuple[float, ...]:
    return tuple(size_for(workflow, ratio).values())


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("16:9", 16 / 9),
        (" 3x2 ", 1.5),
        ("3\N{MULTIPLICATION SIGN}2", None),
        ("2/3", 2 / 3),
        ("1.5", 1.5),
        ("2.39:1", 2.39),
        ("8:1", 8.0),
        ("9:1", None),
        ("1:9", None),
        ("0:1", None),
        ("1:0", None),
        ("Square", 1.0),
        ("portrait", 2 / 3),
        ("wide", None),
        ("", None),
    ],
)
def test_a_shape_is_told_in_many_ways(text: str, ratio: float | None) -> None:
    assert ratio_of(text) == ratio


@pytest.mark.parametrize(
    ("workflow", "ratio", "size"),
    [
        (sized(), 1.0, (1024, 1024)),
        (sized(512), 3 / 2, (624, 416)),
        (sized(512), 2 / 3, (416, 624)),
        (sized(step=64), 3 / 2, (1280, 832)),
        (sized(step=1), 16 / 9, (1368, 768)),
        (sized(step=5), 16 / 9, (1365, 770)),
        (sized(maximum=1024), 2.0, (1024, 512)),
        (sized(minimum=800), 2.0, (1600, 800)),
        (sized(256, minimum=250, maximum=260, step=10), 4.0, (260, 250)),
        (sized(minimum=1001, maximum=1003), 1.0, (1003, 1003)),
        (sized(-1), 1.0, (1024, 1024)),
        (sized("big"), 1.0, (1024, 1024)),
        (sized(default=True), 1.0, (1024, 1024)),
    ],
)
def test_a_shape_keeps_the_number_of_pixels_within_what_the_inputs_take(
    workflow: Workflow, ratio: float, size: tuple[int, int]
) -> None:
    assert sides(workflow, ratio) == size


def test_a_number_that_may_be_broken_stays_one() -> None:
    assert all(isinstance(side, float) for side in sides(sized(kind=InputKind.NUMBER), 1.0))


def test_one_side_may_be_given() -> None:
    assert size_for(sized(), 2.0, width=512) == {"width": 512, "height": 256}
    assert size_for(sized(), 2.0, height=512) == {"width": 1024, "height": 512}
    assert size_for(sized(), 2.0, width=512, height=640) == {"width": 512, "height": 640}


@pytest.mark.parametrize(
    "inputs", [(), (a_side("width"),), (a_side("height"),)], ids=["none", "width", "height"]
)
def test_without_both_sides_there_is_no_shape(inputs: tuple[Input, ...]) -> None:
    workflow = a_workflow(inputs=inputs)

    assert not has_sizes(workflow)
    with pytest.raises(InputRefusedError, match="a size of its own"):
        size_for(workflow, 1.0)


RANGES = st.one_of(st.none(), st.floats(0, 5_000))


@given(
    default=st.one_of(st.none(), st.integers(-5, 20_000)),
    limits=st.tuples(RANGES, RANGES),
    step=st.one_of(st.none(), st.sampled_from([0.5, 1, 2, 8, 16, 64, 100])),
    ratio=st.sampled_from([*ASPECTS.values(), 1 / 8, 8.0, 16 / 9]),
    kind=st.sampled_from([InputKind.INTEGER, InputKind.NUMBER]),
)
def test_whatever_the_inputs_are_they_take_the_size_or_it_is_refused(
    default: int | None,
    limits: tuple[float | None, float | None],
    step: float | None,
    ratio: float,
    kind: InputKind,
) -> None:
    workflow = sized(default, minimum=limits[0], maximum=limits[1], step=step, kind=kind)
    by_name = {each.name: each for each in workflow.inputs}
    assert has_sizes(workflow)

    with contextlib.suppress(InputRefusedError):
        size = size_for(workflow, ratio)
        assert {name: by_name[name].accept(side) for name, side in size.items()} == size
