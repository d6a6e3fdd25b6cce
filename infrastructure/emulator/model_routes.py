"""The routes that show models."""

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer
from infrastructure.emulator.bodies import read_texts
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.models import MODELS, search


@attrs.frozen
class ModelRoutes:
    """Answers about models as the service does."""

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        app.router.add_get(f"{API_PREFIX}/models", self.list_models, allow_head=False)
        app.router.add_get(f"{API_PREFIX}/search/model", self.search, allow_head=False)

    async def list_models(self, request: web.Request) -> web.Response:
        """`GET /models`: the public ones."""
        del request
        return json_answer(MODELS)

    async def search(self, request: web.Request) -> web.Response:
        """`GET /search/model`: what the providers have under a name."""
        (query,) = read_texts(request, "query")
        return json_answer({"models": search(query, request.query.get("provider", "all"))})
