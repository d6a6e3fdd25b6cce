import pytest

from core.shared.ids import JobId
from infrastructure.hooks import SignedHooks

JOB = JobId("a" * 32)


@pytest.mark.parametrize("public_url", [None, ""])
def test_without_a_public_url_there_is_no_address(public_url: str | None) -> None:
    hooks = SignedHooks("a secret", public_url)

    assert hooks.address(JOB) is None


def test_an_address_lies_under_the_public_url() -> None:
    hooks = SignedHooks("a secret", "https://bot.example/station/")

    address = hooks.address(JOB)

    assert address is not None
    assert address.startswith(f"https://bot.example/station/hooks/{JOB}/")


def test_the_public_url_can_be_set_later() -> None:
    hooks = SignedHooks("a secret", None)

    hooks.listen_at("http://127.0.0.1:40123")

    assert str(hooks.address(JOB)).startswith("http://127.0.0.1:40123/hooks/")


def test_a_token_survives_a_restart_with_the_same_secret() -> None:
    before = str(SignedHooks("a secret", "https://bot.example").address(JOB))

    after = SignedHooks("a secret", None)

    assert after.is_genuine(JOB, before.rpartition("/")[2])


def test_another_secret_makes_other_tokens() -> None:
    address = str(SignedHooks("a secret", "https://bot.example").address(JOB))

    other = SignedHooks("another secret", None)

    assert not other.is_genuine(JOB, address.rpartition("/")[2])


def test_an_address_does_not_hold_the_secret() -> None:
    hooks = SignedHooks("a-secret", "https://bot.example")

    assert "a-secret" not in str(hooks.address(JOB))
