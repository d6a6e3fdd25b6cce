"""The library of files that stay: assets, in folders, each known by its path."""

import datetime as dt
from pathlib import PurePosixPath

import attrs

from infrastructure.emulator.spelling import zoneless_time
from infrastructure.emulator.versions import USER_ID


@attrs.frozen(kw_only=True)
class Asset:
    """A file or a folder. Paths have no slash in front; the size is bytes."""

    id: str
    name: str
    path: str
    is_folder: bool = False
    file_size: int | None = None
    url: str | None = None
    mime_type: str | None = None
    created_at: dt.datetime

    @property
    def key(self) -> str:
        """The key of its content in the bucket; moving does not change where that lies."""
        return (self.url or "").partition("/files/")[2]

    def row(self) -> dict[str, object]:
        """Return the asset as every route shows it."""
        return {
            "id": self.id,
            "user_id": USER_ID,
            "org_id": None,
            "name": self.name,
            "is_folder": self.is_folder,
            "path": self.path,
            "file_size": self.file_size,
            "url": self.url,
            "mime_type": self.mime_type,
            "created_at": zoneless_time(self.created_at),
            "updated_at": zoneless_time(self.created_at),
            "deleted": False,
        }


@attrs.define
class AssetShelf:
    """All assets, in the order in which they came."""

    _assets: dict[str, Asset] = attrs.Factory(dict)

    def put(self, asset: Asset) -> Asset:
        """Keep an asset, in place of the one with its id."""
        self._assets[asset.id] = asset
        return asset

    def get(self, asset_id: str) -> Asset | None:
        """Return the asset with this id, or None."""
        return self._assets.get(asset_id)

    def folder(self, path: str) -> Asset | None:
        """Return the folder at this path, or None."""
        folders = (one for one in self._assets.values() if one.is_folder)
        return next((one for one in folders if one.path == path), None)

    def inside(self, path: str) -> list[Asset]:
        """Return what lies directly in a folder; "/" is the root."""
        wanted = path.rstrip("/") or "."
        # A path with a slash in front finds nothing, as in the service.
        found = self._assets.values()
        return [one for one in found if str(PurePosixPath(one.path).parent) == wanted]

    def search(self, text: str, limit: int) -> list[Asset]:
        """Return the files whose names have the text."""
        files = (one for one in self._assets.values() if not one.is_folder)
        return [one for one in files if text.lower() in one.name.lower()][:limit]

    def drop(self, asset: Asset) -> list[Asset]:
        """Forget an asset, and all that lies in it; returns what was forgotten."""
        under = f"{asset.path}/"
        gone = [
            one
            for one in self._assets.values()
            if one is asset or (asset.is_folder and one.path.startswith(under))
        ]
        for one in gone:
            del self._assets[one.id]
        return gone


def joined(folder: str, name: str) -> str:
    """Return the path of a name in a folder; "/" is the root."""
    return f"{folder.strip('/')}/{name}".lstrip("/")
