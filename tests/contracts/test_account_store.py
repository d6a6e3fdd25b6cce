"""What every AccountStore promises."""

import asyncio

import attrs
import pytest

from core.sessions.model import Account
from core.sessions.ports import AccountStore
from core.shared.ids import AccountId
from infrastructure.memory.accounts import InMemoryAccounts
from infrastructure.sql.accounts import SqlAccounts
from infrastructure.sql.database import Database
from tests.builders import ADA, BOB, NOW, an_identity


@pytest.fixture
def accounts(database: Database | None) -> AccountStore:
    return InMemoryAccounts() if database is None else SqlAccounts(database)


async def test_the_first_contact_makes_an_account(accounts: AccountStore) -> None:
    account = await accounts.account_for(an_identity(), fresh=ADA, now=NOW)

    assert account == Account(id=ADA, created_at=NOW, is_new=True)


async def test_a_known_person_keeps_their_account(accounts: AccountStore) -> None:
    first = await accounts.account_for(an_identity(), fresh=ADA, now=NOW)
    again = await accounts.account_for(an_identity(), fresh=BOB, now=NOW)

    assert again == attrs.evolve(first, is_new=False)


async def test_the_same_number_on_another_platform_is_another_person(
    accounts: AccountStore,
) -> None:
    ada = await accounts.account_for(an_identity("7", platform="telegram"), fresh=ADA, now=NOW)
    bob = await accounts.account_for(an_identity("7", platform="discord"), fresh=BOB, now=NOW)

    assert (ada.id, bob.id) == (ADA, BOB)


async def test_of_many_first_contacts_at_once_one_makes_the_account(
    accounts: AccountStore,
) -> None:
    found = await asyncio.gather(
        *(
            accounts.account_for(an_identity(), fresh=AccountId(f"fresh-{number}"), now=NOW)
            for number in range(20)
        )
    )

    assert len({account.id for account in found}) == 1
    assert sum(account.is_new for account in found) == 1


async def test_whom_we_know_is_found_by_identity_and_by_id(accounts: AccountStore) -> None:
    await accounts.account_for(an_identity(), fresh=ADA, now=NOW)

    known = Account(id=ADA, created_at=NOW)
    assert await accounts.find(an_identity()) == known
    assert await accounts.get(ADA) == known


async def test_looking_for_somebody_makes_no_account(accounts: AccountStore) -> None:
    assert await accounts.find(an_identity()) is None
    assert await accounts.get(ADA) is None

    assert (await accounts.account_for(an_identity(), fresh=BOB, now=NOW)).is_new
