"""The account at the service: what was used, what the plan allows, GPU prices and keys."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import attrs

from core.shared.errors import ServiceTroubleError
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.endpoints import (
    CREATE_KEY,
    DELETE_KEY,
    GPU_PRICING,
    LIST_KEYS,
    PLAN,
    USAGE,
    USAGE_DETAILS,
)
from infrastructure.comfy_deploy.wire import Row, number, row, rows, text


@attrs.frozen(kw_only=True)
class UsageItem:
    """What one machine used on one kind of GPU."""

    machine_id: str = ""
    machine_name: str = ""
    gpu: str = ""
    ws_gpu: str = ""
    usage_in_sec: float = 0.0
    """Seconds."""
    cost_item_title: str = ""
    cost: float = 0.0
    """USD."""


@attrs.frozen(kw_only=True)
class Period:
    """A stretch of time."""

    start: datetime | None = None
    end: datetime | None = None


@attrs.frozen(kw_only=True)
class Usage:
    """What was used in a period. Costs are USD, before and after credit."""

    usage: tuple[UsageItem, ...] = ()
    total_cost: float = 0.0
    final_cost: float = 0.0
    free_tier_credit: float = 0.0
    """Cents, unlike the costs."""
    credit: float | None = None
    """USD."""
    period: Period = attrs.field(factory=Period)


@attrs.frozen(kw_only=True)
class DayUsage:
    """What one day cost, in USD for each GPU that was used."""

    day: date
    cost: Mapping[str, float]


@attrs.frozen(kw_only=True)
class PlanLimits:
    """How many machines and workflows there are, and may be."""

    machine_limited: bool = False
    machine_limit: int | None = None
    machine_count: int | None = None
    workflow_limited: bool = False
    workflow_limit: int | None = None
    workflow_count: int | None = None
    private_models: bool = False
    always_on_machine_limit: int | None = None


@attrs.frozen(kw_only=True)
class Plan:
    """The plan of the account."""

    names: tuple[str, ...] = ()
    cancel_at_period_end: bool = False
    payment_issue: bool = False
    payment_issue_reason: str = ""
    limits: PlanLimits = attrs.field(factory=PlanLimits)


@attrs.frozen(kw_only=True)
class Key:
    """One key of the account. `key` is its last four characters behind stars."""

    id: str = ""
    name: str = ""
    key: str = ""
    token_type: str = ""
    revoked: bool = False
    user_id: str = ""
    org_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class CreatedKey:
    """A new key. It is shown this once: nothing may keep it but whoever asked for it."""

    key: str = attrs.field(default="", repr=False)


class ServiceAccount:
    """Reads what the account uses and may use, and keeps its keys. Raises as `Calls` does."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def usage(self, *, start: datetime | None = None, end: datetime | None = None) -> Usage:
        """
        Return what was used from the last invoice, or `start`, until now, or `end`.

        Both must be aware: ValueError. Source: `GET /platform/usage`, contract 5.
        """
        query = {
            name: _utc(moment)
            for name, moment in (("start_time", start), ("end_time", end))
            if moment is not None
        }
        return await self._calls.one(Usage, USAGE, query=query)

    async def usage_details(self, start: datetime, end: datetime) -> tuple[DayUsage, ...]:
        """
        Return what each day cost that had any use, the first day first.

        Both must be aware: ValueError. Source: `GET /platform/usage-details`, contract 5.
        """
        query = {"start_time": _utc(start), "end_time": _utc(end)}
        found = rows(await self._calls.raw(USAGE_DETAILS, query=query))
        if found is None:
            raise ServiceTroubleError(f"{USAGE_DETAILS.name} answered without a list")
        return tuple(each for each in map(_day, found) if each is not None)

    async def plan(self) -> Plan:
        """
        Return the account's plan and what it allows.

        Source: `GET /platform/plan`, contract 5, whose names are mended here.
        """
        body = row(await self._calls.raw(PLAN))
        return _plan(row(body.get("plans")), row(body.get("features")))

    async def gpu_prices(self) -> Mapping[str, float]:
        """
        Return what each kind of GPU costs, in USD per second; "CPU" is one core.

        Source: `GET /platform/gpu-pricing`, contract 5. Needs no key.
        """
        return _amounts(row(await self._calls.raw(GPU_PRICING)))

    async def keys(
        self, *, search: str = "", limit: int | None = None, offset: int | None = None
    ) -> tuple[Key, ...]:
        """
        Return the keys that are not revoked, the youngest first; all of them without a `limit`.

        Source: `GET /platform/api-keys`, contract 2.
        """
        wanted = {"search": search or None, "limit": limit, "offset": offset}
        query = {name: value for name, value in wanted.items() if value is not None}
        return await self._calls.many(Key, LIST_KEYS, query=query)

    async def create_key(self, name: str) -> CreatedKey:
        """
        Make a key.

        Raises ServiceRefusedError (400) for an empty name. Without an answer there may be one
        that nobody knows: this is never repeated. Source: `POST /platform/api-keys`, contract 2.
        """
        return await self._calls.one(CreatedKey, CREATE_KEY, body={"name": name})

    async def delete_key(self, key_id: str) -> None:
        """
        Revoke a key. It still works for 5 to 12 seconds (quirk C14).

        Raises NotThereError for an unknown one. Source: `DELETE /platform/api-keys/{id}`,
        contract 2.
        """
        # The answer holds the whole key: it is let go unread.
        await self._calls.raw(DELETE_KEY, at={"key_id": key_id})


def _utc(moment: datetime) -> str:
    """Return a time as the service writes it here itself: UTC, without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a time needs its zone: {moment}")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _amounts(found: Row) -> dict[str, float]:
    """Return the numbers of an answer by their names, and leave out the rest."""
    amounts = ((name, number(value)) for name, value in found.items())
    return {name: amount for name, amount in amounts if amount is not None}


def _day(found: Row) -> DayUsage | None:
    """Return a day's costs, None for a row without a day."""
    try:
        day = date.fromisoformat(text(found.get("date"))[:10])
    except ValueError:
        return None
    return DayUsage(day=day, cost=_amounts({k: v for k, v in found.items() if k != "date"}))


def _plan(plans: Row, features: Row) -> Plan:
    names = plans.get("names")
    return Plan(
        names=tuple(filter(None, map(text, names))) if isinstance(names, list) else (),
        cancel_at_period_end=plans.get("cancel_at_period_end") is True,
        payment_issue=plans.get("payment_issue") is True,
        payment_issue_reason=text(plans.get("payment_issue_reason")),
        limits=PlanLimits(
            machine_limited=features.get("machineLimited") is True,
            machine_limit=_count(features.get("machineLimit")),
            machine_count=_count(features.get("currentMachineCount")),
            workflow_limited=features.get("workflowLimited") is True,
            workflow_limit=_count(features.get("workflowLimit")),
            workflow_count=_count(features.get("currentWorkflowCount")),
            # They spell it "priavteModels"; the other way is for the day when they mend it.
            private_models=True in (features.get("priavteModels"), features.get("privateModels")),
            always_on_machine_limit=_count(features.get("alwaysOnMachineLimit")),
        ),
    )


def _count(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
