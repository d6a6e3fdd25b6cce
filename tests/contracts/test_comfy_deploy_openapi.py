"""The emulator keeps to the OpenAPI document of ComfyUI Deploy, asked in good and in bad ways."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import attrs
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from infrastructure.comfy_deploy.endpoints import ENDPOINTS
from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.contracts.comfy_deploy_requests import Maker, Operation, Schema, Sent
from tests.infrastructure.emulator.workbench import Caller, calling, picture

DOCUMENT: Schema = json.loads(
    (Path(__file__).parent / "data" / "comfy_deploy_openapi.json").read_text(encoding="utf-8")
)
EXAMPLES = 60
EXAMPLES_THAT_RUN = 24
"""Fewer where every good request waits for the end of a run."""


def operations() -> list[Operation]:
    paths = cast("Mapping[str, Mapping[str, Schema]]", DOCUMENT["paths"])
    return [
        Operation(method.upper(), path, told, DOCUMENT)
        for path, methods in paths.items()
        for method, told in methods.items()
    ]


OPERATIONS = operations()

_CRASH = "an unhandled fault (dossier 3), as a NUL in a text is"
_NO_RUN = "no such deployment, workflow or machine (dossier 4.1)"
_REFUSED = {404: _NO_RUN, 500: _CRASH}
NOT_TOLD: Mapping[str, Mapping[int, str]] = {
    "GET /run/{run_id}": {404: "no such run (dossier 4.3)"},
    "POST /run/deployment/queue": _REFUSED,
    "POST /run/deployment/sync": _REFUSED,
    "POST /run/deployment/stream": _REFUSED,
    "POST /run/workflow/queue": _REFUSED,
    "POST /run/workflow/sync": _REFUSED,
    "POST /run/workflow/stream": _REFUSED,
    "POST /run/{run_id}/cancel": {500: "whatever cannot be cancelled (dossier 4.6)"},
    "GET /session/{session_id}": {404: "no such session (dossier 5)"},
    "DELETE /session/{session_id}": {404: "no such session (dossier 5)"},
    "GET /sessions": {500: _CRASH},
    "POST /session": {
        400: "another kind of machine, or a limit (dossier 5)",
        404: "no such machine (dossier 5)",
        500: _CRASH,
    },
    "POST /session/{session_id}/increase-timeout": {
        400: "beyond the plan's limit (dossier 5)",
        404: "no such session (dossier 5)",
        500: _CRASH,
    },
    "POST /deployment": {400: "no machine is named (dossier 5)", 500: "all else (dossier 5)"},
    "PATCH /deployment/{deployment_id}": {500: "no such deployment (dossier 5)"},
    "GET /deployment/{deployment_id}": {500: "no such deployment (dossier 5)"},
    "DELETE /deployment/{deployment_id}": {500: "unknown, or not shared (dossier 5)"},
    "POST /deployment/{deployment_id}/deactivate": {
        400: "runs are open (dossier 5)",
        404: "no such deployment, read in the source",
        500: _CRASH,
    },
    "GET /deployment/{deployment_id}/runs": {500: "no such deployment (dossier 5)"},
    "POST /file/upload": {400: "too large, or of no family that is taken (dossier 7)"},
    "POST /assets/folder": {400: "it is there already, read in the source", 500: _CRASH},
    "DELETE /assets/{asset_id}": {404: "no such asset (dossier 7)"},
    "GET /assets/{asset_id}": {404: "no such asset (dossier 7)"},
    "PATCH /assets/{asset_id}": {
        400: "read in the source",
        404: "no such asset (dossier 7)",
        500: _CRASH,
    },
    "POST /assets/register": {500: _CRASH},
    "POST /assets/add": {400: "of no known type, read in the source", 500: _CRASH},
}
"""Statuses that the document leaves out, by route, and what was seen or read of each."""

NEVER_WELL = {
    "DELETE /deployment/{deployment_id}": "only shared ones are deleted; the one here is not",
    "POST /assets/add": "nothing answers at the address that is named",
}
"""Routes that are not asked so that they succeed, and why."""

OTHERWISE = {
    "GET /deployment/{deployment_id}/runs": "an envelope in spite of its schema (dossier 5)",
}
"""Routes whose success was seen to break the document."""


@attrs.frozen
class Table:
    """An emulator to be asked from a test that is not asynchronous itself."""

    runner: asyncio.Runner
    caller: Caller
    words: Mapping[str, str]

    def ask(self, operation: Operation, sent: Sent) -> httpx.Response:
        """Return the answer to a request, read to its end."""
        files = {"file": ("a.png", picture())} if sent.has_file else None
        return self.runner.run(
            self.caller.http.request(
                operation.method,
                operation.path.format_map(sent.at),
                params=dict(sent.query),
                json=sent.body,
                files=files,
            )
        )


async def known_words(caller: Caller) -> dict[str, str]:
    """Return what is good for a field or a place of this name, most of all ids that there are."""
    deployment = (await caller.ids())["text2img"]
    row = (await caller.http.get(f"/deployment/{deployment}")).json()
    asset = await caller.http.post("/assets/upload", files={"file": ("b.png", picture())})
    session = await caller.http.post("/session", json={"machine_id": row["machine_id"]})
    machines = (await caller.http.get("/machines/all")).json()
    run = await caller.start()
    await caller.finished(run)
    return {
        "deployment_id": deployment,
        "workflow_id": row["workflow_id"],
        "workflow_version_id": row["workflow_version_id"],
        "machine_id": row["machine_id"],
        "machine_version_id": next(filter(None, (each["machine_version_id"] for each in machines))),
        "run_id": run,
        "asset_id": asset.json()["id"],
        "session_id": session.json()["session_id"],
        "environment": "staging",
        "url": "http://127.0.0.1:9/a.png",
    }


@contextmanager
def a_table() -> Iterator[Table]:
    with asyncio.Runner() as runner:
        emulator = calling(Emulator(EmulatorSettings.quick()))
        caller = runner.run(emulator.__aenter__())
        try:
            yield Table(runner, caller, runner.run(known_words(caller)))
        finally:
            runner.run(emulator.__aexit__(None, None, None))


def is_a_refusal(answer: httpx.Response) -> bool:
    """Whether an answer has the form of theirs: one sentence, or the words of a crash."""
    if answer.headers["content-type"] == "text/plain; charset=utf-8":
        return (answer.status_code, answer.text) == (500, "Internal Server Error")
    body = answer.json()
    return list(body) in (["detail"], ["error"]) and all(isinstance(x, str) for x in body.values())


def problems(operation: Operation, answer: httpx.Response) -> list[str]:
    """Return what the document, and what was measured beside it, has against an answer."""
    schema = operation.answers_with(answer.status_code)
    if schema is None:
        is_known = answer.status_code in NOT_TOLD.get(operation.name, {})
        return [] if is_known and is_a_refusal(answer) else [f"{answer.status_code} {answer.text}"]
    if answer.headers["content-type"].startswith("text/event-stream"):
        return []
    if operation.name in OTHERWISE and answer.status_code == httpx.codes.OK:
        return []
    whole = {**schema, "components": DOCUMENT["components"]}
    found = Draft202012Validator(whole).iter_errors(answer.json())
    return [f"{answer.status_code}: {error.json_path} {error.message}"[:300] for error in found]


def seen(operation: Operation, table: Table, *, examples: int) -> set[int]:
    """Ask an operation in many ways, check each answer, and return the statuses that came."""
    statuses = set()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(Maker(operation, table.words).requests())
    def ask(sent: Sent) -> None:
        answer = table.ask(operation, sent)
        statuses.add(answer.status_code)
        assert problems(operation, answer) == []

    ask()
    return statuses


def test_every_operation_of_the_document_is_one_of_our_endpoints() -> None:
    names = {each.name for each in OPERATIONS}

    assert len(names) == len(OPERATIONS) > 30
    assert names <= {each.name for each in ENDPOINTS}
    assert (NOT_TOLD.keys() | NEVER_WELL.keys() | OTHERWISE.keys()) <= names


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_the_emulator_answers_as_the_document_says(operation: Operation) -> None:
    waits = operation.path.endswith(("/sync", "/stream"))
    with a_table() as table:
        statuses = seen(operation, table, examples=EXAMPLES_THAT_RUN if waits else EXAMPLES)

    assert (httpx.codes.OK in statuses) is (operation.name not in NEVER_WELL)


def test_an_answer_that_breaks_its_schema_is_a_problem() -> None:
    queue = next(each for each in OPERATIONS if each.name == "POST /run/deployment/queue")

    assert problems(queue, httpx.Response(200, json={"run_id": None}))
    assert problems(queue, httpx.Response(422, json={"detail": "no list"}))
    assert problems(queue, httpx.Response(418, json={"detail": "I am a teapot"}))
    assert problems(queue, httpx.Response(404, json={"reason": "Deployment not found"}))


def test_a_number_that_no_time_can_hold_breaks_the_service_in_its_own_words() -> None:
    extend = next(each for each in OPERATIONS if each.path.endswith("/increase-timeout"))
    with a_table() as table:
        sent = Sent(
            at={"session_id": table.words["session_id"]}, query={}, body={"minutes": 10**12}
        )

        assert problems(extend, table.ask(extend, sent)) == []
