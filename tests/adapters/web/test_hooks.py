"""The hooks: genuine ones wake their job, forged ones nothing, and no body is believed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from adapters.web.hooks import HookRoutes
from adapters.web.server import HookServer, WebSettings
from core.shared.ids import JobId
from infrastructure.hooks import SignedHooks
from tests.adapters.web.station import (
    SECRET,
    RecordingWakeUps,
    Station,
    a_message,
    running_station,
)
from tests.fakes.clock import NOON, FixedClock

JOB = JobId("0" * 31 + "1")
OTHER_JOB = JobId("0" * 31 + "2")
LATER = NOON + timedelta(seconds=1)


def path_of(station: Station, job: JobId = JOB) -> str:
    """Return the job's genuine path."""
    address = station.hooks.address(job)
    assert address is not None
    return httpx.URL(address).path


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("status", ["success", "failed", "timeout", "cancelled"])
async def test_news_of_an_end_wakes_the_job_now(station: Station, method: str, status: str) -> None:
    async with httpx.AsyncClient(base_url=station.url) as service:
        answer = await service.request(method, path_of(station), json={"status": status})

    assert (answer.status_code, answer.json()) == (200, {})
    assert station.wake_ups.woken == [(JOB, NOON)]


BODIES: dict[str, bytes] = {
    "progress": b'{"status": "running", "progress": 0.5}',
    "an unknown status": b'{"status": "dreaming"}',
    "nothing": b"",
    "no JSON": b"success",
    "a list": b'["success"]',
    "a number": b"7",
    "null": b"null",
    "a status that is a number": b'{"status": 1}',
    "a status that is a list": b'{"status": ["success"]}',
    "a status that is an object": b'{"status": {"status": "success"}}',
    "deep JSON": b'{"a":' * 100_000,
    "deep lists": b"[" * 500_000,
    "broken UTF-8": b'{"status": "\xff\xfe"}',
    "a lone surrogate": b'{"status": "\\ud800"}',
    "a status twice, at last a step": b'{"status": "success", "status": "running"}',
    "a large number": b'{"status": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"status": NaN}',
    "ten megabytes": b'{"status": "success", "x": "' + b"x" * 10_000_000 + b'"}',
    "a form": b"status=success",
    "another case": b'{"status": "SUCCESS"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_anything_else_wakes_the_job_a_second_later(station: Station, body: bytes) -> None:
    async with httpx.AsyncClient(base_url=station.url) as service:
        answer = await service.post(path_of(station), content=body)

    assert (answer.status_code, answer.json()) == (200, {})
    assert station.wake_ups.woken == [(JOB, LATER)]


async def test_a_run_id_in_the_body_wakes_no_other_job(station: Station) -> None:
    told = {"status": "success", "run_id": OTHER_JOB, "job": OTHER_JOB, "id": OTHER_JOB}

    async with httpx.AsyncClient(base_url=station.url) as service:
        await service.post(path_of(station), json=told)

    assert [job for job, _ in station.wake_ups.woken] == [JOB]


async def test_the_service_needs_no_origin_of_ours(station: Station) -> None:
    headers = {"Origin": "https://api.example", "Sec-Fetch-Site": "cross-site"}

    async with httpx.AsyncClient(base_url=station.url) as service:
        answer = await service.post(path_of(station), json={}, headers=headers)

    assert answer.status_code == 200


PUBLIC_HOSTS = ("hooks.example", "HOOKS.example", "hooks.example:443", "other.example:8443")


@pytest.fixture
async def public_station() -> AsyncIterator[Station]:
    settings = WebSettings(
        port=0, secret=SECRET, public_hosts=("Hooks.example", "other.example:8443")
    )
    async with running_station(settings) as running:
        yield running


@pytest.mark.parametrize("host", PUBLIC_HOSTS)
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_the_service_finds_us_under_the_public_host(
    public_station: Station, method: str, host: str
) -> None:
    headers = {"Host": host}

    async with httpx.AsyncClient(base_url=public_station.url) as service:
        answer = await service.request(method, path_of(public_station), headers=headers)

    assert (answer.status_code, len(public_station.wake_ups.woken)) == (200, 1)


@pytest.mark.parametrize("host", ["evil.example", "other.example", "hooks.example:1", ""])
async def test_a_foreign_host_has_no_hooks(public_station: Station, host: str) -> None:
    async with httpx.AsyncClient(base_url=public_station.url) as forger:
        answer = await forger.post(path_of(public_station), headers={"Host": host})

    assert (answer.status_code, public_station.wake_ups.woken) == (421, [])


@pytest.mark.parametrize("host", PUBLIC_HOSTS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/static/app.js"),
        ("GET", "/events"),
        ("GET", "/health"),
        ("GET", "/media/x"),
        ("GET", "/hooks/"),
        ("POST", "/messages"),
        ("POST", "/actions"),
        ("PUT", f"/hooks/{JOB}/x"),
    ],
)
async def test_the_public_host_has_nothing_but_the_hooks(
    public_station: Station, host: str, method: str, path: str
) -> None:
    async with public_station.visitor() as visitor:
        answer = await visitor.request(method, path, headers={"Host": host})

    assert answer.status_code == 421


