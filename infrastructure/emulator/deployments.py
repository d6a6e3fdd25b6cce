"""Deployments: a workflow's version on a machine, in an environment, ready to be run."""

import datetime as dt
import uuid

import attrs

from infrastructure.emulator.graphs import (
    ExternalInput,
    WorkNode,
    inputs_of,
    nodes_of,
    output_types_of,
    saving_node_of,
    websocket_inputs_of,
)
from infrastructure.emulator.spelling import short_time, typed_time
from infrastructure.emulator.versions import USER_ID, WorkflowVersion, drawn

__all__ = [
    "ENVIRONMENTS",
    "MACHINE_ID",
    "USER_ID",
    "Deployment",
    "ExternalInput",
    "WorkNode",
    "stable_id",
]

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://emulator.stationthis.invalid")
BORN = dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC)
ENVIRONMENTS = (
    "staging",
    "production",
    "public-share",
    "private-share",
    "preview",
    "community-share",
)
_USUAL_CONCURRENCY = 2


def stable_id(name: str) -> str:
    """Return the id that this name has in every emulator."""
    return str(uuid.uuid5(_NAMESPACE, name))


MACHINE_ID = stable_id("machine")


def _own_id(deployment: "Deployment") -> str:
    return stable_id(f"deployment/{deployment.name}")


def _own_birth(deployment: "Deployment") -> dt.datetime:
    return BORN - dt.timedelta(days=deployment.age_days)


@attrs.frozen(kw_only=True)
class Deployment:
    """A workflow that can be run, with everything the service tells about it."""

    name: str
    """The workflow's name."""
    description: str | None
    gpu: str | None
    inputs: tuple[ExternalInput, ...]
    nodes: tuple[WorkNode, ...]
    age_days: int = 0
    """How long before the emulator's first day it was made."""
    stored: WorkflowVersion | None = None
    """The version it runs; None when the graph is made from `inputs` and `nodes`."""
    id: str = attrs.Factory(_own_id, takes_self=True)
    environment: str = "production"
    machine_id: str = MACHINE_ID
    machine_version_id: str | None = None
    modal_image_id: str | None = None
    """Set when its machine is pinned to one build: only `is_fluid=true` lists it then."""
    modal_app_id: str | None = None
    concurrency_limit: int | None = None
    """How many runs may work at once; None leaves it to the machine."""
    run_timeout: int = 300
    idle_timeout: int = 0
    keep_warm: int = 0
    share_slug: str | None = None
    activated_at: dt.datetime | None = None
    created_at: dt.datetime = attrs.Factory(_own_birth, takes_self=True)
    updated_at: dt.datetime = attrs.Factory(lambda self: self.created_at, takes_self=True)

    @property
    def workflow_id(self) -> str:
        """The workflow's id."""
        return self.stored.workflow_id if self.stored else stable_id(f"workflow/{self.name}")

    @property
    def version_id(self) -> str:
        """The id of the version that it runs."""
        return self.stored.id if self.stored else stable_id(f"version/{self.name}")

    @property
    def node_count(self) -> int:
        """How many nodes the graph has; progress is a share of it."""
        return len(self.inputs) + len(self.nodes)

    @property
    def last_node_id(self) -> str:
        """The id of the node that saves the result."""
        return saving_node_of(self.stored.graph) if self.stored else str(self.node_count)

    def of_version(self, version: WorkflowVersion) -> "Deployment":
        """Return the same deployment, running another version."""
        return attrs.evolve(
            self, stored=version, inputs=inputs_of(version.graph), nodes=nodes_of(version.graph)
        )

    def renamed(self, name: str) -> "Deployment":
        """Return the same deployment, of a workflow that has another name now."""
        # The version keeps the workflow's id, which else would be made from the name.
        return attrs.evolve(self, name=name, stored=self.workflow_version())

    def default_of(self, input_id: str) -> str | float | None:
        """Return what the graph uses when the request leaves this input out."""
        return next((one.default for one in self.inputs if one.input_id == input_id), None)

    def workflow_api(self) -> dict[str, object]:
        """Return the graph in ComfyUI's API format: node id to node."""
        return dict(self.stored.graph) if self.stored else self._made_graph()

    def workflow_version(self) -> WorkflowVersion:
        """Return the version that it runs."""
        if self.stored is not None:
            return self.stored
        graph = self._made_graph()
        return WorkflowVersion(
            id=self.version_id,
            workflow_id=self.workflow_id,
            number=1,
            graph=graph,
            drawing=drawn(graph),
            comment=self.description,
            created_at=self.created_at,
        )

    def version(self) -> dict[str, object]:
        """Return the workflow version with both graphs, as deployments and runs embed it."""
        return self.workflow_version().row()

    def workflow_row(self) -> dict[str, object]:
        """Return the workflow as run lists embed it."""
        return {
            "id": self.workflow_id,
            "user_id": USER_ID,
            "org_id": None,
            "selected_machine_id": self.machine_id,
            "cover_image": None,
            "name": self.name,
            "description": self.description,
            "deleted": False,
            "pinned": False,
            "created_at": short_time(self.created_at),
            "updated_at": short_time(self.updated_at),
        }

    def bare_row(self, *, concurrency: int = _USUAL_CONCURRENCY) -> dict[str, object]:
        """Return the deployment as changes answer it: without its workflow and its inputs."""
        return {
            "id": self.id,
            "user_id": USER_ID,
            "org_id": None,
            "workflow_version_id": self.version_id,
            "workflow_id": self.workflow_id,
            "machine_id": self.machine_id,
            "share_slug": self.share_slug,
            "description": self.description,
            "share_options": None,
            "showcase_media": None,
            "environment": self.environment,
            "created_at": typed_time(self.created_at),
            "updated_at": typed_time(self.updated_at),
            "workflow": None,
            "version": None,
            "machine": None,
            "input_types": None,
            "output_types": None,
            "dub_link": None,
            "gpu": self.gpu,
            "machine_version_id": self.machine_version_id,
            "modal_image_id": self.modal_image_id,
            "concurrency_limit": self.concurrency_limit or concurrency,
            "run_timeout": self.run_timeout,
            "idle_timeout": self.idle_timeout,
            "keep_warm": self.keep_warm,
            "activated_at": typed_time(self.activated_at),
            "modal_app_id": self.modal_app_id,
        }

    def row(self, *, concurrency: int = _USUAL_CONCURRENCY) -> dict[str, object]:
        """Return it as `GET /deployment/{id}` and the list do. Raises BrokenEnumError."""
        version = self.workflow_version()
        return self.bare_row(concurrency=concurrency) | {
            "workflow": {"id": self.workflow_id, "name": self.name, "cover_url": None},
            "version": version.row(),
            "input_types": [
                *(one.as_input_type() for one in self.inputs if one.is_reported),
                *websocket_inputs_of(version.graph),
            ],
            "output_types": output_types_of(version.drawing),
        }

    def _made_graph(self) -> dict[str, object]:
        numbers = {one.input_id: str(n) for n, one in enumerate(self.inputs, 1)}
        graph: dict[str, object] = {numbers[one.input_id]: one.as_node() for one in self.inputs}
        for number, node in enumerate(self.nodes, len(self.inputs) + 1):
            numbers[node.class_type] = str(number)
            graph[str(number)] = {
                "inputs": {field: [numbers[name], 0] for field, name in node.takes.items()},
                "class_type": node.class_type,
                "_meta": {"title": node.class_type},
            }
        return graph
