"""Their JSON, as odd as it may be."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.generations.model import RunStatus
from infrastructure.comfy_deploy.wire import (
    deployment_row,
    known_status,
    moment,
    number,
    row,
    rows,
    run_update,
    run_with_input,
)

LATE = datetime(2026, 11, 22, 21, 52, 0, 736000, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = ["status", "progress", "outputs", "run_duration", "started_at", "ended_at"]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("2026-11-22T21:52:00.736000Z", LATE),
        ("2026-11-22T21:52:00.736Z", LATE),
        ("2026-11-22T21:52:00.736000", LATE),
        ("2026-11-22 21:52:00.736000", LATE),
        ("2026-11-22T21:52:00.736000+00Z", LATE),
        ("2026-11-22T21:52:00.736+00:00", LATE),
        ("2026-11-22T23:52:00.736+02:00", LATE),
        ("2026-11-22T19:52:00.736-0200", LATE),
        ("2026-11-22T21:52Z", LATE.replace(second=0, microsecond=0)),
        ("2026-11-22T21:52:00Z", LATE.replace(microsecond=0)),
        ("2026-11-22T21:52:00.736000123Z", LATE),
    ],
)
def test_every_spelling_of_a_time_is_read(spelling: str, expected: datetime) -> None:
    assert moment(spelling) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "soon",
        1795384320,
        "2026-13-01T00:00:00Z",
        "2026-11-22",
        [],
        "0001-01-01T00:00+23:00",
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("not-started", RunStatus.PENDING),
        ("queued", RunStatus.PENDING),
        ("started", RunStatus.RUNNING),
        ("running", RunStatus.RUNNING),
        ("uploading", RunStatus.RUNNING),
        ("processing", RunStatus.RUNNING),
        ("in_progress", RunStatus.RUNNING),
        ("25%…", RunStatus.RUNNING),
        ("success", RunStatus.SUCCESS),
        ("succeeded", RunStatus.SUCCESS),
        ("Completed", RunStatus.SUCCESS),
        ("failed", RunStatus.FAILED),
        ("error", RunStatus.FAILED),
        ("timeout", RunStatus.TIMEOUT),
        ("timed out", RunStatus.TIMEOUT),
        ("cancelled", RunStatus.CANCELLED),
        ("canceled", RunStatus.CANCELLED),
        ("dreaming", None),
        (None, None),
        (3, None),
    ],
)
def test_every_status_is_folded_to_what_matters(word: object, expected: RunStatus | None) -> None:
    assert known_status(word) is expected


def test_t_10_a_status_that_nobody_knows_is_not_an_end() -> None:
    waiting = run_update({"status": "dreaming"})
    working = run_update({"status": "dreaming", "progress": 0.2})

    assert (waiting.status, working.status) == (RunStatus.PENDING, RunStatus.RUNNING)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"progress": 0.20000000298}, 0.20000000298),
        ({"progress": 47}, 0.47),
        ({"progress": "0.5"}, 0.5),
        ({"progress": -1}, 0.0),
        ({"progress": 1000}, 1.0),
        ({"progress": float("nan")}, 0.0),
        ({"progress": None}, 0.0),
        ({"progress": True}, 0.0),
        ({"status": "25%…"}, 0.25),
        ({"status": "25%…", "progress": 0}, 0.25),
    ],
)
def test_progress_is_a_share_of_one(body: dict[str, object], expected: float) -> None:
    assert run_update({"status": "running", **body}).progress == pytest.approx(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"run_duration": 0.549723}, 0.549723),
        ({"run_duration": "0.549723"}, 0.549723),
        ({"started_at": "2026-11-22T21:52:00.186000Z", "ended_at": "2026-11-22 21:52:01.186"}, 1.0),
        (
            {
                "run_duration": -3,
                "started_at": "2026-11-22T21:52Z",
                "ended_at": "2026-11-22T21:51Z",
            },
            None,
        ),
        ({"run_duration": float("nan")}, None),
        ({"run_duration": "NaN"}, None),
        ({"started_at": None, "ended_at": "2026-11-22T21:52Z"}, None),
        ({}, None),
    ],
)
def test_t_21_a_run_time_is_never_negative_and_never_nan(
    body: dict[str, object], expected: float | None
) -> None:
    found = run_update({"status": "success", **body}).run_s

    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("value", ["1_000", "9" * 41, "inf", 10**400, [], {}, True, "x"])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("position", "expected"), [(0, 0), (3, 3), ("2", 2), (-1, None), (None, None), ("x", None)]
)
def test_a_queue_position_is_counted_from_nought(position: object, expected: int | None) -> None:
    assert run_update({"status": "queued", "queue_position": position}).queue_position == expected


@pytest.mark.parametrize(
    "listed",
    [[{"id": "1"}, 7, None], {"data": [{"id": "1"}], "meta": {}}, {"items": [{"id": "1"}]}],
)
def test_t_15_a_list_is_found_bare_and_wrapped(listed: object) -> None:
    assert rows(listed) == ({"id": "1"},)


def test_what_is_no_list_is_told_from_an_empty_one() -> None:
    assert (rows(None), rows({"x": 1}), rows([])) == (None, None, ())


def test_a_deployment_keeps_what_matters_and_loses_its_graphs() -> None:
    found = deployment_row(
        {
            "id": "d1",
            "workflow_id": "w1",
            "workflow": {"id": "w1", "name": " Text to Image "},
            "environment": "staging",
            "updated_at": "2026-11-22T21:52:00.736000Z",
            "version": {"workflow_api": {"1": {}}},
            "input_types": None,
            "something_new": 1,
        }
    )

    assert found is not None
    assert (found.workflow_name, found.updated_at, found.input_types) == (
        "Text to Image",
        LATE,
        None,
    )


def test_a_deployment_without_an_id_is_none() -> None:
    assert deployment_row({"workflow_id": "w1"}) is None


def test_a_run_is_found_by_its_input() -> None:
    listed: list[dict[str, object]] = [
        {"id": "r3", "workflow_inputs": None},
        {"id": "r2", "workflow_inputs": {"stationthis_job": "j2"}},
        {"id": "r1", "workflow_inputs": {"stationthis_job": "j1"}},
    ]

    assert run_with_input(listed, "stationthis_job", "j1") == "r1"
    assert run_with_input(listed, "stationthis_job", "j9") is None


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), JSON)
def test_no_json_whatever_breaks_the_reading(body: dict[str, object], odd: object) -> None:
    update = run_update(body)

    assert 0 <= update.progress <= 1
    assert update.run_s is None or update.run_s >= 0
    assert row(odd) is odd or row(odd) == {}
    assert number(odd) is None or isinstance(number(odd), float)
    deployment_row(dict.fromkeys(("id", "workflow", "input_types", "updated_at"), odd))
