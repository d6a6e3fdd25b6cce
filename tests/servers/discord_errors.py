"""Discord's refusals: a status, a code and its words."""

from typing import Any

CODES: dict[int, tuple[int, str]] = {
    10003: (404, "Unknown Channel"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30032: (400, "Maximum number of application commands reached (100)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
}


class DiscordError(Exception):
    """The request is refused."""

    def __init__(self, code: int, *, errors: dict[str, Any] | None = None) -> None:
        status, words = CODES[code]
        super().__init__(f"{code} {words}")
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": words, "code": code}
        if errors is not None:
            self.body["errors"] = errors


class FormError(DiscordError):
    """A field breaks a rule: code 50035, with the field's place and the reason."""

    def __init__(self, path: str, reason: str, *, kind: str = "BASE_TYPE_INVALID") -> None:
        leaf: dict[str, Any] = {"_errors": [{"code": kind, "message": reason}]}
        for part in reversed([each for each in path.split(".") if each]):
            leaf = {part: leaf}
        super().__init__(50035, errors=leaf)
        self.said = f"{path or 'body'}: {reason}"
