"""The routes that make, change and remove deployments."""

from collections.abc import Callable
from typing import Self

import attrs
from aiohttp import web

from infrastructure.emulator.answers import json_answer, refusal
from infrastructure.emulator.bodies import Body, read_body
from infrastructure.emulator.deploying import (
    DeployError,
    DeployWish,
    deploy,
    machine_of,
    on_machine,
)
from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.gpus import GPUS
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.workspace import Workspace

_BROKEN = "Internal server error"
_BUSY = (
    "Failed to deactivate deployment. It may have active runs or the modal app could not be "
    "stopped."
)


@attrs.frozen(kw_only=True)
class _Scaling:
    """What a change says about a deployment's GPUs; None leaves it. Timeouts are seconds."""

    gpu: str | None
    concurrency_limit: int | None
    run_timeout: int | None
    idle_timeout: int | None
    keep_warm: int | None

    @classmethod
    def of(cls, body: Body) -> Self:
        return cls(
            gpu=body.optional_choice("gpu", GPUS),
            concurrency_limit=body.optional_whole("concurrency_limit"),
            run_timeout=body.optional_whole("run_timeout"),
            idle_timeout=body.optional_whole("idle_timeout"),
            keep_warm=body.optional_whole("keep_warm"),
        )

    def of_deployment(self, old: Deployment) -> Deployment:
        return attrs.evolve(
            old,
            gpu=self.gpu or old.gpu,
            concurrency_limit=self.concurrency_limit or old.concurrency_limit,
            run_timeout=_either(self.run_timeout, old.run_timeout),
            idle_timeout=_either(self.idle_timeout, old.idle_timeout),
            keep_warm=_either(self.keep_warm, old.keep_warm),
        )


@attrs.define(kw_only=True)
class DeploymentChangeRoutes:
    """Changes deployments as the service does: nearly every mistake is a 500."""

    dials: Dials
    workspace: Workspace
    has_active_runs: Callable[[str], bool]
    """Tells whether a deployment has runs that are not over, by the deployment's id."""

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, API_PREFIX
        router.add_post(f"{base}/deployment", self.save)
        router.add_patch(f"{base}/deployment/{{id}}", self.change)
        router.add_delete(f"{base}/deployment/{{id}}", self.remove)
        router.add_post(f"{base}/deployment/{{id}}/deactivate", self.deactivate)

    async def save(self, request: web.Request) -> web.Response:
        """`POST /deployment`: there is one for each workflow and environment, which is moved."""
        body = await read_body(request)
        wish = DeployWish(
            version_id=body.text("workflow_version_id"),
            workflow_id=body.text("workflow_id"),
            machine_id=body.optional_text("machine_id"),
            machine_version_id=body.optional_text("machine_version_id"),
            environment=body.text("environment"),
        )
        body.optional_text("deployment_id")
        body.check()
        if wish.machine_id is None and wish.machine_version_id is None:
            return refusal("Machine ID or Machine Version ID is required", 400)
        try:
            made = deploy(self.workspace, wish, self.dials.now())
        except DeployError as error:
            return refusal(f"{_BROKEN}: {error}", 500)
        return self._answer(made)

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH /deployment/{id}`: whatever is not found is a 500."""
        body = await read_body(request)
        scaling = _Scaling.of(body)
        for name in ("workflow_version_id", "machine_id", "machine_version_id"):
            body.optional_text(name)
        body.check()
        found = self.workspace.deployment(request.match_info["id"])
        moved = None if found is None else self._moved(found, body)
        if moved is None:
            return refusal(_BROKEN, 500)
        changed = attrs.evolve(scaling.of_deployment(moved), updated_at=self.dials.now())
        return self._answer(self.workspace.deploy(changed))

    async def remove(self, request: web.Request) -> web.Response:
        """`DELETE /deployment/{id}`: only what is shared can be deleted; the rest is a 500."""
        found = self.workspace.deployment(request.match_info["id"])
        if found is None or not found.environment.endswith("-share"):
            return refusal(_BROKEN, 500)
        if self.has_active_runs(found.id):
            return refusal(_BROKEN, 500)
        self.workspace.undeploy(found.id)
        return json_answer({"message": "Share deployment deleted successfully"})

    async def deactivate(self, request: web.Request) -> web.Response:
        """`POST /deployment/{id}/deactivate`: its app is stopped, unless runs are open."""
        found = self.workspace.deployment(request.match_info["id"])
        if found is None:
            return refusal("Deployment not found", 404)
        if self.has_active_runs(found.id):
            return refusal(_BUSY, 400)
        return self._answer(self.workspace.deploy(attrs.evolve(found, activated_at=None)))

    def _moved(self, found: Deployment, body: Body) -> Deployment | None:
        """Return it with the version and on the machine that the body names, None if unknown."""
        version_id = body.optional_text("workflow_version_id")
        version = self.workspace.workflows.version(version_id or found.version_id)
        machine = machine_of(
            self.workspace,
            body.optional_text("machine_id") or found.machine_id,
            body.optional_text("machine_version_id"),
        )
        if version is None or machine is None:
            return None
        moved = on_machine(found, machine)
        return moved if version_id is None else moved.of_version(version)

    def _answer(self, deployment: Deployment) -> web.Response:
        return json_answer(deployment.bare_row(concurrency=self.dials.settings.concurrency))


def _either(new: int | None, old: int) -> int:
    return old if new is None else new
