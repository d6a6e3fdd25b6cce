"""From a result to the next generation."""

from collections.abc import Mapping

import attrs
import pytest

from core.generations.model import Job
from core.media.model import MediaRef
from core.sessions.model import Preferences, personal
from core.shared.errors import NotYoursError, StaleButtonError, UnknownWorkflowError
from core.shared.ids import ChatId, DeploymentId, JobId, MediaId, WorkflowKey
from core.use_cases.go_on import Begun, first_image
from core.use_cases.start_generation import Request
from core.workflows.inputs import Input
from core.workflows.kinds import InputKind
from core.workflows.lora import Lora
from core.workflows.model import Deployment, Workflow
from infrastructure.memory.catalogue import InMemoryCatalogue
from infrastructure.memory.loras import InMemoryLoras
from tests.builders import ADA, BOB, a_job, a_media_ref, a_wish, a_workflow, an_input
from tests.core.images import PNG
from tests.core.use_cases.station import DRAW, PAINT, Station, World

CHAT = "web:chat-2"
JOB, NEXT = JobId("0" * 32), JobId("f" * 32)


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


async def test_again_has_a_new_seed_though_one_is_saved(station: Station, world: World) -> None:
    await world.preferences.save(personal(ADA), DRAW.key, Preferences(values={"seed": 7}))
    first = await station.whole_life("a red fox")

    request = await station.go_on.again(first.id, ADA, reply_to=CHAT)
    second = await station.start(NEXT, request)

    assert first.wish.inputs["seed"] == 7
    assert second.wish.inputs["seed"] != 7


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


STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=50)


def a_version(
    version: int | None, *inputs: Input, name: str = "text2img", key: str = "w-1"
) -> Workflow:
    """Return a version of one workflow, deployed under an id of its own."""
    deployment = DeploymentId(f"d-{version}")
    return attrs.evolve(
        a_workflow(name, inputs=(an_input(), *inputs), deployment=deployment),
        key=WorkflowKey(key),
        deployments=(Deployment(id=deployment, version=version),),
    )


async def begun(
    world: World,
    now: Workflow,
    *,
    then: Workflow | None = None,
    words: str = "a fox",
    inputs: Mapping[str, object] | None = None,
    media: Mapping[str, str] | None = None,
) -> Begun:
    """Return the start of a job that an earlier version made, as today's takes it."""
    request = Request(
        account=ADA,
        workflow=then or a_version(3, STEPS),
        words=words,
        inputs=inputs or {},
        media=media or {},
    )
    job = await Station(world).start(JOB, request)
    world.catalogue = InMemoryCatalogue([now])
    return await Station(world).go_on.start_of(job.id, ADA)


async def test_the_start_of_a_job_is_what_was_typed_and_given(world: World) -> None:
    seed = an_input("seed", InputKind.INTEGER)
    picture = an_input("input_image", InputKind.IMAGE)
    workflow = a_version(3, STEPS, seed, picture, an_input("negative"))

    found = await begun(
        world,
        workflow,
        then=workflow,
        words="{a fox|a fox}",
        inputs={"steps": "7", "negative": "{hands|hands}", "seed": 5},
        media={"input_image": "fox.png"},
    )

    assert found == Begun(
        workflow=workflow,
        words="{a fox|a fox}",
        values={"steps": 7, "negative": "{hands|hands}"},
        media={"input_image": "fox.png"},
    )


async def test_t_67_again_begins_with_the_words_as_they_were_typed(world: World) -> None:
    station = Station(world)
    words = " ".join(["{a|b|c|d|e|f}"] * 8)
    first = await station.whole_life(words)

    request = await station.go_on.again(first.id, ADA, reply_to=CHAT, chat=ChatId("web:chat-2"))
    second = await station.start(NEXT, request)

    assert (request.words, request.chat) == (words, "web:chat-2")
    assert second.wish.words == first.wish.words
    assert second.wish.inputs["prompt"] != first.wish.inputs["prompt"]


