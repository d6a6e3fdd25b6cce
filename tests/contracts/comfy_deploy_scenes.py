"""The recorded exchanges of ComfyUI Deploy, and how each is played on the emulator."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TypedDict, cast

import attrs
import httpx

from infrastructure.emulator.faults import RunFault, Spoil
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, picture, ticks


class Asked(TypedDict, total=False):
    path: str
    json: object
    content: str
    type: str
    file: str


class Exchange(TypedDict):
    name: str
    endpoint: str
    asked: Asked
    status: int
    type: str
    body: object


class Recorded(TypedDict):
    source: str
    exchanges: list[Exchange]


RECORDED = cast(
    "Recorded",
    json.loads(Path(__file__).with_name("recorded_exchanges.json").read_text(encoding="utf-8")),
)["exchanges"]
BY_NAME = {each["name"]: each for each in RECORDED}


NOT_PLAYED: Mapping[str, str] = {
    "GET /deployments 403": "the emulator makes no tokens for machines, which alone have scopes",
    "GET /run/{run_id} 403": "the emulator has one account, so no run is somebody else's",
    "GET /workflows 500": "the recorded server lacked the table of its users then",
    "GET /workflow/{workflow_id}/versions 500": "the recorded server lacked the table of its users",
    "POST /machine/custom 403": "the emulator's plan has no limits",
    "POST /session 403": "the emulator's plan has no limits",
    "POST /workflow/{workflow_id}/version 403": "the emulator's plan has no limits",
}
"""Exchanges that the emulator cannot be brought to, and why."""


@attrs.define
class Scene:
    """An emulator on which one exchange is played; `names` stand for the braces of a request."""

    caller: Caller
    names: dict[str, str]
    headers: dict[str, str] = attrs.field(factory=dict)

    def filled(self, value: object) -> object:
        """Return a request's part with the names in braces replaced."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, value: str) -> str:
        """Return a text with the names in braces replaced."""
        for name, meant in self.names.items():
            value = value.replace(f"{{{name}}}", meant)
        return value

    async def ask(self, method: str, asked: Asked) -> httpx.Response:
        """Send a request as it was recorded."""
        http = self.caller.http
        http.headers.update(self.headers)
        url = self.text(asked["path"])
        if "file" in asked:
            return await http.request(method, url, files={"file": (asked["file"], picture())})
        if "content" in asked:
            headers = {"Content-Type": asked["type"]} if "type" in asked else {}
            content = self.text(asked["content"])
            return await http.request(method, url, content=content, headers=headers)
        body = self.filled(asked["json"]) if "json" in asked else None
        return await http.request(method, url, json=body)


Prepare = Callable[[Scene], Awaitable[None]]


async def with_a_run(scene: Scene) -> None:
    scene.names["run"] = await scene.caller.start(webhook="http://127.0.0.1:9/hook")
    await scene.caller.finished(scene.names["run"])


async def with_a_classic_run(scene: Scene) -> None:
    scene.caller.emulator.faults.order_runs(RunFault(classic=True))
    await with_a_run(scene)


async def with_a_waiting_run(scene: Scene) -> None:
    scene.caller.emulator.faults.order_runs(RunFault(count=None, extra_s=5.0))
    for _ in range(3):
        scene.names["run"] = await scene.caller.start()


async def with_a_log(scene: Scene) -> None:
    await with_a_run(scene)
    async with aclosing(ticks()) as moments:
        async for _ in moments:
            found = await scene.caller.http.get(scene.text("/v2/clickhouse-run-logs/{run}"))
            if found.json():
                return


async def without_a_key(scene: Scene) -> None:
    scene.headers["Authorization"] = ""


async def with_a_wrong_key(scene: Scene) -> None:
    scene.headers["Authorization"] = "Bearer wrong"


async def with_a_revoked_key(scene: Scene) -> None:
    await with_a_key(scene)
    await scene.caller.http.delete(scene.text("/platform/api-keys/{key}"))
    scene.headers["Authorization"] = scene.text("Bearer {secret}")


async def with_a_key(scene: Scene) -> None:
    http = scene.caller.http
    scene.names["secret"] = (await http.post("/platform/api-keys", json={"name": "k"})).json()[
        "key"
    ]
    scene.names["key"] = (await http.get("/platform/api-keys")).json()[0]["id"]


async def with_an_asset(scene: Scene) -> None:
    files = {"file": ("b.png", picture())}
    scene.names["asset"] = (await scene.caller.http.post("/assets/upload", files=files)).json()[
        "id"
    ]


async def with_the_machine_at_home(scene: Scene) -> None:
    machines = (await scene.caller.http.get("/machines/all")).json()
    scene.names["machine"] = next(each["id"] for each in machines if each["type"] == "classic")


async def with_a_machine_in_use(scene: Scene) -> None:
    await with_the_machine_at_home(scene)
    await scene.ask("POST", BY_NAME["POST /deployment 200"]["asked"])


