"""What `doctor` finds out about the workspace at ComfyUI Deploy: its plan and its machines."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import attrs

from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.comfy import ComfyChecks, command_of, named
from core.shared.errors import ServiceError
from infrastructure.comfy_deploy.api.account import Plan, Usage
from infrastructure.comfy_deploy.api.deployments import Deployment
from infrastructure.comfy_deploy.api.machines import Machine
from infrastructure.comfy_deploy.api.service import ComfyDeployApi

PLAN, MACHINES = "ComfyUI Deploy plan", "machines"
READY = ("ready", "running")
_NOT_TRIED = "not tried: the key opens nothing"
_CENTS = 100
T = TypeVar("T")


def comfy_api(config: Config, *, limit_s: float) -> ComfyDeployApi | None:
    """Return the API with the doctor's patience, None without a key. Connects at the first call."""
    if config.comfy is None:
        return None
    settings = attrs.evolve(config.comfy, timeout_s=limit_s, retry_for_s=limit_s / 2)
    return ComfyDeployApi.opened(settings)


@attrs.frozen
class AccountChecks:
    """Asks for what the service need not tell: where it does not, that is no failure."""

    comfy: ComfyChecks
    api: ComfyDeployApi | None

    def steps(self) -> Sequence[Step]:
        """Return the checks in their order, none without a key."""
        if self.api is None:
            return ()
        api = self.api
        return (Step(PLAN, lambda: self._plan(api)), Step(MACHINES, lambda: self._machines(api)))

    async def _plan(self, api: ComfyDeployApi) -> Check:
        if self.comfy.known is None:
            return Check(name=PLAN, ok=None, found=_NOT_TRIED)
        plan, usage = await asyncio.gather(_told(api.account.plan), _told(api.account.usage))
        found = "; ".join((*_of_plan(plan), *_of_usage(usage)))
        if not found:
            return Check(name=PLAN, ok=None, found="the service does not tell it")
        return Check(name=PLAN, ok=True, found=found, fix=_plan_warning(plan))

    async def _machines(self, api: ComfyDeployApi) -> Check:
        deployments = self.comfy.known
        if deployments is None:
            return Check(name=MACHINES, ok=None, found=_NOT_TRIED)
        machines = await _told(api.machines.all)
        if machines is None:
            return Check(name=MACHINES, ok=None, found="the service does not tell them")
        asleep = [each for each in machines if each.status not in READY]
        if not asleep:
            found = f"{len(machines)}, all ready" if machines else "there are none"
            return Check(name=MACHINES, ok=True, found=found)
        users = _users(deployments)
        told = named([_state(each, users.get(each.id, ())) for each in asleep])
        return Check(
            name=MACHINES,
            ok=True,
            found=f"{len(asleep)} of {len(machines)} not ready: {told}",
            fix="Open Machines in your ComfyUI Deploy workspace: wait for what is being built or "
            "started, and build again what has failed.",
        )


async def _told(question: Callable[[], Awaitable[T]]) -> T | None:
    """Return an answer, None when there is none."""
    try:
        return await question()
    except ServiceError:
        return None


def _of_plan(plan: Plan | None) -> Iterable[str]:
    if plan is None or not plan.names:
        return
    yield ", ".join(plan.names)
    limits = plan.limits
    for what, count, limit in (
        ("machines", limits.machine_count, limits.machine_limit),
        ("workflows", limits.workflow_count, limits.workflow_limit),
    ):
        if count is not None and limit is not None:
            yield f"{count} of {limit} {what}"


def _of_usage(usage: Usage | None) -> Iterable[str]:
    if usage is None or usage.period.start is None:
        return
    yield f"${usage.final_cost:,.2f} used since {usage.period.start:%Y-%m-%d}"
    if usage.credit is not None:
        yield f"${usage.credit:,.2f} of credit"
    if usage.free_tier_credit:
        yield f"${usage.free_tier_credit / _CENTS:,.2f} of free credit"


def _plan_warning(plan: Plan | None) -> str:
    if plan is None:
        return ""
    if plan.payment_issue:
        reason = f" ({plan.payment_issue_reason})" if plan.payment_issue_reason else ""
        return f"A payment failed{reason}: put it right at ComfyUI Deploy, or runs may be refused."
    if plan.cancel_at_period_end:
        return "The plan ends with its period: renew it at ComfyUI Deploy, or runs will be refused."
    return ""


def _users(deployments: Iterable[Deployment]) -> Mapping[str, Sequence[str]]:
    """Return the commands that lean on each machine, by its id."""
    found: dict[str, list[str]] = {}
    for each in deployments:
        names = found.setdefault(each.machine_id, [])
        if command_of(each) not in names:
            names.append(command_of(each))
    return found


def _state(machine: Machine, users: Sequence[str]) -> str:
    needed = f", needed by {named(users)}" if users else ""
    return f"{machine.name or machine.id} ({machine.status or 'no status'}{needed})"
