"""Short answers of the server: a fact, or one sentence for a person."""

from html import escape

import orjson
from aiohttp import web

_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>StationThis</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<link rel="stylesheet" href="/static/app.css"></head>'
    '<body class="plain-page"><main><p>{sentence}</p><p><a href="/">To the chat</a></p></main>'
    "</body></html>"
)


def facts(status: int, /, **fields: object) -> web.Response:
    """Return a JSON answer that nobody keeps."""
    return web.Response(
        status=status,
        body=orjson.dumps(fields),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def refusal(status: int, sentence: str) -> web.Response:
    """Return one sentence for a person, as JSON."""
    return facts(status, error=sentence)


def refusal_page(status: int, sentence: str) -> web.Response:
    """Return one sentence for a person who opened an address in a browser."""
    return web.Response(
        status=status,
        text=_PAGE.format(sentence=escape(sentence)),
        content_type="text/html",
        headers={"Cache-Control": "no-store"},
    )
