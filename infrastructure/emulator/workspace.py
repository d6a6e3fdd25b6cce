"""The workspace: everything that an account has, kept in memory and changed by its routes."""

from collections.abc import Mapping

import attrs

from infrastructure.emulator.assets import AssetShelf
from infrastructure.emulator.deployments import MACHINE_ID, Deployment, stable_id
from infrastructure.emulator.graphs import inputs_of, nodes_of
from infrastructure.emulator.keys import KeyRing
from infrastructure.emulator.machines import MachinePark, MachineRow, first_machines
from infrastructure.emulator.sessions import SessionBook
from infrastructure.emulator.stock import DEPLOYMENTS, IMG2IMG, TEXT2IMG, UPSCALE
from infrastructure.emulator.user_settings import UserSettings
from infrastructure.emulator.versions import WorkflowVersion, drawn
from infrastructure.emulator.workflows import Workflow, WorkflowBook

__all__ = ["IMG2IMG", "TEXT2IMG", "UPSCALE", "Workspace"]


def _first_workflows() -> WorkflowBook:
    book = WorkflowBook()
    for one in DEPLOYMENTS:
        book.add(
            Workflow(
                id=one.workflow_id,
                name=one.name,
                description=one.description,
                selected_machine_id=one.machine_id,
                created_at=one.created_at,
                versions=[one.workflow_version()],
            )
        )
    return book


@attrs.define
class Workspace:
    """What one account has. It begins with three workflows in production on rented GPUs."""

    workflows: WorkflowBook = attrs.Factory(_first_workflows)
    machines: MachinePark = attrs.Factory(first_machines)
    sessions: SessionBook = attrs.Factory(SessionBook)
    assets: AssetShelf = attrs.Factory(AssetShelf)
    keys: KeyRing = attrs.Factory(KeyRing)
    settings: UserSettings = attrs.Factory(UserSettings)
    _deployments: dict[str, Deployment] = attrs.Factory(
        lambda: {one.id: one for one in DEPLOYMENTS}
    )

    def deployment(self, deployment_id: str) -> Deployment | None:
        """Return the deployment with this id, or None; that of a deleted workflow is there."""
        return self._deployments.get(deployment_id)

    def deployments(self) -> list[Deployment]:
        """Return the deployments of workflows that are not deleted, the last changed first."""
        found = [one for one in self._deployments.values() if self.workflow_known(one.workflow_id)]
        return sorted(found, key=lambda one: one.updated_at, reverse=True)

    def deploy(self, deployment: Deployment) -> Deployment:
        """Keep a deployment, in place of the one with its id."""
        self._deployments[deployment.id] = deployment
        return deployment

    def undeploy(self, deployment_id: str) -> None:
        """Forget a deployment."""
        self._deployments.pop(deployment_id, None)

    def machine(self, machine_id: str) -> MachineRow | None:
        """Return the machine with this id, or None; a deleted one is still known."""
        return self.machines.get(machine_id)

    def workflow_known(self, workflow_id: str) -> bool:
        """Tell whether there is such a workflow; a deleted one is not."""
        return self.workflows.find(workflow_id) is not None

    def deployment_of_graph(
        self, workflow_id: str, graph: Mapping[str, object], machine_id: str | None
    ) -> Deployment:
        """Return a deployment that no list shows and that runs this ComfyUI API graph."""
        workflow = self.workflows.find(workflow_id)
        machine = self.machine(machine_id or MACHINE_ID)
        newest = workflow.versions[-1] if workflow and workflow.versions else None
        given = WorkflowVersion(
            workflow_id=workflow_id, number=0, graph=dict(graph), drawing=drawn(graph)
        )
        # What the run tells is the saved version, what it does is the graph that was sent.
        version = attrs.evolve(given, id=newest.id, number=newest.number) if newest else given
        return Deployment(
            id=stable_id(f"unlisted/{workflow_id}/{machine_id}"),
            name=workflow.name if workflow else "",
            description=workflow.description if workflow else None,
            gpu=machine.gpu if machine else None,
            inputs=inputs_of(graph),
            nodes=nodes_of(graph),
            stored=version,
            machine_id=machine_id or MACHINE_ID,
        )
