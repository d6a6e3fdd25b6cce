"""The table from their answers to our errors, row by row."""

from collections.abc import Iterator

import aiohttp
import httpx
import orjson
import pytest

from core.shared.errors import (
    DeploymentGoneError,
    InputRefusedError,
    MediaTroubleError,
    NoCreditError,
    NotThereError,
    RunUnknownError,
    ServiceBusyError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
    StationError,
    SubmitUnclearError,
)
from infrastructure.comfy_deploy.answers import Answer, AnswerError, NoAnswerError
from infrastructure.comfy_deploy.connection import TRANSPORT_ERRORS, no_answer
from infrastructure.comfy_deploy.errors import (
    MARKER_INPUT,
    file_error,
    is_passing,
    read_error,
    run_error,
    says_cannot_cancel,
    submit_error,
    told_by,
)

CANNOT_CANCEL = "Error cancel function 404: Run not found or has no modal function call ID"


def said(status: int, detail: object = "no") -> AnswerError:
    """Return what comes of a refusal in JSON."""
    body = orjson.dumps({"detail": detail})
    return AnswerError(Answer(status=status, content_type="application/json", body=body))


def printed(status: int, body: str, kind: str = "text/plain") -> AnswerError:
    """Return what comes of an answer that is no JSON."""
    return AnswerError(Answer(status=status, content_type=kind, body=body.encode()))


def about(*loc: str) -> list[dict[str, object]]:
    """Return the details of a 422."""
    return [{"type": "int_type", "loc": ["body", *loc], "msg": "Input should be a valid integer"}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(401, "Invalid or missing token"), ServiceRefusedError),
        (said(403, "Insufficient deployment owner's GPU credits"), NoCreditError),
        (said(404, "Deployment not found"), DeploymentGoneError),
        (said(404, "Workflow version not found for this deployment"), DeploymentGoneError),
        (said(404, "Workflow not found"), DeploymentGoneError),
        (said(404, "Machine not found for this deployment"), ServiceRefusedError),
        (said(405, "Method Not Allowed"), ServiceRefusedError),
        (printed(307, ""), ServiceRefusedError),
        (said(422, about("inputs", "width", "int")), InputRefusedError),
        (said(422, about("inputs", MARKER_INPUT, "str")), ServiceRefusedError),
        (said(422, about("deployment_id")), ServiceRefusedError),
        (said(429), ServiceBusyError),
        (said(503, "busy"), ServiceBusyError),
        (printed(429, "<html>", "text/html"), ServiceBusyError),
        (printed(503, "<html>", "text/html"), SubmitUnclearError),
        (said(400, "Error creating run: 400 Bad Request"), SubmitUnclearError),
        (said(404, "Error creating run: 404 Not Found"), SubmitUnclearError),
        (said(503, "Error creating run: 503 Service Unavailable"), SubmitUnclearError),
        (printed(500, "Internal Server Error"), SubmitUnclearError),
        (said(502, "Error creating run: 502 Bad Gateway"), SubmitUnclearError),
        (printed(504, ""), SubmitUnclearError),
        (printed(200, "<html>", "text/html"), SubmitUnclearError),
        (printed(200, '{"run_id": "5e4', "application/json"), SubmitUnclearError),
        (NoAnswerError("ReadTimeout"), SubmitUnclearError),
    ],
)
def test_t_05_a_submit_is_refused_busy_or_unclear(
    answer: AnswerError | NoAnswerError, expected: type[StationError]
) -> None:
    error = submit_error(answer)

    assert type(error) is expected


def test_a_refused_input_is_named_to_its_person() -> None:
    error = submit_error(said(422, about("inputs", "width", "int")))

    assert isinstance(error, InputRefusedError)
    assert (error.name, "“width”" in error.user_message) == ("width", True)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(401), ServiceRefusedError),
        (said(403), ServiceRefusedError),
        (said(404, "Not Found"), ServiceRefusedError),
        (said(429), ServiceBusyError),
        (said(503), ServiceBusyError),
        (said(500, "Internal server error"), NotThereError),
        (said(500, "Something else"), ServiceTroubleError),
        (said(404, "Machine not found"), NotThereError),
        (said(403, "Insufficient balance for requested operation"), NoCreditError),
        (printed(200, "<html>", "text/html"), ServiceTroubleError),
        (NoAnswerError("ReadError"), ServiceTroubleError),
    ],
)
def test_a_question_fails_with_an_error_of_the_service(
    answer: AnswerError | NoAnswerError, expected: type[ServiceError]
) -> None:
    assert type(read_error(answer)) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said(404, "Run not found"), RunUnknownError),
        (said(422, about("run_id")), RunUnknownError),
        (said(500, "Run not found"), RunUnknownError),
        (said(404, "Not Found"), ServiceRefusedError),
        (printed(404, "<html>", "text/html"), ServiceRefusedError),
        (said(403, "You are not authorized to access this resource"), ServiceRefusedError),
        (printed(500, "Internal Server Error"), ServiceTroubleError),
    ],
)
def test_a_run_is_unknown_only_when_the_service_says_so(
    answer: AnswerError, expected: type[ServiceError]
) -> None:
    assert type(run_error(answer)) is expected


@pytest.mark.parametrize(
    ("answer", "cannot"),
    [
        (said(500, CANNOT_CANCEL), True),
        (said(404, "Run not found"), True),
        (said(500, "Internal server error"), False),
        (printed(500, "Internal Server Error"), False),
        (said(401), False),
    ],
)
def test_only_a_told_refusal_means_that_a_run_cannot_be_cancelled(
    answer: AnswerError, *, cannot: bool
) -> None:
    assert says_cannot_cancel(answer) is cannot


@pytest.mark.parametrize("detail", ["Internal server error", CANNOT_CANCEL])
def test_a_500_that_means_not_found_does_not_pass(detail: str) -> None:
    assert not is_passing(said(500, detail))


def _httpx_errors(kind: type[Exception] = httpx.HTTPError) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _httpx_errors(each)


def _example(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://x/")
        return httpx.HTTPStatusError("x", request=request, response=httpx.Response(500))
    return kind("x")


@pytest.mark.parametrize("kind", sorted(set(_httpx_errors()), key=str))
def test_every_failure_of_the_connection_leaves_a_submit_unclear(kind: type[Exception]) -> None:
    failure = _example(kind)

    assert isinstance(failure, TRANSPORT_ERRORS)
    assert isinstance(submit_error(no_answer(failure, limit_s=1.0)), SubmitUnclearError)
    assert isinstance(read_error(no_answer(failure, limit_s=1.0)), ServiceTroubleError)
    assert is_passing(no_answer(failure, limit_s=1.0))


@pytest.mark.parametrize(
    "failure",
    [
        httpx.InvalidURL("x"),
        httpx.StreamClosed(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("x"),
        ConnectionResetError(),
        TimeoutError(),
    ],
)
def test_a_failure_that_the_transport_lets_through_counts_too(failure: Exception) -> None:
    assert isinstance(failure, TRANSPORT_ERRORS)


def test_a_failed_file_is_trouble_with_the_result() -> None:
    with pytest.raises(MediaTroubleError), told_by(file_error):
        raise said(403)
