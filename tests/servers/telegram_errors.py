"""How the Bot API says no."""

from typing import Any

Wire = dict[str, Any]
"""A JSON object, as it travels."""


class RefusedError(Exception):
    """The method was not done: a status, and the words for it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @property
    def body(self) -> Wire:
        body: Wire = {"ok": False, "error_code": self.code, "description": self.description}
        return body | {"parameters": self.parameters} if self.parameters else body


def bad_request(words: str) -> RefusedError:
    return RefusedError(400, f"Bad Request: {words}")


def forbidden(words: str) -> RefusedError:
    return RefusedError(403, f"Forbidden: {words}")


def too_many(seconds: int) -> RefusedError:
    return RefusedError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
