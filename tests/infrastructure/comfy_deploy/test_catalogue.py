"""One list for all who ask, as good as it can be had."""

import asyncio

import pytest
from structlog.testing import capture_logs

from core.shared.errors import ServiceRefusedError, ServiceTroubleError
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.loopback import CRASH, HTML, Loopback, Reply, json_reply

EMPTY = json_reply([])
DOWN = json_reply({"detail": "no key"}, status=401)
PROMPT = {"class_type": "ComfyUIDeployExternalText", "input_id": "prompt", "type": "string"}


def deployment(
    identifier: str = "d1",
    *,
    workflow: str = "w1",
    name: object = "Text to Image",
    environment: str = "production",
    day: int = 1,
    input_types: object = (PROMPT,),
) -> dict[str, object]:
    """Return a row of the list."""
    return {
        "id": identifier,
        "workflow_id": workflow,
        "workflow": {"id": workflow, "name": name},
        "environment": environment,
        "updated_at": f"2026-11-{day:02}T10:00:00.000000Z",
        "input_types": input_types,
        "description": None,
        "gpu": "A10G",
        "version": {"workflow_api": {"1": {}}},
    }


def listing(*found: dict[str, object]) -> Reply:
    """Return one half of the list."""
    return json_reply(found)


async def names_of(*found: dict[str, object]) -> dict[str, str]:
    """Return name to deployment, as the catalogue makes them of a list."""
    async with Loopback(listing(*found), EMPTY) as server:
        client = server.client()
        workflows = await ComfyDeployCatalogue(client, FixedClock(), 60.0).all()
        await client.aclose()
    return {each.name: each.deployment for each in workflows}


async def test_both_halves_of_the_list_are_asked_for_and_merged() -> None:
    second = deployment("d2", workflow="w2", name="Upscale")
    async with Loopback(listing(deployment()), listing(second)) as server:
        client = server.client()

        workflows = await ComfyDeployCatalogue(client, FixedClock(), 60.0).all()
        await client.aclose()

    assert [each.name for each in workflows] == ["text_to_image", "upscale"]
    assert {each.target for each in server.seen} == {
        "/api/deployments?is_fluid=false",
        "/api/deployments?is_fluid=true",
    }


async def test_a_workflow_has_the_title_the_inputs_and_the_gpu_of_its_deployment() -> None:
    async with Loopback(listing(deployment()), EMPTY) as server:
        client = server.client()

        workflow = (await ComfyDeployCatalogue(client, FixedClock(), 60.0).all())[0]
        await client.aclose()

    assert (workflow.title, workflow.gpu, workflow.description) == ("Text to Image", "A10G", "")
    assert [each.name for each in workflow.inputs] == ["prompt"]


async def test_production_is_preferred_then_staging_then_the_newest() -> None:
    preview = deployment("preview", environment="preview", day=9)
    older = deployment("older", environment="public-share", day=2)
    staging = deployment("staging", environment="staging", day=3)
    production = deployment("production", day=1)

    assert await names_of(preview, staging, production) == {"text_to_image": "production"}
    assert await names_of(preview, staging) == {"text_to_image": "staging"}
    assert await names_of(older, preview) == {"text_to_image": "preview"}


async def test_t_26_of_two_workflows_with_one_name_the_better_is_kept_and_a_line_written() -> None:
    old = deployment("old", workflow="w1", name="Flux-Dev", day=1)
    new = deployment("new", workflow="w2", name="flux dev", day=2)

    with capture_logs() as lines:
        names = await names_of(old, new)

    assert names == {"flux_dev": "new"}
    assert [each["event"] for each in lines] == ["catalogue.same_name"]


@pytest.mark.parametrize("name", ["", "狐", None, 7])
async def test_a_workflow_without_a_usable_name_is_still_shown(name: object) -> None:
    assert list(await names_of(deployment(workflow="9c97b9f2-121c", name=name))) == [
        "workflow_9c97b9f2"
    ]


async def test_inputs_that_the_list_leaves_out_are_asked_for_once() -> None:
    bare = listing(deployment(input_types=None))
    async with Loopback(bare, bare, json_reply(deployment())) as server:
        client = server.client()

        workflow = (await ComfyDeployCatalogue(client, FixedClock(), 60.0).all())[0]
        await client.aclose()

    assert [each.name for each in workflow.inputs] == ["prompt"]
    assert [each.target for each in server.seen[2:]] == ["/api/deployment/d1"]


