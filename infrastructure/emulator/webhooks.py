"""
Sends webhooks as the service does.

The first attempt is a POST, the second and third are GETs with the same JSON body. Every event is
a task of its own, so the order of arrival is anybody's guess. No signature, no event id.
"""

import asyncio
import urllib.parse
from collections.abc import Coroutine

import aiohttp
import attrs

from infrastructure.emulator.faults import HookTrouble
from infrastructure.emulator.run_answers import hook_body
from infrastructure.emulator.runs import LogLine, Output, Run, SentHook
from infrastructure.emulator.settings import Dials

_METHODS = ("POST", "GET", "GET")
_FIRST_ERROR_STATUS = 400
_DOCUMENTED = {
    "running": "processing",
    "started": "processing",
    "success": "completed",
    "not-started": "queued",
    "timeout": "failed",
}


@attrs.define
class Webhooks:
    """Tells the owners of runs what happens to them."""

    _dials: Dials
    _session: aiohttp.ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = attrs.Factory(set)
    _held: dict[str, list[SentHook]] = attrs.Factory(dict)

    async def start(self) -> None:
        """Open the connections' pool."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def stop(self) -> None:
        """Drop what was not delivered yet, as a restart of the service does."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def status_changed(self, run: Run, *, is_raw: bool = False) -> None:
        """Tell of a status with all outputs so far, checked and signed unless they are raw."""
        moment = None if is_raw else self._dials.now()
        self._announce(run, hook_body(run, event="run.updated", outputs=run.outputs, moment=moment))
        if run.is_over:
            self._release(run)

    def progress_made(self, run: Run) -> None:
        """Tell of progress, to those who asked for it; never with outputs."""
        if run.intermediate:
            self._announce(run, hook_body(run, event="run.updated", outputs=()))

    def output_made(self, run: Run, output: Output) -> None:
        """Tell of one output, to those whose address asks for `run.output`."""
        query = urllib.parse.urlsplit(run.webhook or "").query
        targets = [part[14:] for part in query.split("&") if part.startswith("target_events=")]
        if "run.output" in ",".join(targets).split(","):
            self._announce(run, hook_body(run, event="run.output", outputs=(output,)))

    def _announce(self, run: Run, body: dict[str, object]) -> None:
        if not run.webhook or self._session is None:
            return
        hook = SentHook(body=_reworded(body, run.fault.webhooks))
        run.hooks.append(hook)
        match run.fault.webhooks:
            case HookTrouble.LOST:
                hook.state = "lost"
            case HookTrouble.REORDERED:
                self._held.setdefault(run.id, []).append(hook)
            case HookTrouble.DOUBLED:
                self._spawn(self._deliver(run, hook))
                self._spawn(self._deliver(run, hook))
            case HookTrouble.LATE:
                self._spawn(self._deliver(run, hook, after_s=run.fault.webhook_delay_s))
            case _:
                self._spawn(self._deliver(run, hook))

    def _release(self, run: Run) -> None:
        held = self._held.pop(run.id, [])
        if held:
            self._spawn(self._deliver_backwards(run, held))

    async def _deliver_backwards(self, run: Run, hooks: list[SentHook]) -> None:
        for hook in reversed(hooks):
            await self._deliver(run, hook)

    async def _deliver(self, run: Run, hook: SentHook, *, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        for number, method in enumerate(_METHODS):
            if number:
                await asyncio.sleep(self._dials.settings.webhook_pause_s * number)
            is_delivered = await self._attempt(run, hook, method)
            run.logs.append(LogLine(self._dials.now(), hook.attempts[-1], "webhook"))
            if is_delivered:
                hook.state = "delivered"
                return
        hook.state = "given up"

    async def _attempt(self, run: Run, hook: SentHook, method: str) -> bool:
        if self._session is None:
            hook.attempts.append(f"{method} stopped")
            return False
        timeout = aiohttp.ClientTimeout(total=self._dials.settings.webhook_timeout_s)
        try:
            async with self._session.request(
                method, run.webhook or "", json=hook.body, timeout=timeout
            ) as answer:
                hook.attempts.append(f"{method} {answer.status}")
                return answer.status < _FIRST_ERROR_STATUS
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            # An address that is none lands here too: the service accepts it and fails silently.
            hook.attempts.append(f"{method} {type(error).__name__}")
            return False

    def _spawn(self, delivery: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(delivery)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _reworded(body: dict[str, object], trouble: HookTrouble | None) -> dict[str, object]:
    match trouble:
        case HookTrouble.NAMELESS:
            return {name: value for name, value in body.items() if name != "event_type"}
        case HookTrouble.DOCUMENTED:
            status, progress = str(body["status"]), body["progress"]
            percent = progress * 100 if isinstance(progress, float) else progress
            return body | {"status": _DOCUMENTED.get(status, status), "progress": percent}
        case _:
            return body
