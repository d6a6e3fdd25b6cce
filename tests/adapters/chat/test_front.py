from adapters.chat.front import FrontRefusedError


def test_a_front_that_is_refused_sends_the_operator_to_the_doctor() -> None:
    error = FrontRefusedError("401 Unauthorized")

    assert (error.code, "doctor" in error.user_message) == ("front.refused", True)
    assert "401" not in error.user_message
