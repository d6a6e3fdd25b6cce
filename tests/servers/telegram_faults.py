"""What goes wrong by order of a test."""

import attrs


@attrs.frozen
class TooMany:
    """429 with this time to wait, in whole seconds. The chat is then closed for so long."""

    retry_after: int = 1


@attrs.frozen
class Status:
    """An answer in JSON that says no; nothing is done."""

    code: int = 500
    description: str = "Internal Server Error"


@attrs.frozen
class Html502:
    """What a gateway before the Bot API answers; nothing is done."""


@attrs.frozen
class Drop:
    """The connection goes away before an answer; nothing is done."""


@attrs.frozen
class DropAfter:
    """The connection goes away before an answer, but the work is done."""


@attrs.frozen
class Late:
    """The work is done at once, the answer comes late."""

    seconds: float


@attrs.frozen
class CutBody:
    """The work is done, the answer breaks off in the middle."""


@attrs.frozen
class MigrateTo:
    """The group has become a supergroup with this id; nothing else is done."""

    chat_id: int


Before = TooMany | Status | Html502 | Drop | MigrateTo
After = DropAfter | Late | CutBody
Fault = Before | After


@attrs.define
class _Order:
    method: str
    left: int | None
    kind: Fault


class Faults:
    """The orders; the oldest that fits a request is taken."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []

    def add(self, *, kind: Fault, method: str = "*", times: int | None = 1) -> None:
        """Order a fault: for one method or for all (`*`), so many times or until `clear`."""
        self._orders.append(_Order(method.lower(), times, kind))

    def clear(self) -> None:
        self._orders.clear()

    @property
    def left(self) -> int:
        """How many orders still wait."""
        return len(self._orders)

    def take(self, method: str) -> Fault | None:
        """Return what shall go wrong with this request."""
        for order in self._orders:
            if order.method in ("*", method.lower()):
                if order.left is not None:
                    order.left -= 1
                    if order.left <= 0:
                        self._orders.remove(order)
                return order.kind
        return None
