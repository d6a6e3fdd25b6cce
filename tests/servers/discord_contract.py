"""Requests and answers held against the trimmed OpenAPI document."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

DOCUMENT = Path(__file__).parent / "data" / "discord-openapi.json"

SNOWFLAKES_AS_INTEGERS = {"type": ["string", "integer"], "pattern": "^(0|[1-9][0-9]*)$"}
"""A known deviation of requests: discord.py sends ids of attachments and others as numbers."""

NAMED_REASONS = {
    "type": "object",
    "properties": {"code": {"type": ["integer", "string"]}, "message": {"type": "string"}},
    "required": ["code", "message"],
}
"""A known deviation of answers: the errors of single fields have names, not numbers, as codes."""


@attrs.define
class Contract:
    """What the document says of each operation."""

    _operations: Mapping[str, Any]
    _answers: Mapping[str, Any]
    """The schemas, as answers must keep them."""
    _requests: Mapping[str, Any]
    """The schemas, with the known deviations of requests."""
    _made: dict[tuple[str, str, str], Draft202012Validator | None] = attrs.field(factory=dict)

    @classmethod
    @cache
    def read(cls) -> "Contract":
        """Read the document beside this file, once: what is made of it is dear."""
        document = json.loads(DOCUMENT.read_text())
        schemas = document["components"]["schemas"]
        lenient = {**schemas, "SnowflakeType": SNOWFLAKES_AS_INTEGERS}
        return cls(document["paths"], {**schemas, "Error": NAMED_REASONS}, lenient)

    def serves(self, method: str, template: str) -> bool:
        """Whether the document knows this operation."""
        return method.lower() in self._operations.get(template, {})

    def request_breach(self, method: str, template: str, body: object) -> str | None:
        """Return what is wrong with a request's body, if anything is."""
        wanted = self._operations[template][method.lower()].get("request")
        return self._breach((method, template, "request"), wanted, body)

    def answer_breach(self, method: str, template: str, *, status: int, body: object) -> str | None:
        """Return what is wrong with an answer, if anything is."""
        if status >= 400:
            name = "RatelimitedResponse" if status == 429 else "ErrorResponse"
            return self._breach(("", name, ""), {"$ref": f"#/components/schemas/{name}"}, body)
        answers = self._operations[template][method.lower()]["answers"]
        if str(status) not in answers:
            return f"{method} {template}: no answer has status {status}"
        return self._breach((method, template, str(status)), answers[str(status)], body)

    def _breach(self, key: tuple[str, str, str], schema: object, body: object) -> str | None:
        if schema is None:
            return None if body is None else f"{' '.join(key)}: there should be no body"
        if key not in self._made:
            schemas = self._requests if key[2] == "request" else self._answers
            assert isinstance(schema, dict)
            self._made[key] = Draft202012Validator({**schema, "components": {"schemas": schemas}})
        validator = self._made[key]
        assert validator is not None
        worst = best_match(validator.iter_errors(body))
        return worst and f"{' '.join(key)}: {worst.json_path}: {worst.message[:200]}"
