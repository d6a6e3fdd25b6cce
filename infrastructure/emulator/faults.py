"""
Orders to misbehave: what the service has been seen to do on its worse days, made on request.

A `RequestFault` spoils answers, a `RunFault` spoils runs. Both are used up by the next `count`
matching requests or runs, or stay until cleared when `count` is None.
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import attrs
from attrs.converters import optional as to_optional
from attrs.validators import deep_iterable, ge, in_, instance_of, optional

from infrastructure.emulator.statuses import STATUSES

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
    TRICKLE = "trickle"
    """Send the true answer's body in small pieces, over `delay_s`."""
    HUGE = "huge"
    """Send the true answer's body and so many spaces that it has `size` bytes."""
    WRONG_CHARSET = "wrong_charset"
    """Send the true answer's text in UTF-16, and say that it is UTF-8."""
    NO_CREDIT = "no_credit"
    """Refuse in the words of a deployment's owner who has no GPU credits left."""
    MACHINE_REFUSES = "machine_refuses"
    """For run routes: hang while the machine is asked again, then a failed run and a 502."""
    MACHINE_ANSWERS = "machine_answers"
    """For run routes: a failed run and the machine's own `status`, at once; it may have taken the
    run all the same (`handled`)."""
    MACHINE_GONE = "machine_gone"
    """For run routes: nobody listens where the machine was, so a failed run and a crash."""


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
    FAILED_WITH_OUTPUTS = "failed_with_outputs"
    SESSION_DIED = "session_died"
    """Its GPU ends without a word; whoever reads the run then makes it `cancelled`."""


class HookTrouble(enum.StrEnum):
    """What happens to the webhooks of a run."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    """All are kept back until the end, then sent last first."""
    LATE = "late"
    NAMELESS = "nameless"
    """Without `event_type`, as backends before February 2025 sent them."""
    DOCUMENTED = "documented"
    """In the words of the documentation: `processing`, `completed`, progress up to 100."""


class OddOutput(enum.StrEnum):
    """What a node puts out that the API does not show, or shows empty; webhooks may show it."""

    NUMBERS = "numbers"
    SCALAR = "scalar"
    ERROR = "error"
    TIMINGS = "timings"
    TEMP = "temp"
    """A preview, which has no address."""
    EMPTY = "empty"
    """`data: {}`, which is shown."""
    MIXED = "mixed"
    """Numbers beside the run's own pictures, which vanish with them."""


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
_HUGE_BYTES = 64 * 1024 * 1024
_UNHANDLED = (Spoil.ANSWER, Spoil.NO_CREDIT, Spoil.MACHINE_ANSWERS)
_KNOWN = deep_iterable(in_(sorted(STATUSES)), instance_of(tuple))


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _flag() -> bool:
    return attrs.field(default=False, validator=instance_of(bool))


def _seconds() -> float:
    return attrs.field(default=0.0, converter=float, validator=ge(0.0))


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
    delay_s: float = _seconds()
    size: int = attrs.field(default=_HUGE_BYTES, validator=[instance_of(int), ge(1)])
    handled: bool | None = attrs.field(default=None, validator=optional(instance_of(bool)))
    """Whether the request is carried out all the same. None: as its kind of spoil does."""

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this request is one to spoil."""
        if self.method not in ("*", method):
            return False
        return path.startswith(self.path) or path.removeprefix(API_PREFIX).startswith(self.path)

    @property
    def is_handled(self) -> bool:
        """Whether the request has its effect."""
        return self.spoil not in _UNHANDLED if self.handled is None else self.handled


@attrs.frozen(kw_only=True)
class RunFault:
    """Spoils runs from their creation on; only those of one deployment when it is named."""

    count: int | None = attrs.field(factory=_once, validator=_COUNT)
    deployment: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    ending: Ending | None = attrs.field(default=None, converter=to_optional(Ending))
    webhooks: HookTrouble | None = attrs.field(default=None, converter=to_optional(HookTrouble))
    webhook_delay_s: float = _seconds()
    """How late a LATE webhook is."""
    shape: OutputShape | None = attrs.field(default=None, converter=to_optional(OutputShape))
    odd: OddOutput | None = attrs.field(default=None, converter=to_optional(OddOutput))
    extra_s: float = _seconds()
    """How much longer the run works."""
    cold_s: float = _seconds()
    """How much longer it is `queued`, as when its app has to be built again."""
    late_end_s: float = _seconds()
    """How long the service does not know yet that the machine is done."""
    late_outputs_s: float = _seconds()
    """How long after the end the outputs are appended."""
    late_progress: bool = _flag()
    """Whether `live_status` and `progress` change once more after the end."""
    backwards: bool = _flag()
    """Whether progress steps back before the end."""
    again: tuple[str, ...] = attrs.field(default=(), converter=_listed, validator=_KNOWN)
    """Statuses that the machine reports after the end; each is told with the stored one."""
    uploading: bool = _flag()
    """Whether it is `uploading` before the end, as with old plugins."""
    classic: bool = _flag()
    """Whether a machine without a queue does it: no `queued`, no `started`, no cancelling."""
    deaf: bool = _flag()
    """Whether the machine works on after a cancel, and delivers."""
    private: bool = _flag()
    """Whether its files open only to signed addresses, which are good for one hour."""
    untyped: bool = _flag()
    """Whether its files are served as `application/octet-stream`."""
    full_seconds: bool = _flag()
    """Whether all happens on full seconds, which some answers then spell without seconds."""

    def over(self, other: "RunFault") -> "RunFault":
        """Return both orders in one; where both say something, this one counts."""
        names = [one.name for one in attrs.fields(RunFault) if one.name not in _OF_THE_ORDER]
        # The fields of two faults, each under its own name.
        return attrs.evolve(
            self, **{name: getattr(self, name) or getattr(other, name) for name in names}
        )


_OF_THE_ORDER = ("count", "deployment")
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
