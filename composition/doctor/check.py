"""What `doctor` finds out about one thing, and how a check is kept within its time."""

import asyncio
from collections.abc import Callable, Coroutine

import attrs

GRACE_S = 5.0
"""How long a check that is ended may take to let go of what it holds, such as a run."""


@attrs.frozen(kw_only=True)
class Check:
    """
    One line of the report. `ok` is None for what is not set up, or could not be tried.

    `fix` says how to put it right; with an `ok` that is True it is a warning, and nothing fails.
    """

    name: str
    ok: bool | None
    found: str
    fix: str = ""

    @property
    def label(self) -> str:
        """The outcome in four letters."""
        if self.ok is None:
            return "skip"
        if not self.ok:
            return "FAIL"
        return "warn" if self.fix else "ok"


@attrs.frozen
class Step:
    """A check that is still to be made. `limit_s` is its own time, where the usual is too short."""

    name: str
    look: Callable[[], Coroutine[None, None, Check]]
    limit_s: float | None = None


async def settled(step: Step, limit_s: float) -> Check:
    """Make a check; whatever happens to it, and however long it takes, it has an outcome."""
    limit_s = limit_s if step.limit_s is None else step.limit_s
    looking = asyncio.ensure_future(step.look())
    try:
        await asyncio.wait([looking], timeout=limit_s)
    finally:
        looking.cancel()
        # Also when a person ends the whole: what was begun elsewhere is ended there first.
        if not looking.done():
            await asyncio.wait([looking], timeout=GRACE_S)
    if not looking.done() or looking.cancelled():
        return Check(
            name=step.name,
            ok=False,
            found=f"no outcome within {limit_s:g} s",
            fix="Something hangs. Try again, and look at the disk, the database and the network.",
        )
    error = looking.exception()
    if error is not None:
        # Its text is not shown: nobody has looked through it for secrets.
        return Check(
            name=step.name,
            ok=False,
            found=f"the check itself broke: {type(error).__name__}",
            fix="Try again. If it stays so, it is a mistake of StationThis: please report it.",
        )
    return looking.result()
