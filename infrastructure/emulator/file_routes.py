"""The routes that take files in and hand them out."""

from collections.abc import AsyncIterator

import attrs
from aiohttp import BodyPartReader, web

from infrastructure.emulator.answers import json_answer, refusal
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.files import DEFAULT_TYPE, FileShelf, content_type_of
from infrastructure.emulator.queue_body import InvalidRequestError, missing, read_count
from infrastructure.emulator.runs import Run, RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.signing import opens
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.uploads import input_key, is_supported, new_file_id

_CHUNK = 256 * 1024
_LEGACY_TYPES = {
    "image/png": ".png",
    "image/jpg": ".jpg",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "application/octet-stream": "",
    "application/zip": ".zip",
}
_LEGACY_BYTES = 50 * 1024 * 1024


@attrs.define(kw_only=True)
class FileRoutes:
    """Keeps files as the service and its public bucket do."""

    dials: Dials
    book: RunBook
    shelf: FileShelf
    studio: Studio
    _promised: set[str] = attrs.Factory(set)
    """The keys that the first generation's callers may put a file under."""

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        app.router.add_post(f"{API_PREFIX}/file/upload", self.upload)
        app.router.add_get(f"{API_PREFIX}/upload-url", self.upload_url, allow_head=False)
        app.router.add_put("/uploads/{key:.+}", self.put_file)
        app.router.add_get("/files/{key:.+}", self.serve_file)

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /file/upload`: the file's name says what it is, the part's own type is ignored."""
        if request.content_type != "multipart/form-data":
            raise InvalidRequestError(missing("body", "file"))
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                return await self._uploaded(part, part.filename)
        raise InvalidRequestError(missing("body", "file"))

    async def upload_url(self, request: web.Request) -> web.Response:
        """`GET /upload-url`: only the first generation had it; an address to PUT a file to."""
        if not self.dials.settings.legacy:
            return refusal("Not Found", 404)
        query = request.query
        kind = query.get("type", "")
        size = read_count(query.get("file_size"), "file_size", 0)
        if kind not in _LEGACY_TYPES or not 0 < size <= _LEGACY_BYTES:
            return json_answer({"error": "Unsupported file"}, 500)
        extension = query.get("file_extension")
        name = f"upload.{extension}" if extension else f"upload{_LEGACY_TYPES[kind]}"
        file_id = new_file_id(name)
        key = input_key(file_id, name)
        self._promised.add(key)
        files_url = self.studio.files_url
        return json_answer(
            {
                "upload_url": files_url.removesuffix("files/") + f"uploads/{key}",
                "file_id": file_id,
                "download_url": files_url + key,
            }
        )

    async def put_file(self, request: web.Request) -> web.Response:
        """`PUT /uploads/...`: store a file under a key that was promised, once."""
        key = request.match_info["key"]
        if key not in self._promised:
            return _denied()
        limit = min(_LEGACY_BYTES, self.dials.settings.max_upload_bytes)
        if not await self._is_kept(key, request.content.iter_chunked(_CHUNK), limit):
            return web.Response(status=400, text="<Error><Code>EntityTooLarge</Code></Error>")
        self._promised.discard(key)
        return web.Response()

    async def serve_file(self, request: web.Request) -> web.Response:
        """`GET /files/...`: anybody may read, but for the files of runs that are private."""
        key = request.match_info["key"]
        run = self._run_of(key)
        if run is not None and run.fault.private and not self._opens(request):
            return _denied()
        content = await self.studio.in_thread(lambda: self.shelf.read(key))
        if content is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        is_untyped = run is not None and run.fault.untyped
        kind = DEFAULT_TYPE if is_untyped else content_type_of(key)
        return web.Response(body=content, headers={"Content-Type": kind})

    def _run_of(self, key: str) -> Run | None:
        parts = key.split("/")
        return self.book.find(parts[2]) if parts[:2] == ["outputs", "runs"] else None

    def _opens(self, request: web.Request) -> bool:
        return opens(request.path, request.query, self.dials.now())

    async def _uploaded(self, part: BodyPartReader, file_name: str) -> web.Response:
        if not is_supported(file_name):
            return refusal("Unsupported file type", 400)
        file_id = new_file_id(file_name)
        key = input_key(file_id, file_name)
        if not await self._is_kept(key, _chunks(part), self.dials.settings.max_upload_bytes):
            return refusal("File size exceeds 250MB limit", 400)
        return json_answer(
            {
                "message": "File uploaded successfully",
                "file_id": file_id,
                "file_name": file_name,
                "file_url": self.studio.files_url + key,
            }
        )

    async def _is_kept(self, key: str, chunks: AsyncIterator[bytes], limit: int) -> bool:
        """Store what comes; tell whether it was no more than allowed."""
        size = 0
        with self.shelf.writing(key) as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    break
                file.write(chunk)
        if size > limit:
            self.shelf.drop(key)
        return size <= limit


def _denied() -> web.Response:
    return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk
