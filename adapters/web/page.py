"""The page itself, its files, and the media that it shows."""

import hashlib
import re
from pathlib import Path

import attrs
from aiohttp import web

from adapters.web.answers import facts, refusal
from adapters.web.visitors import Visitors
from core.media.model import UNKNOWN_MIME, MediaKind, kind_of, mime_of
from core.media.service import Media
from core.shared.errors import MediaRefusedError, MediaTroubleError
from core.shared.ids import MediaId

STATIC_FOLDER = Path(__file__).parent / "static"
STATIC_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
INDEX = "index.html"

_media_id = re.compile(r"[0-9a-f]{32,64}\.[a-z0-9]{1,5}")
_NO_FILE = "That file is not here any more."
_MEDIA_POLICY = "default-src 'none'; sandbox"


@attrs.frozen
class StaticFile:
    """A file of the page, as it is served."""

    body: bytes = attrs.field(repr=False)
    mime: str

    @property
    def etag(self) -> str:
        """The file's version."""
        return hashlib.sha256(self.body).hexdigest()[:20]


def read_static(folder: Path = STATIC_FOLDER) -> dict[str, StaticFile]:
    """Return the page's files by name."""
    return {
        path.name: StaticFile(path.read_bytes(), STATIC_TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in STATIC_TYPES
    }


class PageRoutes:
    """Serves the page, its files, stored media, and a sign of life."""

    def __init__(self, media: Media, visitors: Visitors) -> None:
        self._media = media
        self._visitors = visitors
        self._files = read_static()

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/", self.index)
        app.router.add_get("/static/{name}", self.static)
        app.router.add_get("/media/{media}", self.media)
        app.router.add_get("/health", self.health)

    async def index(self, request: web.Request) -> web.Response:
        """Serve the page, and give its visitor a cookie."""
        response = _static_answer(request, self._files[INDEX])
        self._visitors.welcome(request, response)
        return response

    async def static(self, request: web.Request) -> web.Response:
        """Serve a script, a style or an icon."""
        file = self._files.get(request.match_info["name"])
        if file is None or file is self._files[INDEX]:
            raise web.HTTPNotFound
        return _static_answer(request, file)

    async def media(self, request: web.Request) -> web.Response:
        """
        Serve a stored file, or the part of it that a player asks for.

        The ids are unguessable: who knows one may see the file.
        """
        media = MediaId(request.match_info["media"])
        if _media_id.fullmatch(media) is None:
            return refusal(404, _NO_FILE)
        try:
            data = await self._media.read(media)
        except MediaRefusedError:
            return refusal(404, _NO_FILE)
        except MediaTroubleError as error:
            return refusal(503, error.user_message)
        return _media_answer(request, media, data)

    async def health(self, _request: web.Request) -> web.Response:
        """Say that the server answers."""
        return facts(200, status="ok")


def _static_answer(request: web.Request, file: StaticFile) -> web.Response:
    known = {tag.value for tag in request.if_none_match or ()}
    if file.etag in known:
        response = web.Response(status=304)
    else:
        charset = None if file.mime.startswith("image/") else "utf-8"
        response = web.Response(body=file.body, content_type=file.mime, charset=charset)
    response.etag = file.etag
    # Asked again each time and seldom sent: a new version of the program is a new page at once.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _media_answer(request: web.Request, media: MediaId, data: bytes) -> web.Response:
    mime = mime_of(media)
    wants_file = request.query.get("download") == "1"
    inline = mime != UNKNOWN_MIME and kind_of(mime) is not MediaKind.FILE and not wants_file
    headers = {
        "Content-Type": mime,
        "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{media}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": _MEDIA_POLICY,
        "Accept-Ranges": "bytes",
    }
    try:
        part = request.http_range
    except ValueError:
        part = slice(0, None, 1)  # a header that makes no sense is as good as none
    start, stop, _ = part.indices(len(data))
    if (start, stop) == (0, len(data)):
        return web.Response(body=data, headers=headers)
    if start >= stop:
        headers = {"Content-Range": f"bytes */{len(data)}"}
        return web.Response(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
    return web.Response(status=206, body=data[start:stop], headers=headers)
