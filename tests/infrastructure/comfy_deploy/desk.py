"""A workspace on a loopback socket, whose rows a test writes as it likes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import attrs

from core.shared.ports import Clock
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.catalogue_changes import OnChange
from infrastructure.comfy_deploy.catalogue_file import CatalogueFile
from infrastructure.comfy_deploy.client import ComfyDeployClient
from tests.infrastructure.comfy_deploy.loopback import (
    Loopback,
    Reply,
    Seen,
    json_reply,
    reply,
    settings_for,
)

PROMPT = {"class_type": "ComfyUIDeployExternalText", "input_id": "prompt", "type": "string"}
REFUSAL = json_reply({"detail": "no key"}, status=401)
MISSING = json_reply({"detail": "Deployments not found or you don't have access to it"}, status=404)
CRASHED = Reply(
    raw=b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n"
    b"Connection: close\r\n\r\nInternal Server Error"
)
HALVES = {"/deployments?is_fluid=false", "/deployments?is_fluid=true"}

_BACKGROUND = ("ComfyDeployCatalogue._read", "Changes._tell")

Row = dict[str, object]


def deployment(
    identifier: str = "d1",
    *,
    workflow: str = "w1",
    name: object = "Text to Image",
    environment: str = "production",
    day: int = 1,
    input_types: object = (PROMPT,),
    machine: str | None = None,
    image: str | None = None,
    version: object = None,
    gpu: str | None = "A10G",
) -> Row:
    """Return a row of the list; with an `image` it is in the other half."""
    return {
        "id": identifier,
        "workflow_id": workflow,
        "workflow": {"id": workflow, "name": name},
        "environment": environment,
        "updated_at": f"2026-11-{day:02}T10:00:00.000000Z",
        "input_types": input_types,
        "description": None,
        "gpu": gpu,
        "machine_id": machine,
        "modal_image_id": image,
        "version": version,
    }


def version(identifier: str = "v1", *, number: int = 1, graph: object = None) -> Row:
    """Return a version as deployments embed it."""
    return {"id": identifier, "version": number, "workflow_api": graph or {}, "workflow": {}}


class Desk(Loopback):
    """Answers by what is asked; `spoilt` has replies for paths (and queries) that begin so."""

    def __init__(self, *deployments: Row) -> None:
        super().__init__(REFUSAL)
        self.deployments: list[Row] = list(deployments)
        self.names: Mapping[str, str] | None = None
        """The workflows' names by id; None: as the deployments have them."""
        self.machines: list[Row] = []
        self.prices: object = {"A10G": 0.0003}
        self.graphs: dict[str, Row] = {}
        """The newest version of workflows."""
        self.spoilt: dict[str, Reply] = {}
        self.most_rows = 1_000
        """A list with more rows is larger than any answer may be."""

    @property
    def asked_for(self) -> list[str]:
        """What was asked for, without pages, in order."""
        return [_short(each) for each in self.seen]

    def lists_read(self) -> int:
        """How often the first page of either half was asked for."""
        return sum(
            "deployments?" in each.target and "offset=0" in each.target for each in self.seen
        )

    def reply_to(self, seen: Seen) -> Reply:
        for begin, given in self.spoilt.items():
            if _short(seen).startswith(begin):
                return given
        path = urlsplit(seen.target).path.removeprefix("/api")
        query = {name: values[0] for name, values in parse_qs(urlsplit(seen.target).query).items()}
        return self._answer_to(path, query)

    def _answer_to(self, path: str, query: Mapping[str, str]) -> Reply:
        match path.split("/")[1:]:
            case ["deployments"]:
                wanted = query["is_fluid"] == "true"
                half = [e for e in self.deployments if (e["modal_image_id"] is not None) == wanted]
                page = _page(half, query, "page_size")
                if len(page) > self.most_rows:
                    return reply("[", length=64 * 1024 * 1024)
                answer: object = page
            case ["deployment", identifier]:
                answer = next(e for e in self.deployments if e["id"] == identifier)
            case ["workflow", identifier, "deployments"]:
                answer = [e for e in self.deployments if e["workflow_id"] == identifier]
            case ["workflow", identifier]:
                answer = {"id": identifier, "versions": [self.graphs[identifier]]}
            case ["workflows", "all"]:
                answer = [{"id": e, "name": name} for e, name in self._names().items()]
            case ["machines"]:
                answer = _page(self.machines, query, "limit")
            case _:
                answer = self.prices
        is_none = not answer and path.startswith("/workflow/")
        return MISSING if is_none else json_reply(answer)

    def _names(self) -> Mapping[str, str]:
        if self.names is not None:
            return self.names
        workflows = [e["workflow"] for e in self.deployments]
        return {str(e["id"]): str(e["name"] or "") for e in workflows if isinstance(e, dict)}


def _page(rows: Sequence[Row], query: Mapping[str, str], size: str) -> Sequence[Row]:
    offset = int(query["offset"])
    return rows[offset : offset + int(query[size])]


def _short(seen: Seen) -> str:
    path, _, query = seen.target.removeprefix("/api").partition("?")
    return f"{path}?{query.partition('&')[0]}" if path == "/deployments" else path


@asynccontextmanager
async def catalogue_of(
    desk: Desk,
    clock: Clock,
    *,
    ttl_s: float = 60.0,
    prefer: str = "quality",
    file: CatalogueFile | None = None,
    on_change: OnChange | None = None,
    wait_s: float = 10.0,
) -> AsyncIterator[ComfyDeployCatalogue]:
    """Have the catalogue of a workspace that is being served."""
    settings = attrs.evolve(settings_for(desk.base_url), calls_per_s=0)
    client = ComfyDeployClient(settings)
    made = ComfyDeployCatalogue(
        client, clock, ttl_s, prefer=prefer, file=file, on_change=on_change, wait_s=wait_s
    )
    try:
        yield made
    finally:
        await made.aclose()
        await client.aclose()


async def settled() -> None:
    """Wait until no catalogue reads or tells of changes in the background."""
    while ours := [each for each in asyncio.all_tasks() if _name(each) in _BACKGROUND]:
        await asyncio.wait(ours)


def _name(task: asyncio.Task[object]) -> str:
    return getattr(task.get_coro(), "__qualname__", "")
