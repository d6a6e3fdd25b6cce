"""Answers that the real backend gave, word for word, and what we make of them."""

import json
from pathlib import Path
from typing import TypedDict

import pytest

from core.shared.errors import StationError
from infrastructure.comfy_deploy.answers import Answer, AnswerError
from infrastructure.comfy_deploy.errors import (
    read_error,
    run_error,
    says_cannot_cancel,
    submit_error,
)
from infrastructure.comfy_deploy.inputs import inputs_of
from infrastructure.comfy_deploy.wire import deployment_row, moment, run_update, run_with_input

TABLES = {"read": read_error, "run": run_error, "submit": submit_error}


class Expected(TypedDict):
    status: str
    progress: float
    run_s: float | None
    queue_position: int | None
    outputs: list[str]


class RecordedRun(TypedDict):
    about: str
    body: dict[str, object]
    expected: Expected


class RecordedError(TypedDict):
    call: str
    asked: str
    status: int
    content_type: str
    body: object
    expected: str


class Recorded(TypedDict):
    source: str
    runs: list[RecordedRun]
    errors: list[RecordedError]
    run_list: list[dict[str, object]]
    upload: dict[str, object]
    deployment: dict[str, object]
    kinds: dict[str, str]


RECORDED: Recorded = json.loads(
    Path(__file__).with_name("recorded_answers.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("recorded", RECORDED["runs"], ids=lambda each: each["about"])
def test_a_recorded_run_is_understood(recorded: RecordedRun) -> None:
    update = run_update(recorded["body"])

    assert {
        "status": update.status,
        "progress": round(update.progress, 6),
        "run_s": update.run_s,
        "queue_position": update.queue_position,
        "outputs": [each.url or each.text for each in update.outputs],
    } == recorded["expected"]


@pytest.mark.parametrize(
    "recorded",
    RECORDED["errors"],
    ids=lambda each: f"{each['call']} {each['status']} {each['asked']}",
)
def test_a_recorded_refusal_has_its_error(recorded: RecordedError) -> None:
    body = recorded["body"]
    raw = body if isinstance(body, str) else json.dumps(body)
    kind = recorded["content_type"].partition(";")[0]
    error = AnswerError(Answer(status=recorded["status"], content_type=kind, body=raw.encode()))

    if recorded["call"] == "cancel":
        assert says_cannot_cancel(error)
    else:
        ours: StationError = TABLES[recorded["call"]](error)
        assert type(ours).__name__ == recorded["expected"]


def test_a_recorded_deployment_is_understood() -> None:
    row = deployment_row(RECORDED["deployment"])

    assert row is not None
    assert (row.workflow_name, row.environment) == ("wf one", "production")
    kinds = {each.name: each.kind.value for each in inputs_of(row.input_types or ())}
    assert kinds == RECORDED["kinds"]


def test_an_input_that_no_node_has_is_kept_with_a_recorded_run() -> None:
    kept = next(each["body"] for each in RECORDED["runs"] if each["body"]["workflow_inputs"])

    assert run_with_input([kept], "in_text", "hi") == kept["id"]
    assert isinstance(kept["workflow_inputs"], dict)
    assert "unknown" in kept["workflow_inputs"]


def test_a_recorded_list_of_runs_is_searched() -> None:
    row = RECORDED["run_list"][0]

    assert run_with_input([row], "stationthis_job", "j1") is None
    assert moment(row["created_at"]) is not None


def test_a_recorded_upload_has_an_address() -> None:
    assert str(RECORDED["upload"]["file_url"]).startswith("https://real-bucket.s3.")
