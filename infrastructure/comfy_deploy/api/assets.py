"""The library of files that the workspace keeps, in folders."""

from collections.abc import Mapping
from datetime import datetime
from typing import IO

import attrs

from infrastructure.comfy_deploy.api.calls import Calls, given
from infrastructure.comfy_deploy.decoding import decoded
from infrastructure.comfy_deploy.endpoints import (
    ADD_ASSET,
    CREATE_FOLDER,
    DELETE_ASSET,
    GET_ASSET,
    LIST_ASSETS,
    MOVE_ASSET,
    PRESIGN_ASSET,
    REGISTER_ASSET,
    SEARCH_ASSETS,
    UPLOAD_ASSET,
)
from infrastructure.comfy_deploy.errors import read_error, told_by

ROOT = "/"
"""The folder that everything is in when nobody says another."""
SEARCH_LIMIT = 5
"""How many a search finds when nobody says it: the service's own default."""


@attrs.frozen(kw_only=True)
class Asset:
    """One file or folder of the library."""

    id: str = ""
    name: str = ""
    is_folder: bool = False
    path: str = ""
    """Where it lies, without a slash before it."""
    file_size: int | None = None
    """Bytes; None for a folder."""
    url: str = attrs.field(default="", repr=False)
    """Signed, and good for an hour, when the account's files are private."""
    mime_type: str = ""
    user_id: str = ""
    org_id: str = ""
    deleted: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class PresignedUpload:
    """Where a file may be PUT for an hour, past the service, before it is registered."""

    url: str = attrs.field(default="", repr=False)
    download_url: str = attrs.field(default="", repr=False)
    file_id: str = ""
    db_path: str = ""
    is_public: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that the PUT needs beside its content type."""
        return {"x-amz-acl": "public-read"} if self.is_public else {}


@attrs.frozen(kw_only=True)
class PresignOrder:
    """A file to be sent past the service. `type` is its MIME type, `size` its bytes."""

    file_name: str
    type: str
    parent_path: str = ROOT
    size: int | None = None


@attrs.frozen(kw_only=True)
class RegisterOrder:
    """A file that was sent past the service. `file_size` is bytes, `url` where it can be read."""

    file_id: str
    file_name: str
    file_size: int
    db_path: str
    url: str = attrs.field(repr=False)
    mime_type: str


class Assets:
    """
    Reads and changes the library.

    Raises ServiceError as `Calls` does: NotThereError for an unknown asset. Adding is never
    repeated: without an answer the file or folder may be there.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def list(self, path: str = ROOT) -> tuple[Asset, ...]:
        """
        Return what lies in a folder.

        Source: `GET /assets`, contract 7.
        """
        return await self._calls.many(Asset, LIST_ASSETS, query={"path": path})

    async def get(self, asset_id: str) -> Asset:
        """
        Return one file or folder.

        Source: `GET /assets/{id}`, contract 7.
        """
        return await self._calls.one(Asset, GET_ASSET, at={"asset_id": asset_id})

    async def search(self, query: str, *, limit: int = SEARCH_LIMIT) -> tuple[Asset, ...]:
        """
        Return what has these letters in its name, no more than `limit`.

        Source: `GET /assets/search`, contract 7.
        """
        return await self._calls.many(Asset, SEARCH_ASSETS, query={"query": query, "limit": limit})

    async def upload(self, file: bytes | IO[bytes], *, name: str, parent_path: str = ROOT) -> Asset:
        """
        Put a file into a folder. An open file is streamed, and stays open.

        Source: `POST /assets/upload`, contract 7.
        """
        with told_by(read_error):
            body = await self._calls.client.upload(
                UPLOAD_ASSET, file, name=name, query={"parent_path": parent_path}
            )
        return decoded(Asset, body)

    async def create_folder(self, name: str, *, parent_path: str = ROOT) -> Asset:
        """
        Make a folder in a folder.

        Source: `POST /assets/folder`, contract 7.
        """
        body = {"name": name, "parent_path": parent_path}
        return await self._calls.one(Asset, CREATE_FOLDER, body=body)

    async def add(self, url: str, *, path: str = ROOT) -> Asset:
        """
        Put a file that lies on the web into a folder; the service looks there before it answers.

        Source: `POST /assets/add`, contract 7.
        """
        return await self._calls.one(Asset, ADD_ASSET, body={"url": url, "path": path})

    async def move(self, asset_id: str, path: str) -> Asset:
        """
        Move a file or folder.

        Source: `PATCH /assets/{id}`, contract 7.
        """
        at, body = {"asset_id": asset_id}, {"path": path}
        return await self._calls.one(Asset, MOVE_ASSET, at=at, body=body)

    async def delete(self, asset_id: str) -> None:
        """
        Delete a file or folder.

        Source: `DELETE /assets/{id}`, contract 7.
        """
        await self._calls.raw(DELETE_ASSET, at={"asset_id": asset_id})

    async def presign(self, order: PresignOrder) -> PresignedUpload:
        """
        Return where a large file may be sent; `register` it afterwards.

        Source: `GET /assets/presigned-url`, contract 7.
        """
        query: dict[str, str | int | float | bool] = {
            "file_name": order.file_name,
            "type": order.type,
            "parent_path": order.parent_path,
        }
        if order.size is not None:
            query["size"] = order.size
        return await self._calls.one(PresignedUpload, PRESIGN_ASSET, query=query)

    async def register(self, order: RegisterOrder) -> Asset:
        """
        Make a file known that was sent to a presigned address.

        Source: `POST /assets/register`, contract 7.
        """
        return await self._calls.one(Asset, REGISTER_ASSET, body=given(**attrs.asdict(order)))
