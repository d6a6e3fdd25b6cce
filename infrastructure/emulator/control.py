"""
The control routes, which the real service does not have: orders to misbehave and a look inside.

`GET /control` shows the state, `POST /control/faults` takes an order (or a list of them),
`DELETE /control/faults` forgets them, `POST /control/settings` turns the dials. No key is asked.
"""

from collections.abc import Callable

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer
from infrastructure.emulator.faults import Faults
from infrastructure.emulator.gate import Gate
from infrastructure.emulator.runs import Run, RunBook
from infrastructure.emulator.settings import Dials


@attrs.define(kw_only=True)
class Control:
    """The operator's side of the emulator."""

    dials: Dials
    faults: Faults
    book: RunBook
    gate: Gate
    settings_changed: Callable[[], None]

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        app.router.add_get("/control", self.show)
        app.router.add_post("/control/faults", self.order)
        app.router.add_delete("/control/faults", self.clear)
        app.router.add_post("/control/settings", self.change_settings)

    def state(self) -> dict[str, object]:
        """Return what was asked, what runs, what was told, and what is ordered."""
        settings = attrs.asdict(self.dials.settings)
        del settings["api_key"]
        return {
            "requests": dict(self.gate.counts),
            "runs": [_run_row(run) for run in self.book],
            "faults": self.faults.as_json(),
            "settings": settings,
        }

    async def show(self, request: web.Request) -> web.Response:
        """`GET /control`."""
        del request
        return json_answer(self.state())

    async def order(self, request: web.Request) -> web.Response:
        """`POST /control/faults`: one order, or a list; 400 says what is wrong."""
        try:
            body = await request.json()
            for wish in body if isinstance(body, list) else [body]:
                self.faults.order(wish)
        except (ValueError, TypeError, AttributeError) as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer(self.faults.as_json())

    async def clear(self, request: web.Request) -> web.Response:
        """`DELETE /control/faults`."""
        del request
        self.faults.clear()
        return json_answer(self.faults.as_json())

    async def change_settings(self, request: web.Request) -> web.Response:
        """`POST /control/settings`: takes effect for what begins from now on."""
        try:
            self.dials.settings = self.dials.settings.changed(await request.json())
        except (ValueError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)
        self.settings_changed()
        return json_answer(self.state()["settings"])


def _run_row(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "deployment": run.deployment.name,
        "status": run.status,
        "inputs": run.inputs,
        "webhook": run.webhook,
        "webhooks": [
            {"body": hook.body, "attempts": list(hook.attempts), "state": hook.state}
            for hook in run.hooks
        ],
    }
