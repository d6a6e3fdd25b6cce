"""The models that the service offers, and those that it finds elsewhere."""

import attrs

from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.deployments import OutputType, loose_value
from infrastructure.comfy_deploy.endpoints import LIST_MODELS, SEARCH_MODELS

EVERYWHERE = "all"
"""The provider that stands for all of them: comfyui, civitai and huggingface."""


@attrs.frozen(kw_only=True)
class ModelInput:
    """One input of an offered model. The bounds are of whatever kind the model has."""

    input_id: str = ""
    class_type: str = ""
    required: bool = False
    default_value: object = attrs.field(default=None, converter=loose_value)
    min_value: object = attrs.field(default=None, converter=loose_value)
    max_value: object = attrs.field(default=None, converter=loose_value)
    display_name: str = ""
    description: str = ""
    enum_values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Model:
    """One model that the service offers."""

    id: str = ""
    name: str = ""
    is_comfyui: bool = False
    preview_image: str = ""
    inputs: tuple[ModelInput, ...] = ()
    outputs: tuple[OutputType, ...] = ()
    tags: tuple[str, ...] = ()
    fal_id: str = ""
    cost_per_megapixel: float | None = None
    """USD."""


@attrs.frozen(kw_only=True)
class FoundModel:
    """One model file that a search has found."""

    name: str = ""
    type: str = ""
    provider: str = ""
    filename: str = ""
    save_path: str = ""
    size: int | None = None
    """Bytes."""
    download_url: str = attrs.field(default="", repr=False)
    reference_url: str = ""


@attrs.frozen(kw_only=True)
class _Found:
    models: tuple[FoundModel, ...] = ()


class Models:
    """Lists and searches models. Raises ServiceError as `Calls` does."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(self) -> tuple[Model, ...]:
        """
        Return the models that the service offers.

        Source: `GET /models`, contract 7. Needs no key, but runs of them fail (contract 4.1).
        """
        return await self._calls.many(Model, LIST_MODELS)

    async def search(self, query: str, *, provider: str = EVERYWHERE) -> tuple[FoundModel, ...]:
        """
        Return the model files that fit some words, at one provider or at all.

        Source: `GET /search/model`, contract 7.
        """
        wanted = {"query": query, "provider": provider}
        return (await self._calls.one(_Found, SEARCH_MODELS, query=wanted)).models
