"""
Logs: one line a fact, on standard error, without a secret in it.

Secrets are taken out of the finished line. A filter on the message alone would miss what comes in
by `%s` arguments, by fields and by tracebacks.
"""

import json as json_format
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import attrs
import structlog
from structlog.typing import Processor

from core.shared.events import Event, OperatorAlerted

log = structlog.stdlib.get_logger("stationthis")

QUIET_LOGGERS = (
    "httpx",
    "httpcore",
    "aiohttp.access",
    "alembic",
    "discord.gateway",
    "discord.http",
    "discord.webhook",
    "telegram",
)
"""
They tell every request: one to Telegram has the token in its URL, one to Discord what people write
and the token of an interaction.
"""
REDACTED = "[redacted]"
SHORTEST_SECRET = 4
"""In characters. Anything shorter guards nothing, and taking it out would garble every line."""

SECRET_SHAPES = re.compile(
    r"""
      (?<!\d) \d{6,12} (?: : | %3A ) [A-Za-z0-9_-]{30,}   # a Telegram token
    | (?<= \b [Bb]earer [ ] ) [A-Za-z0-9._~+/=-]{6,}      # an Authorization header
    """,
    re.VERBOSE,
)


def set_up_logs(level: str, *, json: bool, secrets: Sequence[str]) -> None:
    """
    Send all logs of the program to standard error: as JSON lines, or readable for people.

    Args:
        level: `debug`, `info`, `warning` or `error`. Raises ValueError for an unknown one.
        json: One JSON object a line; otherwise for reading, in colour on a terminal.
        secrets: Texts that must never be seen in a log.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(json=json, secrets=secrets))
    root = logging.getLogger()
    root.setLevel(level.upper())
    for earlier in list(root.handlers):
        if isinstance(earlier.formatter, _RedactingFormatter):
            root.removeHandler(earlier)
    root.addHandler(handler)
    # What logging itself prints about a line that it cannot write has the arguments in it.
    logging.raiseExceptions = False
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


async def log_event(event: Event) -> None:
    """Write one line for a fact, with its fields as fields; an operator's matter is a warning."""
    level = logging.WARNING if isinstance(event, OperatorAlerted) else logging.INFO
    log.log(level, event.name, **attrs.asdict(event))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]


def _formatter(*, json: bool, secrets: Sequence[str]) -> "_RedactingFormatter":
    last: list[Processor]
    if json:
        # Not orjson: it refuses what the standard library writes, and the line would be lost.
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        # Plain traces: a boxed one would break a secret in two, and show local variables.
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                timestamp_key="at",
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    formatter = _RedactingFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        foreign_pre_chain=_shared(),
    )
    formatter.redact(secrets)
    return formatter


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats a record, traces and arguments included, and only then takes the secrets out."""

    _secrets: re.Pattern[str] | None = None

    def redact(self, secrets: Sequence[str]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        if spellings:
            longest_first = sorted(spellings, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def format(self, record: logging.LogRecord) -> str:
        try:
            line = super().format(record)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            # Arguments that do not fit their text: say where, for the place needs mending.
            where = f"{record.name}:{record.funcName}:{record.lineno}"
            line = f"log.line_broken at {where} {type(error).__name__}"
        if self._secrets is not None:
            line = self._secrets.sub(REDACTED, line)
        return SECRET_SHAPES.sub(REDACTED, line)


def _spellings(secret: str) -> Iterator[str]:
    """Yield how the secret may stand in a line: plain, in a URL, in a `repr`, and these in JSON."""
    if len(secret) < SHORTEST_SECRET:
        return
    for plain in (secret, quote(secret, safe=""), repr(secret)[1:-1]):
        yield plain
        for is_ascii in (True, False):
            yield json_format.dumps(plain, ensure_ascii=is_ascii)[1:-1]
