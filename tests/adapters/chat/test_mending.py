"""A message that could not be put right at once."""

import pytest

from adapters.chat.mending import Mending
from adapters.chat.surface import ChatClosedError, MessageGoneError, NotShownError
from tests.until import until


class Edits:
    """Fails as often as told."""

    def __init__(self, *failures: NotShownError) -> None:
        self.failures = list(failures)
        self.made = 0

    async def __call__(self) -> None:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)


@pytest.mark.parametrize(("failures", "made"), [(0, 1), (1, 2)])
async def test_an_edit_is_made_until_it_holds(failures: int, made: int) -> None:
    edits, mends = Edits(*[NotShownError("down")] * failures), Mending(bug="bug", after_s=(0.01,))
    await mends.put_right(edits)
    await until(lambda: edits.made == made)
    await mends.stop()

    assert edits.made == made


@pytest.mark.parametrize("final", [MessageGoneError("gone"), ChatClosedError("closed")])
async def test_what_cannot_be_put_right_is_left(final: NotShownError) -> None:
    edits, mends = Edits(final), Mending(bug="bug", after_s=(0.01,))
    await mends.put_right(edits)
    await mends.wait(1.0)

    assert edits.made == 1


async def test_it_is_given_up_after_the_last_pause() -> None:
    edits = Edits(*[NotShownError("down")] * 9)
    mends = Mending(bug="bug", after_s=(0.01, 0.01))
    await mends.put_right(edits)
    await mends.wait(1.0)

    assert edits.made == 3
