"""The operator's side of a journey: workflows deployed, changed and removed at the service."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx

Node = dict[str, Any]

PROMPT: Node = {
    "class_type": "ComfyUIDeployExternalText",
    "inputs": {"input_id": "prompt", "display_name": "Prompt", "default_value": ""},
}
SEED: Node = {
    "class_type": "ComfyUIDeployExternalSeed",
    "inputs": {"input_id": "input_seed", "display_name": "Seed", "default_value": -1},
}


def a_slider(name: str, *, default: int, least: int, most: int, step: int = 1) -> Node:
    """Return an input that takes whole numbers."""
    fields = {"default_value": default, "min_value": least, "max_value": most, "step": step}
    return {
        "class_type": "ComfyUIDeployExternalNumberSliderInt",
        "inputs": {"input_id": name, "display_name": name.title(), **fields},
    }


def an_enum(name: str, *options: str) -> Node:
    """Return an input that is one of these."""
    fields = {"default_value": options[0], "options": json.dumps(options)}
    return {
        "class_type": "ComfyUIDeployExternalEnum",
        "inputs": {"input_id": name, "display_name": name.title(), **fields},
    }


def an_image(name: str) -> Node:
    """Return an input that takes a picture."""
    return {
        "class_type": "ComfyUIDeployExternalImage",
        "inputs": {"input_id": name, "display_name": name.title(), "default_value_url": ""},
    }


WORK: Mapping[str, Node] = {
    "90": {
        "class_type": "CheckpointLoaderSimple",
        "inputs": {"ckpt_name": "sd_xl_base.safetensors"},
    },
    "91": {"class_type": "KSampler", "inputs": {"model": ["90", 0]}},
    "92": {"class_type": "SaveImage", "inputs": {"images": ["91", 0]}},
}


def a_graph(inputs: Sequence[Node]) -> dict[str, Node]:
    """Return a graph with these inputs that makes a picture."""
    return {str(number): node for number, node in enumerate(inputs, start=1)} | dict(WORK)


def a_drawing(note: str) -> dict[str, Any]:
    """Return the drawing of a graph, with a note in it if there is one."""
    notes = [{"id": 1, "type": "Note", "widgets_values": [note]}] if note else []
    return {"nodes": notes, "links": []}


@attrs.frozen
class Workspace:
    """What an operator has at ComfyUI Deploy."""

    client: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def at(cls, settings: Mapping[str, str]) -> AsyncIterator["Workspace"]:
        """Open the workspace that the program uses."""
        key = settings["COMFY_DEPLOY_API_KEY"]
        async with httpx.AsyncClient(
            base_url=settings["COMFY_DEPLOY_BASE_URL"],
            headers={"Authorization": f"Bearer {key}"},
        ) as client:
            yield cls(client)

    async def deploy(self, name: str, *inputs: Node, note: str = "") -> str:
        """Make a workflow and deploy it to production; return its id."""
        body = {
            "name": name,
            "workflow_json": json.dumps(a_drawing(note)),
            "workflow_api": json.dumps(a_graph(inputs)),
        }
        made = await self._posted("/workflow", body)
        workflow: str = made["workflow_id"]
        versions = (await self.client.get(f"/workflow/{workflow}/versions")).raise_for_status()
        await self._to_production(workflow, versions.json()[0]["id"])
        return workflow

    async def change(self, workflow: str, *inputs: Node, note: str = "") -> None:
        """Deploy a new version of a workflow to production."""
        body = {"workflow": a_drawing(note), "workflow_api": a_graph(inputs), "comment": "next"}
        version = await self._posted(f"/workflow/{workflow}/version", body)
        await self._to_production(workflow, version["id"])

    async def remove(self, workflow: str) -> None:
        """Delete a workflow."""
        (await self.client.delete(f"/workflow/{workflow}")).raise_for_status()

    async def _to_production(self, workflow: str, version: str) -> None:
        machines = (await self.client.get("/machines")).raise_for_status().json()
        ready = next(each["id"] for each in machines if each["status"] == "ready" and each["gpu"])
        body = {
            "workflow_id": workflow,
            "workflow_version_id": version,
            "machine_id": ready,
            "environment": "production",
        }
        await self._posted("/deployment", body)

    async def _posted(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = await self.client.post(path, json=body)
        assert answer.is_success, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made
