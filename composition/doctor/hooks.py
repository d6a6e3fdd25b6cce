"""
Whether ComfyUI Deploy's calls reach us, tried for real: with one small run that costs money.

So it is done only when asked for. The service has no other way to make it call.
"""

import asyncio
import errno
import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.comfy import ComfyChecks
from composition.doctor.hook_listener import Call, HookListener, callable_at
from composition.doctor.network import Heard, Service
from composition.doctor.public import HOOKS_PATH, PROBE, answers_as_we_do, is_called_from_here
from composition.doctor.trial_run import TrialRun, default_workflow, trial_run
from core.shared.errors import ServiceError, StationError, SubmitUnclearError
from infrastructure.comfy_deploy.api.service import ComfyDeployApi

HOOKS = "webhook calls"
WAIT_S = 120.0
"""How long a call is waited for. A cold machine takes a minute to begin."""

LAST_WORD_S = 5.0
"""How long the call that a cancelled run makes is waited for, after all others."""

_AROUND_S = 20.0
"""For finding the workflow and for cancelling."""
_HOW = "Stop `run` if it is up, then: ./stationthis doctor --hooks"


@attrs.frozen(kw_only=True)
class HookChecks:
    """Has the service call us. `wait_s` is for how long it may take, None leaves it untried."""

    config: Config
    comfy: ComfyChecks
    api: ComfyDeployApi | None
    service: Service
    """The way to ourselves."""
    wait_s: float | None

    def steps(self) -> Sequence[Step]:
        """Return the one check, which has a time of its own when it is tried."""
        if self.wait_s is None or self.config.comfy is None:
            return (Step(HOOKS, self._hooks),)
        limit_s = self.wait_s + LAST_WORD_S + self.config.comfy.queue_timeout_s + _AROUND_S
        return (Step(HOOKS, self._hooks, limit_s=limit_s),)

    async def _hooks(self) -> Check:
        why_not = self._why_not()
        if why_not or self.api is None:
            return _skipped(f"not tried: {why_not}")
        if self.wait_s is None:
            return _skipped("not tried: it costs one small run at ComfyUI Deploy", _HOW)
        if self.comfy.known is None:
            return _skipped("not tried: the workflows cannot be read")
        if self.config.public_url is not None and not self.config.listen.port:
            fix = "Give STATIONTHIS_LISTEN a port that STATIONTHIS_PUBLIC_URL leads to."
            return _skipped("not tried: STATIONTHIS_LISTEN takes any free port", fix)
        return await self._listening(self.api, self.wait_s)

    def _why_not(self) -> str:
        if not self.config.webhooks:
            return "webhooks are off (STATIONTHIS_WEBHOOKS)"
        if self.config.comfy is None:
            return "there is no key for ComfyUI Deploy"
        if self.config.public_url is None and not is_called_from_here(self.config):
            return "without STATIONTHIS_PUBLIC_URL nobody can call us"
        return ""

    async def _listening(self, api: ComfyDeployApi, wait_s: float) -> Check:
        token = secrets.token_hex(16)
        try:
            async with HookListener(self.config.listen, path=HOOKS_PATH, token=token) as listener:
                trial = _Trial(config=self.config, api=api, listener=listener)
                return await trial.made(HOOKS_PATH + token, wait_s)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return await self._taken()
            found = f"nobody can listen at {self.config.listen}: {error.strerror or error}"
            return _failed(found, "Set STATIONTHIS_LISTEN to an address of this machine.")

    async def _taken(self) -> Check:
        """Say who holds the address: `run`, whose own route answers, or somebody else."""
        listen = self.config.listen
        heard = await self.service.get(f"http://{callable_at(listen)}{PROBE}", follow=False)
        if isinstance(heard, Heard) and answers_as_we_do(heard):
            found = f"not tried: `run` is up at {listen}, and its own hook route answers there"
            fix = "Stop `run` for as long as `doctor --hooks` takes, or go by “public URL” above."
            return _skipped(found, fix)
        fix = "Stop that program, or choose another STATIONTHIS_LISTEN."
        return _skipped(f"not tried: another program holds {listen}", fix)


