"""What `doctor` finds out about our address in the world, at which ComfyUI Deploy calls us."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

from composition.access import Listen
from composition.config import Config
from composition.doctor.check import Check, Step
from composition.doctor.faults import Unheard
from composition.doctor.hook_listener import callable_at
from composition.doctor.network import Heard, Service, words

PUBLIC_URL = "public URL"
HOOKS_PATH = "/hooks/doctor/"
PROBE = f"{HOOKS_PATH}doctor"
"""No job has this name, so nothing is woken."""

_NOT_FOUND, _WRONG_HOST = 404, 421
_REDIRECTS = range(300, 400)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def public_service(config: Config, *, limit_s: float) -> Service:
    """Return the way to ourselves from outside. Its clock is ours, so it is not compared."""
    return Service(
        name="StationThis",
        at=urlsplit(config.public_url or "").netloc,
        setting="STATIONTHIS_PUBLIC_URL",
        limit_s=limit_s,
    )


def is_called_from_here(config: Config) -> bool:
    """Whether what calls us runs on this machine, so that no public address is needed."""
    return config.comfy is None or urlsplit(config.comfy.base_url).hostname in _LOOPBACK


def answers_as_we_do(heard: Heard) -> bool:
    """Whether our own hook route gave this answer to the probe."""
    return heard.status == _NOT_FOUND and bool(words(heard.body, "error"))


@attrs.frozen
class PublicChecks:
    """Calls our own hooks through the public address."""

    config: Config
    service: Service

    def steps(self) -> Sequence[Step]:
        """Return the one check."""
        return (Step(PUBLIC_URL, self._public_url),)

    async def _public_url(self) -> Check:
        url = self.config.public_url
        every = f"runs are looked up every {self.config.timing.look_up_s:g} s"
        if not self.config.webhooks:
            return _skipped(f"webhooks are off (STATIONTHIS_WEBHOOKS): {every}")
        if url is None and is_called_from_here(self.config):
            return _skipped("not needed: what calls us runs on this machine")
        if url is None:
            fix = "Set STATIONTHIS_PUBLIC_URL to an https address that leads to STATIONTHIS_LISTEN."
            return _skipped(f"not set, so ComfyUI Deploy cannot call us: {every}", fix)
        if not await _listens(self.config.listen, self.service.limit_s):
            return _skipped(
                f"{url} could not be tried: nothing listens at {self.config.listen}",
                "Start StationThis, then try again.",
            )
        return self._judged(url, await self.service.get(url + PROBE, follow=False))

    def _judged(self, url: str, heard: Heard | Unheard) -> Check:
        if isinstance(heard, Unheard):
            return _failed(heard.found, heard.fix)
        if answers_as_we_do(heard):
            return self._reached(url)
        if heard.status == _WRONG_HOST:
            return _failed(
                f"StationThis does not serve the name in {url} (421)",
                "Start StationThis again with this STATIONTHIS_PUBLIC_URL, and have the proxy pass "
                "the Host header on as it came.",
            )
        if heard.status in _REDIRECTS:
            return _failed(
                f"{url} sends callers elsewhere ({heard.status})",
                "Set STATIONTHIS_PUBLIC_URL to the address that answers itself, often with https.",
            )
        return _failed(
            f"{url} is answered by something else ({heard.status})",
            f"Have the proxy pass /hooks/ on to {self.config.listen}.",
        )

    def _reached(self, url: str) -> Check:
        parts = urlsplit(url)
        is_open = parts.scheme != "https" and parts.hostname not in _LOOPBACK
        fix = "Use https: without it, others on the way can read and forge the calls."
        return Check(name=PUBLIC_URL, ok=True, found=f"{url} reaches us", fix=fix * is_open)


async def _listens(listen: Listen, limit_s: float) -> bool:
    """Whether a program takes connections there. Any free port (0) cannot be known from here."""
    at = callable_at(listen)
    try:
        async with asyncio.timeout(limit_s / 4):
            _, writer = await asyncio.open_connection(at.host, at.port)
    except OSError:
        return False
    writer.close()
    return True


def _skipped(found: str, fix: str = "") -> Check:
    return Check(name=PUBLIC_URL, ok=None, found=found, fix=fix)


def _failed(found: str, fix: str) -> Check:
    return Check(name=PUBLIC_URL, ok=False, found=found, fix=fix)
