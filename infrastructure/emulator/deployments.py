"""The three deployments of the emulated workspace, with their inputs and their graphs."""

import datetime as dt
import uuid
from collections.abc import Mapping

import attrs

from infrastructure.emulator.spelling import short_time, typed_time

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://emulator.stationthis.invalid")
_BORN = dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC)
USER_ID = "user_emulator"
ENVIRONMENTS = (
    "staging",
    "production",
    "public-share",
    "private-share",
    "preview",
    "community-share",
)
_TYPES = {
    "Text": "string",
    "Image": "string",
    "NumberInt": "integer",
    "NumberSlider": "float",
    "NumberSliderInt": "integer",
}


def stable_id(name: str) -> str:
    """Return the id that this name has in every emulator."""
    return str(uuid.uuid5(_NAMESPACE, name))


MACHINE_ID = stable_id("machine")


@attrs.frozen(kw_only=True)
class ExternalInput:
    """One input that a workflow offers, as its `ComfyUIDeployExternal...` node declares it."""

    kind: str
    input_id: str
    label: str
    description: str
    default: str | float | None = None
    least: float | None = None
    most: float | None = None
    step: float | None = None

    @property
    def class_type(self) -> str:
        """The node's class."""
        return f"ComfyUIDeployExternal{self.kind}"

    def as_input_type(self) -> dict[str, object]:
        """Return the row of `input_types`."""
        return {
            "type": _TYPES[self.kind],
            "class_type": self.class_type,
            "input_id": self.input_id,
            "default_value": self.default,
            "min_value": self.least,
            "max_value": self.most,
            "display_name": self.label,
            "description": self.description,
            "enum_options": None,
            "step": self.step,
        }

    def as_node(self) -> dict[str, object]:
        """Return the node of the graph."""
        fields = {
            "input_id": self.input_id,
            "display_name": self.label,
            "description": self.description,
            "default_value": self.default,
            "min_value": self.least,
            "max_value": self.most,
            "step": self.step,
        }
        return {
            "inputs": {name: value for name, value in fields.items() if value is not None},
            "class_type": self.class_type,
            "_meta": {"title": f"External {self.kind} (ComfyUI Deploy)"},
        }


@attrs.frozen(kw_only=True)
class WorkNode:
    """A node that works: its weight is in units of `node_s`, sampling adds the steps."""

    class_type: str
    weight: float
    takes: Mapping[str, str] = attrs.Factory(dict)
    """Its wires: field name to the input or the class it is wired to."""
    samples: bool = False


@attrs.frozen(kw_only=True)
class Deployment:
    """A workflow that can be run, with everything the service tells about it."""

    name: str
    description: str
    gpu: str
    inputs: tuple[ExternalInput, ...]
    nodes: tuple[WorkNode, ...]
    age_days: int

    @property
    def id(self) -> str:
        """The deployment's id, the same in every emulator."""
        return stable_id(f"deployment/{self.name}")

    @property
    def workflow_id(self) -> str:
        """The workflow's id."""
        return stable_id(f"workflow/{self.name}")

    @property
    def version_id(self) -> str:
        """The id of the workflow's only version."""
        return stable_id(f"version/{self.name}")

    @property
    def updated_at(self) -> dt.datetime:
        """When it was deployed; lists are sorted by it."""
        return _BORN - dt.timedelta(days=self.age_days)

    @property
    def node_count(self) -> int:
        """How many nodes the graph has; progress is a share of it."""
        return len(self.inputs) + len(self.nodes)

    @property
    def last_node_id(self) -> str:
        """The id of the node that saves the result."""
        return str(self.node_count)

    def default_of(self, input_id: str) -> str | float | None:
        """Return what the graph uses when the request leaves this input out."""
        return next((one.default for one in self.inputs if one.input_id == input_id), None)

    def workflow_api(self) -> dict[str, object]:
        """Return the graph in ComfyUI's API format: node id to node."""
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

    def version(self) -> dict[str, object]:
        """Return the workflow version with both graphs."""
        drawn = [
            {"id": int(number), "type": node["class_type"]}
            for number, node in self.workflow_api().items()
            if isinstance(node, dict)
        ]
        return {
            "id": self.version_id,
            "workflow_id": self.workflow_id,
            "workflow": {"nodes": drawn, "links": [], "version": 0.4},
            "workflow_api": self.workflow_api(),
            "version": 1,
            "comment": self.description,
            "user_id": USER_ID,
            "snapshot": None,
            "dependencies": None,
            "machine_id": None,
            "machine_version_id": None,
            "comfyui_snapshot": None,
            "created_at": short_time(self.updated_at),
            "updated_at": short_time(self.updated_at),
        }

    def workflow_row(self) -> dict[str, object]:
        """Return the workflow as run lists embed it."""
        return {
            "id": self.workflow_id,
            "user_id": USER_ID,
            "org_id": None,
            "selected_machine_id": MACHINE_ID,
            "cover_image": None,
            "name": self.name,
            "description": self.description,
            "deleted": False,
            "pinned": False,
            "created_at": short_time(self.updated_at),
            "updated_at": short_time(self.updated_at),
        }

    def row(self, *, concurrency: int) -> dict[str, object]:
        """Return the deployment as `GET /deployment/{id}` and the list show it."""
        return {
            "id": self.id,
            "user_id": USER_ID,
            "org_id": None,
            "workflow_version_id": self.version_id,
            "workflow_id": self.workflow_id,
            "machine_id": MACHINE_ID,
            "share_slug": None,
            "description": self.description,
            "share_options": None,
            "showcase_media": None,
            "environment": "production",
            "created_at": typed_time(self.updated_at),
            "updated_at": typed_time(self.updated_at),
            "workflow": {"id": self.workflow_id, "name": self.name, "cover_url": None},
            "version": self.version(),
            "machine": None,
            "input_types": [one.as_input_type() for one in self.inputs],
            "output_types": [],
            "dub_link": None,
            "gpu": self.gpu,
            "machine_version_id": None,
            "modal_image_id": None,
            "concurrency_limit": concurrency,
            "run_timeout": 300,
            "idle_timeout": 0,
            "keep_warm": 0,
            "activated_at": None,
            "modal_app_id": None,
        }
