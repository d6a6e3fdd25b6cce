"""How the operator's commands reach the service and the station's own database."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import attrs

from composition.config import Config
from composition.container import Container
from composition.operate.command import CommandRefusedError
from core.shared.errors import (
    NoCreditError,
    ServiceBusyError,
    ServiceError,
    ServiceRefusedError,
    StoreTroubleError,
)
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.log_setup import set_up_logs

NO_KEY = (
    "COMFY_DEPLOY_API_KEY is not set: set it to your workspace's key, or, with "
    "COMFY_DEPLOY_BASE_URL, to those that a running `./stationthis emulator` has printed."
)
IN_MEMORY = (
    "DATABASE_URL is `memory:`, which no other program can look into: "
    "this needs the database that `run` uses."
)
NOTHING_KEPT = (
    "{}: name the folder that `run`, `demo` or `make` uses, with --data or STATIONTHIS_DATA_DIR. "
    "They make it when they first keep something."
)
DATABASE, SECRET = "station.db", "secret"
"""The names of files in the data folder."""
QUIET = "ERROR"
"""What the commands log when nobody says it: they tell what went wrong themselves."""


@contextlib.asynccontextmanager
async def service(config: Config) -> AsyncIterator[ComfyDeployApi]:
    """Have the service's API. Raises CommandRefusedError for whatever it does not answer well."""
    if config.comfy is None:
        raise CommandRefusedError(NO_KEY)
    set_up_logs(config.log_level or QUIET, json=False, secrets=(config.comfy.api_key,))
    async with ComfyDeployApi.opened(config.comfy) as api:
        try:
            yield api
        except ServiceError as error:
            raise CommandRefusedError(_told(error, config.comfy.base_url)) from error


@contextlib.asynccontextmanager
async def records(config: Config) -> AsyncIterator[Container]:
    """
    Have our own database open, beside a `run` that uses it.

    The container moves no jobs, and nothing is made. Raises CommandRefusedError when nothing is
    kept.
    """
    if config.store != "sql":
        raise CommandRefusedError(IN_MEMORY)
    if not config.database_url:
        _check_kept(config.data_dir)
    # With a database of its own a folder is not needed, and asking for one would make it.
    place = config.data_dir if config.data_dir.is_dir() else Path()
    container = Container(
        config=attrs.evolve(config, data_dir=place), owner=f"operator:{secrets.token_hex(8)}"
    )
    known = (container.secret(),) if config.secret or _has_secret(config.data_dir) else ()
    set_up_logs(config.log_level or QUIET, json=False, secrets=known)
    try:
        await container.database().open()
        try:
            yield container
        finally:
            await container.database().close()
    except StoreTroubleError as error:
        raise CommandRefusedError(
            f"Our own records cannot be read ({error}): `./stationthis doctor` looks closer."
        ) from error


def _check_kept(folder: Path) -> None:
    if not folder.is_dir():
        raise CommandRefusedError(NOTHING_KEPT.format(f"There is no folder {folder}"))
    if not (folder / DATABASE).exists():
        raise CommandRefusedError(NOTHING_KEPT.format(f"There is no {DATABASE} in {folder}"))


def _has_secret(folder: Path) -> bool:
    return (folder / SECRET).exists()


def _told(error: ServiceError, base_url: str) -> str:
    """Return for an operator what a person in a chat is told in other words."""
    match error:
        case NoCreditError():
            return "The workspace's credit at ComfyUI Deploy is used up: top it up there."
        case ServiceRefusedError():
            return (
                f"ComfyUI Deploy refuses this ({error}): "
                "`./stationthis doctor` tries the key and the address."
            )
        case ServiceBusyError():
            return "ComfyUI Deploy is very busy: try again in a minute."
        case _:
            return (
                f"ComfyUI Deploy at {base_url} does not answer as it should ({error}): "
                "try again later, or see what `./stationthis doctor` finds."
            )
