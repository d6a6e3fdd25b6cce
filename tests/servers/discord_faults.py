"""What goes wrong by order."""

import re

import attrs


@attrs.frozen
class TooMany:
    """A 429; without `Via` it looks like a ban by the proxy in front."""

    retry_after: float
    via: bool = True
    is_global: bool = False


@attrs.frozen
class Status:
    """An error in JSON; nothing is done."""

    code: int


@attrs.frozen
class Html502:
    """The page of a proxy; nothing is done."""


@attrs.frozen
class Drop:
    """The connection is cut; nothing is done."""


@attrs.frozen
class DropAfter:
    """The work is done, and then the connection is cut without an answer."""


@attrs.frozen
class Late:
    """The work is done at once, and the answer comes late."""

    seconds: float


Kind = TooMany | Status | Html502 | Drop | DropAfter | Late


@attrs.define
class _Order:
    pattern: re.Pattern[str]
    left: int
    kind: Kind


@attrs.define
class Faults:
    """The orders that are still open."""

    _orders: list[_Order] = attrs.field(factory=list)

    def add(self, *, route: str, kind: Kind, times: int = 1) -> None:
        """Order a fault, e.g. for "POST /channels/*/messages"; `*` is one part, `**` any."""
        parts = re.split(r"(\*\*|\*)", route)
        wild = {"*": "[^/]+", "**": ".*"}
        pattern = "".join(wild.get(part) or re.escape(part) for part in parts)
        self._orders.append(_Order(re.compile(pattern), times, kind))

    def clear(self) -> None:
        """Forget what is ordered."""
        self._orders.clear()

    def take(self, method: str, path: str) -> Kind | None:
        """Return the fault that this request meets, and count it."""
        for order in self._orders:
            if order.left > 0 and order.pattern.fullmatch(f"{method} {path}"):
                order.left -= 1
                return order.kind
        return None
