"""How to reach ComfyUI Deploy."""

import math
from collections.abc import Iterable
from urllib.parse import urlsplit

import attrs
from attrs.validators import ge, in_

CURRENT, LEGACY = "current", "legacy"
DIALECTS = (CURRENT, LEGACY)
DEFAULT_BASE_URL = "https://api.comfydeploy.com/api"
DEFAULT_OUTPUT_HOSTS = ("amazonaws.com",)


def _is_key(_settings: "ComfySettings", field: "attrs.Attribute[str]", key: str) -> None:
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"'{field.name}' must be the key as the service shows it, in one word")


def _is_url(_settings: "ComfySettings", field: "attrs.Attribute[str]", url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise ValueError(f"'{field.name}' must be an http or https address without a query")


def _is_time(_settings: "ComfySettings", field: "attrs.Attribute[float]", seconds: float) -> None:
    if not (math.isfinite(seconds) and seconds > 0):
        raise ValueError(f"'{field.name}' must be > 0: {seconds}")


def _is_rate(_settings: "ComfySettings", field: "attrs.Attribute[float]", rate: float) -> None:
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(f"'{field.name}' must be >= 0: {rate}")


def _seconds(default: float) -> float:
    return attrs.field(default=default, converter=float, validator=_is_time)


def _hosts(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.strip().lower().strip(".") for name in names if name.strip())


def _stripped(key: str) -> str:
    return key.strip()


def _without_slash(url: str) -> str:
    return url.strip().rstrip("/")


@attrs.frozen(kw_only=True)
class ComfySettings:
    """
    Everything that can be set of the connection to ComfyUI Deploy. Times are seconds.

    Raises ValueError, with the field's name, for what cannot be.
    """

    api_key: str = attrs.field(repr=False, converter=_stripped, validator=_is_key)
    base_url: str = attrs.field(
        default=DEFAULT_BASE_URL, converter=_without_slash, validator=_is_url
    )
    queue_timeout_s: float = _seconds(60.0)
    """The queue call hangs 25 to 55 s while the service tries a sick machine again."""
    timeout_s: float = _seconds(15.0)
    """For one attempt of any other call."""
    transfer_timeout_s: float = _seconds(120.0)
    """For one attempt to send a file: 64 MB through a thin line."""
    run_timeout_s: float = _seconds(900.0)
    """For a call that answers when its run has ended, and for following a run."""
    retry_for_s: float = _seconds(15.0)
    """How long a call that is safe to repeat is repeated."""
    catalogue_ttl_s: float = attrs.field(default=300.0, converter=float, validator=_is_rate)
    """How old the list of workflows may be; 0 keeps none."""
    calls_per_s: float = attrs.field(default=50.0, converter=float, validator=_is_rate)
    """Calls a second in all, with a burst of two seconds' worth; 0 sets no limit."""
    breaker_failures: int = attrs.field(default=10, validator=ge(1))
    """After so many calls in a row without an answer nothing is sent for a while."""
    breaker_open_s: float = _seconds(5.0)
    dialect: str = attrs.field(default=CURRENT, validator=in_(DIALECTS))
    """`legacy` speaks to self-hosted servers of the first generation (`/api/run`)."""
    output_hosts: tuple[str, ...] = attrs.field(default=DEFAULT_OUTPUT_HOSTS, converter=_hosts)
    """
    Where results may be fetched from, beside the API's own host. `amazonaws.com` takes every host
    below it at its usual port, `files.example.com:9000` only that port.
    """
