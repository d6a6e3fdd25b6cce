"""
Starting and stopping: what is opened, in which order, and who hears which event.

The order is database, events, wake-ups, recovery, then whoever talks to people; and back.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import structlog

from adapters.web.server import Server
from composition.config import Config, SettingsError
from composition.container import Container
from composition.nightly import NightlyAudit
from composition.watching import Outages, ask_the_service
from core.shared.errors import StationError
from core.workflows.ports import DraftStore
from infrastructure.log_setup import log_event

SWEEP_EVERY_S = 10.0
PAGE_AT, HOOKS_AT = "STATIONTHIS_PRIVATE_LISTEN", "STATIONTHIS_LISTEN"

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def working(container: Container) -> AsyncIterator[None]:
    """Have the stores open and jobs advanced: what every program of ours needs."""
    async with contextlib.AsyncExitStack() as stack:
        if container.config().store == "sql":
            await container.database().open()
            stack.push_async_callback(container.database().close)
        stack.callback(container.images().close)
        if container.config().comfy is not None:
            stack.push_async_callback(container.client().aclose)
            stack.push_async_callback(container.statuses().aclose)
            stack.push_async_callback(container.told_runs().aclose)
        stack.push_async_callback(container.events().stop)
        if container.config().comfy is not None:
            # Before the events: a change that nobody hears of any more must not count as told.
            stack.push_async_callback(container.catalogue().aclose)
        container.events().subscribe(log_event)
        container.wake_ups().start(container.advance())
        stack.push_async_callback(container.wake_ups().stop)
        yield


@contextlib.asynccontextmanager
async def talking(container: Container, *, hooks_at: Server | None = None) -> AsyncIterator[None]:
    """
    Have the page served, jobs recovered, cards kept up to date and ends delivered.

    The service calls the hooks at a server of their own, or else at the page's.
    """
    async with contextlib.AsyncExitStack() as stack:
        events, config = container.events(), container.config()
        page = container.web_server()
        for server, setting in ((page, PAGE_AT), (hooks_at, HOOKS_AT)):
            if server is not None:
                await _listen(server, setting)
                stack.push_async_callback(server.stop)
        _expect_hooks(container, (hooks_at or page).url)
        events.subscribe(container.metrics().hear)
        for teller in (container.notifier(), container.courier()):
            events.subscribe(teller.hear)
            stack.push_async_callback(teller.stop)
        if config.operators_chat:
            events.subscribe(container.operators_chat().hear)
            stack.push_async_callback(container.operators_chat().stop)
        await container.recover().at_start(dead_owners="worker:")
        await container.courier().sweep()
        for sweep in sweeps_of(container):
            task = asyncio.create_task(swept(sweep, every_s=SWEEP_EVERY_S))
            stack.push_async_callback(_ended, task)
        yield


def sweeps_of(container: Container) -> Iterator[Callable[[], Awaitable[int]]]:
    """Return what is done again and again, so that nothing is forgotten."""
    yield container.recover().sweep
    yield container.courier().sweep
    yield outages_of(container).sweep
    yield nightly_audit_of(container).sweep
    yield partial(_forget_drafts, container)
    if container.config().comfy is not None:
        yield container.catalogue().sweep


async def _forget_drafts(container: Container) -> int:
    store: DraftStore = container.drafts()
    return await store.forget_expired(now=container.clock().now())


async def _listen(server: Server, setting: str) -> None:
    """Start a server. Raises SettingsError when it is to listen under a name that nobody has."""
    try:
        await server.start()
    except socket.gaierror as error:
        raise SettingsError({setting: f"has a host that is not found: {error.strerror}"}) from error


def outages_of(container: Container) -> Outages:
    """Return who tells operators when the service has been away for a while, and is back."""

    async def ask() -> None:
        await ask_the_service(container.client())

    return Outages(
        metrics=container.metrics(), clock=container.clock(), events=container.events(), ask=ask
    )


def nightly_audit_of(container: Container) -> NightlyAudit:
    """Return who proves the books once a day, and tells operators when they are wrong."""
    return NightlyAudit(
        auditor=container.auditor(),
        seen=container.seen(),
        clock=container.clock(),
        events=container.events(),
    )


def _expect_hooks(container: Container, url: str) -> None:
    """Have the service call us, if it can find us: one on this machine does without a name."""
    config = container.config()
    if config.webhooks and (config.public_url or _is_here(config)):
        container.hooks().listen_at(config.public_url or url)


def _is_here(config: Config) -> bool:
    host = urlsplit(config.comfy.base_url).hostname if config.comfy else None
    return host in {"127.0.0.1", "localhost", "::1"}


async def swept(sweep: Callable[[], Awaitable[int]], *, every_s: float) -> None:
    """Have a sweep made again and again, for ever, whatever happens to one of them."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await sweep()
        except StationError as error:
            log.warning("sweep.failed", code=error.code, error=str(error))
        except Exception:
            log.exception("sweep.bug")  # the next one may do better; without sweeps things get lost


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until_stopped() -> None:
    """Wait for SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await stopped.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
