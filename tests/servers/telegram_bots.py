"""What the small bot of the tests says; it is written twice, once with each client."""

from collections.abc import Awaitable, Callable

import attrs

WELCOME = "<b>Welcome</b>, {name} &amp; friends"
GO = "Go"
GO_DATA = "go:1"
GONE = "Gone"
TOAST = "On it"
BACK = "<i>Back</i>"


@attrs.frozen
class SmallBot:
    """What a test asks of the running bot. `send` tells how it went, `me` its name."""

    me: str
    send: Callable[[int, str], Awaitable[str]]
