"""The versions of a workflow: each holds both graphs, ComfyUI's drawing and its API form."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping

import attrs

from infrastructure.emulator.spelling import now, short_time

USER_ID = "user_emulator"


@attrs.frozen(kw_only=True)
class WorkflowVersion:
    """One saved state of a workflow; numbers count from 1."""

    id: str = attrs.Factory(lambda: str(uuid.uuid4()))
    workflow_id: str
    number: int
    graph: Mapping[str, object]
    """ComfyUI's API format: node id to node; empty when it was saved without one."""
    drawing: object
    """What ComfyUI's editor shows."""
    comment: str | None = None
    machine_id: str | None = None
    machine_version_id: str | None = None
    snapshot: object = None
    dependencies: object = None
    comfyui_snapshot: object = None
    created_at: dt.datetime = attrs.Factory(now)
    updated_at: dt.datetime = attrs.Factory(lambda self: self.created_at, takes_self=True)

    def row(self, spell: Callable[[dt.datetime], str | None] = short_time) -> dict[str, object]:
        """Return the version with both graphs; each route spells times in a way of its own."""
        return {
            "id": self.id,
            "workflow_id": self.workflow_id,
            "workflow": self.drawing,
            "workflow_api": self.graph or None,
            "version": self.number,
            "comment": self.comment,
            "user_id": USER_ID,
            "snapshot": self.snapshot,
            "dependencies": self.dependencies,
            "machine_id": self.machine_id,
            "machine_version_id": self.machine_version_id,
            "comfyui_snapshot": self.comfyui_snapshot,
            "created_at": spell(self.created_at),
            "updated_at": spell(self.updated_at),
        }


def drawn(graph: Mapping[str, object]) -> dict[str, object]:
    """Return a drawing of an API graph: its nodes, without their places and wires."""
    nodes = [
        {"id": int(number) if number.isdecimal() else number, "type": node.get("class_type")}
        for number, node in graph.items()
        if isinstance(node, dict)
    ]
    return {"nodes": nodes, "links": [], "version": 0.4}
