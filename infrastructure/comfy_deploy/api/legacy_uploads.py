"""Files for servers of the first generation: ask for an address, then put the bytes there."""

import asyncio
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import parse_qs, urlsplit

import httpx

from core.shared.errors import ServiceTroubleError
from infrastructure.comfy_deploy.answers import Answer, AnswerError
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.connection import TRANSPORT_ERRORS, no_answer
from infrastructure.comfy_deploy.endpoints import UPLOAD_URL_LEGACY
from infrastructure.comfy_deploy.errors import read_error, told_by
from infrastructure.comfy_deploy.repeating import repeated
from infrastructure.comfy_deploy.wire import row, text

UNKNOWN_TYPE = "application/octet-stream"
TYPES: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".zip": "application/zip",
}
"""Every type that `/upload-url` has ever taken (contract 1); the oldest take PNG and JPEG only."""

_ACL = "x-amz-acl"


async def upload_legacy(client: ComfyDeployClient, data: bytes, name: str) -> str:
    """
    Give a server of the first generation a file, and return its URL there. 50 MB at most.

    `GET /upload-url`, then a PUT to the address that it names, without our key (contract 1, V1).
    Both are repeated. Raises ServiceError, and ServiceTroubleError for an answer without a URL.
    """
    kind = TYPES.get(PurePosixPath(name.lower()).suffix, UNKNOWN_TYPE)
    with told_by(read_error):
        place = row(
            await client.call(UPLOAD_URL_LEGACY, query={"type": kind, "file_size": len(data)})
        )
        target, url = text(place.get("upload_url")), text(place.get("download_url"))
        if not target or not url:
            raise ServiceTroubleError("a place for a file without its two URLs")
        await _put(client, data, target=target, kind=kind)
    return url


async def _put(client: ComfyDeployClient, data: bytes, *, target: str, kind: str) -> None:
    limit_s = client.settings.transfer_timeout_s

    async def once() -> None:
        try:
            async with asyncio.timeout(limit_s):
                response = await client.files.put(
                    target, content=data, headers={"Content-Type": kind} | _signed(target)
                )
        except TRANSPORT_ERRORS as error:
            raise no_answer(error, limit_s=limit_s) from None
        if not httpx.codes.is_success(response.status_code):
            raise AnswerError(Answer.of(response))

    await repeated(once, for_s=client.settings.retry_for_s, attempt_s=limit_s)


def _signed(target: str) -> dict[str, str]:
    """Return the header of a public file where the address asks for it: S3 refuses one unasked."""
    try:
        asked = parse_qs(urlsplit(target).query).get("X-Amz-SignedHeaders", [""])[0]
    except ValueError:
        return {}
    return {_ACL: "public-read"} if _ACL in asked.lower().split(";") else {}
