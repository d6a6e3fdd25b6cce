"""What goes wrong at the service, at the hooks and on the way, as a person at the page meets it."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from tests.program import Message, Person, address_in, command, emulating, person_at, serving, start

pytestmark = pytest.mark.process

SMALL = "width=64 height=64"
QUICK = {"STATIONTHIS_LOOK_UP_S": "1", "COMFY_DEPLOY_RETRY_FOR_S": "1"}


@attrs.frozen
class Visit:
    """One person at a demo whose service can be told to misbehave."""

    person: Person
    control: httpx.AsyncClient
    log: Path

    async def order(self, **fault: object) -> None:
        """Order a fault of the emulator."""
        (await self.control.post("/control/faults", json=fault)).raise_for_status()

    async def runs(self) -> list[dict[str, Any]]:
        """Return the emulator's runs."""
        runs: list[dict[str, Any]] = (await self.control.get("/control")).json()["runs"]
        return runs

    async def points(self) -> int:
        """Ask for the balance as a person would."""
        asked = {message["id"] for message in self.person.shown.values()}
        await self.person.say("/points")
        answer = await self.person.see(
            lambda message: message["id"] not in asked and "You have" in words(message)
        )
        found = re.search(r"You have (\d+)", words(answer))
        assert found is not None
        return int(found[1])


def words(message: Message) -> str:
    return "".join(span["text"] for span in message["spans"])


def is_end(message: Message) -> bool:
    return str(message["id"]).startswith("job-") and message["tone"] != "working"


def is_result(message: Message) -> bool:
    return bool(message["media"])


@asynccontextmanager
async def visiting(
    folder: Path, *, speed: str = "--fast", settings: Mapping[str, str] = QUICK
) -> AsyncIterator[Visit]:
    async with emulating(folder / "emulator.log", *([speed] if speed else [])) as service:
        command = ("demo", "--real", "--port", "0", "--data", str(folder / "data"))
        root = service["COMFY_DEPLOY_BASE_URL"].removesuffix("/api")
        async with (
            serving(*command, log=folder / "demo.log", **{**service, **settings}) as demo,
            httpx.AsyncClient(base_url=root) as control,
            person_at(address_in(demo.ready)) as person,
        ):
            yield Visit(person, control, folder / "demo.log")


@pytest.mark.parametrize("trouble", ["lost", "doubled", "reordered", "late"])
async def test_webhooks_that_misbehave_change_neither_price_nor_result(
    tmp_path: Path, trouble: str
) -> None:
    async with visiting(tmp_path) as visit:
        await visit.order(**{"for": "runs"}, count=1, webhooks=trouble)
        await visit.person.say(f"a fox {SMALL}")
        end = await visit.person.see(is_result)

        assert await visit.points() == 369
    assert re.search(r"· \d+(\.\d)? s · .*/why [0-9a-f]{8}$", words(end))
    assert [message["id"] for message in visit.person.changes].count(end["id"]) <= 3


async def test_hooks_that_are_forged_or_repeated_do_nothing_but_wake(tmp_path: Path) -> None:
    async with visiting(tmp_path, speed="") as visit:
        await visit.person.say(f"a fox {SMALL}")
        await visit.person.see(lambda message: "Cancel" in str(message["buttons"]))
        address = (await visit.runs())[0]["webhook"]
        lies = {"run_id": "x", "status": "failed", "progress": 1, "outputs": []}
        async with httpx.AsyncClient() as liar:
            genuine = [(await liar.post(address, json=lies)).status_code for _ in range(3)]
            genuine.append((await liar.request("GET", address, json=lies)).status_code)
            forged = [
                (await liar.post(address[:-4] + "0000", json=lies)).status_code,
                (await liar.post(f"{address}0", json=lies)).status_code,
            ]
        end = await visit.person.see(is_end)

        assert (genuine, forged) == ([200] * 4, [404, 404])
        assert end["tone"] == "good"
        assert await visit.points() > 370 - 20


async def test_the_service_reaches_our_hooks_through_the_public_address(tmp_path: Path) -> None:
    public = {"STATIONTHIS_PUBLIC_URL": "http://bot.example:8443/", **QUICK}
    async with visiting(tmp_path, settings=public) as visit:
        await visit.person.say(f"a fox {SMALL}")
        await visit.person.see(is_result)
        hook = (await visit.runs())[0]["webhook"]
        at_home = str(visit.person.client.base_url).rstrip("/")
        through_proxy = {"Host": "bot.example:8443"}
        async with httpx.AsyncClient(headers=through_proxy, base_url=at_home) as proxy:
            heard = await proxy.post(hook.removeprefix("http://bot.example:8443"), json={})
            page = await proxy.get("/")

    assert hook.startswith("http://bot.example:8443/hooks/")
    assert (heard.status_code, page.status_code) == (200, 421)


@pytest.mark.parametrize(
    ("fault", "runs"),
    [
        ({"spoil": "lost"}, 1),
        ({"spoil": "answer", "status": 500}, 0),
        ({"spoil": "answer", "status": 502, "handled": True}, 1),
        ({"spoil": "cut"}, 1),
    ],
)
async def test_t_05_a_submit_without_an_answer_never_runs_twice(
    tmp_path: Path, fault: dict[str, object], runs: int
) -> None:
    async with visiting(tmp_path) as visit:
        await visit.order(**{"for": "requests"}, path="/run/deployment/queue", count=1, **fault)
        await visit.person.say(f"a fox {SMALL}")
        end = await visit.person.see(is_end)

        assert len(await visit.runs()) == runs
        assert end["tone"] == ("good" if runs else "bad")
        assert await visit.points() == 370 - runs


