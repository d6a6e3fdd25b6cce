"""Without pauses between repeats, unless a test asks for them."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield
