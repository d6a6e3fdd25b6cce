"""The whole API in one object: `api.runs`, `api.machines` and so on."""

from typing import Self

from infrastructure.comfy_deploy.api.account import ServiceAccount
from infrastructure.comfy_deploy.api.assets import Assets
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.deployments import Deployments
from infrastructure.comfy_deploy.api.machines import Machines
from infrastructure.comfy_deploy.api.models import Models
from infrastructure.comfy_deploy.api.run_streams import RunStreams
from infrastructure.comfy_deploy.api.runs import Runs
from infrastructure.comfy_deploy.api.sessions import Sessions
from infrastructure.comfy_deploy.api.workflows import Workflows
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.settings import ComfySettings


class ComfyDeployApi:
    """
    Every call that ComfyUI Deploy offers to a bot, an operator or a script.

    Works over a client, which it does not close; `opened` makes one of its own.
    """

    def __init__(self, client: ComfyDeployClient) -> None:
        calls = Calls(client)
        self.client = client
        self.runs = Runs(calls)
        self.run_streams = RunStreams(calls)
        self.deployments = Deployments(calls)
        self.workflows = Workflows(calls)
        self.machines = Machines(calls)
        self.sessions = Sessions(calls)
        self.assets = Assets(calls)
        self.account = ServiceAccount(calls)
        self.models = Models(calls)

    @classmethod
    def opened(cls, settings: ComfySettings) -> "ComfyDeployApi":
        """Return the API over a client of its own: `async with ComfyDeployApi.opened(...)`."""
        return cls(ComfyDeployClient(settings))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
