"""All routes about what the workspace has, put together."""

import attrs
from aiohttp import web

from infrastructure.emulator.account_routes import AccountRoutes
from infrastructure.emulator.asset_routes import AssetRoutes
from infrastructure.emulator.deployment_change_routes import DeploymentChangeRoutes
from infrastructure.emulator.deployment_routes import DeploymentRoutes
from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.machine_routes import MachineRoutes
from infrastructure.emulator.model_routes import ModelRoutes
from infrastructure.emulator.runs import RunBook
from infrastructure.emulator.session_routes import SessionRoutes
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.workflow_change_routes import WorkflowChangeRoutes
from infrastructure.emulator.workflow_routes import WorkflowRoutes
from infrastructure.emulator.workspace import Workspace


@attrs.define(kw_only=True)
class WorkspaceRoutes:
    """Answers about the workspace as the service does."""

    dials: Dials
    book: RunBook
    shelf: FileShelf
    studio: Studio
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        dials, workspace = self.dials, self.workspace
        for routes in (
            DeploymentRoutes(dials=dials, workspace=workspace),
            DeploymentChangeRoutes(
                dials=dials, workspace=workspace, has_active_runs=self._has_active_runs
            ),
            WorkflowRoutes(workspace=workspace),
            WorkflowChangeRoutes(dials=dials, workspace=workspace),
            MachineRoutes(dials=dials, workspace=workspace),
            SessionRoutes(dials=dials, workspace=workspace),
            AccountRoutes(dials=dials, book=self.book, workspace=workspace),
            AssetRoutes(dials=dials, shelf=self.shelf, studio=self.studio, workspace=workspace),
            ModelRoutes(),
        ):
            routes.add_to(app)

    def _has_active_runs(self, deployment_id: str) -> bool:
        return any(run.deployment.id == deployment_id and not run.is_over for run in self.book)