async def test_a_public_host_is_no_origin_of_the_page(public_station: Station) -> None:
    headers = {"Origin": "https://hooks.example"}

    async with public_station.visitor() as visitor:
        answer = await visitor.post("/messages", files=a_message(), headers=headers)

    assert (answer.status_code, public_station.conversation.updates) == (403, [])


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_a_hint_all_the_same(
    station: Station, packing: str
) -> None:
    headers = {"Content-Encoding": packing}

    async with httpx.AsyncClient(base_url=station.url) as service:
        answer = await service.post(path_of(station), content=b"no" * 99, headers=headers)

    assert (answer.status_code, station.wake_ups.woken) == (200, [(JOB, LATER)])


def forged_paths(station: Station) -> list[str]:
    """Return forty paths that look like the genuine one and are not."""
    token = path_of(station).rpartition("/")[2]
    other = path_of(station, OTHER_JOB).rpartition("/")[2]
    tokens = [
        other,
        "x",
        "0" * len(token),
        token[:-1],
        token[1:],
        token + "0",
        token + token,
        token.upper() + "G",
        token[::-1],
        ("0" if token[0] != "0" else "1") + token[1:],
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        f"%20{token}",
        f"{token}%20",
        f"{token}%00",
        f"{token}%0A",
        f"{token}.json",
        f"{token};x=1",
        f"{token}%2F..",
        f"{token}/",
        f"{token}/more",
        "%F0%9F%A6%8A" * 16,
        "%FF%FE",
        "a" * 4_000,
        "null",
        "true",
        "*",
        "..",
        "%2e%2e",
        "' OR 1=1 --",
        "{job}",
    ]
    jobs = [
        OTHER_JOB,
        JOB[:-1],
        JOB + "0",
        JOB.upper() + "A",
        "g" * 32,
        "*",
        "..",
        f"%20{JOB}",
        f"{JOB}%00",
        f"{JOB}%0A",
    ]
    return [
        *(f"/hooks/{JOB}/{forged}" for forged in tokens),
        *(f"/hooks/{forged}/{token}" for forged in jobs),
    ]


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_no_forged_hook_wakes_anybody(station: Station, method: str) -> None:
    paths = forged_paths(station)

    async with httpx.AsyncClient(base_url=station.url) as forger:
        answers = [
            (await forger.request(method, path, json={"status": "success"})).status_code
            for path in paths
        ]

    assert len(paths) == 40
    assert set(answers) <= {401, 404, 405}
    assert station.wake_ups.woken == []


async def test_a_forged_hook_with_a_large_body_wakes_nobody(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.url) as forger:
        body = BODIES["ten megabytes"]
        answer = await forger.post(f"/hooks/{JOB}/{'0' * 64}", content=body)

    assert (answer.status_code, station.wake_ups.woken) == (404, [])


@pytest.mark.parametrize("path", ["/hooks", "/hooks/", f"/hooks/{JOB}", f"/hooks/{JOB}/"])
async def test_an_empty_token_wakes_nobody(station: Station, path: str) -> None:
    async with httpx.AsyncClient(base_url=station.url) as forger:
        answer = await forger.get(path)

    assert (answer.status_code, station.wake_ups.woken) == (404, [])


@asynccontextmanager
async def listening(
    heard: list[tuple[JobId, bool]],
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Have a server that notes what it hears; yields the service, and the path of JOB's hook."""
    hooks = SignedHooks(SECRET, "http://127.0.0.1")
    routes = HookRoutes(
        hooks=hooks,
        wake_ups=RecordingWakeUps(),
        clock=FixedClock(),
        heard=lambda job, ended: heard.append((job, ended)),
    )
    server = HookServer(settings=WebSettings(port=0, secret=SECRET), hooks=routes)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url) as service:
            yield service, httpx.URL(hooks.address(JOB) or "").path
    finally:
        await server.stop()


@pytest.mark.parametrize(
    ("status", "ended"), [("success", True), ("cancelled", True), ("running", False), ("", False)]
)
async def test_a_genuine_hook_is_told_of_with_whether_it_ends_the_run(
    status: str, *, ended: bool
) -> None:
    heard: list[tuple[JobId, bool]] = []

    async with listening(heard) as (service, path):
        await service.post(path, json={"status": status})

    assert heard == [(JOB, ended)]


async def test_a_forged_hook_is_not_told_of() -> None:
    heard: list[tuple[JobId, bool]] = []

    async with listening(heard) as (forger, path):
        answer = await forger.post(f"{path}0", json={"status": "success"})

    assert (answer.status_code, heard) == (404, [])
