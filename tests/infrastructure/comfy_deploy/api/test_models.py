"""Models as the service wants them asked for, and as it answers."""

import pytest

from core.shared.errors import ServiceRefusedError, ServiceTroubleError
from infrastructure.comfy_deploy.api.models import Models
from tests.infrastructure.comfy_deploy.api.test_deployments import asked, recorded, service
from tests.infrastructure.comfy_deploy.loopback import json_reply

FOUND = {
    "name": "Flux",
    "type": "checkpoint",
    "provider": "civitai",
    "filename": "flux.safetensors",
    "save_path": "checkpoints",
    "size": 23_800_000_000,
    "download_url": "https://files.example/flux.safetensors?token=t",
    "reference_url": "https://models.example/flux",
}
"""A found model in the words of the API's schema: none was recorded."""


async def test_the_offered_models_are_listed_with_their_prices() -> None:
    async with service(recorded("models")) as (server, calls):
        found = await Models(calls).list()

    assert asked(server) == ["GET /models"]
    assert (found[0].id, found[0].tags) == ("flux-dev", ("flux", "image"))
    assert (found[0].cost_per_megapixel, found[0].is_comfyui) == (0.025, False)


async def test_the_inputs_of_a_model_have_their_defaults_and_choices() -> None:
    async with service(recorded("models")) as (_, calls):
        prompt, size = (await Models(calls).list())[0].inputs

    assert (prompt.input_id, prompt.required) == ("prompt", True)
    assert (size.default_value, "square" in size.enum_values) == ("square_hd", True)


async def test_a_search_goes_to_every_provider() -> None:
    async with service(json_reply({"models": [FOUND]})) as (server, calls):
        (found,) = await Models(calls).search("flux dev")

    assert asked(server) == ["GET /search/model?query=flux dev&provider=all"]
    assert (found.filename, found.size) == ("flux.safetensors", 23_800_000_000)


async def test_a_search_may_go_to_one_provider() -> None:
    async with service(json_reply({"models": []})) as (server, calls):
        found = await Models(calls).search("flux", provider="civitai")

    assert (asked(server), found) == (["GET /search/model?query=flux&provider=civitai"], ())


async def test_where_a_model_is_downloaded_from_is_not_shown_in_logs() -> None:
    async with service(json_reply({"models": [FOUND]})) as (_, calls):
        found = await Models(calls).search("flux")

    assert "token=t" not in repr(found)


async def test_a_list_that_is_none_is_trouble() -> None:
    async with service(json_reply({"detail": "soon"})) as (_, calls):
        with pytest.raises(ServiceTroubleError, match="GET /models answered without a list"):
            await Models(calls).list()


async def test_a_search_that_is_refused_says_why() -> None:
    detail = [{"type": "missing", "loc": ["query", "query"], "msg": "Field required"}]
    async with service(json_reply({"detail": detail}, status=422)) as (_, calls):
        with pytest.raises(ServiceRefusedError, match=r"query\.query Field required"):
            await Models(calls).search("")