async def test_a_workflow_whose_inputs_nobody_tells_has_none() -> None:
    bare = listing(deployment(input_types=None))
    async with Loopback(bare, bare, DOWN) as server:
        client = server.client()

        workflows = await ComfyDeployCatalogue(client, FixedClock(), 60.0).all()
        await client.aclose()

    assert [each.inputs for each in workflows] == [()]


async def test_t_16_all_who_ask_at_once_share_one_call() -> None:
    async with Loopback(listing(deployment())) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)

        answers = await asyncio.gather(*(catalogue.all() for _ in range(50)))
        await client.aclose()

    assert len(server.seen) == 2
    assert {len(each) for each in answers} == {1}


async def test_stopping_when_nothing_is_read_does_nothing() -> None:
    async with Loopback(listing(deployment())) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)
        workflows = await catalogue.all()

        await catalogue.aclose()
        await client.aclose()

    assert len(workflows) == 1


async def test_a_caller_who_leaves_does_not_take_the_list_away() -> None:
    async with Loopback(listing(deployment())) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)
        first = asyncio.create_task(catalogue.all())
        second = asyncio.create_task(catalogue.all())
        await asyncio.sleep(0)

        first.cancel()
        workflows = await second
        await client.aclose()

    assert first.cancelled()
    assert len(workflows) == 1


async def test_a_list_is_read_again_when_its_time_is_over() -> None:
    clock = FixedClock()
    first, second = listing(deployment("d1")), listing(deployment("d2"))
    async with Loopback(first, first, second) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, clock, 60.0)

        seen = []
        for pause in (0, 59, 1):
            clock.advance(seconds=pause)
            seen.append((await catalogue.all())[0].deployment)
        await client.aclose()

    assert seen == ["d1", "d1", "d2"]


async def test_a_clock_that_was_set_back_does_not_keep_a_list_alive() -> None:
    clock = FixedClock()
    async with Loopback(listing(deployment())) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, clock, 60.0)
        await catalogue.all()

        clock.advance(seconds=-86_400)
        await catalogue.all()
        await client.aclose()

    assert len(server.seen) == 4


async def test_an_old_list_is_served_while_the_service_is_down_and_it_is_not_asked_on_and_on() -> (
    None
):
    clock = FixedClock()
    good = listing(deployment())
    async with Loopback(good, good, DOWN, DOWN, listing(deployment("d2"))) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, clock, 60.0)

        seen = []
        for pause in (0, 61, 1, 30):
            clock.advance(seconds=pause)
            seen.append((await catalogue.all())[0].deployment)
        await client.aclose()

    assert seen == ["d1", "d1", "d1", "d2"]
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CRASH, ServiceTroubleError),
        (HTML, ServiceTroubleError),
        (json_reply({"odd": 1}), ServiceTroubleError),
        (DOWN, ServiceRefusedError),
    ],
)
async def test_without_any_list_the_trouble_is_told_and_the_next_caller_tries_anew(
    answer: Reply, expected: type[Exception], no_pauses: None
) -> None:
    async with Loopback(answer) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)

        for _ in range(2):
            with pytest.raises(expected):
                await catalogue.all()
        await client.aclose()

    assert len(server.seen) >= 4


async def test_one_broken_half_does_not_hide_the_other(no_pauses: None) -> None:
    async with Loopback(listing(deployment()), DOWN) as server:
        client = server.client()

        with capture_logs() as lines:
            workflows = await ComfyDeployCatalogue(client, FixedClock(), 60.0).all()
        await client.aclose()

    assert len(workflows) == 1
    assert [each["event"] for each in lines] == ["catalogue.half"]


async def test_a_reading_that_is_stopped_leaves_nothing_behind() -> None:
    async with Loopback(Reply(hang=True)) as server:
        client = server.client()
        catalogue = ComfyDeployCatalogue(client, FixedClock(), 60.0)
        asking = asyncio.create_task(catalogue.all())
        await server.asked.wait()

        await catalogue.aclose()
        await asyncio.wait([asking])
        await client.aclose()

    assert asking.cancelled()
