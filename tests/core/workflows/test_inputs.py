"""Numbers are fitted to what an input takes, and have a least where sense needs one."""

import attrs
import pytest

from core.shared.errors import InputRefusedError
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from tests.builders import an_input

STRENGTH = an_input("strength", InputKind.NUMBER, default=0.75, minimum=0, maximum=1)
SEED = an_input("seed", InputKind.INTEGER, default=-1, minimum=0)


def a_stepped(step: float, *, minimum: float | None = None, maximum: float | None = None) -> Input:
    wanted = an_input("width", InputKind.INTEGER, minimum=minimum, maximum=maximum)
    return attrs.evolve(wanted, step=step)


@pytest.mark.parametrize(
    ("name", "least"),
    [("width", 64), ("height", 64), ("steps", 1), ("batch_size", 1), ("frames", None)],
)
def test_t_63_a_size_has_a_least_where_the_deployment_names_none(
    name: str, least: int | None
) -> None:
    wanted = an_input(name, InputKind.INTEGER)

    assert wanted.least == least
    assert wanted.accept(-5 if least is None else least) == (-5 if least is None else least)


def test_t_63_a_size_of_nothing_is_refused_with_the_least() -> None:
    with pytest.raises(InputRefusedError, match="from 64 up, and 0 is outside"):
        an_input("width", InputKind.INTEGER).accept(0)


def test_t_63_the_deployments_own_limits_go_before_ours() -> None:
    small = an_input("width", InputKind.INTEGER, maximum=32)

    assert an_input("width", InputKind.INTEGER, minimum=8).accept(8) == 8
    assert small.accept(32) == 32
    with pytest.raises(InputRefusedError):
        small.accept(16)


@pytest.mark.parametrize(
    ("wanted", "value", "taken"),
    [
        (a_stepped(8), 770, 768),
        (a_stepped(8), 772, 768),
        (a_stepped(8), 773, 776),
        (a_stepped(8, minimum=4, maximum=20), 20, 20),
        (a_stepped(8, minimum=4, maximum=18), 18, 12),
        (a_stepped(30), 64, 90),
        (a_stepped(64, maximum=40), 40, 40),
        (a_stepped(1e-320), 70, 70),
        (a_stepped(0.0), 70, 70),
        (a_stepped(0.5), 70, 70),
        (a_stepped(2.5), 71, 71),
        (a_stepped(2, minimum=64.5), 66, 65),
    ],
)
def test_a_number_is_fitted_to_its_step_within_its_range(
    wanted: Input, value: int, taken: int
) -> None:
    got = wanted.accept(value)

    assert (got, type(got)) == (taken, int)


def test_steps_without_a_least_begin_at_nothing() -> None:
    wanted = attrs.evolve(an_input("offset", InputKind.INTEGER), step=8)

    assert wanted.accept(-13) == -16


def test_broken_steps_leave_no_noise() -> None:
    wanted = attrs.evolve(STRENGTH, step=0.05)

    assert wanted.accept(0.151) == 0.15


def test_of_two_choices_that_differ_in_case_alone_each_is_itself() -> None:
    wanted = an_input("sampler", InputKind.CHOICE, options=("Euler", "euler", " lms"))

    assert [wanted.accept(each) for each in ("Euler", "euler", "EULER", "LMS ")] == [
        "Euler",
        "euler",
        "Euler",
        " lms",
    ]


def test_a_refusal_lists_a_few_of_thousands_of_choices() -> None:
    names = tuple(f"model-{number}" for number in range(5_000))

    with pytest.raises(InputRefusedError) as refused:
        an_input("model", InputKind.CHOICE, options=names).accept("modell")

    assert refused.value.problem.endswith(
        "model-18, model-19 or one of 4,980 more: please pick one of them."
    )
    assert len(refused.value.problem) < 300


def test_a_seed_has_no_steps() -> None:
    assert attrs.evolve(SEED, step=10).accept(7) == 7


def test_an_input_is_shown_by_its_label_else_by_its_name() -> None:
    assert an_input("noise_seed").shown_name == "Noise seed"
    assert attrs.evolve(SEED, label="").shown_name == "seed"


def test_a_refusal_has_both_ends_of_long_choices() -> None:
    names = tuple(f"{'folder/' * 30}model_{number}" for number in range(300))

    with pytest.raises(InputRefusedError, match="lder/model_19 or one of 280 more") as refused:
        an_input("model", InputKind.CHOICE, options=names).accept("modell")

    assert len(refused.value.problem) < 1_000


@pytest.mark.parametrize(("typed", "taken"), [("2,048", 2_048), ("-1,000,000", -1_000_000)])
def test_a_whole_number_may_be_written_as_we_write_it(typed: str, taken: int) -> None:
    assert an_input("offset", InputKind.INTEGER).accept(typed) == taken
    with pytest.raises(InputRefusedError):
        an_input("cfg", InputKind.NUMBER).accept(typed)
