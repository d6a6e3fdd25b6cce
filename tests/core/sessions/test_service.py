"""Knowing who is talking to us."""

import pytest

from core.sessions.service import Accounts
from infrastructure.memory.accounts import InMemoryAccounts
from tests.builders import NOW, an_identity
from tests.fakes.clock import FixedClock
from tests.fakes.ids import CountingIds


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(store=InMemoryAccounts(), clock=FixedClock(NOW), ids=CountingIds())


async def test_a_first_contact_makes_an_account(accounts: Accounts) -> None:
    account = await accounts.of(an_identity())

    assert (account.id, account.created_at, account.is_new) == (f"{1:032x}", NOW, True)


async def test_every_later_contact_finds_it(accounts: Accounts) -> None:
    first = await accounts.of(an_identity())

    again = await accounts.of(an_identity())

    assert (again.id, again.is_new) == (first.id, False)


async def test_the_same_name_on_another_platform_is_somebody_else(accounts: Accounts) -> None:
    here = await accounts.of(an_identity("7", platform="telegram"))
    there = await accounts.of(an_identity("7", platform="discord"))

    assert here.id != there.id
