"""Addresses as text, and back."""

import pytest

from adapters.chat.surface import ReplyTo
from adapters.telegram.updates import Address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("telegram:7", Address(7)),
        ("telegram:-1001:0:9", Address(-1001, 0, 9)),
        ("telegram:-1001:4:9", Address(-1001, 4, 9)),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert Address.read(ReplyTo(text)) == address
    assert Address.read(address.reply_to) == address


@pytest.mark.parametrize("text", ["", "telegram:", "telegram:x", "discord:7", "telegram:7:a:b"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Address.read(ReplyTo(text))
