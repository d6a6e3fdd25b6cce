"""Addresses as text, and back."""

import pytest

from adapters.chat.surface import ReplyTo
from adapters.telegram.intake import Intake
from adapters.telegram.updates import Address

ADA = ReplyTo("telegram:7:0:9")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("telegram:7", Address(7)),
        ("telegram:-1001:0:9", Address(-1001, 0, 9)),
        ("telegram:-1001:4:9", Address(-1001, 4, 9)),
    ],
)
def test_an_address_is_read(text: str, address: Address) -> None:
    assert Address.read(ReplyTo(text)) == address
    assert Address.read(address.reply_to) == address


@pytest.mark.parametrize("text", ["", "telegram:", "telegram:x", "discord:7", "telegram:7:a:b"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Address.read(ReplyTo(text))


async def test_what_is_taken_too_often_does_no_harm() -> None:
    intake = Intake()
    intake.fetched([1])
    with intake.taking(1):
        intake.answered_at(ADA, 1)
        intake.taken(ADA)
        intake.taken(ADA)
        intake.taken(ReplyTo("telegram:8"))

    await intake.settled()
    intake.fetched([])

    assert intake.is_settled


async def test_one_that_takes_too_long_holds_up_nobody_for_ever() -> None:
    intake = Intake(within_s=0.01)
    intake.fetched([1, 2])

    await intake.settled()

    assert intake.is_settled


async def test_a_straggler_does_not_stand_for_what_came_after_it() -> None:
    intake = Intake(within_s=0.01)
    intake.fetched([1])
    with intake.taking(1):
        intake.answered_at(ADA, 1)
        await intake.settled()
        intake.fetched([2])
        intake.taken(ADA)

    assert not intake.is_settled


async def test_of_two_that_are_answered_in_one_place_an_answer_is_to_both() -> None:
    intake = Intake()
    intake.fetched([1, 2])
    with intake.taking(1):
        intake.answered_at(ADA, 1)
        with intake.taking(2):
            intake.answered_at(ADA, 2)

        settled_before = intake.is_settled
        intake.taken(ADA)

    assert (settled_before, intake.is_settled) == (False, True)
