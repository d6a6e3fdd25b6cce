import pytest

from core.shared.wording import listed, number, shortened


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), (0, "0"), (2_048, "2,048"), (2_048.0, "2,048"), (0.5, "0.5"), (-1, "-1")],
)
def test_a_number_is_written_as_people_do(value: float | None, written: str) -> None:
    assert number(value) == written


def test_a_long_text_has_its_length_and_says_that_it_is_cut() -> None:
    assert shortened("a red fox", 9) == "a red fox"
    assert shortened("a red fox", 6) == "a red\N{HORIZONTAL ELLIPSIS}"


def test_a_long_list_says_how_many_are_left() -> None:
    assert listed(("a", "b"), most=2) == "a, b"
    assert listed(("a", "b", "c", "d"), most=2) == "a, b and 2 more"
    assert listed((), most=2) == ""
