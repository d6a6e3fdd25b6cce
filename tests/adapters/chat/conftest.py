"""A conversation for the tests of what is said in it."""

from collections.abc import Iterator

import pytest

from tests.adapters.chat.talk import Talk, a_talk


@pytest.fixture
def talk() -> Iterator[Talk]:
    made = a_talk()
    yield made
    made.container.images().close()
