"""What `doctor` finds out about ComfyUI Deploy: the key, and what it opens."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.network import Heard, Service, Unheard
from core.workflows.service import normal_name
from infrastructure.comfy_deploy.settings import DEFAULT_BASE_URL
from infrastructure.comfy_deploy.wire import DeploymentRow, deployment_row, rows

KEY, WORKFLOWS = "ComfyUI Deploy key", "workflows"
SHOWN = 5
"""How many workflows are named."""

_REFUSALS = {
    401: (
        "the key is refused (401)",
        "Make a new API key in your ComfyUI Deploy workspace and put it into COMFY_DEPLOY_API_KEY.",
    ),
    403: (
        "the key is known, but may not see the deployments (403)",
        "Use a key of the workspace that has the workflows, and check that its plan has the API.",
    ),
    404: (
        "there is no such API here (404)",
        f"Correct COMFY_DEPLOY_BASE_URL; the service's own is {DEFAULT_BASE_URL}.",
    ),
}


def comfy_service(config: Config, *, limit_s: float, ahead: dict[str, float]) -> Service:
    """Return the way to ComfyUI Deploy."""
    return Service(
        name="ComfyUI Deploy",
        at=urlsplit(config.comfy.base_url).netloc if config.comfy else "",
        setting="COMFY_DEPLOY_BASE_URL",
        limit_s=limit_s,
        ahead=ahead,
    )


@attrs.define
class ComfyChecks:
    """Asks for the deployments once, both halves of the list, as the catalogue does."""

    config: Config
    service: Service
    _found: list[DeploymentRow] | None = None
    _missing: int = 0

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order."""
        return (Step(KEY, self._key), Step(WORKFLOWS, self._workflows))

    async def _key(self) -> Check:
        if self.config.comfy is None:
            found = (
                "COMFY_DEPLOY_API_KEY is not set: the emulator takes its place, but not in `run`"
            )
            if self.config.telegram is None and self.config.discord is None:
                return Check(name=KEY, ok=None, found=found)
            fix = "Set COMFY_DEPLOY_API_KEY: without it `run` does not start."
            return Check(name=KEY, ok=False, found="COMFY_DEPLOY_API_KEY is not set", fix=fix)
        halves = await asyncio.gather(self._half("false"), self._half("true"))
        told = [rows(half.body) for half in halves if isinstance(half, Heard) and half.is_well]
        lists = [each for each in told if each is not None]
        if not lists:
            return self._refused(halves[0])
        found_rows = [deployment_row(each) for listed in lists for each in listed]
        self._found = [each for each in found_rows if each is not None]
        self._missing = len(halves) - len(lists)
        return Check(name=KEY, ok=True, found=f"accepted by {self.service.at}")

    async def _half(self, is_fluid: str) -> Heard | Unheard:
        comfy = self.config.comfy
        if comfy is None:
            raise AssertionError("there is no key to ask with")
        return await self.service.ask(
            f"{comfy.base_url}/deployments",
            headers={"Authorization": f"Bearer {comfy.api_key}"},
            query={"is_fluid": is_fluid},
        )

    def _refused(self, half: Heard | Unheard) -> Check:
        if isinstance(half, Unheard):
            return Check(name=KEY, ok=False, found=half.found, fix=half.fix)
        found, fix = _REFUSALS.get(
            half.status,
            (f"an answer that makes no sense ({half.status})", "Check COMFY_DEPLOY_BASE_URL."),
        )
        return Check(name=KEY, ok=False, found=f"{self.service.at}: {found}", fix=fix)

    async def _workflows(self) -> Check:
        if self.config.comfy is None:
            return Check(name=WORKFLOWS, ok=None, found="the emulator brings its own")
        if self._found is None:
            return Check(name=WORKFLOWS, ok=None, found="not tried: the list cannot be read")
        names = sorted({normal_name(each.workflow_name) or each.id for each in self._found})
        if not names:
            return Check(
                name=WORKFLOWS,
                ok=False,
                found="the key sees no deployment",
                fix="Deploy a workflow in this key's workspace, to production, or use another key.",
            )
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        found = f"{len(names)}: {', '.join(names[:SHOWN])}{more}"
        return Check(name=WORKFLOWS, ok=True, found=found, fix=self._warning(names))

    def _warning(self, names: Sequence[str]) -> str:
        if self._missing:
            return "Half of the list could not be read just now. Try again a little later."
        if normal_name(self.config.default_workflow) not in names:
            return (
                f"None of them is {self.config.default_workflow!r}, so a bare sentence takes the "
                "first that fits. Name another in STATIONTHIS_DEFAULT_WORKFLOW."
            )
        return ""
