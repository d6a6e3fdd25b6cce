"""The workflows that the bot offers, read anew for a command."""

from composition.config import Config
from core.workflows.snapshot import Snapshot
from infrastructure.clock import SystemClock
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue


async def offered(api: ComfyDeployApi, config: Config) -> Snapshot:
    """
    Return what is offered now. Raises ServiceError when nothing can be read.

    It has no file: what a `run` keeps on disk says of which changes it has told.
    """
    catalogue = ComfyDeployCatalogue(
        api.client,
        SystemClock(),
        ttl_s=api.client.settings.catalogue_ttl_s,
        prefer=config.machines,
    )
    try:
        return await catalogue.reload()
    finally:
        await catalogue.aclose()
