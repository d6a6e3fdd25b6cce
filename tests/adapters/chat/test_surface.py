import pytest

from adapters.chat.surface import platform_of


@pytest.mark.parametrize(
    ("address", "platform"),
    [("web:8d1f", "web"), ("chat:7:thread:2", "chat"), ("nowhere", "nowhere"), ("", "")],
)
def test_an_address_begins_with_its_platform(address: str, platform: str) -> None:
    assert platform_of(address) == platform