async def test_a_busy_service_is_waited_for(tmp_path: Path) -> None:
    async with visiting(tmp_path) as visit:
        await visit.order(
            **{"for": "requests"}, path="/run/deployment/queue", count=1, status=429, spoil="answer"
        )
        await visit.person.say(f"a fox {SMALL}")
        end = await visit.person.see(is_end)

    assert end["tone"] == "good"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("failed", "The workflow failed"),
        ("empty", "without a result"),
        ("timeout", "took too long"),
    ],
)
async def test_a_run_without_a_result_is_told_and_free(
    tmp_path: Path, ending: str, said: str
) -> None:
    async with visiting(tmp_path) as visit:
        await visit.order(**{"for": "runs"}, count=1, ending=ending)
        await visit.person.say(f"a fox {SMALL}")
        end = await visit.person.see(is_end)

        assert said in words(end)
        assert "You were not charged" in words(end)
        assert await visit.points() == 370


async def test_a_double_press_is_one_press(tmp_path: Path) -> None:
    async with visiting(tmp_path) as visit:
        await visit.person.say(f"a fox {SMALL}")
        result = await visit.person.see(is_result)
        await visit.person.press(result, "Again", times=4)
        await visit.person.see(lambda message: is_result(message) and message["id"] != result["id"])
        await asyncio.sleep(0.5)

        assert len(await visit.runs()) == 2


async def test_the_same_message_twice_is_one_job(tmp_path: Path) -> None:
    async with visiting(tmp_path) as visit:
        for _ in range(3):
            await visit.person.say(f"a fox {SMALL}", id="5" * 32)
        await visit.person.see(is_result)

        assert len(await visit.runs()) == 1
        assert await visit.points() == 369


async def test_a_service_that_is_down_is_told_and_free(tmp_path: Path) -> None:
    async with visiting(tmp_path) as visit:
        await visit.person.say("/workflows")
        await visit.person.see(lambda message: "/text2img" in words(message))
        await visit.order(**{"for": "requests"}, path="", count=None, spoil="lost", handled=False)
        await visit.person.say(f"a fox {SMALL}")
        end = await visit.person.see(is_end, within_s=40)

        assert "You were not charged" in words(end)
        assert await visit.points() == 370
    assert "Traceback" not in visit.log.read_text()


async def test_a_wrong_key_is_an_apology_to_the_person_and_a_line_to_the_operator(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path, settings=QUICK | {"COMFY_DEPLOY_API_KEY": "wrong-key"}) as visit:
        await visit.person.say(f"a fox {SMALL}")
        answer = await visit.person.see(lambda message: message["tone"] == "bad")

    log = await asyncio.to_thread(visit.log.read_text)
    assert "You were not charged" in words(answer)
    assert "key" not in words(answer)
    assert "service.refused" in log
    assert "wrong-key" not in log


async def test_two_programs_do_not_share_a_data_folder_or_a_port(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    demo = await start("demo", "--port", "0", "--data", data, log=tmp_path / "demo.log")
    port = address_in(demo.ready).rpartition(":")[2]

    same_folder = await command("demo", "--port", "0", "--data", data, cwd=tmp_path, settings={})
    same_port = await command(
        "demo", "--port", port, "--data", f"{data}2", cwd=tmp_path, settings={}
    )
    same_database = await command(
        "demo", "--port", "0", "--data", f"{data}3", cwd=tmp_path,
        settings={"DATABASE_URL": f"sqlite:///{data}/station.db"},
    )  # fmt: skip
    await demo.stop()

    assert (same_folder[0], same_port[0], same_database[0]) == (1, 1, 1)
    assert "Another StationThis is running on this database" in same_database[2]
    assert "Another StationThis is running on the data folder" in same_folder[2]
    assert "--port" in same_port[2]
    assert "Traceback" not in same_folder[2] + same_port[2]


async def test_what_cannot_be_started_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "garbage").mkdir()
    (tmp_path / "garbage" / "station.db").write_bytes(b"this is no database" * 100)
    (tmp_path / "folder" / "station.db").mkdir(parents=True)
    port = ("demo", "--port", "0", "--data")

    refused = [
        await command(*port, "garbage", cwd=tmp_path, settings={}),
        await command(*port, "folder", cwd=tmp_path, settings={}),
        await command(*port, "new", "--real", cwd=tmp_path, settings={}),
        await command(*port, "new", cwd=tmp_path, settings={"DATABASE_URL": "mysql://x"}),
    ]

    assert [code for code, _, _ in refused] == [1, 1, 1, 1]
    said = [err for _, _, err in refused]
    assert "memory does not answer" in said[0]
    assert "memory does not answer" in said[1]
    assert "COMFY_DEPLOY_API_KEY" in said[2]
    assert "DATABASE_URL" in said[3]
    assert "Traceback" not in "".join(said)


async def test_a_stopped_demo_ends_cleanly_and_soon(tmp_path: Path) -> None:
    demo = await start(
        "demo", "--port", "0", "--data", str(tmp_path / "data"), log=tmp_path / "demo.log"
    )
    async with person_at(address_in(demo.ready)) as person:
        await person.say("a fox")
        await person.see(lambda message: message["tone"] == "working")

        assert await demo.stop() == 0
    assert await asyncio.to_thread((tmp_path / "demo.log").read_text) == ""
