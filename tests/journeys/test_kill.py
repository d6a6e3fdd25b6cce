"""kill -9 at any moment of a run, and start again: nothing is lost, doubled or charged twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.journeys.books import books_of
from tests.program import Message, Person, address_in, emulating, person_at, serving, start

pytestmark = pytest.mark.process

# Fixed, since a restart takes the same; below 32,768, where no connection takes one by chance.
PORTS = iter(range(29_000, 29_900))
END_TONES = ("good", "bad", "plain")


def is_end(message: Message) -> bool:
    mine = message["from"] == "station" and message["id"].startswith("job-")
    return mine and message["tone"] in END_TONES


async def insist(person: Person, text: str, *, id: str) -> None:
    """Send a message as the page does: again under the same id until the server has it."""
    while True:
        try:
            await person.say(text, id=id)
        except httpx.HTTPError:
            await asyncio.sleep(0.05)
        else:
            return


async def killed_rounds(
    folder: Path, service: Mapping[str, str], *, rounds: int, seed: int
) -> dict[str, Message]:
    """Have one person make `rounds` pictures while the demo is killed once in each."""
    chance = random.Random(seed)  # noqa: S311 - a replayable test, no secret
    arguments = ("demo", "--real", "--data", str(folder / "data"), "--port")
    settings = {**service, "STATIONTHIS_LOOK_UP_S": "1"}
    log = folder / "demo.log"
    port = str(next(PORTS))
    demo = await start(*arguments, port, log=log, **settings)
    async with person_at(address_in(demo.ready)) as ada:
        for number in range(rounds):
            saying = asyncio.create_task(
                insist(ada, f"/make fox {number} width=64 height=64", id=f"{number:032x}")
            )
            await asyncio.sleep(chance.uniform(0, 0.35))
            await demo.kill()
            demo = await start(*arguments, port, log=log, **settings)
            await saying
            await ada.see(
                lambda message, number=number: (
                    is_end(message)  # type: ignore[misc]  # one a round
                    and f"fox {number}" in str(message["spans"])
                )
            )
        shown = dict(ada.shown)
    await demo.stop()
    assert "Traceback" not in log.read_text()
    return shown


async def check_rounds(tmp_path: Path, *, rounds: int, seed: int) -> None:
    async with emulating(tmp_path / "emulator.log", "--fast") as service:
        shown = await killed_rounds(tmp_path, service, rounds=rounds, seed=seed)
        root = service["COMFY_DEPLOY_BASE_URL"].removesuffix("/api")
        async with httpx.AsyncClient() as client:
            runs = (await client.get(f"{root}/control")).json()["runs"]

    audit, jobs = await books_of(tmp_path / "data")

    assert audit.balanced, audit
    assert len(jobs) == rounds
    assert sorted(f"job-{job.id}" for job in jobs) == sorted(
        message["id"] for message in shown.values() if is_end(message)
    )
    assert {job.delivery.value for job in jobs} == {"delivered"}
    assert all(job.charged <= job.quote.points for job in jobs)
    submits = Counter(run["inputs"]["stationthis_job"] for run in runs)
    assert max(submits.values()) == 1


async def test_a_killed_station_goes_on_where_it_was(tmp_path: Path) -> None:
    await check_rounds(tmp_path, rounds=6, seed=1)


@pytest.mark.full
async def test_a_station_killed_100_times_goes_on_where_it_was(tmp_path: Path) -> None:
    await check_rounds(tmp_path, rounds=100, seed=2)


async def test_a_run_that_died_with_its_service_is_given_back(tmp_path: Path) -> None:
    arguments = ("demo", "--data", str(tmp_path / "data"), "--port", str(next(PORTS)))
    log = tmp_path / "demo.log"
    demo = await start(*arguments, log=log)
    async with person_at(address_in(demo.ready)) as ada:
        await ada.say("/make a fox")
        await ada.see(lambda message: "Cancel" in str(message["buttons"]))
        await demo.kill()

        async with serving(*arguments, log=log):
            end = await ada.see(is_end)
            await ada.say("/points")
            points = await ada.see(lambda message: "You have" in str(message["spans"]))

    assert "You were not charged" in str(end["spans"])
    assert "370 points" in str(points["spans"])
