from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.updates import update_id
from core.shared.ids import JobId
from tests.builders import a_job

NAMES = st.lists(st.text(st.characters(exclude_characters="\n")) | st.integers(), min_size=1)


def test_a_repeat_has_the_id_of_what_it_repeats() -> None:
    assert update_id("secret", "telegram", 7, 42) == update_id("secret", "telegram", 7, "42")


def test_an_id_is_one_that_a_job_may_have() -> None:
    told = update_id("secret", "telegram", 42)

    assert a_job(JobId(told)).id == told
    assert (len(told), set(told) <= set("0123456789abcdef")) == (32, True)


def test_without_the_secret_the_id_is_another() -> None:
    assert update_id("secret", "telegram", 42) != update_id("guess", "telegram", 42)


@given(NAMES, NAMES)
def test_two_updates_have_two_ids(first: list[str | int], second: list[str | int]) -> None:
    same = [*map(str, first)] == [*map(str, second)]

    assert (update_id("secret", *first) == update_id("secret", *second)) is same


def test_names_that_are_no_true_text_have_an_id_too() -> None:
    assert len(update_id("secret", "fox \ud83e")) == 32
