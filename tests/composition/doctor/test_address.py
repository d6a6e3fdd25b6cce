"""`doctor` on a COMFY_DEPLOY_BASE_URL that leads elsewhere, or on a way that is broken."""

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from composition.doctor.check import Check
from composition.doctor.comfy_address import Address
from composition.doctor.network import Heard
from tests.composition.doctor.reports import answering, report, told, with_comfy
from tests.infrastructure.comfy_deploy.loopback import (
    HTML,
    NOT_HTTP,
    RESET,
    Loopback,
    Reply,
    reply,
)

AWAY = "https://api.example.com/api"
NGINX_ON_443 = reply("<h1>plain HTTP to HTTPS port</h1>", status=400, kind="text/html")


def moved_to(place: str, status: int = 301) -> Reply:
    return reply("", status=status, kind="text/html", headers={"Location": place})


async def key_check(folder: Path, base_url: str) -> Check:
    return (await report(with_comfy(folder, base_url)))["ComfyUI Deploy key"]


@pytest.mark.parametrize(
    ("given", "found", "fix"),
    [
        (HTML, "200 with text/html, not JSON: it is not the API", "Check host and path (/api)"),
        (reply("<h1>?</h1>", status=404, kind="text/html"), "no such API here (404)", "(/api)"),
        (reply('{"detail":"Not Found"}', status=404), "no such API here (404)", "(/api)"),
        (
            moved_to(f"{AWAY}/deployments?is_fluid=false"),
            f"elsewhere (301, to {AWAY}/deployments)",
            f"Set COMFY_DEPLOY_BASE_URL to {AWAY}:",
        ),
        (moved_to("/login?next=x", 302), "(302, to http", "Check host and path"),
        (moved_to("", 307), "elsewhere (307)", "Check host and path"),
        (NGINX_ON_443, "as https servers do", "Write https://"),
        (NOT_HTTP, "broke off", "is it https://?"),
        (RESET, "broke off", "Check the network"),
    ],
)
async def test_an_address_that_leads_elsewhere_has_a_fix_of_its_own(
    tmp_path: Path, given: Reply, found: str, fix: str
) -> None:
    async with Loopback(given) as server:
        check = await key_check(tmp_path, server.base_url)

    assert found in told(check)
    assert fix in check.fix


async def test_a_key_is_not_carried_after_a_redirect(tmp_path: Path) -> None:
    async with Loopback(HTML) as elsewhere, Loopback(moved_to(elsewhere.root)) as server:
        await key_check(tmp_path, server.base_url)

    assert elsewhere.seen == []


async def test_an_address_without_a_path_is_completed(tmp_path: Path) -> None:
    async with Loopback(HTML) as server:
        check = await key_check(tmp_path, server.root)

    assert f"try {server.root}/api;" in check.fix


def test_a_good_answer_says_nothing_against_the_address() -> None:
    heard = Heard(status=200, kind="application/json", body=[])

    assert Address("https://api.example.com/api").misled(heard, "/deployments") is None


async def test_a_port_where_nobody_listens_has_a_fix_of_its_own(tmp_path: Path) -> None:
    check = await key_check(tmp_path, "http://127.0.0.1:9/api")

    assert "cannot be reached: connection refused" in told(check)
    assert "Nothing listens there" in check.fix


async def test_https_to_a_server_without_it_has_a_fix_of_its_own(tmp_path: Path) -> None:
    async with answering({}) as url:
        check = await key_check(tmp_path, url.replace("http:", "https:"))

    assert "does not speak https" in told(check)
    assert "http://" in check.fix


@contextlib.asynccontextmanager
async def serving_tls(context: ssl.SSLContext) -> AsyncIterator[str]:
    async with answering({}, tls=context) as url:
        before = asyncio.all_tasks()
        yield url
        # The server learns a little later that a handshake has failed: nothing is left half open.
        greeting = asyncio.all_tasks() - before
        if greeting:
            await asyncio.wait(greeting, timeout=2.0)


def server_tls(authority: trustme.CA, name: str, *, expired: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    until = dt.datetime.now(dt.UTC) - dt.timedelta(days=1) if expired else None
    authority.issue_cert(name, not_after=until).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("name", "expired", "found", "fix"),
    [
        ("127.0.0.1", True, "is not valid now", "clock"),
        ("other.example.com", False, "is for another name", "Check the host"),
    ],
)
async def test_each_trouble_with_a_certificate_has_a_fix_of_its_own(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    found: str,
    fix: str,
    *,
    expired: bool,
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with serving_tls(server_tls(authority, name, expired=expired)) as url:
        check = await key_check(tmp_path, f"{url}/api")

    assert found in told(check)
    assert fix in check.fix


async def test_a_certificate_of_an_authority_that_nobody_knows_names_the_file(
    tmp_path: Path,
) -> None:
    async with serving_tls(server_tls(trustme.CA(), "127.0.0.1")) as url:
        check = await key_check(tmp_path, f"{url}/api")

    assert "is not trusted" in told(check)
    assert "SSL_CERT_FILE" in check.fix


async def test_a_tls_that_cannot_be_agreed_on_is_told_with_its_reason(tmp_path: Path) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x28")  # an alert: handshake failure
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        check = await key_check(tmp_path, f"https://127.0.0.1:{port}/api")

    assert "no TLS could be agreed on" in told(check)
    assert "handshake failure" in check.found
