"""Who is talking to us."""

import pytest

from tests.builders import an_identity


def test_an_identity_is_a_platform_and_a_name_there() -> None:
    assert str(an_identity("7", platform="telegram")) == "telegram:7"
    assert an_identity("7", platform="telegram") != an_identity("7", platform="discord")


@pytest.mark.parametrize("platform", ["", "Telegram", "web:", "x" * 17, "tele gram", "web\n"])
def test_a_platform_is_a_short_plain_word(platform: str) -> None:
    with pytest.raises(ValueError, match="must match"):
        an_identity(platform=platform)


@pytest.mark.parametrize("user_id", ["", "7" * 129])
def test_a_name_is_neither_empty_nor_endless(user_id: str) -> None:
    with pytest.raises(ValueError, match="Length"):
        an_identity(user_id)
