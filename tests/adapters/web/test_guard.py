"""The doorman: foreign hosts, foreign pages, missing and forged cookies, headers, faults."""

import httpx
import pytest

from adapters.chat.surface import Surface
from adapters.chat.updates import ChatUpdate
from adapters.web.server import WebSettings
from tests.adapters.web.station import SECRET, Station, a_message, running_station

FOREIGN_HOSTS = ("evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:80", "")
FOREIGN_ORIGINS = ("http://evil.example", "null", "http://127.0.0.1:1", "file://", "")


async def test_the_page_is_served_under_every_own_name(station: Station) -> None:
    port = station.url.rpartition(":")[2]

    async with httpx.AsyncClient() as client:
        answers = [
            await client.get(station.url, headers={"Host": f"{name}:{port}"})
            for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]")
        ]

    assert [answer.status_code for answer in answers] == [200] * 4


async def test_a_name_from_the_settings_is_an_own_name() -> None:
    settings = WebSettings(port=0, secret=SECRET, allowed_hosts=("Station.example",))

    async with running_station(settings) as station, httpx.AsyncClient() as client:
        answer = await client.get(station.url, headers={"Host": "station.example"})

    assert answer.status_code == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_foreign_host_is_refused(station: Station, host: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(station.url, headers={"Host": host})

    assert (answer.status_code, list(answer.json())) == (421, ["error"])


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_a_foreign_page_cannot_send(
    station: Station, ada: httpx.AsyncClient, origin: str
) -> None:
    answer = await ada.post("/messages", files=a_message(), headers={"Origin": origin})

    assert (answer.status_code, station.conversation.updates) == (403, [])


async def test_a_foreign_page_that_hides_its_origin_cannot_send(
    station: Station, ada: httpx.AsyncClient
) -> None:
    headers = {"Sec-Fetch-Site": "same-site"}

    answer = await ada.post("/messages", files=a_message(), headers=headers)

    assert (answer.status_code, station.conversation.updates) == (403, [])


async def test_the_own_page_can_send(station: Station, ada: httpx.AsyncClient) -> None:
    headers = {"Origin": station.url, "Sec-Fetch-Site": "same-origin"}

    answer = await ada.post("/messages", files=a_message(), headers=headers)

    assert (answer.status_code, len(station.conversation.updates)) == (202, 1)


@pytest.mark.parametrize("path", ["/messages", "/actions"])
async def test_without_a_cookie_nothing_can_be_sent(station: Station, path: str) -> None:
    async with httpx.AsyncClient(base_url=station.url) as stranger:
        answer = await stranger.post(path, files=a_message())

    assert (answer.status_code, station.conversation.updates) == (401, [])


async def test_without_a_cookie_nothing_can_be_read(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.url) as stranger:
        answer = await stranger.get("/events")

    assert answer.status_code == 401


def forgeries(genuine: str) -> list[str]:
    """Return cookies that look like the genuine one and are not."""
    key, _, signature = genuine.partition(".")
    other_key = ("0" if key[0] != "0" else "1") + key[1:]
    return [
        "",
        key,
        f"{key}.",
        f"{other_key}.{signature}",
        f"{key}.{'0' * 64}",
        f"{key}.{signature[:-1]}",
        f"{key}.{signature}0",
        f"{key.upper()}.{signature.upper()}x",
        f"{key}{signature}",
        f".{signature}",
    ]


@pytest.mark.parametrize("number", range(10))
async def test_a_forged_cookie_is_no_cookie(
    station: Station, ada: httpx.AsyncClient, number: int
) -> None:
    ((name, genuine),) = ada.cookies.items()
    forged = forgeries(genuine)[number]

    async with httpx.AsyncClient(base_url=station.url) as forger:
        headers = {"Cookie": f"{name}={forged}"}
        answer = await forger.post("/messages", files=a_message(), headers=headers)

    assert (answer.status_code, station.conversation.updates) == (401, [])


async def test_a_cookie_of_another_secret_is_no_cookie(ada: httpx.AsyncClient) -> None:
    ((_, genuine),) = ada.cookies.items()
    settings = WebSettings(port=0, secret="another secret, long enough")

    async with running_station(settings) as other, other.visitor() as client:
        ((name, _),) = client.cookies.items()
        client.cookies.clear()
        answer = await client.get("/events", headers={"Cookie": f"{name}={genuine}"})

    assert answer.status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_pages(station: Station) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(station.url)

    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/"))


async def test_a_visitor_stays_the_same_person(station: Station, ada: httpx.AsyncClient) -> None:
    before = await station.chat_of(ada)

    await ada.get("/")

    assert await station.chat_of(ada) == before


async def test_two_browsers_are_two_people(
    station: Station, ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    assert await station.chat_of(ada) != await station.chat_of(bob)


@pytest.mark.parametrize(
    "path", ["/", "/static/app.js", "/health", "/nothing", "/media/x", "/hooks/a/b", "/events"]
)
async def test_every_answer_is_closed_to_foreign_content(station: Station, path: str) -> None:
    async with httpx.AsyncClient(base_url=station.url) as client:
        headers = (await client.get(path)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers


async def test_a_fault_of_ours_is_one_plain_sentence(
    station: Station, ada: httpx.AsyncClient
) -> None:
    async def break_down(update: ChatUpdate, surface: Surface) -> None:
        raise RuntimeError("the inside of the program")

    station.conversation.answer = break_down

    answer = await ada.post("/messages", files=a_message())

    assert answer.status_code == 500
    assert answer.json() == {"error": "Something broke on our side. Please try again."}


async def test_an_unknown_address_is_said_in_words(ada: httpx.AsyncClient) -> None:
    as_program = await ada.get("/nothing")
    as_person = await ada.get("/<b>nothing", headers={"Accept": "text/html"})

    assert (as_program.status_code, list(as_program.json())) == (404, ["error"])
    assert (as_person.status_code, "<b>" in as_person.text) == (404, False)


async def test_a_wrong_method_names_the_right_one(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/messages")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
