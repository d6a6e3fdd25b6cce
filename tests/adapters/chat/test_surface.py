import pytest

from adapters.chat.surface import ChatClosedError, NotShownError, platform_of
from core.shared.errors import ServiceError


@pytest.mark.parametrize(
    ("address", "platform"),
    [("web:8d1f", "web"), ("chat:7:thread:2", "chat"), ("nowhere", "nowhere"), ("", "")],
)
def test_an_address_begins_with_its_platform(address: str, platform: str) -> None:
    assert platform_of(address) == platform


@pytest.mark.parametrize(
    ("error", "code", "wait_s"),
    [
        (NotShownError("away"), "chat.not_shown", 0.0),
        (NotShownError("too many requests", wait_s=2.5), "chat.not_shown", 2.5),
        (ChatClosedError("blocked by the user"), "chat.closed", 0.0),
    ],
)
def test_what_was_not_shown_says_when_to_come_back(
    error: NotShownError, code: str, wait_s: float
) -> None:
    assert isinstance(error, ServiceError)
    assert (error.code, error.wait_s) == (code, wait_s)
    assert error.user_message == "This cannot be shown here just now. Please try again in a minute."
