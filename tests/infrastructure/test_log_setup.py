import io
import json
import logging
import os
from collections.abc import Callable, Iterator

import pytest
import structlog

from core.shared.events import JobChanged, OperatorAlerted
from core.shared.ids import JobId
from infrastructure.log_setup import log_event, set_up_logs

SECRET = "canary-5f0c91d2"
ODD_SECRET = 'ca"na\\ry/ü 17'
TELEGRAM_TOKEN = f"123456789:{'AbCd_-' * 6}"
DOES_NOT_FIT = "%d of %d"
JOB = JobId("a" * 32)

Leak = Callable[[str], None]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raises = list(root.handlers), root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions = raises
    structlog.reset_defaults()


def leak_by_message(secret: str) -> None:
    message = f"key is {secret}"
    logging.getLogger("some.library").warning(message)


def leak_by_argument(secret: str) -> None:
    logging.getLogger("some.library").warning("key is %s", secret)


def leak_by_repr(secret: str) -> None:
    logging.getLogger("some.library").warning("key is %r", {"key": secret})


def refuse(secret: str) -> None:
    raise RuntimeError(f"refused: {secret}")


def refuse_because_of(secret: str) -> None:
    try:
        os.environ[f"STATIONTHIS_{secret}"]
    except KeyError as error:
        raise RuntimeError("outer") from error


def leak_by_trace(secret: str) -> None:
    try:
        refuse(secret)
    except RuntimeError:
        logging.getLogger("some.library").exception("failed")


def leak_by_cause(secret: str) -> None:
    try:
        refuse_because_of(secret)
    except RuntimeError:
        structlog.stdlib.get_logger("ours").exception("failed")


def leak_by_field(secret: str) -> None:
    structlog.stdlib.get_logger("ours").warning("called", key=secret, nested={"keys": [secret]})


def leak_by_context(secret: str) -> None:
    with structlog.contextvars.bound_contextvars(key=secret):
        structlog.stdlib.get_logger("ours").warning("called")


def leak_by_arguments_that_do_not_fit(secret: str) -> None:
    logging.getLogger("some.library").warning(DOES_NOT_FIT, secret)


LEAKS = [
    leak_by_message,
    leak_by_argument,
    leak_by_repr,
    leak_by_trace,
    leak_by_cause,
    leak_by_field,
    leak_by_context,
]


@pytest.fixture(params=["json", "readable"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("leak", [*LEAKS, leak_by_arguments_that_do_not_fit])
def test_x1_a_known_secret_does_not_leak(
    leak: Leak, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", json=form == "json", secrets=[SECRET])

    leak(SECRET)

    written = "".join(capsys.readouterr())
    assert written
    assert SECRET not in written


@pytest.mark.parametrize("leak", LEAKS)
def test_x1_control_without_redaction_the_same_ways_leak(
    leak: Leak, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", json=form == "json", secrets=[])

    leak(SECRET)

    assert SECRET in capsys.readouterr().err


def test_x1_control_a_filter_on_the_message_leaks_an_argument() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger = logging.getLogger("naive")
    logger.propagate = False
    logger.addHandler(handler)

    def naive(record: logging.LogRecord) -> bool:
        record.msg = str(record.msg).replace(SECRET, "[redacted]")
        return True

    handler.addFilter(naive)
    logger.warning("key is %s", SECRET)

    assert SECRET in out.getvalue()


@pytest.mark.parametrize("leak", LEAKS)
def test_x1_a_secret_of_odd_characters_does_not_leak_in_any_spelling(
    leak: Leak, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", json=form == "json", secrets=[ODD_SECRET])

    leak(ODD_SECRET)

    written = capsys.readouterr().err
    assert "[redacted]" in written
    assert "ry/" not in written


def test_x1_a_secret_in_a_url_does_not_leak(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", json=True, secrets=["pass word/1"])

    logging.getLogger("some.library").warning("GET /?key=%s", "pass%20word%2F1")

    assert "pass%20word" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://api.telegram.org/bot{TELEGRAM_TOKEN}/getMe",
        f"GET https://api.telegram.org/bot{TELEGRAM_TOKEN.replace(':', '%3A')}/getMe",
        "{'Authorization': 'Bearer AbCd_-AbCd_-AbCd_-'}",
        "authorization: bearer AbCd_-AbCd_-AbCd_-",
    ],
)
def test_x1_what_looks_like_a_secret_does_not_leak(
    text: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", json=form == "json", secrets=[])

    logging.getLogger("some.library").warning("said %s", text)

    written = capsys.readouterr().err
    assert "[redacted]" in written
    assert "AbCd_-AbCd" not in written


def test_of_two_secrets_the_longer_one_goes_first(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=True, secrets=["abcd", "abcd-and-more"])

    logging.getLogger("some.library").warning("abcd-and-more")

    assert "and-more" not in capsys.readouterr().err


def test_an_empty_secret_garbles_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=True, secrets=["", "abc"])

    logging.getLogger("some.library").warning("abc")

    assert json.loads(capsys.readouterr().err)["event"] == "abc"


@pytest.mark.parametrize("name", ["httpx", "httpcore", "aiohttp.access", "alembic"])
def test_libraries_that_tell_every_request_are_quiet(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("debug", json=True, secrets=[])

    logging.getLogger(name).info("HTTP Request: GET https://example.org/")

    assert capsys.readouterr().err == ""


async def test_a_fact_is_one_json_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=True, secrets=[])

    await log_event(JobChanged(JOB, "running"))

    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "job.changed",
        "job": JOB,
        "state": "running",
        "level": "info",
        "logger": "stationthis",
    }


async def test_what_operators_must_see_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning", json=True, secrets=[])

    await log_event(OperatorAlerted("service.refused", "The key is refused."))

    assert json.loads(capsys.readouterr().err)["level"] == "warning"


def test_a_readable_line_has_the_name_and_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=False, secrets=[])

    structlog.stdlib.get_logger("ours").info("web.ready", port=8080)

    written = capsys.readouterr().err
    assert "web.ready" in written
    assert "port=8080" in written


def test_logs_go_to_standard_error_alone(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=form == "json", secrets=[])

    structlog.stdlib.get_logger("ours").info("web.ready")

    assert capsys.readouterr().out == ""


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning", json=True, secrets=[])

    structlog.stdlib.get_logger("ours").info("web.ready")

    assert capsys.readouterr().err == ""


def test_setting_up_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", json=True, secrets=[])
    set_up_logs("info", json=True, secrets=[])

    logging.getLogger("some.library").warning("once")

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        set_up_logs("loud", json=True, secrets=[])


def test_a_line_that_cannot_be_formatted_says_where_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("info", json=True, secrets=[])

    logging.getLogger("some.library").warning(DOES_NOT_FIT, "one")

    assert "some.library:test_a_line" in capsys.readouterr().err
