import pytest

from infrastructure.emulator.server import Emulator
from infrastructure.emulator.settings import EmulatorSettings
from tests.infrastructure.emulator.workbench import Caller, calling, picture

NOBODY = "00000000-0000-0000-0000-000000000001"
PNG = {"type": "image/png", "file_size": "10"}


@pytest.fixture
async def old(caller: Caller) -> Caller:
    caller.emulator.change_settings(legacy=True)
    return caller


async def test_today_there_is_no_address_to_upload_to(caller: Caller) -> None:
    answer = await caller.http.get("/upload-url", params=PNG)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


async def test_a_file_is_put_where_it_was_promised(old: Caller) -> None:
    promised = (await old.http.get("/upload-url", params=PNG)).json()

    put = await old.http.put(promised["upload_url"], content=picture())

    assert (set(promised), put.status_code) == ({"upload_url", "file_id", "download_url"}, 200)
    assert (await old.http.get(promised["download_url"])).content == picture()


async def test_an_address_takes_one_file(old: Caller) -> None:
    url = (await old.http.get("/upload-url", params=PNG)).json()["upload_url"]

    answers = [await old.http.put(url, content=picture()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 403]


@pytest.mark.parametrize(
    "query", [{"type": "text/plain", "file_size": "1"}, {"type": "image/png"}, PNG | {"type": ""}]
)
async def test_what_the_first_generation_does_not_take_is_its_500(
    old: Caller, query: dict[str, str]
) -> None:
    answer = await old.http.get("/upload-url", params=query)

    assert (answer.status_code, list(answer.json())) == (500, ["error"])


async def test_a_run_that_is_not_there_was_a_400() -> None:
    async with calling(Emulator(EmulatorSettings.quick(legacy=True))) as caller:
        answer = await caller.http.get("/run", params={"run_id": NOBODY})

        assert (answer.status_code, set(answer.json())) == (400, {"code", "message"})


async def test_todays_form_is_not_changed_by_it(old: Caller) -> None:
    assert (await old.http.get(f"/run/{NOBODY}")).status_code == 404


async def test_a_file_that_is_too_large_is_not_kept(old: Caller) -> None:
    promised = (await old.http.get("/upload-url", params=PNG)).json()
    old.emulator.change_settings(max_upload_bytes=10)

    put = await old.http.put(promised["upload_url"], content=picture())

    assert put.status_code == 400
    assert (await old.http.get(promised["download_url"])).status_code == 404
