"""What every NewIds promises."""

import re
from collections.abc import Callable

import pytest

from core.shared.ports import NewIds
from infrastructure.new_ids import RandomIds
from tests.fakes.ids import CountingIds

HEX_32 = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(params=[RandomIds, CountingIds])
def ids(request: pytest.FixtureRequest) -> NewIds:
    make: Callable[[], NewIds] = request.param
    return make()


def test_a_job_id_has_32_hexadecimal_characters(ids: NewIds) -> None:
    assert HEX_32.fullmatch(ids.job())


def test_a_token_has_32_hexadecimal_characters(ids: NewIds) -> None:
    assert HEX_32.fullmatch(ids.token())


def test_no_job_id_comes_twice(ids: NewIds) -> None:
    made = [ids.job() for _ in range(10_000)]

    assert len(set(made)) == 10_000


def test_no_token_comes_twice(ids: NewIds) -> None:
    made = [ids.token() for _ in range(10_000)]

    assert len(set(made)) == 10_000


def test_a_seed_is_within_its_bounds(ids: NewIds) -> None:
    seeds = [ids.seed() for _ in range(10_000)]

    assert min(seeds) >= 0
    assert max(seeds) < 2**31
