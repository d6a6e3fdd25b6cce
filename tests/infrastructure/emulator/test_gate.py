import time

import httpx
import pytest

from infrastructure.emulator.faults import RequestFault, Spoil
from tests.infrastructure.emulator.workbench import Caller, until

QUEUE = "/run/deployment/queue"


def order(caller: Caller, spoil: Spoil, **fields: object) -> None:
    caller.emulator.faults.order({"for": "requests", "spoil": spoil, **fields})


async def test_a_slow_body_comes_in_pieces_and_whole(caller: Caller) -> None:
    true = (await caller.http.get("/deployments")).json()
    order(caller, Spoil.TRICKLE, delay_s=0.6)
    begun = time.monotonic()

    async with caller.http.stream("GET", "/deployments") as response:
        first_s = time.monotonic() - begun
        await response.aread()

    assert response.json() == true
    assert first_s < 0.6 <= time.monotonic() - begun


async def test_a_huge_body_is_still_true(caller: Caller) -> None:
    order(caller, Spoil.HUGE, size=2_000_000)

    answer = await caller.http.get("/deployments")

    assert len(answer.content) == 2_000_000
    assert len(answer.json()) == 3


async def test_a_body_may_lie_about_its_charset(caller: Caller) -> None:
    order(caller, Spoil.WRONG_CHARSET)

    answer = await caller.http.get("/deployments")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")


async def test_an_owner_without_credit_is_refused_in_words(caller: Caller) -> None:
    order(caller, Spoil.NO_CREDIT, path=QUEUE)

    answer = await caller.queue()

    assert (answer.status_code, answer.json(), len(caller.emulator.runs)) == (
        403,
        {"detail": "Insufficient deployment owner's GPU credits to create run"},
        0,
    )


@pytest.mark.parametrize(
    ("status", "words"), [(400, "400 Bad Request"), (502, "502 Bad Gateway"), (599, "599 ")]
)
async def test_a_machine_may_answer_with_any_status(
    caller: Caller, status: int, words: str
) -> None:
    order(caller, Spoil.MACHINE_ANSWERS, status=status, path=QUEUE)

    answer = await caller.queue()

    assert (answer.status_code, answer.json()) == (
        status,
        {"detail": f"Error creating run: {words}"},
    )
    assert next(iter(caller.emulator.runs)).status == "failed"


async def test_a_machine_that_breaks_is_asked_again_first(caller: Caller) -> None:
    order(caller, Spoil.MACHINE_ANSWERS, status=500, path=QUEUE)
    begun = time.monotonic()

    answer = await caller.queue()

    assert answer.json() == {"detail": "Error creating run: 500 Internal Server Error"}
    assert time.monotonic() - begun >= caller.emulator.settings.machine_retry_s


async def test_a_machine_that_refuses_may_run_all_the_same(caller: Caller) -> None:
    order(caller, Spoil.MACHINE_ANSWERS, status=400, handled=True, path=QUEUE)

    await caller.queue()

    run = next(iter(caller.emulator.runs))
    await until(lambda: len(run.outputs) == 1)
    assert run.status == "failed"


async def test_a_machine_that_is_gone_breaks_the_call(caller: Caller) -> None:
    order(caller, Spoil.MACHINE_GONE, path=QUEUE)

    answer = await caller.queue()

    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert next(iter(caller.emulator.runs)).status == "failed"


@pytest.mark.parametrize("spoil", [Spoil.TRICKLE, Spoil.HUGE, Spoil.WRONG_CHARSET])
async def test_a_spoiled_body_is_of_a_call_that_was_carried_out(
    caller: Caller, spoil: Spoil
) -> None:
    order(caller, spoil, path=QUEUE, size=100)

    await caller.queue()

    assert len(caller.emulator.runs) == 1


def test_a_huge_body_has_a_size() -> None:
    with pytest.raises(ValueError, match="size"):
        RequestFault(spoil=Spoil.HUGE, size=0)


@pytest.mark.parametrize("spoil", [Spoil.TRICKLE, Spoil.HUGE, Spoil.WRONG_CHARSET])
async def test_the_body_of_a_call_that_was_not_carried_out_is_lost(
    caller: Caller, spoil: Spoil
) -> None:
    order(caller, spoil, path=QUEUE, handled=False)

    with pytest.raises(httpx.RemoteProtocolError):
        await caller.queue()

    assert len(caller.emulator.runs) == 0
