"""The routes of the library of files that stay."""

from pathlib import PurePosixPath

import aiohttp
import attrs
from aiohttp import web
from yarl import URL

from infrastructure.emulator.answers import json_answer, refusal
from infrastructure.emulator.assets import Asset, joined
from infrastructure.emulator.bodies import read_body, read_texts
from infrastructure.emulator.faults import API_PREFIX
from infrastructure.emulator.files import DEFAULT_TYPE, FileShelf, content_type_of
from infrastructure.emulator.queue_body import RefusedError, ServiceCrashError, read_count
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.signing import opens, signed
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.uploads import (
    CHUNK,
    TOO_LARGE,
    chunks_of,
    file_part,
    fresh_id,
    id_for_type,
    is_supported,
    is_supported_type,
    keep,
    new_file_id,
)
from infrastructure.emulator.workspace import Workspace

_NO_ASSET = "Asset not found"
_NO_FOLDER = "The target path does not exist"
_UNSUPPORTED = "Unsupported file type"
_OK = 200
_LOOK_S = 20.0


@attrs.define(kw_only=True)
class AssetRoutes:
    """Keeps assets as the service does."""

    dials: Dials
    shelf: FileShelf
    studio: Studio
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        router, base = app.router, f"{API_PREFIX}/assets"
        router.add_get(base, self.list_assets, allow_head=False)
        router.add_post(f"{base}/upload", self.upload)
        router.add_post(f"{base}/folder", self.make_folder)
        router.add_post(f"{base}/add", self.add)
        router.add_post(f"{base}/register", self.register)
        router.add_get(f"{base}/search", self.search, allow_head=False)
        router.add_get(f"{base}/presigned-url", self.presign, allow_head=False)
        router.add_get(f"{base}/{{id}}", self.get_asset, allow_head=False)
        router.add_patch(f"{base}/{{id}}", self.move)
        router.add_delete(f"{base}/{{id}}", self.remove)
        router.add_put("/files/{key:.+}", self.put_file)

    async def list_assets(self, request: web.Request) -> web.Response:
        """`GET /assets?path=`: what lies directly in a folder."""
        found = self.workspace.assets.inside(request.query.get("path", "/"))
        return json_answer([one.row() for one in found])

    async def search(self, request: web.Request) -> web.Response:
        """`GET /assets/search`: files by their names, in all folders."""
        limit = read_count(request.query.get("limit"), "limit", 5)
        found = self.workspace.assets.search(request.query.get("query", ""), limit)
        return json_answer([one.row() for one in found])

    async def get_asset(self, request: web.Request) -> web.Response:
        """`GET /assets/{id}`."""
        return json_answer(self._found(request).row())

    async def upload(self, request: web.Request) -> web.Response:
        """`POST /assets/upload`: the file's name says what it is, as with any upload."""
        part, name = await file_part(request)
        if not is_supported(name):
            return refusal(_UNSUPPORTED, 400)
        file_id = new_file_id(name)
        path = _path(request.query.get("parent_path", "/"), file_id, name)
        limit = self.dials.settings.max_upload_bytes
        size = await keep(self.shelf, f"assets/{path}", chunks_of(part), limit=limit)
        if size is None:
            return refusal(TOO_LARGE, 400)
        url = f"{self.studio.files_url}assets/{path}"
        return self._made(
            Asset(
                id=file_id,
                name=name,
                path=path,
                file_size=size,
                url=url,
                mime_type=content_type_of(name),
                created_at=self.dials.now(),
            )
        )

    async def make_folder(self, request: web.Request) -> web.Response:
        """`POST /assets/folder`: the folder above it need not be there."""
        body = await read_body(request)
        name, parent = body.text("name"), body.optional_text("parent_path")
        body.check()
        path = joined(parent or "/", name)
        if self.workspace.assets.folder(path) is not None:
            return refusal("Folder already exists", 400)
        folder = Asset(
            id=fresh_id("folder"), name=name, path=path, is_folder=True, created_at=self.dials.now()
        )
        return self._made(folder)

    async def add(self, request: web.Request) -> web.Response:
        """`POST /assets/add`: a file that lies elsewhere, and stays there; it is only looked at."""
        body = await read_body(request)
        url, folder = body.text("url"), body.text("path")
        body.check()
        name = PurePosixPath(URL(url).path).name
        kind = content_type_of(name)
        if kind == DEFAULT_TYPE:
            return refusal("Could not determine file type", 400)
        if not is_supported_type(kind):
            return refusal(_UNSUPPORTED, 400)
        size = await self._size_of(url)
        self._need_folder(folder)
        file_id = id_for_type(kind)
        return self._made(
            Asset(
                id=file_id,
                name=name,
                path=_path(folder, file_id, name),
                file_size=size,
                url=url,
                mime_type=kind,
                created_at=self.dials.now(),
            )
        )

    async def presign(self, request: web.Request) -> web.Response:
        """`GET /assets/presigned-url`: an address to PUT a file to, good for one hour."""
        name, kind = read_texts(request, "file_name", "type")
        read_count(request.query.get("size"), "size", 0)
        file_id = id_for_type(kind)
        path = _path(request.query.get("parent_path", "/"), file_id, name)
        url = f"{self.studio.files_url}assets/{path}"
        return json_answer(
            {
                "url": signed(url, self.dials.now()),
                "download_url": url,
                "file_id": file_id,
                "db_path": path,
                "is_public": True,
            }
        )

    async def put_file(self, request: web.Request) -> web.Response:
        """`PUT /files/assets/...`: where a presigned address leads."""
        key = request.match_info["key"]
        is_open = opens(request.path, request.query, self.dials.now())
        if not key.startswith("assets/") or not is_open:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        limit = self.dials.settings.max_upload_bytes
        size = await keep(self.shelf, key, request.content.iter_chunked(CHUNK), limit=limit)
        if size is None:
            return web.Response(status=400, text="<Error><Code>EntityTooLarge</Code></Error>")
        return web.Response()

    async def register(self, request: web.Request) -> web.Response:
        """`POST /assets/register`: makes an asset of what was PUT; nothing is looked at."""
        body = await read_body(request)
        asset = Asset(
            id=body.text("file_id"),
            name=body.text("file_name"),
            file_size=body.whole("file_size"),
            path=body.text("db_path"),
            url=body.text("url"),
            mime_type=body.text("mime_type"),
            created_at=self.dials.now(),
        )
        body.check()
        if self.workspace.assets.get(asset.id) is not None:
            raise ServiceCrashError
        return self._made(asset)

    async def move(self, request: web.Request) -> web.Response:
        """`PATCH /assets/{id}`: into a folder, "" being the root; folders cannot be moved."""
        body = await read_body(request)
        folder = body.text("path")
        body.check()
        found = self._found(request)
        if found.is_folder:
            return refusal("Cannot update path of a folder", 400)
        if folder:
            self._need_folder(folder)
        path = joined(folder, PurePosixPath(found.path).name)
        return self._made(attrs.evolve(found, path=path))

    async def remove(self, request: web.Request) -> web.Response:
        """`DELETE /assets/{id}`: a folder goes with all that lies in it."""
        for gone in self.workspace.assets.drop(self._found(request)):
            self.shelf.drop(gone.key)
        return json_answer({"message": "Asset deleted successfully"})

    def _made(self, asset: Asset) -> web.Response:
        return json_answer(self.workspace.assets.put(asset).row())

    def _found(self, request: web.Request) -> Asset:
        found = self.workspace.assets.get(request.match_info["id"])
        if found is None:
            raise RefusedError(_NO_ASSET, 404)
        return found

    def _need_folder(self, path: str) -> None:
        if path not in ("", "/") and self.workspace.assets.folder(path) is None:
            raise RefusedError(_NO_FOLDER, 404)

    async def _size_of(self, url: str) -> int:
        """Look at a file elsewhere without fetching it; return its size in bytes."""
        patience = aiohttp.ClientTimeout(total=_LOOK_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.head(url) as answer,
            ):
                status, headers = answer.status, answer.headers
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise ServiceCrashError from None
        if status != _OK:
            raise RefusedError("Could not access URL", 400)
        size = int(headers.get("Content-Length", 0))
        if size > self.dials.settings.max_upload_bytes:
            raise RefusedError(TOO_LARGE, 400)
        if not is_supported_type(headers.get("Content-Type", DEFAULT_TYPE)):
            raise RefusedError(_UNSUPPORTED, 400)
        return size


def _path(folder: str, file_id: str, file_name: str) -> str:
    return joined(folder, file_id + PurePosixPath(file_name).suffix)
