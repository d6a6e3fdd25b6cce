"""How the recorded answers of ComfyUI Deploy look, and the emulator's to the same requests."""

import copy
from collections import defaultdict
from collections.abc import Mapping

import httpx
import pytest

from infrastructure.comfy_deploy.endpoints import ENDPOINTS
from tests.contracts.comfy_deploy_scenes import (
    BY_NAME,
    NOT_PLAYED,
    PREPARED,
    RECORDED,
    Exchange,
    played,
)
from tests.contracts.comfy_deploy_shapes import (
    MICROSECONDS,
    MILLISECONDS,
    ODD_TIME,
    Shape,
    kind_of,
    walked,
    words_of,
)

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "POST /workflow/{workflow_id}/clone 200": {
        ".selected_machine_id: extra": "told when there is one, and the recorded workflow had none",
    },
}
"""By exchange: differences of the emulator that are meant, and why."""

NEVER_RECORDED = frozenset(
    {
        *("POST /run/deployment/stream", "POST /run/workflow/sync", "POST /run/workflow/stream"),
        *("POST /deployment/{deployment_id}/deactivate", "DELETE /workflow/{workflow_id}"),
        *("GET /machine/{machine_id}/events", "GET /search/model"),
        *("POST /assets/add", "PATCH /assets/{asset_id}", "POST /assets/register"),
        *("POST /session/{session_id}/increase-timeout", "DELETE /session/{session_id}"),
    }
)
"""Endpoints of ours that nobody asked while the real backend ran."""


def group_of(exchange: Exchange) -> tuple[str, int]:
    """Return what exchanges of one shape have in common; `POST /run` has an answer for each use."""
    name = exchange["name"] if exchange["endpoint"] == "POST /run" else exchange["endpoint"]
    return name, exchange["status"]


def shapes() -> Mapping[tuple[str, int], Shape]:
    found: dict[tuple[str, int], list[object]] = defaultdict(list)
    for each in RECORDED:
        found[group_of(each)].append(each["body"])
    return {group: Shape.of(bodies) for group, bodies in found.items()}


SHAPES = shapes()
NAMES = {"wf one": "(name)", "text2img": "(name)"}


def differences(exchange: Exchange, status: int, kind: str, body: object) -> list[str]:
    """Return in what an answer to the request of an exchange differs from the recorded one."""
    if status != exchange["status"] or kind != exchange["type"]:
        return [f"{status} {kind} instead of {exchange['status']} {exchange['type']}: {body}"[:300]]
    if status != httpx.codes.OK:
        recorded, told = words_of(exchange["body"], names=NAMES), words_of(body, names=NAMES)
        return [] if told == recorded else [f"{told} instead of {recorded}"]
    return SHAPES[group_of(exchange)].differences(body)


PLAYED = [each for each in RECORDED if each["name"] not in NOT_PLAYED]


def test_every_endpoint_is_recorded_or_known_not_to_be() -> None:
    recorded = {each["endpoint"] for each in RECORDED} - {"any"}

    assert recorded | NEVER_RECORDED == {each.name for each in ENDPOINTS}
    assert not recorded & NEVER_RECORDED


def test_the_tables_name_exchanges_that_there_are() -> None:
    assert (NOT_PLAYED.keys() | ALLOWED.keys() | PREPARED.keys()) <= BY_NAME.keys()


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda each: each["name"])
def test_a_recorded_answer_has_its_shape(exchange: Exchange) -> None:
    assert differences(exchange, exchange["status"], exchange["type"], exchange["body"]) == []
    assert not [path for path, each in walked(exchange["body"]) if kind_of(each) == ODD_TIME]


@pytest.mark.parametrize("exchange", PLAYED, ids=lambda each: each["name"])
async def test_the_emulator_answers_in_the_recorded_shape(exchange: Exchange) -> None:
    answer = await played(exchange)

    kind = answer.headers["content-type"]
    body = answer.json() if kind == "application/json" else answer.text
    found = differences(exchange, answer.status_code, kind, body)
    assert sorted(found) == sorted(ALLOWED.get(exchange["name"], ()))


def a_changed_run(**changes: object) -> object:
    """Return a recorded run with some fields changed."""
    run = BY_NAME["GET /run/{run_id} 200"]["body"]
    assert isinstance(run, dict)
    return run | changes


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (a_changed_run(news=1), [".news: extra"]),
        (a_changed_run(progress="0.5"), [".progress: number in a text instead of number"]),
        (a_changed_run(outputs=None), [".outputs: null instead of array"]),
        (
            a_changed_run(created_at="2026-11-22T21:51:59.289Z"),
            [f".created_at: time, three digits and Z instead of {MILLISECONDS}"],
        ),
        (
            a_changed_run(created_at="2026-11-22T21:51:59.289123Z"),
            [f".created_at: {MICROSECONDS} instead of {MILLISECONDS}"],
        ),
    ],
)
def test_a_field_that_is_otherwise_is_a_difference(changed: object, found: list[str]) -> None:
    exchange = BY_NAME["GET /run/{run_id} 200"]

    assert differences(exchange, 200, "application/json", changed) == found


def test_a_field_that_is_missing_is_a_difference() -> None:
    exchange = BY_NAME["GET /run/{run_id} 200"]
    run = copy.deepcopy(exchange["body"])
    assert isinstance(run, dict)
    del run["number"]

    assert differences(exchange, 200, "application/json", run) == [".number: missing"]


def test_another_sentence_or_status_is_a_difference() -> None:
    exchange = BY_NAME["GET /run/{run_id} 404"]
    body = {"detail": "No such run"}

    assert differences(exchange, 404, "application/json", body)
    assert differences(exchange, 410, "application/json", exchange["body"])
