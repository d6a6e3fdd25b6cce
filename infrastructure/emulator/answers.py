"""The forms in which the service answers."""

import json

from aiohttp import web


def json_answer(body: object, status: int = 200) -> web.Response:
    """Answer with JSON, without a charset, as the service does."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=content, status=status, content_type="application/json")


def refusal(detail: object, status: int) -> web.Response:
    """Answer `{"detail": ...}`."""
    return json_answer({"detail": detail}, status)


def crash() -> web.Response:
    """Answer as an unhandled exception does; the connection is closed afterwards."""
    answer = web.Response(text="Internal Server Error", status=500, content_type="text/plain")
    answer.charset = "utf-8"
    answer.force_close()
    return answer