async def with_a_broken_graph(scene: Scene) -> None:
    """Deploy what the recorded server was given: an Enum whose options are no JSON."""
    made = await scene.ask("POST", BY_NAME["POST /workflow 200"]["asked"])
    scene.names["workflow"] = made.json()["workflow_id"]
    path = scene.text("/workflow/{workflow}/version/1")
    scene.names["version"] = (await scene.caller.http.get(path)).json()["id"]
    deployed = await scene.ask("POST", BY_NAME["POST /deployment 200"]["asked"])
    scene.names["deployment"] = deployed.json()["id"]


async def with_a_machine_without_a_token(scene: Scene) -> None:
    body = {"name": "pod", "type": "runpod-serverless", "endpoint": "http://h", "auth_token": None}
    made = await scene.caller.http.post("/machine/custom", json=body)
    scene.names["machine"] = made.json()["id"]
    deployed = await scene.ask("POST", BY_NAME["POST /deployment 200"]["asked"])
    scene.names["deployment"] = deployed.json()["id"]


def spoiled(**fault: object) -> Prepare:
    """Return what has the next run order go wrong so."""

    async def prepare(scene: Scene) -> None:
        scene.caller.emulator.faults.order({"for": "requests", "path": "/run", **fault})

    return prepare


def set_to(**changes: object) -> Prepare:
    """Return what turns the emulator's dials."""

    async def prepare(scene: Scene) -> None:
        scene.caller.emulator.change_settings(**changes)

    return prepare


PREPARED: Mapping[str, Prepare] = {
    "GET /deployments 401": without_a_key,
    "GET /deployments 401 no. 2": with_a_wrong_key,
    "GET /deployments 401 no. 3": with_a_revoked_key,
    "GET /nothing-here 401": without_a_key,
    "GET /deployments 500": with_a_broken_graph,
    "GET /deployment/{deployment_id} 500 no. 2": with_a_broken_graph,
    "GET /run/{run_id} 200 no. 3": with_a_waiting_run,
    "POST /run/{run_id}/cancel 500": with_a_classic_run,
    "GET /v2/clickhouse-run-logs/{run_id} 200 no. 2": with_a_log,
    "POST /run/deployment/queue 400": spoiled(spoil=Spoil.MACHINE_ANSWERS, status=400),
    "POST /run/deployment/queue 400 no. 2": with_a_machine_without_a_token,
    "POST /run/deployment/queue 403": spoiled(spoil=Spoil.NO_CREDIT),
    "POST /run/deployment/queue 500 no. 2": spoiled(spoil=Spoil.MACHINE_ANSWERS, status=500),
    "POST /run/deployment/queue 502": spoiled(spoil=Spoil.MACHINE_REFUSES),
    "POST /file/upload 400 no. 2": set_to(max_upload_bytes=1),
    "GET /machine/{machine_id} 200": with_the_machine_at_home,
    "DELETE /machine/{machine_id} 402": with_a_machine_in_use,
    "POST /session 400": with_the_machine_at_home,
    "PATCH /machine/custom/{machine_id} 200": with_the_machine_at_home,
    "PATCH /machine/custom/{machine_id} 200 no. 2": with_the_machine_at_home,
    "GET /assets 200 no. 2": with_an_asset,
    "GET /assets/search 200": with_an_asset,
    "GET /assets/{asset_id} 200": with_an_asset,
    "DELETE /assets/{asset_id} 200": with_an_asset,
    "GET /platform/api-keys 200": with_a_key,
    "DELETE /platform/api-keys/{key_id} 200": with_a_key,
}
"""What must have happened before a request, where a fresh emulator would not do."""

TELL_OF_RUNS = ("/runs", "/run/latest", "/gallery", "/run/{run}", "run_id={run}", "logs/{run}")


async def a_scene(caller: Caller, exchange: Exchange) -> Scene:
    """Bring an emulator to where an exchange can be played."""
    deployment = (await caller.ids())["text2img"]
    found = (await caller.http.get(f"/deployment/{deployment}")).json()
    names = {
        "deployment": deployment,
        "workflow": found["workflow_id"],
        "version": found["workflow_version_id"],
        "machine": found["machine_id"],
    }
    scene = Scene(caller, names)
    path, prepare = exchange["asked"]["path"], PREPARED.get(exchange["name"])
    if prepare is None and any(each in path for each in TELL_OF_RUNS):
        prepare = with_a_run
    if prepare is not None:
        await prepare(scene)
    return scene


async def played(exchange: Exchange) -> httpx.Response:
    """Return the emulator's answer to the request of an exchange."""
    async with calling(Emulator(EmulatorSettings.quick())) as caller:
        scene = await a_scene(caller, exchange)
        return await scene.ask(exchange["name"].partition(" ")[0], exchange["asked"])