@attrs.frozen(kw_only=True)
class _Trial:
    config: Config
    api: ComfyDeployApi
    listener: HookListener

    @property
    def root(self) -> str:
        """Where the service is told to call."""
        return self.config.public_url or self.listener.root

    async def made(self, path: str, wait_s: float) -> Check:
        """Queue the run, wait for a call, and say what came of both."""
        try:
            workflow = await default_workflow(self.api, self.config.default_workflow)
            began_s = asyncio.get_running_loop().time()
            async with trial_run(self.api, workflow, self.root + path) as run:
                call = await self.listener.first(wait_s)
                has_begun = call is not None or await self._has_begun(run)
        except StationError as error:
            return _not_queued(error)
        if call is None:
            call = await self.listener.first(min(LAST_WORD_S, wait_s))
        if call is not None:
            return self._called(call, call.at_s - began_s, run)
        return self._unreached(run, wait_s) if has_begun else _not_begun(run, wait_s)

    async def _has_begun(self, run: TrialRun) -> bool:
        """Whether the service had anything to tell: of a run that waits it tells nothing."""
        try:
            return (await self.api.runs.get(run.id)).word != "not-started"
        except ServiceError:
            return True

    def _called(self, call: Call, after_s: float, run: TrialRun) -> Check:
        how = f"by {call.method} after {after_s:.1f} s"
        if not call.path.startswith(HOOKS_PATH):
            return _failed(
                f"a call came {how}, but for the path {call.path}",
                f"Have the proxy pass {HOOKS_PATH.rsplit('/', 2)[0]}/ on with the path as it came.",
            )
        if call.host not in self._hosts():
            return _failed(
                f"a call came {how}, but for the host {call.host or 'without a name'}, which `run` "
                "refuses (421)",
                "Have the proxy pass the Host header on as it came.",
            )
        lost = "" if call.has_body else "Have the proxy pass bodies on, also those of GET."
        body = "" if call.has_body else " without its body"
        found = f"{self.root} was called {how}{body}; the run was {run.outcome}"
        return Check(name=HOOKS, ok=True, found=found, fix=lost)

    def _hosts(self) -> frozenset[str]:
        """Return the Host headers that `run` serves."""
        public, own = urlsplit(self.root).netloc.lower(), urlsplit(self.listener.root)
        usual = (f"{public}:80", f"{public}:443", public.removesuffix(":80").removesuffix(":443"))
        near = {f"{name}:{own.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset({public, *usual, own.netloc, *near})

    def _unreached(self, run: TrialRun, wait_s: float) -> Check:
        return _failed(
            f"no call came to {self.root} within {wait_s:g} s; the run was {run.outcome}",
            f"Open that address to the internet, with https and a certificate that everybody "
            f"trusts, and have the proxy pass POST and GET of /hooks/ on to {self.config.listen}.",
        )


def _not_queued(error: StationError) -> Check:
    """Say why there was no run; the error's text is written to be logged, without secrets."""
    if isinstance(error, SubmitUnclearError):
        return _failed(
            f"no run could be queued for certain: {error}",
            "Look at the runs in your ComfyUI Deploy workspace before you try again.",
        )
    return _failed(
        f"no run could be queued: {error}",
        "Check the credit and the machines of the workspace, and STATIONTHIS_DEFAULT_WORKFLOW.",
    )


def _not_begun(run: TrialRun, wait_s: float) -> Check:
    return _skipped(
        f"no call within {wait_s:g} s, but the run had not begun either ({run.outcome})",
        "Try again when a machine is warm or less busy: the service calls when a run begins.",
    )


def _skipped(found: str, fix: str = "") -> Check:
    return Check(name=HOOKS, ok=None, found=found, fix=fix)


def _failed(found: str, fix: str) -> Check:
    return Check(name=HOOKS, ok=False, found=found, fix=fix)
