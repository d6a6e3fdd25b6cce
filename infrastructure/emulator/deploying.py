"""Puts a workflow's version on a machine: one deployment for each workflow and environment."""

import datetime as dt
import re
import uuid

import attrs

from infrastructure.emulator.database_words import is_uuid, not_an_id, not_in_enum, not_known
from infrastructure.emulator.deployments import ENVIRONMENTS, Deployment
from infrastructure.emulator.machines import MachineRow
from infrastructure.emulator.versions import USER_ID, WorkflowVersion
from infrastructure.emulator.workflows import Workflow
from infrastructure.emulator.workspace import Workspace

_OWNER = USER_ID.removeprefix("user_")


class DeployError(Exception):
    """It cannot be deployed; the text is what the service puts into its 500."""


@attrs.frozen(kw_only=True)
class DeployWish:
    """What shall run where. One of the machine's two ids is needed."""

    version_id: str
    workflow_id: str
    environment: str
    machine_id: str | None = None
    machine_version_id: str | None = None


def deploy(workspace: Workspace, wish: DeployWish, moment: dt.datetime) -> Deployment:
    """Make or move the deployment of a workflow in an environment. Raises DeployError."""
    for text in (wish.workflow_id, wish.version_id, wish.machine_id, wish.machine_version_id):
        if text is not None and not is_uuid(text):
            raise DeployError(not_an_id(text))
    if wish.environment not in ENVIRONMENTS:
        raise DeployError(not_in_enum("deployment_environment", wish.environment))
    machine = _machine(workspace, wish)
    workflow, version = _version(workspace, wish)
    start = _existing(workspace, wish) or _fresh(workflow, wish, moment)
    moved = attrs.evolve(start, description=workflow.description, updated_at=moment)
    return workspace.deploy(on_machine(moved, machine).of_version(version))


def on_machine(deployment: Deployment, machine: MachineRow) -> Deployment:
    """Return the deployment on a machine, pinned to its build when it has one."""
    if machine.modal_image_id is None:
        return attrs.evolve(deployment, machine_id=machine.id)
    return attrs.evolve(
        deployment,
        machine_id=machine.id,
        machine_version_id=machine.version_id,
        modal_image_id=machine.modal_image_id,
        gpu=machine.gpu,
        run_timeout=machine.run_timeout,
        idle_timeout=machine.idle_timeout,
    )


def machine_of(
    workspace: Workspace, machine_id: str | None, version_id: str | None
) -> MachineRow | None:
    """Return the machine that is meant; the id of its build goes before its own."""
    if version_id is not None:
        return workspace.machines.of_version(version_id)
    return workspace.machine(machine_id or "")


def _machine(workspace: Workspace, wish: DeployWish) -> MachineRow:
    machine = machine_of(workspace, wish.machine_id, wish.machine_version_id)
    if machine is None and wish.machine_version_id is not None:
        raise DeployError("'NoneType' object has no attribute 'machine_id'")
    if machine is None:
        raise DeployError("404: Machine not found")
    return machine


def _version(workspace: Workspace, wish: DeployWish) -> tuple[Workflow, WorkflowVersion]:
    workflow = workspace.workflows.find(wish.workflow_id)
    if workflow is None:
        raise DeployError("404: Workflow not found")
    version = workspace.workflows.version(wish.version_id)
    if version is None:
        raise DeployError(not_known("deployments", "workflow_version_id"))
    return workflow, version


def _existing(workspace: Workspace, wish: DeployWish) -> Deployment | None:
    here = (wish.workflow_id, wish.environment)
    found = (one for one in workspace.deployments() if (one.workflow_id, one.environment) == here)
    return next(found, None)


def _fresh(workflow: Workflow, wish: DeployWish, moment: dt.datetime) -> Deployment:
    is_public = wish.environment == "public-share"
    return Deployment(
        id=str(uuid.uuid4()),
        name=workflow.name,
        description=workflow.description,
        gpu=None,
        inputs=(),
        nodes=(),
        environment=wish.environment,
        share_slug=f"{_OWNER}_{_slug(workflow.name)}" if is_public else None,
        created_at=moment,
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
