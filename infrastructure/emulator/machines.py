"""The machines of the workspace: rented GPUs, and those that people bring themselves."""

import datetime as dt
import uuid

import attrs

from infrastructure.emulator.deployments import BORN, MACHINE_ID, stable_id
from infrastructure.emulator.spelling import now, short_time, zoneless_time
from infrastructure.emulator.versions import USER_ID

TYPES = (
    "classic",
    "runpod-serverless",
    "modal-serverless",
    "comfy-deploy-serverless",
    "workspace",
    "workspace-v2",
)
SERVERLESS = "comfy-deploy-serverless"
_ADVANCED: dict[str, object] = {
    "docker_command_steps": None,
    "allow_concurrent_inputs": 1,
    "base_docker_image": None,
    "python_version": None,
    "extra_args": None,
    "prestart_command": None,
    "install_custom_node_with_gpu": False,
    "optimized_runner": False,
    "disable_metadata": True,
    "cpu_request": None,
    "cpu_limit": None,
    "memory_request": None,
    "memory_limit": None,
    "models_to_cache": [],
    "enable_gpu_memory_snapshot": False,
}
_INNER: dict[str, object] = {
    "ws_timeout": 2,
    "retrieve_static_assets": False,
    "static_assets_status": "not-started",
    "build_machine_instance_id": None,
    "object_info": None,
    "modal_app_id": None,
    "object_info_str": None,
    "extra_docker_commands": None,
    "build_log": None,
    "snapshot": None,
    "target_workflow_id": None,
    "filename_list_cache": None,
    "machine_hash": None,
    "models": None,
    "dependencies": None,
    "extensions": None,
    "ws_gpu": None,
    "disabled": False,
    "pod_id": None,
    "allow_background_volume_commits": False,
    "legacy_mode": False,
    "gpu_workspace": False,
}


@attrs.frozen(kw_only=True)
class MachineRow:
    """A machine as the service remembers it; timeouts are seconds."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    name: str
    type: str = SERVERLESS
    status: str = "ready"
    gpu: str | None = None
    endpoint: str = "not-ready"
    auth_token: str | None = None
    concurrency_limit: int = 2
    run_timeout: int = 300
    idle_timeout: int = 60
    keep_warm: int = 0
    builder_version: str = "4"
    comfyui_version: str | None = None
    version_id: str | None = None
    """The build that it runs; people's own machines have none."""
    modal_image_id: str | None = None
    """The image of that build; deployments made on it are pinned to it ("fluid")."""
    is_workspace: bool = False
    deleted: bool = False
    created_at: dt.datetime = attrs.Factory(now)
    updated_at: dt.datetime = attrs.Factory(lambda self: self.created_at, takes_self=True)

    @property
    def is_serverless(self) -> bool:
        """Whether the service itself provides the GPU."""
        return self.type == SERVERLESS

    def slim_row(self) -> dict[str, object]:
        """Return the machine as lists show it."""
        return {
            "id": self.id,
            "user_id": USER_ID,
            "name": self.name,
            "created_at": zoneless_time(self.created_at),
            "updated_at": zoneless_time(self.updated_at),
            "type": self.type,
            "org_id": None,
            "status": self.status,
            "gpu": self.gpu,
            "machine_version": None,
            "machine_builder_version": self.builder_version,
            "comfyui_version": self.comfyui_version,
            "import_failed_logs": None,
            "machine_version_id": self.version_id,
            "is_workspace": self.is_workspace,
        }

    def row(self) -> dict[str, object]:
        """Return the machine as `GET /machine/{id}` shows it."""
        return self.slim_row() | self._scaling() | _ADVANCED | {"deleted": self.deleted}

    def whole_row(self) -> dict[str, object]:
        """Return the machine as changes answer it: with all that the database has."""
        times = {
            "created_at": short_time(self.created_at),
            "updated_at": short_time(self.updated_at),
            "auth_token": self.auth_token,
        }
        return self.row() | _INNER | times

    def _scaling(self) -> dict[str, object]:
        return {
            "endpoint": self.endpoint,
            "concurrency_limit": self.concurrency_limit,
            "run_timeout": self.run_timeout,
            "idle_timeout": self.idle_timeout,
            "keep_warm": self.keep_warm,
        }


@attrs.define
class MachinePark:
    """All machines of the workspace, deleted ones too."""

    _machines: dict[str, MachineRow] = attrs.Factory(dict)

    def put(self, machine: MachineRow) -> MachineRow:
        """Keep a machine, in place of the one with its id."""
        self._machines[machine.id] = machine
        return machine

    def get(self, machine_id: str) -> MachineRow | None:
        """Return the machine with this id, or None; a deleted one is still known."""
        return self._machines.get(machine_id)

    def of_version(self, version_id: str) -> MachineRow | None:
        """Return the machine that runs this build, or None."""
        return next((one for one in self._machines.values() if one.version_id == version_id), None)

    def newest_first(self) -> list[MachineRow]:
        """Return all machines, the last that was changed first."""
        return sorted(self._machines.values(), key=lambda one: one.updated_at, reverse=True)


_FIRST = (
    MachineRow(
        id=stable_id("machine/home"), name="home", type="classic", endpoint="http://127.0.0.1:8188/"
    ),
    MachineRow(
        id=stable_id("machine/t4"),
        name="serverless-t4",
        gpu="T4",
        version_id=stable_id("machine/t4/version"),
        modal_image_id="im-" + stable_id("machine/t4/image").replace("-", "")[:22],
    ),
    MachineRow(id=MACHINE_ID, name="serverless-a10g", gpu="A10G"),
)


def first_machines() -> MachinePark:
    """Return the machines that every workspace begins with: two rented GPUs and one at home."""
    park = MachinePark()
    for hour, machine in enumerate(_FIRST):
        born = BORN - dt.timedelta(days=30) + dt.timedelta(hours=hour)
        park.put(attrs.evolve(machine, created_at=born, updated_at=born))
    return park
