import uuid

import pytest

from tests.infrastructure.emulator.workbench import Caller

NOBODY = "00000000-0000-0000-0000-000000000001"
QUEUE = "/run/deployment/queue"


async def test_a_run_is_queued(caller: Caller) -> None:
    response = await caller.queue()

    assert response.status_code == 200
    assert list(response.json()) == ["run_id"]
    assert uuid.UUID(response.json()["run_id"]).version == 4


async def test_a_missing_deployment_id_is_named(caller: Caller) -> None:
    response = await caller.http.post(QUEUE, json={})

    assert response.status_code == 422
    assert response.json() == {
        "detail": [
            {
                "type": "missing",
                "loc": ["body", "deployment_id"],
                "msg": "Field required",
                "input": {},
            }
        ]
    }


async def test_broken_json_tells_where_it_breaks(caller: Caller) -> None:
    headers = {"Content-Type": "application/json"}

    response = await caller.http.post(QUEUE, content=b"{bad", headers=headers)

    assert response.status_code == 422
    assert response.json()["detail"] == [
        {
            "type": "json_invalid",
            "loc": ["body", 1],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Expecting property name enclosed in double quotes"},
        }
    ]


async def test_a_body_without_its_content_type_is_a_text(caller: Caller) -> None:
    response = await caller.http.post(QUEUE, content=b'{"deployment_id": "x"}')

    detail = response.json()["detail"][0]
    assert (response.status_code, detail["type"]) == (422, "model_attributes_type")
    assert detail["input"] == '{"deployment_id": "x"}'


@pytest.mark.parametrize("value", [None, {"b": 1}])
async def test_nulls_and_objects_as_inputs_fit_no_branch(caller: Caller, value: object) -> None:
    response = await caller.http.post(QUEUE, json={"deployment_id": NOBODY, "inputs": {"a": value}})

    details = response.json()["detail"]
    assert response.status_code == 422
    assert [(one["type"], one["loc"][-1], one["input"]) for one in details] == [
        ("string_type", "str", value),
        ("int_type", "int", value),
        ("float_type", "float", value),
        ("bool_type", "bool", value),
        ("list_type", "list[any]", value),
    ]


async def test_inputs_that_are_null_are_no_dictionary(caller: Caller) -> None:
    response = await caller.http.post(QUEUE, json={"deployment_id": NOBODY, "inputs": None})

    assert response.status_code == 422
    assert response.json()["detail"] == [
        {
            "type": "dict_type",
            "loc": ["body", "inputs"],
            "msg": "Input should be a valid dictionary",
            "input": None,
        }
    ]


@pytest.mark.parametrize(
    ("deployment_id", "reason"),
    [
        ("abc", "invalid length: expected length 32 for simple format, found 3"),
        (
            "x",
            (
                "invalid character: expected an optional prefix of `urn:uuid:` followed by "
                "[0-9a-fA-F-], found `x` at 1"
            ),
        ),
    ],
)
async def test_an_id_that_is_none_says_why(caller: Caller, deployment_id: str, reason: str) -> None:
    response = await caller.http.post(QUEUE, json={"deployment_id": deployment_id})

    detail = response.json()["detail"][0]
    assert (response.status_code, detail["type"]) == (422, "uuid_parsing")
    assert (detail["msg"], detail["ctx"]) == (
        f"Input should be a valid UUID, {reason}",
        {"error": reason},
    )


async def test_a_gpu_that_does_not_exist_is_refused(caller: Caller) -> None:
    response = await caller.http.post(QUEUE, json={"deployment_id": NOBODY, "gpu": "RTX"})

    detail = response.json()["detail"][0]
    assert (response.status_code, detail["loc"]) == (422, ["body", "gpu"])
    assert detail["msg"].startswith("Input should be 'CPU', 'T4', 'L4', 'A10G'")


async def test_an_unknown_deployment_is_404(caller: Caller) -> None:
    response = await caller.http.post(QUEUE, json={"deployment_id": NOBODY})

    assert (response.status_code, response.json()) == (404, {"detail": "Deployment not found"})


@pytest.mark.parametrize(
    "fields",
    [
        {"inputs": {"prompt": "a\x00b"}},
        {"inputs": {"list": [["a\x00b"]]}},
        {"execution_mode": "sync"},
        {"batch_number": 2},
    ],
)
async def test_what_breaks_the_service_breaks_the_emulator(
    caller: Caller, fields: dict[str, object]
) -> None:
    response = await caller.queue("text2img", **fields)

    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_batch_leaves_its_runs_although_the_answer_breaks(caller: Caller) -> None:
    await caller.queue("text2img", batch_number=2)

    assert len(caller.emulator.runs) == 2


async def test_unknown_inputs_are_kept(caller: Caller) -> None:
    run_id = await caller.start(inputs={"job_marker": "7f", "list": [1, {"a": 2}]})

    kept = (await caller.run(run_id))["workflow_inputs"]

    assert (kept["job_marker"], kept["list"]) == ("7f", [1, {"a": 2}])


@pytest.mark.parametrize("webhook", ["", "not a url"])
async def test_any_text_is_taken_for_a_webhook(caller: Caller, webhook: str) -> None:
    run_id = await caller.start(webhook=webhook)

    run = await caller.finished(run_id)

    assert (run["status"], run["webhook"]) == ("success", webhook)


@pytest.mark.parametrize("value", ['"\\ud800"', "NaN", "Infinity"])
async def test_what_no_database_can_store_breaks_the_service(caller: Caller, value: str) -> None:
    deployment_id = (await caller.ids())["text2img"]
    content = f'{{"deployment_id": "{deployment_id}", "inputs": {{"a": {value}}}}}'

    response = await caller.http.post(
        QUEUE, content=content, headers={"Content-Type": "application/json"}
    )

    assert (response.status_code, response.text) == (500, "Internal Server Error")


async def test_a_backslash_is_not_what_it_spells(caller: Caller) -> None:
    response = await caller.queue(inputs={"prompt": "\\u0000"})

    assert response.status_code == 200
