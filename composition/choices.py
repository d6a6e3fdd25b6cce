"""What the container chooses by the settings, and by whose work it is for."""

from collections.abc import Callable
from urllib.parse import urlsplit

from adapters.web.server import WebSettings
from composition.access import Listen
from composition.config import Config, SettingsError
from core.generations.model import WORKER
from core.use_cases.guard_drift import GuardDrift
from infrastructure.comfy_deploy.catalogue_file import CatalogueFile
from infrastructure.data_folder import DataFolder
from infrastructure.sql.database import Database, open_database


def database_of(config: Config, folder: DataFolder) -> Database:
    """Return the database that the settings name. Raises SettingsError for what is none."""
    try:
        return open_database(config.database_url or folder.database_url)
    except ValueError as error:
        raise SettingsError({"DATABASE_URL": str(error)}) from error


def secret_of(config: Config, folder: DataFolder) -> str:
    """Return the secret from which all others derive."""
    return config.secret or folder.secret()


def service_of(config: Config) -> str:
    """Return whether there is a service to ask: without settings a test brings its own parts."""
    return "none" if config.comfy is None else "there"


def advances_at_once(config: Config) -> int:
    """Return how many jobs are moved at once: whoever waits for an answer must not hold up all."""
    return 50 + config.places.in_all


def driver_of(owner: str) -> str:
    """Return who moves the jobs started here: every worker the same, a command only its own."""
    return WORKER if owner.startswith(WORKER) else owner


def workflows_file(
    config: Config, owner: str, folder: Callable[[], DataFolder]
) -> CatalogueFile | None:
    """Return where the workflows outlive a restart: of workers, for whom changes are watched."""
    if config.comfy is None or config.store != "sql" or not owner.startswith(WORKER):
        return None
    return CatalogueFile(folder().workflows, config.comfy)


def of_worker(owner: str, guard: GuardDrift) -> GuardDrift | None:
    """Return who hears of changes: a worker; a command that passes by leaves to it what is kept."""
    return guard if owner.startswith(WORKER) else None


def web_settings(config: Config, listen: Listen, secret: str) -> WebSettings:
    """Return how a server of ours serves at this address."""
    public = urlsplit(config.public_url or "").netloc
    return WebSettings(
        secret=secret,
        host=listen.host,
        port=listen.port,
        public_hosts=(public,) if public else (),
    )