async def test_a_lora_that_the_words_called_is_called_anew(world: World) -> None:
    world.loras = InMemoryLoras([Lora(name="P", triggers=("pixel",), url="https://a.example/p")])
    workflow = a_version(3, an_input("lora_url"))

    found = await begun(world, workflow, then=workflow, words="a pixel fox")

    assert (found.words, found.values) == ("a pixel fox", {})
    job = await world.jobs.get(JOB)
    assert job is not None
    assert job.wish.inputs["lora_url"] == "https://a.example/p"


async def test_t_28_a_job_is_repeated_after_a_new_deployment_and_a_new_name(world: World) -> None:
    now = a_version(4, STEPS, name="drawn_anew")

    found = await begun(world, now, inputs={"steps": 7})

    assert found.workflow == now
    assert (found.workflow.deployment, found.values) == ("d-4", {"steps": 7})
    assert found.notes == ("The workflow is now version 4, this was made with 3.",)


async def test_t_28_a_job_without_a_key_finds_its_workflow_by_name(world: World) -> None:
    now = a_version(3, STEPS, key="another")

    assert (await begun(world, now)).workflow == now
    await world.jobs.add(a_job("old", wish=a_wish()))
    assert (await Station(world).go_on.start_of(JobId("old"), ADA)).workflow == now


@pytest.mark.parametrize(
    ("inputs", "values", "note"),
    [
        ((STEPS,), {"steps": 40}, "."),
        ((), {}, ": “steps” is gone."),
        ((an_input("cfg", InputKind.NUMBER, default=7),), {}, ": “steps” is gone, “cfg” is new."),
        (
            (an_input("num_inference_steps", InputKind.INTEGER),),
            {"num_inference_steps": 40},
            ": “steps” is now “num_inference_steps”.",
        ),
        (
            (attrs.evolve(STEPS, maximum=30),),
            {},
            ": “steps” does not take 40 any more.",
        ),
        ((STEPS, an_input("hires", InputKind.BOOLEAN)), {"steps": 40}, "."),
    ],
)
async def test_what_has_changed_since_is_said(
    world: World, inputs: tuple[Input, ...], values: dict[str, object], note: str
) -> None:
    found = await begun(world, a_version(4, *inputs), inputs={"steps": 40})

    assert found.values == values
    assert found.notes == (f"The workflow is now version 4, this was made with 3{note}",)
    request = await Station(world).go_on.again(JOB, ADA, reply_to=CHAT)
    assert (await Station(world).start(NEXT, request)).wish.notes[0] == found.notes[0]


async def test_where_no_version_is_known_only_changes_are_said(world: World) -> None:
    assert (await begun(world, a_version(None))).notes == (
        "The workflow has changed since: “steps” is gone.",
    )


async def test_of_many_changes_some_are_said(world: World) -> None:
    then = a_version(3, *(an_input(f"text_{number}") for number in range(9)))

    found = await begun(world, a_version(4), then=then)

    assert found.notes[0].endswith("“text_5” is gone, and 3 more.")


async def test_an_input_that_takes_anothers_place_is_not_that_one(world: World) -> None:
    other = an_input("num_inference_steps", InputKind.INTEGER, default=9)

    found = await begun(
        world, a_version(4, other), then=a_version(3, STEPS, other), inputs={"steps": 40}
    )

    assert found.values == {"num_inference_steps": 9}


async def test_words_that_nothing_takes_any_more_are_left_out(world: World) -> None:
    now = attrs.evolve(a_version(4), inputs=(STEPS,))

    found = await begun(world, now)

    assert (found.words, found.values) == ("", {"steps": 20})
    assert "“prompt” is gone" in found.notes[0]


async def test_files_are_kept_for_inputs_that_are_still_there(world: World) -> None:
    picture = an_input("input_image", InputKind.IMAGE)

    found = await begun(
        world, a_version(4), then=a_version(3, picture), media={"input_image": "fox.png"}
    )

    assert found.media == {}
    assert "“input_image” is gone" in found.notes[0]
