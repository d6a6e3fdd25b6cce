"""
Orders to misbehave: what the service has been seen to do on its worse days, made on request.

A `RequestFault` spoils answers, a `RunFault` spoils runs. Both are used up by the next `count`
matching requests or runs, or stay until cleared when `count` is None.
"""

import enum
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import attrs
from attrs.converters import optional as to_optional
from attrs.validators import ge, instance_of, optional

API_PREFIX = "/api"


class Spoil(enum.StrEnum):
    """What a request fault does."""

    ANSWER = "answer"
    """Answer with the given status and body instead of the true answer."""
    DELAY = "delay"
    """Answer truly, `delay_s` late; the work begins at once unless `handled` is False."""
    LOST = "lost"
    """Close the connection without an answer."""
    CUT = "cut"
    """Send half of the true answer's body, then close."""
    MACHINE_REFUSES = "machine_refuses"
    """For the queue route: hang while the machine is asked again, then a failed run and a 502."""


class Ending(enum.StrEnum):
    """How a run ends."""

    SUCCESS = "success"
    EMPTY = "empty"
    """Success without any output."""
    FAILED = "failed"
    TIMEOUT = "timeout"
    TIMEOUT_WITH_OUTPUTS = "timeout_with_outputs"
    NEVER = "never"
    """It stays `running` for ever and has nothing to show."""
    NEVER_WITH_OUTPUTS = "never_with_outputs"
    """It stays `running` although its outputs are there."""


class HookTrouble(enum.StrEnum):
    """What happens to the webhooks of a run."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    """All are kept back until the end, then sent last first."""
    LATE = "late"


class OutputShape(enum.StrEnum):
    """In which shape a run shows its outputs."""

    IMAGES = "images"
    FILES = "files"
    GIFS = "gifs"
    NODE_KEYED = "node_keyed"
    """The data of an output is keyed by node id, and only then by kind."""
    OBJECT = "object"
    """`outputs` is an object keyed by node id instead of a list."""


def _once() -> int | None:
    return 1


def _upper(text: str) -> str:
    return text.upper()


_COUNT = optional([instance_of(int), ge(1)])


@attrs.frozen(kw_only=True)
class RequestFault:
    """
    Spoils requests whose method matches and whose path begins with `path`.

    The path is written with or without `/api`; "" matches everything but the control routes.
    """

    spoil: Spoil = attrs.field(default=Spoil.ANSWER, converter=Spoil)
    method: str = attrs.field(default="*", converter=_upper)
    path: str = attrs.field(default="", validator=instance_of(str))
    count: int | None = attrs.field(factory=_once, validator=_COUNT)
    status: int = attrs.field(default=503, validator=instance_of(int))
    body: str = attrs.field(default="", validator=instance_of(str))
    content_type: str = attrs.field(default="application/json", validator=instance_of(str))
    headers: Mapping[str, str] = attrs.field(factory=dict, validator=instance_of(dict))
    delay_s: float = attrs.field(default=0.0, converter=float, validator=ge(0.0))
    handled: bool | None = attrs.field(default=None, validator=optional(instance_of(bool)))
    """Whether the request is carried out all the same. None: all but for ANSWER it is."""

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this request is one to spoil."""
        if self.method not in ("*", method):
            return False
        return path.startswith(self.path) or path.removeprefix(API_PREFIX).startswith(self.path)

    @property
    def is_handled(self) -> bool:
        """Whether the request has its effect."""
        return self.spoil is not Spoil.ANSWER if self.handled is None else self.handled


@attrs.frozen(kw_only=True)
class RunFault:
    """Spoils runs from their creation on; only those of one deployment when it is named."""

    count: int | None = attrs.field(factory=_once, validator=_COUNT)
    deployment: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    ending: Ending | None = attrs.field(default=None, converter=to_optional(Ending))
    webhooks: HookTrouble | None = attrs.field(default=None, converter=to_optional(HookTrouble))
    webhook_delay_s: float = attrs.field(default=0.0, converter=float, validator=ge(0.0))
    """How late a LATE webhook is."""
    shape: OutputShape | None = attrs.field(default=None, converter=to_optional(OutputShape))
    extra_s: float = attrs.field(default=0.0, converter=float, validator=ge(0.0))
    """How much longer the run works."""

    def over(self, other: "RunFault") -> "RunFault":
        """Return both orders in one; where both say something, this one counts."""
        return attrs.evolve(
            self,
            ending=self.ending or other.ending,
            webhooks=self.webhooks or other.webhooks,
            webhook_delay_s=self.webhook_delay_s or other.webhook_delay_s,
            shape=self.shape or other.shape,
            extra_s=self.extra_s or other.extra_s,
        )


NO_FAULT = RunFault()
_Fault = TypeVar("_Fault", RequestFault, RunFault)


@attrs.define
class Faults:
    """The orders that stand. Earlier orders are used up first."""

    _requests: list[RequestFault] = attrs.Factory(list)
    _runs: list[RunFault] = attrs.Factory(list)

    def order_requests(self, fault: RequestFault) -> None:
        """Spoil the next matching requests."""
        self._requests.append(fault)

    def order_runs(self, fault: RunFault) -> None:
        """Spoil the next runs."""
        self._runs.append(fault)

    def order(self, wish: Mapping[str, object]) -> None:
        """
        Take an order in the control route's form: `{"for": "requests" | "runs", ...fields}`.

        Raises ValueError or TypeError for an order that cannot be understood.
        """
        # The validators of the two classes check what is inside.
        fields = cast("dict[str, Any]", {k: v for k, v in wish.items() if k != "for"})
        match wish.get("for"):
            case "requests":
                self.order_requests(RequestFault(**fields))
            case "runs":
                self.order_runs(RunFault(**fields))
            case _:
                raise ValueError('an order says {"for": "requests"} or {"for": "runs"}')

    def clear(self) -> None:
        """Forget all orders. Runs that already have theirs keep them."""
        self._requests.clear()
        self._runs.clear()

    def for_request(self, method: str, path: str) -> RequestFault | None:
        """Return the first order for this request, and use it up by one."""
        for place, fault in enumerate(self._requests):
            if fault.matches(method, path):
                _use_up(self._requests, place, fault.count)
                return fault
        return None

    def for_run(self, deployment: str) -> RunFault:
        """Return everything ordered for the next run of this deployment, and use it up by one."""
        merged = NO_FAULT
        for fault in list(self._runs):
            if fault.deployment in (None, deployment):
                merged = merged.over(fault)
                _use_up(self._runs, self._runs.index(fault), fault.count)
        return merged

    def as_json(self) -> dict[str, object]:
        """Return the orders that still stand."""
        return {
            "requests": [attrs.asdict(fault) for fault in self._requests],
            "runs": [attrs.asdict(fault) for fault in self._runs],
        }


def _use_up(orders: list[_Fault], place: int, count: int | None) -> None:
    if count is None:
        return
    if count == 1:
        del orders[place]
    else:
        orders[place] = attrs.evolve(orders[place], count=count - 1)
