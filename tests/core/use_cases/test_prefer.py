"""What people and chats want workflows to begin with, checked and kept."""

import asyncio

import pytest

from core.sessions.model import Preferences, common, personal
from core.shared.errors import InputRefusedError, StoreTroubleError
from core.use_cases.prefer import Prefer, input_to_keep
from core.workflows.inputs import InputValue
from core.workflows.kinds import InputKind
from infrastructure.memory.preferences import InMemoryPreferences
from tests.builders import ADA, BOB, CHAT, a_workflow, an_input

MINE = personal(ADA)
WORKFLOW = a_workflow(
    inputs=(
        an_input(),
        an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2048),
        an_input("noise_seed", InputKind.INTEGER),
        an_input("hires", InputKind.BOOLEAN),
        an_input("strength", InputKind.NUMBER, minimum=0, maximum=1),
        an_input("image", InputKind.IMAGE),
    )
)


class BusyPreferences(InMemoryPreferences):
    """Somebody else is always faster."""

    async def save(self, owner: str, workflow: str, preferences: Preferences) -> bool:
        return False


@pytest.fixture
def prefer() -> Prefer:
    return Prefer(InMemoryPreferences())


async def test_what_is_saved_is_there_for_its_owner_alone(prefer: Prefer) -> None:
    await prefer.save(MINE, WORKFLOW, {"width": "768"})

    assert (await prefer.of(MINE, WORKFLOW)).values == {"width": 768}
    for other in (personal(BOB), common(CHAT)):
        assert await prefer.of(other, WORKFLOW) == Preferences()
    assert list(await prefer.all_of(MINE)) == [WORKFLOW.key]


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("width", "768", {"width": 768}),
        ("Width", "512", {"width": 512}),
        ("seed", "-1", {"noise_seed": -1}),
        ("hires", "no", {"hires": False}),
        ("strength", "0", {"strength": 0.0}),
        ("prompt", " a fox ", {"prompt": "a fox"}),
    ],
)
async def test_a_value_is_kept_as_its_input_takes_it(
    prefer: Prefer, name: str, given: str, kept: dict[str, InputValue]
) -> None:
    saved = await prefer.save(MINE, WORKFLOW, {name: given})

    assert saved.values == kept
    assert [type(each) for each in saved.values.values()] == [type(each) for each in kept.values()]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("hight", "5", "/text2img has no input “hight”."),
        ("width", "9000", "“width” takes a number from 64 to 2,048"),
        ("image", "fox.png", "“image” is a file"),
    ],
)
async def test_t_65_what_the_workflow_does_not_take_is_refused_and_nothing_is_saved(
    prefer: Prefer, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(InputRefusedError) as refused:
        await prefer.save(MINE, WORKFLOW, {"width": "768", name: value})

    assert refused.value.user_message.startswith(sentence)
    assert await prefer.of(MINE, WORKFLOW) == Preferences()


async def test_new_values_stand_beside_those_before_and_end_what_was_set_aside() -> None:
    store = InMemoryPreferences()
    before = Preferences(values={"hires": True}, set_aside={"width": "too wide", "cfg": "gone"})
    await store.save(MINE, WORKFLOW.key, before)

    saved = await Prefer(store).save(MINE, WORKFLOW, {"width": 640})

    assert saved.values == {"hires": True, "width": 640}
    assert saved.set_aside == {"cfg": "gone"}


async def test_what_is_forgotten_is_gone_and_can_be_forgotten_again(prefer: Prefer) -> None:
    await prefer.save(MINE, WORKFLOW, {"width": 640})

    for _ in range(2):
        await prefer.forget(MINE, WORKFLOW.key)

    assert await prefer.all_of(MINE) == {}


async def test_nothing_is_lost_of_what_is_saved_at_once(prefer: Prefer) -> None:
    given = ({"width": 640}, {"hires": True}, {"strength": 0.5})

    await asyncio.gather(*(prefer.save(MINE, WORKFLOW, each) for each in given))

    assert len((await prefer.of(MINE, WORKFLOW)).values) == 3


async def test_a_store_in_which_everybody_else_is_faster_is_in_trouble() -> None:
    with pytest.raises(StoreTroubleError):
        await Prefer(BusyPreferences()).save(MINE, WORKFLOW, {"width": 640})


def test_an_input_that_can_be_kept_is_found_by_its_role() -> None:
    assert input_to_keep(WORKFLOW, "seed").name == "noise_seed"
