"""How the emulator is set: where it listens, whom it lets in, and how long its work takes."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self, cast

import attrs
from attrs.validators import ge, instance_of, optional

from infrastructure.emulator.spelling import now

_MEGABYTE = 1024 * 1024


def _text(default: str) -> str:
    return attrs.field(default=default, validator=instance_of(str))


def _seconds(default: float) -> float:
    return attrs.field(default=default, converter=float, validator=[instance_of(float), ge(0.0)])


def _count(default: int, *, least: int = 1) -> int:
    return attrs.field(default=default, validator=[instance_of(int), ge(least)])


@attrs.frozen(kw_only=True)
class EmulatorSettings:
    """
    Everything that can be set. Times are seconds, sizes are bytes.

    A warm `text2img` run with 20 steps takes about four seconds with the defaults, and a cold one
    `cold_start_s` longer; both on an A10G, other GPUs have a pace of their own.
    """

    host: str = _text("127.0.0.1")
    port: int = _count(3011, least=0)
    """0 takes any free port; `Emulator.root_url` says which."""
    public_url: str | None = attrs.field(default=None, validator=optional(instance_of(str)))
    """The root under which others reach the files, when it differs from the bound address."""
    api_key: str = _text("emulator-key")
    sdk_compat: bool = attrs.field(default=False, validator=instance_of(bool))
    """Adds `workflow_api: null` to runs, which the official Python SDK 0.7.0 insists on."""
    legacy: bool = attrs.field(default=False, validator=instance_of(bool))
    """Adds what only the first generation of the service had: `/upload-url` and its refusals."""
    clock_ahead_s: float = _seconds(0.0)
    """How far the service's clock is ahead of the true time; a day more makes runs time out."""

    concurrency: int = _count(2)
    """How many runs work at the same time; the others wait as `not-started`."""
    cold_start_s: float = _seconds(1.5)
    warm_for_s: float = _seconds(120.0)
    """How long a deployment stays warm after its last run."""
    start_s: float = _seconds(0.3)
    node_s: float = _seconds(0.35)
    step_s: float = _seconds(0.08)
    run_timeout_s: float = _seconds(300.0)
    """How long a run may take from `queued` on; then it is a `timeout`."""
    machine_retry_s: float = _seconds(25.0)
    """How long the queue call hangs when the machine refuses a run."""
    logs_after_s: float = _seconds(5.0)
    """How long after its end the logs of a run can be read."""

    webhook_pause_s: float = _seconds(0.5)
    """The pause before the second attempt; before the third it is twice as long."""
    webhook_timeout_s: float = _seconds(20.0)

    max_upload_bytes: int = _count(250 * _MEGABYTE)
    max_input_bytes: int = _count(25 * _MEGABYTE)
    max_stored_files: int = _count(256)
    max_stored_bytes: int = _count(512 * _MEGABYTE)
    draw_threads: int = _count(1)

    @classmethod
    def quick(cls, **overrides: object) -> Self:
        """Return settings with which a run takes about 0.2 seconds and the port is any free one."""
        base = cls(
            port=0,
            cold_start_s=0.0,
            start_s=0.01,
            node_s=0.01,
            step_s=0.001,
            machine_retry_s=0.2,
            logs_after_s=0.05,
            webhook_pause_s=0.02,
            webhook_timeout_s=2.0,
        )
        return base.changed(overrides)

    def changed(self, changes: Mapping[str, object]) -> Self:
        """Return a copy with other values. Raises ValueError or TypeError for what cannot be."""
        unknown = sorted(set(changes) - {field.name for field in attrs.fields(type(self))})
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        # The validators above check every value, so nothing unchecked gets in.
        return attrs.evolve(self, **cast("dict[str, Any]", dict(changes)))


@attrs.define
class Dials:
    """The settings as they are now; the control route may turn them while the server runs."""

    settings: EmulatorSettings

    def now(self) -> dt.datetime:
        """Return the moment that the service's clock shows, in UTC."""
        return now() + dt.timedelta(seconds=self.settings.clock_ahead_s)
