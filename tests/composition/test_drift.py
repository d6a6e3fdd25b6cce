"""The drift guard as the program has it: on a real database, across a restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dependency_injector import providers

from composition.config import Config
from composition.container import Container
from composition.run import sweeps_of, working
from core.sessions.model import personal
from core.shared.events import Event, OperatorAlerted, WorkflowsChanged
from core.shared.ids import DraftId
from core.workflows.drafts import DRAFT_LIVES
from tests.builders import ADA, a_draft, some_preferences
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.desk import PROMPT, Desk, deployment, settled
from tests.infrastructure.comfy_deploy.loopback import settings_for

DRAFT = DraftId("draft-1")


def a_number(name: str, most: int) -> dict[str, object]:
    return {
        "class_type": "ComfyUIDeployExternalNumberInt",
        "input_id": name,
        "type": "integer",
        "default_value": 20,
        "min_value": 1,
        "max_value": most,
    }


OLD = deployment("d1", input_types=[PROMPT, a_number("steps", 100), a_number("lines", 9)])
NEW = deployment("d2", input_types=[PROMPT, a_number("num_inference_steps", 100)])


@asynccontextmanager
async def a_program(
    desk: Desk, folder: Path, *, owner: str = "worker:test", clock: FixedClock | None = None
) -> AsyncIterator[Container]:
    """Have a program at work that is told of the service by a desk."""
    made = Container(config=Config(data_dir=folder, comfy=settings_for(desk.base_url)), owner=owner)
    made.clock.override(providers.Object(clock or FixedClock()))
    async with working(made):
        yield made


async def begin(container: Container) -> None:
    """Have the workflow known, and a form and settings kept for it."""
    await container.workflows().named("text_to_image")
    await settled()
    await container.drafts().add(a_draft(workflow="w1", values={"steps": 30, "lines": 5}))
    await container.preferences().save(personal(ADA), "w1", some_preferences())


async def test_what_is_kept_follows_a_workflow_that_changed_while_nothing_ran(
    tmp_path: Path,
) -> None:
    heard: list[Event] = []

    async def hear(event: Event) -> None:
        heard.append(event)

    async with Desk(OLD) as desk:
        async with a_program(desk, tmp_path) as container:
            await begin(container)
        desk.deployments = [NEW]
        async with a_program(desk, tmp_path) as container:
            container.events().subscribe(hear)
            await container.workflows().reload()
            await settled()

            draft = await container.drafts().get(DRAFT, now=container.clock().now())
            saved = await container.preferences().get(personal(ADA), "w1")

    assert draft.values == {"num_inference_steps": 30}
    assert draft.notes == ("/text_to_image has no input “lines” any more; it was 5.",)
    assert saved.values == {"num_inference_steps": 30}
    (alert,) = [each for each in heard if isinstance(each, OperatorAlerted)]
    assert alert.text == (
        "The workflows have changed.\n"
        "/text_to_image: “steps” was renamed to “num_inference_steps”; “lines” is gone."
    )
    assert WorkflowsChanged(("text_to_image",)) in heard


async def test_a_command_that_passes_by_leaves_what_is_kept_to_the_worker(tmp_path: Path) -> None:
    async with Desk(OLD) as desk:
        async with a_program(desk, tmp_path) as container:
            await begin(container)
        desk.deployments = [NEW]
        async with a_program(desk, tmp_path, owner="make:1") as container:
            await container.workflows().reload()
            await settled()

            draft = await container.drafts().get(DRAFT, now=container.clock().now())

    assert draft.values == {"steps": 30, "lines": 5}


async def test_the_sweeps_forget_forms_that_have_expired(tmp_path: Path) -> None:
    clock = FixedClock()
    async with Desk(OLD) as desk, a_program(desk, tmp_path, clock=clock) as container:
        await container.drafts().add(a_draft())
        clock.advance(seconds=DRAFT_LIVES.total_seconds())

        for sweep in sweeps_of(container):
            await sweep()

        assert not await container.drafts().remove(DRAFT)
