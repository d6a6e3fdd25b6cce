"""Finding the workflow that a person means."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.shared.errors import ServiceTroubleError, UnknownWorkflowError
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.service import Workflows
from core.workflows.snapshot import ALIASES, Snapshot, normal_name
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.builders import a_workflow, an_input
from tests.fakes.clock import FixedClock

PICTURE = an_input("input_image", InputKind.IMAGE)
MASK = an_input("mask", InputKind.IMAGE)
VOICE = an_input("voice", InputKind.FILE)
DRAW = a_workflow("text2img")
PAINT = a_workflow("img2img", inputs=(PICTURE, an_input()))
UPSCALE = a_workflow("upscale", inputs=(PICTURE,))
SKETCH = a_workflow("a_sketch")
SPEAK = a_workflow("speak", inputs=(VOICE, an_input()))
INPAINT = a_workflow("inpaint", inputs=(PICTURE, MASK, an_input()))


def the_workflows(*workflows: Workflow, default: str = "text2img") -> Workflows:
    return Workflows(InMemoryCatalogue(workflows), default=default)


USUAL = the_workflows(DRAW, PAINT, UPSCALE)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("text2img", "text2img"),
        ("  Text2IMG ", "text2img"),
        ("Flux Dev - fast!", "flux_dev_fast"),
        ("--a---b--", "a_b"),
        ("a\tb\nc", "a_b_c"),
        ("__x__y__", "x_y"),
        ("Größe", "gre"),
        ("💥", ""),
        ("x" * 50, "x" * 32),
        ("x" * 31 + " y", "x" * 31),
    ],
)
def test_a_name_becomes_a_command(raw: str, name: str) -> None:
    assert normal_name(raw) == name


@given(raw=st.text())
def test_a_command_has_only_what_both_platforms_take(raw: str) -> None:
    name = normal_name(raw)

    assert len(name) <= 32
    assert all(each in "abcdefghijklmnopqrstuvwxyz0123456789_" for each in name)
    assert not name.startswith("_")


@pytest.mark.parametrize("raw", ["Text to Image", "TEXT_TO_IMAGE", "text-to-image", " makeimage "])
async def test_t_25_a_name_is_found_in_any_spelling(raw: str) -> None:
    assert await USUAL.named(raw) == DRAW


@pytest.mark.parametrize("raw", ["make", " Make ", "MAKE"])
async def test_make_leaves_the_choice_to_us(raw: str) -> None:
    assert await USUAL.meant_by(raw, with_image=False) == DRAW
    assert await USUAL.meant_by(raw, with_image=True) == PAINT


async def test_any_other_name_means_that_workflow_whatever_comes_with_it() -> None:
    assert await USUAL.meant_by("text2img", with_image=True) == DRAW


@pytest.mark.parametrize("raw", ["Flux Dev", "flux-dev", "FLUX_DEV", " flux dev ", "flux_dev"])
async def test_t_25_a_workflow_of_many_words_is_found_in_any_spelling(raw: str) -> None:
    flux = a_workflow("flux_dev")

    assert await the_workflows(DRAW, flux).named(raw) == flux


@pytest.mark.parametrize("alias", ALIASES)
async def test_a_name_from_elsewhere_is_understood(alias: str) -> None:
    meant = a_workflow(ALIASES[alias])

    assert await the_workflows(SKETCH, meant).named(alias) == meant


async def test_a_workflow_of_an_aliass_name_goes_first() -> None:
    own = a_workflow("make")

    assert await the_workflows(DRAW, own).named("Make") == own


async def nearest(raw: str) -> tuple[str, ...]:
    with pytest.raises(UnknownWorkflowError) as raised:
        await USUAL.named(raw)
    return raised.value.nearest


@pytest.mark.parametrize(
    ("raw", "near"),
    [("txt2img", "text2img"), ("upscal", "upscale"), ("Img-2-Img", "img2img")],
)
async def test_a_slip_of_the_finger_is_told_what_was_near(raw: str, near: str) -> None:
    assert (await nearest(raw))[0] == near


@pytest.mark.parametrize(("raw", "near"), [("hlep", "help"), ("stats", "status"), ("mak", "make")])
async def test_a_command_may_have_been_meant(raw: str, near: str) -> None:
    assert near in await nearest(raw)


async def test_nobody_is_told_to_write_what_they_have_written() -> None:
    assert "make" not in await nearest("make")


@pytest.mark.parametrize("raw", ["qqqqqq", "", "💥", "x" * 5_000])
async def test_where_nothing_is_near_nothing_is_offered(raw: str) -> None:
    assert await nearest(raw) == ()


async def test_all_are_listed_as_the_catalogue_has_them() -> None:
    assert list(await USUAL.all()) == [PAINT, DRAW, UPSCALE]


async def test_a_sentence_means_the_default_and_with_a_picture_what_takes_one() -> None:
    assert await USUAL.for_sentence(with_image=False) == DRAW
    assert await USUAL.for_sentence(with_image=True) == PAINT


async def test_without_the_default_a_sentence_means_the_first_that_takes_it() -> None:
    workflows = the_workflows(UPSCALE, DRAW, SKETCH, default="Not There")

    assert await workflows.for_sentence(with_image=False) == SKETCH


async def test_a_default_is_named_in_any_spelling() -> None:
    workflows = the_workflows(DRAW, SKETCH, default="A Sketch")

    assert await workflows.for_sentence(with_image=False) == SKETCH


@pytest.mark.parametrize("with_image", [True, False])
async def test_what_needs_more_than_a_sentence_and_a_picture_is_never_meant(
    *, with_image: bool
) -> None:
    workflows = the_workflows(UPSCALE, SPEAK, INPAINT)

    with pytest.raises(UnknownWorkflowError) as raised:
        await workflows.for_sentence(with_image=with_image)

    assert raised.value.nearest == ("inpaint", "speak", "upscale")


@attrs.define
class AgeingCatalogue(WorkflowCatalogue):
    """Shows what it was given at first, and `there` once it is read anew."""

    clock: FixedClock
    there: tuple[Workflow, ...] = ()
    problem: str = ""
    is_down: bool = False
    readings: int = 0
    _known: Snapshot = attrs.field(init=False)

    @_known.default
    def _at_first(self) -> Snapshot:
        return Snapshot.of([DRAW], read_at=self.clock.now())

    async def current(self) -> Snapshot:
        return attrs.evolve(self._known, problem=self.problem)

    async def reload(self) -> Snapshot:
        self.readings += 1
        if self.is_down:
            raise ServiceTroubleError("down")
        self._known = Snapshot.of([DRAW, *self.there], read_at=self.clock.now())
        return self._known


@attrs.define
class Bench:
    """Workflows over a catalogue that may have changed since it was read."""

    clock: FixedClock = attrs.Factory(FixedClock)
    catalogue: AgeingCatalogue = attrs.field(init=False)
    workflows: Workflows = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.catalogue = AgeingCatalogue(self.clock)
        self.workflows = Workflows(self.catalogue, clock=self.clock)

    async def asked(self, *pauses: float) -> int:
        """Ask for a name that nobody knows after each pause; return how often was read anew."""
        for pause in pauses:
            self.clock.advance(seconds=pause)
            with pytest.raises(UnknownWorkflowError):
                await self.workflows.named("sketch_of_mine")
        return self.catalogue.readings


async def test_a_workflow_that_was_just_deployed_is_found() -> None:
    bench = Bench()
    bench.catalogue.there = (SKETCH,)
    bench.clock.advance(seconds=10)

    assert await bench.workflows.named("A Sketch") == SKETCH
    assert bench.catalogue.readings == 1


async def test_a_name_that_nobody_knows_has_all_read_anew_once_in_a_while() -> None:
    assert await Bench().asked(0, 9, 1, 1, 8, 1) == 2


async def test_a_clock_that_was_set_back_does_not_forbid_to_look_again() -> None:
    assert await Bench().asked(20, -86_400) == 2


async def test_a_service_that_does_not_answer_is_not_waited_for_again_and_again() -> None:
    bench = Bench()
    bench.catalogue.is_down = True

    assert await bench.asked(20, 5, 5) == 2


async def test_a_service_that_is_known_not_to_answer_is_not_asked_for_a_name() -> None:
    bench = Bench()
    bench.catalogue.problem = "ComfyUI Deploy does not answer."

    assert await bench.asked(20) == 0


async def test_what_is_known_and_what_is_there_now_can_be_asked_for() -> None:
    bench = Bench()
    bench.catalogue.there = (SKETCH,)

    before = await bench.workflows.snapshot()
    after = await bench.workflows.reload()

    assert [len(each.workflows) for each in (before, after)] == [1, 2]
