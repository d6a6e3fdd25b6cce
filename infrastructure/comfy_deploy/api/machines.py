"""The machines of the workspace: where ComfyUI runs."""

from collections.abc import Mapping
from datetime import datetime

import attrs

from infrastructure.comfy_deploy.api.calls import Calls, given
from infrastructure.comfy_deploy.endpoints import (
    ALL_MACHINES,
    CREATE_MACHINE,
    DELETE_MACHINE,
    GET_MACHINE,
    LIST_MACHINES,
    MACHINE_EVENTS,
    PATCH_MACHINE,
)

PAGE_LIMIT = 100
"""How many rows a list has when nobody says it: the service's own default."""


@attrs.frozen(kw_only=True)
class Machine:
    """One machine as lists show it. "" is what the answer does not say."""

    id: str = ""
    name: str = ""
    type: str = ""
    """`classic`, `runpod-serverless`, `modal-serverless`, `comfy-deploy-serverless`, …"""
    status: str = ""
    """`not-started`, `ready`, `building`, `error`, `running`, `paused` or `starting`."""
    user_id: str = ""
    org_id: str = ""
    gpu: str = ""
    machine_version_id: str = ""
    machine_builder_version: str = ""
    comfyui_version: str = ""
    import_failed_logs: str = attrs.field(default="", repr=False)
    is_workspace: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class FullMachine(Machine):
    """
    One machine with its settings. Timeouts are seconds.

    The token that the service sends to a machine of our own is in some answers; it is not kept.
    """

    endpoint: str = ""
    concurrency_limit: int = 0
    run_timeout: float = 0.0
    idle_timeout: float = 0.0
    keep_warm: int = 0
    allow_concurrent_inputs: int = 0
    docker_command_steps: Mapping[str, object] = attrs.field(factory=dict, repr=False)
    base_docker_image: str = ""
    python_version: str = ""
    extra_args: str = ""
    prestart_command: str = ""
    install_custom_node_with_gpu: bool = False
    optimized_runner: bool = False
    disable_metadata: bool = False
    enable_gpu_memory_snapshot: bool = False
    cpu_request: float | None = None
    cpu_limit: float | None = None
    memory_request: float | None = None
    memory_limit: float | None = None
    models_to_cache: tuple[str, ...] = ()
    deleted: bool = False


@attrs.frozen(kw_only=True)
class GpuEvent:
    """One stretch of time in which a GPU was up."""

    id: str = ""
    machine_id: str = ""
    gpu: str = ""
    ws_gpu: str = ""
    gpu_provider: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
    """None while it is up."""
    session_id: str = ""
    session_timeout: float | None = None
    """Minutes that the session was given."""
    cost_item_title: str = ""
    cost: float | None = None
    """USD."""


@attrs.frozen(kw_only=True)
class MachineOrder:
    """
    A machine of our own to be added. `auth_token` is what the service is to send to it.

    The endpoint should end with a slash: the service cuts off what stands after the last one.
    """

    name: str
    endpoint: str
    type: str = "classic"
    auth_token: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class MachineChange:
    """What is to be different of a machine of our own; None stays as it is."""

    name: str | None = None
    type: str | None = None
    endpoint: str | None = None
    auth_token: str | None = attrs.field(default=None, repr=False)


class Machines:
    """
    Reads and changes machines.

    Raises ServiceError as `Calls` does: NotThereError for an unknown machine,
    ServiceRefusedError (422) for an id that is no UUID.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(
        self,
        *,
        search: str = "",
        limit: int = PAGE_LIMIT,
        offset: int = 0,
        with_deleted: bool = False,
    ) -> tuple[Machine, ...]:
        """
        Return one page of the machines; deleted ones only when asked for.

        Source: `GET /machines`, contract 5, quirk C10: it shows them unless told not to.
        """
        query: dict[str, str | int | float | bool] = {"limit": limit, "offset": offset}
        if search:
            query["search"] = search
        if not with_deleted:
            query["is_deleted"] = False
        return await self._calls.many(Machine, LIST_MACHINES, query=query)

    async def all(self) -> tuple[Machine, ...]:
        """
        Return every machine that is not deleted, the youngest first.

        Source: `GET /machines/all`, contract 5.
        """
        return await self._calls.many(Machine, ALL_MACHINES)

    async def get(self, machine_id: str) -> FullMachine:
        """
        Return one machine with its settings.

        Source: `GET /machine/{id}`, contract 5.
        """
        return await self._calls.one(FullMachine, GET_MACHINE, at={"machine_id": machine_id})

    async def create_custom(self, order: MachineOrder) -> FullMachine:
        """
        Add a machine of our own.

        Raises ServiceRefusedError: 403 at the plan's limit, 422 for an unknown type. Without an
        answer it may be there: this is never repeated. Source: `POST /machine/custom`, contract 5.
        """
        # All four must be there, the token also when it is null.
        body = attrs.asdict(order)
        return await self._calls.one(FullMachine, CREATE_MACHINE, body=body)

    async def change_custom(self, machine_id: str, change: MachineChange) -> FullMachine:
        """
        Change a machine of our own, and return it as it is then.

        Raises ServiceRefusedError as `create_custom` does.
        Source: `PATCH /machine/custom/{id}`, contract 5.
        """
        at, body = {"machine_id": machine_id}, given(**attrs.asdict(change))
        return await self._calls.one(FullMachine, PATCH_MACHINE, at=at, body=body)

    async def events(self, machine_id: str) -> tuple[GpuEvent, ...]:
        """
        Return when the machine's GPUs were up in the last 24 hours, the latest first.

        Source: `GET /machine/{id}/events`, contract 5. An unknown machine has none.
        """
        return await self._calls.many(GpuEvent, MACHINE_EVENTS, at={"machine_id": machine_id})

    async def delete(self, machine_id: str, *, force: bool = False) -> None:
        """
        Delete a machine; with `force` also one that deployments use, which fail from then on.

        Raises ServiceRefusedError: 402, which has nothing to do with money, while deployments use
        it (it names their workflows), 400 while it is kept warm.
        Source: `DELETE /machine/{id}`, contract 3 and 5, quirk C15.
        """
        query = {"force": True} if force else {}
        await self._calls.raw(DELETE_MACHINE, at={"machine_id": machine_id}, query=query)
