"""Results come from where they should, whole, and no larger than wanted."""

import logging

import httpx
import pytest

from core.shared.errors import MediaTroubleError
from infrastructure.comfy_deploy.files import is_ours
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.settings import ComfySettings
from tests.infrastructure.comfy_deploy.loopback import (
    CRASH,
    KEY,
    RESET,
    SILENCE,
    Loopback,
    Reply,
    reply,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
PICTURE = reply(PNG, kind="image/png")


def moved(where: str) -> Reply:
    """Return a redirect."""
    return reply("", status=302, headers={"Location": where})


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://bucket.s3.us-east-2.amazonaws.com/outputs/a.png?X-Amz-Signature=1", True),
        ("https://AMAZONAWS.com/a.png", True),
        ("https://api.example:8443/files/a.png", True),
        ("https://files.example:9000/a.png", True),
        ("https://api.example/files/a.png", False),
        ("https://files.example/a.png", False),
        ("https://bucket.s3.amazonaws.com:8080/a.png", False),
        ("https://evilamazonaws.com/a.png", False),
        ("https://amazonaws.com.evil.example/a.png", False),
        ("https://amazonaws.com@evil.example/a.png", False),
        ("https://user:pw@b.amazonaws.com/a.png", False),
        ("https://evil.example/#.amazonaws.com", False),
        ("https://evil.example\\.amazonaws.com/", False),
        ("ftp://b.amazonaws.com/a.png", False),
        ("file:///etc/passwd", False),
        ("//b.amazonaws.com/a.png", False),
        ("http://127.0.0.1/a.png", False),
        ("http://[::1/a.png", False),
        ("a.png", False),
        ("", False),
    ],
)
def test_only_expected_hosts_hold_results(url: str, *, ours: bool) -> None:
    settings = ComfySettings(
        api_key="k",
        base_url="https://api.example:8443/api",
        output_hosts=("amazonaws.com", "Files.example:9000", " "),
    )

    assert is_ours(url, settings) is ours


async def test_our_key_is_not_shown_to_the_host_of_a_file() -> None:
    async with Loopback(PICTURE) as server:
        client = server.client()

        data = await ComfyDeployGateway(client).fetch(f"{server.root}/a.png", limit_bytes=10**6)
        await client.aclose()

    assert data == PNG
    assert "authorization" not in server.seen[0].headers
    assert KEY not in str(server.seen[0])


async def test_a_redirect_is_followed_to_a_host_that_is_expected() -> None:
    async with (
        Loopback(PICTURE) as store,
        Loopback(moved(f"{store.root}/real.png?sig=1")) as server,
    ):
        client = server.client(output_hosts=(store.root.removeprefix("http://"),))

        data = await ComfyDeployGateway(client).fetch(f"{server.root}/a", limit_bytes=10**6)
        await client.aclose()

    assert data == PNG
    assert store.seen[0].target == "/real.png?sig=1"


async def test_a_redirect_to_anywhere_else_is_not_followed() -> None:
    async with (
        Loopback(PICTURE) as foreign,
        Loopback(moved(f"{foreign.root}/a.png")) as server,
    ):
        client = server.client()

        with pytest.raises(MediaTroubleError, match="not a place of results"):
            await ComfyDeployGateway(client).fetch(f"{server.root}/a", limit_bytes=10**6)
        await client.aclose()

    assert foreign.seen == []


async def test_redirects_end_after_three() -> None:
    async with Loopback(moved("/again")) as server:
        client = server.client()

        with pytest.raises(MediaTroubleError, match="redirects"):
            await ComfyDeployGateway(client).fetch(f"{server.root}/a", limit_bytes=10)
        await client.aclose()

    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "trouble",
    [
        reply(PNG[:1000], kind="image/png", length=len(PNG)),
        reply("", kind="image/png", length=len(PNG)),
        CRASH,
        RESET,
        SILENCE,
        reply("", status=503),
    ],
)
async def test_a_file_that_was_cut_is_fetched_again(trouble: Reply, no_pauses: None) -> None:
    async with Loopback(trouble, PICTURE) as server:
        client = server.client()

        data = await ComfyDeployGateway(client).fetch(f"{server.root}/a.png", limit_bytes=10**6)
        await client.aclose()

    assert data == PNG


async def test_a_file_that_is_cut_again_and_again_is_trouble(no_pauses: None) -> None:
    cut = reply(PNG[:1000], kind="image/png", length=len(PNG))
    async with Loopback(cut) as server:
        client = server.client()

        with pytest.raises(MediaTroubleError):
            await ComfyDeployGateway(client).fetch(f"{server.root}/a.png", limit_bytes=10**6)
        await client.aclose()

    assert len(server.seen) >= 3


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_file_that_is_gone_is_asked_for_once(status: int, no_pauses: None) -> None:
    async with Loopback(reply("<Error/>", status=status, kind="application/xml")) as server:
        client = server.client()

        with pytest.raises(MediaTroubleError, match=str(status)):
            await ComfyDeployGateway(client).fetch(f"{server.root}/a.png", limit_bytes=10)
        await client.aclose()

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        PICTURE,
        Reply(raw=b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PNG),
        Reply(
            raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + f"{len(PNG):x}\r\n".encode()
            + PNG
            + b"\r\n0\r\n\r\n"
        ),
    ],
    ids=["told beforehand", "till the end", "in chunks"],
)
async def test_no_more_bytes_are_taken_than_wanted(answer: Reply) -> None:
    async with Loopback(answer) as server:
        client = server.client()
        gateway = ComfyDeployGateway(client)

        with pytest.raises(MediaTroubleError, match="bytes"):
            await gateway.fetch(f"{server.root}/a.png", limit_bytes=len(PNG) - 1)
        whole = await gateway.fetch(f"{server.root}/a.png", limit_bytes=len(PNG))
        await client.aclose()

    assert whole == PNG
    assert len(server.seen) == 2


async def test_an_error_does_not_show_the_signature_of_a_file() -> None:
    async with Loopback(reply("", status=403)) as server:
        client = server.client()

        with pytest.raises(MediaTroubleError) as caught:
            await ComfyDeployGateway(client).fetch(
                f"{server.root}/a.png?X-Amz-Signature=5ecre7", limit_bytes=10
            )
        await client.aclose()

    assert "5ecre7" not in f"{caught.value} {caught.value.__cause__}"


async def test_a_script_that_logs_everything_does_not_log_the_signature_of_a_file(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")
    async with Loopback(moved("/b.png?X-Amz-Signature=5ecre7"), PICTURE) as server:
        client, url = server.client(), f"{server.root}/a.png?X-Amz-Signature=5ecre7"
        await ComfyDeployGateway(client).fetch(url, limit_bytes=10**6)
        await client.aclose()
        async with httpx.AsyncClient() as its_own:
            await its_own.get(f"{server.root}/mine")

    assert "5ecre7" not in caplog.text
    assert "/mine" in caplog.text
