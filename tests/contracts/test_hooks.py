"""What every Hooks promises."""

import pytest

from core.generations.ports import Hooks
from core.shared.ids import JobId
from infrastructure.hooks import SignedHooks

JOB = JobId("a" * 32)
OTHER = JobId("b" * 32)


@pytest.fixture
def hooks() -> Hooks:
    return SignedHooks("a secret", "https://bot.example")


def token_of(hooks: Hooks, job: JobId) -> str:
    address = hooks.address(job)
    assert address is not None
    return address.rpartition("/")[2]


def test_the_token_of_a_jobs_address_is_genuine(hooks: Hooks) -> None:
    token = token_of(hooks, JOB)

    assert hooks.is_genuine(JOB, token)


def test_an_address_is_the_same_each_time(hooks: Hooks) -> None:
    assert hooks.address(JOB) == hooks.address(JOB)


def test_the_token_of_another_job_is_not_genuine(hooks: Hooks) -> None:
    token = token_of(hooks, OTHER)

    assert not hooks.is_genuine(JOB, token)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "ключ", "\ud800", "a" * 100_000])
def test_a_made_up_token_is_not_genuine(hooks: Hooks, token: str) -> None:
    assert not hooks.is_genuine(JOB, token)


def test_a_token_with_anything_behind_it_is_not_genuine(hooks: Hooks) -> None:
    token = token_of(hooks, JOB)

    assert not hooks.is_genuine(JOB, f"{token}0")


def test_a_job_id_of_strange_characters_is_not_genuine(hooks: Hooks) -> None:
    assert not hooks.is_genuine(JobId("\ud800"), "0" * 64)
