"""What `doctor` finds out about ComfyUI Deploy: the key, and the workflows that it opens."""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import attrs

from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.comfy_address import SETTING, Address
from composition.doctor.faults import Unheard
from composition.doctor.network import Heard, Service, failed, words
from core.workflows.snapshot import normal_name
from infrastructure.comfy_deploy.api.deployments import Deployment
from infrastructure.comfy_deploy.decoding import decoded_rows

KEY, DEPLOYMENTS, WORKFLOWS = "ComfyUI Deploy key", "deployments", "workflows"
COMFY = "ComfyUI Deploy"
SHOWN = 5
"""How many workflows are named."""

LIST = "/deployments"
_HALVES = {"false": "without an image of their own", "true": "with an image of their own"}
"""The values of `is_fluid`, and what the half of the list has that answers to it."""

_HALF_BROKEN = (
    "Try again a little later. If it stays so, one Enum input whose options are no JSON list "
    "breaks that half: look through the workflows that were deployed last."
)
_NOT_TRIED = "not tried: the list cannot be read"
_CHECK = f"Check {SETTING}."

_REFUSALS = {
    401: (
        "the key is refused (401)",
        "Make a new API key in your ComfyUI Deploy workspace and put it into COMFY_DEPLOY_API_KEY.",
    ),
    403: (
        "the key is known, but may not see the deployments (403)",
        "Use a key of the workspace that has the workflows, and check that its plan has the API.",
    ),
}


def comfy_service(config: Config, *, limit_s: float, ahead: dict[str, float]) -> Service:
    """Return the way to ComfyUI Deploy."""
    return Service(
        name=COMFY,
        at=urlsplit(config.comfy.base_url).netloc if config.comfy else "",
        setting=SETTING,
        limit_s=limit_s,
        ahead=ahead,
    )


def command_of(deployment: Deployment) -> str:
    """Return the name under which people know a deployment's workflow."""
    title = deployment.workflow.name if deployment.workflow else ""
    return normal_name(title.strip() or deployment.share_slug) or deployment.id


Half = tuple[Deployment, ...] | Unheard
"""One half of the list, or why it cannot be read."""


@attrs.define
class ComfyChecks:
    """Asks for the deployments once, both halves of the list, as the catalogue does."""

    config: Config
    service: Service
    _halves: Mapping[str, Half] = attrs.field(factory=dict)

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order."""
        return (
            Step(KEY, self._key),
            Step(DEPLOYMENTS, self._deployments),
            Step(WORKFLOWS, self._workflows),
        )

    @property
    def known(self) -> Sequence[Deployment] | None:
        """The deployments of the halves that could be read; None before, or when none could."""
        lists = [half for half in self._halves.values() if not isinstance(half, Unheard)]
        if not lists:
            return None
        return tuple({each.id: each for half in lists for each in half if each.id}.values())

    async def _key(self) -> Check:
        if self.config.comfy is None:
            return self._without_key()
        answers = await asyncio.gather(*(self._ask(is_fluid) for is_fluid in _HALVES))
        self._halves = dict(zip(_HALVES, map(self._half, answers), strict=True))
        refusals = [half for half in self._halves.values() if isinstance(half, Unheard)]
        if len(refusals) == len(_HALVES):
            return failed(KEY, refusals[0])
        return Check(name=KEY, ok=True, found=f"accepted by {self.service.at}")

    def _without_key(self) -> Check:
        found = "COMFY_DEPLOY_API_KEY is not set"
        if self.config.telegram is None and self.config.discord is None:
            found = f"{found}: the emulator takes its place, but not in `run`"
            return Check(name=KEY, ok=None, found=found)
        fix = "Set COMFY_DEPLOY_API_KEY: without it `run` does not start."
        return Check(name=KEY, ok=False, found=found, fix=fix)

    async def _ask(self, is_fluid: str) -> Heard | Unheard:
        comfy = self.config.comfy
        if comfy is None:
            raise AssertionError("there is no key to ask with")
        heard = await self.service.get(
            comfy.base_url + LIST,
            headers={"Authorization": f"Bearer {comfy.api_key}"},
            query={"is_fluid": is_fluid},
            follow=False,
        )
        if isinstance(heard, Unheard):
            return heard
        return Address(comfy.base_url).misled(heard, LIST) or self.service.judged(heard)

    def _half(self, answer: Heard | Unheard) -> Half:
        if isinstance(answer, Unheard):
            return answer
        listed = decoded_rows(Deployment, answer.body) if answer.is_well else None
        return self._refused(answer) if listed is None else listed

    def _refused(self, heard: Heard) -> Unheard:
        found, fix = _REFUSALS.get(
            heard.status, (f"an answer that makes no sense ({heard.status})", _CHECK)
        )
        said = words(heard.body, "detail")
        return Unheard(found=f"{self.service.at}: {found}{': ' * bool(said)}{said}", fix=fix)

    async def _deployments(self) -> Check:
        if self.known is None:
            return Check(name=DEPLOYMENTS, ok=None, found=self._why_not())
        read, broken = list[str](), dict[str, Unheard]()
        for is_fluid, half in self._halves.items():
            what = _HALVES[is_fluid]
            if isinstance(half, Unheard):
                broken[f"{what} (is_fluid={is_fluid})"] = half
            else:
                read.append(f"{len(half)} {what}")
        lost = [f"those {what} cannot be read: {why.found}" for what, why in broken.items()]
        fix = _HALF_BROKEN if lost else ""
        return Check(name=DEPLOYMENTS, ok=True, found="; ".join([*read, *lost]), fix=fix)

    async def _workflows(self) -> Check:
        if self.known is None:
            return Check(name=WORKFLOWS, ok=None, found=self._why_not())
        names = sorted(set(map(command_of, self.known)))
        if not names:
            return Check(
                name=WORKFLOWS,
                ok=False,
                found="the key sees no deployment",
                fix="Deploy a workflow in this key's workspace, to production, or use another key.",
            )
        found = f"{len(names)}: {named(names)}"
        return Check(name=WORKFLOWS, ok=True, found=found, fix=self._warning(names))

    def _why_not(self) -> str:
        return "the emulator brings its own" if self.config.comfy is None else _NOT_TRIED

    def _warning(self, names: Sequence[str]) -> str:
        if normal_name(self.config.default_workflow) in names:
            return ""
        return (
            f"None of them is {self.config.default_workflow!r}, so a bare sentence takes the "
            "first that fits. Name another in STATIONTHIS_DEFAULT_WORKFLOW."
        )


def named(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
