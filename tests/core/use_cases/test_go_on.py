"""From a result to the next generation."""

import pytest

from core.generations.model import Job
from core.media.model import MediaRef
from core.shared.errors import NotYoursError, StaleButtonError, UnknownWorkflowError
from core.shared.ids import JobId, MediaId
from core.use_cases.go_on import first_image
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.builders import ADA, BOB, a_job, a_media_ref, a_workflow, an_input
from tests.core.images import PNG
from tests.core.use_cases.station import DRAW, PAINT, Station, World

CHAT = "web:chat-2"
NEXT = JobId("f" * 32)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def station(world: World) -> Station:
    return Station(world)


async def test_again_is_the_same_wish_with_a_new_seed(station: Station) -> None:
    first = await station.whole_life("a red fox")

    request = await station.go_on.again(first.id, ADA, reply_to=CHAT)
    second = await station.start(NEXT, request)

    assert second.wish.inputs == {"prompt": "a red fox", "seed": 2}
    assert first.wish.inputs == {"prompt": "a red fox", "seed": 1}
    assert (second.wish.parent, second.reply_to) == (first.id, CHAT)


async def test_again_takes_the_same_picture(station: Station) -> None:
    picture = await station.media.take_image(PNG)
    first = await station.begin(workflow=PAINT, images=(picture.id,))
    await station.live_out()

    request = await station.go_on.again(first, ADA, reply_to=CHAT)
    second = await station.start(NEXT, request)

    assert second.wish.inputs["input_image"] == picture.id
    assert second.wish.media_inputs == ("input_image",)


async def test_again_runs_on_the_deployment_of_today_with_the_inputs_that_it_still_has(
    world: World,
) -> None:
    first = await Station(world).whole_life()
    newer = a_workflow(inputs=(an_input("text"),), deployment=DRAW.deployment)
    world.catalogue = InMemoryCatalogue([newer])

    request = await Station(world).go_on.again(first.id, ADA, reply_to=CHAT)

    assert (request.workflow, request.inputs) == (newer, {})


async def test_upscale_takes_the_first_picture(station: Station, world: World) -> None:
    world.gateway.outputs = (
        world.gateway.put_file("sound.mp3", b"sound"),
        world.gateway.put_file("one.png"),
        world.gateway.put_file("two.png"),
    )
    first = await station.whole_life()

    request = await station.go_on.upscale(first.id, ADA, reply_to=CHAT)
    second = await station.start(NEXT, request)

    assert second.wish.workflow == "upscale"
    assert second.wish.inputs == {"input_image": f"{first.id}01.png"}
    assert second.wish.parent == first.id


async def test_without_a_picture_nothing_can_be_made_larger(station: Station, world: World) -> None:
    world.gateway.outputs = (world.text("a fox"),)
    job = await station.whole_life()

    with pytest.raises(StaleButtonError):
        await station.go_on.upscale(job.id, ADA, reply_to=CHAT)


async def test_where_nothing_upscales_that_is_said(world: World) -> None:
    world.catalogue = InMemoryCatalogue([DRAW])
    station = Station(world)
    job = await station.whole_life()

    with pytest.raises(UnknownWorkflowError):
        await station.go_on.upscale(job.id, ADA, reply_to=CHAT)


async def test_nobody_goes_on_from_a_job_of_somebody_else(station: Station) -> None:
    job = await station.whole_life()

    with pytest.raises(NotYoursError):
        await station.go_on.again(job.id, BOB, reply_to=CHAT)
    with pytest.raises(NotYoursError):
        await station.go_on.upscale(job.id, BOB, reply_to=CHAT)


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        ((), None),
        ((a_media_ref("a.mp4"), a_media_ref("b.gif")), None),
        ((a_media_ref("a.mp4"), a_media_ref("b.jpg"), a_media_ref("c.png")), "b.jpg"),
    ],
)
def test_the_first_picture_is_no_video_and_no_animation(
    outputs: tuple[MediaRef, ...], found: MediaId | None
) -> None:
    job: Job = a_job(outputs=outputs)

    image = first_image(job)

    assert (image and image.id) == found
