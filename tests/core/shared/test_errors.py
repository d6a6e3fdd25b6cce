"""What people are told when something cannot be, or went wrong."""

import pytest

from core.shared.errors import (
    SHOWN_NAME_LENGTH,
    DeploymentGoneError,
    InputRefusedError,
    NotEnoughPointsError,
    NotYoursError,
    ServiceError,
    StaleButtonError,
    StationError,
    StoreTroubleError,
    TooManyJobsError,
    UnknownWorkflowError,
    UserMistakeError,
)


def own(kind: type[StationError]) -> list[type[StationError]]:
    """Return the errors of this kind that the core itself raises."""
    return [each for each in kind.__subclasses__() if each.__module__ == kind.__module__]


SERVICE_ERRORS = [ServiceError, *own(ServiceError), DeploymentGoneError]
SECRET = "401 from https://service.example/key=abc: KeyError"


@pytest.mark.parametrize(
    "kind", [each for each in (StationError, *SERVICE_ERRORS) if each is not StoreTroubleError]
)
def test_trouble_of_ours_was_not_charged_and_shows_nothing_of_the_log(
    kind: type[StationError],
) -> None:
    error = kind(SECRET)

    assert "You were not charged" in error.user_message
    assert (SECRET in error.user_message, str(error)) == (False, SECRET)


def test_trouble_of_our_own_memory_promises_only_what_we_know() -> None:
    message = StoreTroubleError(SECRET).user_message

    # A hold may have been kept before the trouble: "not charged" could be untrue.
    assert "charged" not in message
    assert "goes on, or is given back" in message
    assert SECRET not in message


def test_every_error_of_the_core_has_a_code_of_its_own() -> None:
    kinds = [StationError, UserMistakeError, *own(UserMistakeError), *SERVICE_ERRORS]

    codes = [vars(kind).get("code") for kind in kinds]

    assert None not in codes
    assert len(set(codes)) == len(codes) >= 16


def test_a_long_name_is_not_said_back_whole() -> None:
    message = UnknownWorkflowError("x" * 5_000, []).user_message

    assert "x" * SHOWN_NAME_LENGTH in message
    assert len(message) < 150


def test_what_was_near_is_offered() -> None:
    message = UnknownWorkflowError("txt", ["text2img", "help"]).user_message

    assert "Did you mean /text2img or /help?" in message


@pytest.mark.parametrize(
    ("wait_s", "said"),
    [
        (None, "more than an allowance holds"),
        (0.0, "about 1 min"),
        (60.0, "about 1 min"),
        (61.0, "about 2 min"),
        (900.0, "about 15 min"),
    ],
)
def test_too_few_points_come_with_what_is_missing_and_when(wait_s: float | None, said: str) -> None:
    message = NotEnoughPointsError(needed=20, available=5, wait_s=wait_s).user_message

    assert message.startswith("This costs 20 points and you have 5: 15 short.")
    assert said in message


def test_points_that_are_set_aside_may_come_back() -> None:
    message = NotEnoughPointsError(needed=20, available=5, wait_s=None, held=15).user_message

    assert "when what is under way has ended" in message


def test_too_many_jobs_come_with_the_limit() -> None:
    assert "already have 6 generations" in TooManyJobsError(6).user_message


def test_a_refused_input_keeps_its_name_for_the_form() -> None:
    error = InputRefusedError("width", "“width” takes a number.")

    assert (error.name, error.user_message, str(error)) == ("width", error.problem, error.problem)


def test_a_name_without_any_like_it_comes_with_the_list() -> None:
    message = UnknownWorkflowError("qqq", []).user_message

    assert message == "There is no workflow called “qqq”. /workflows lists what there is."


@pytest.mark.parametrize(
    ("error", "way_on"),
    [
        (NotYoursError("job-1 is not of bob"), "just write what you want to see"),
        (StaleButtonError("no job job-1"), "/help shows how"),
    ],
)
def test_a_mistake_comes_with_the_way_on(error: StationError, way_on: str) -> None:
    assert way_on in error.user_message
    assert "job-1" not in error.user_message
