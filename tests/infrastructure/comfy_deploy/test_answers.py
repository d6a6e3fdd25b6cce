"""What is kept of an answer, and what is hidden of it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from infrastructure.comfy_deploy.answers import Answer, AnswerError, excerpt


def answer_with(header: str) -> Answer:
    """Return an answer with a Retry-After header."""
    response = httpx.Response(429, headers={"Retry-After": header}, content=b"")
    return Answer.of(response)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), ("7", 7), (" 1.5 ", 1.5), ("-3", None), ("soon", None), ("", None), ("1e3", None)],
)
def test_a_wish_to_wait_is_read_in_seconds(header: str, seconds: float | None) -> None:
    assert answer_with(header).retry_after_s == seconds


@pytest.mark.parametrize("usegmt", [True, False])
def test_a_wish_to_wait_may_be_a_moment(*, usegmt: bool) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)

    wish_s = answer_with(format_datetime(moment, usegmt=usegmt)).retry_after_s

    assert wish_s == pytest.approx(60, abs=5)


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2015 07:28:00 GMT", "21 Oct 2015 07:28:00 -0000"])
def test_a_moment_that_has_passed_is_no_wait(header: str) -> None:
    assert answer_with(header).retry_after_s == 0


@pytest.mark.parametrize(
    ("kind", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/problem+json", True),
        ("text/html", False),
        ("", False),
    ],
)
def test_the_content_type_is_believed(kind: str, *, is_json: bool) -> None:
    answer = Answer.of(httpx.Response(200, headers={"Content-Type": kind}, content=b"{}"))

    assert answer.is_json is is_json


def test_an_input_is_named_by_the_first_detail_that_has_one() -> None:
    body = b'{"detail": [7, {"loc": ["body", "gpu"]}, {"loc": ["body", "inputs", "w", "int"]}]}'

    assert (
        AnswerError(Answer(status=422, content_type="application/json", body=body)).input_name
        == "w"
    )


@pytest.mark.parametrize(
    "body", [b"[", b"[1]", b'{"detail": "no"}', b'{"detail": [{"loc": ["inputs"]}]}']
)
def test_an_answer_without_an_input_names_none(body: bytes) -> None:
    error = AnswerError(Answer(status=422, content_type="application/json", body=body))

    assert error.input_name is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n  b\tc", "a b c"),
        ("get https://b.example/a.png?sig=1&x=2 now", "get https://b.example/a.png?[hidden] now"),
        ("bearer abc and BASIC xyz", "[hidden] and [hidden]"),
        ("my-key!", "[hidden]!"),
        ("x" * 300, "x" * 199 + "…"),
        ("\x1b]0;owned\x07 \x1b[31mred \x9b1m \u202etfel", "?]0;owned? ?[31mred ?1m ?tfel"),
    ],
)
def test_an_excerpt_is_short_and_keeps_secrets(text: str, shown: str) -> None:
    assert excerpt(text, "my-key", "") == shown


def test_an_error_tells_a_terminal_nothing_to_obey() -> None:
    body = b'{"detail": "no \\u001b[2J"}'
    error = AnswerError(Answer(status=400, content_type="application/x\x1b+json", body=body))

    assert str(error) == "400 application/x?+json: no ?[2J"
