"""Settings that cannot be are refused with their name."""

import pytest

from infrastructure.comfy_deploy.settings import ComfySettings


def test_only_the_key_is_needed() -> None:
    settings = ComfySettings(api_key=" secret\n")

    assert settings.api_key == "secret"
    assert settings.base_url == "https://api.comfydeploy.com/api"


@pytest.mark.parametrize("key", ["", "  ", "two words", "schlüssel", "a\nb"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="api_key"):
        ComfySettings(api_key=key)


@pytest.mark.parametrize("url", ["", "api.example", "ftp://x/api", "https://x/api?key=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        ComfySettings(api_key="k", base_url=url)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_never_or_always_passes_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="timeout_s"):
        ComfySettings(api_key="k", timeout_s=seconds)
