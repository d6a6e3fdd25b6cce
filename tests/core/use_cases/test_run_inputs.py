"""What a run is sent when its workflow has changed while the job waited."""

from collections.abc import Mapping

import attrs
import pytest

from core.generations.model import JobState
from core.shared.errors import ServiceTroubleError
from core.shared.ids import DeploymentId, JobId
from core.use_cases.start_generation import Request
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind
from core.workflows.model import Deployment, Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.builders import ADA, DEPLOYMENT, a_workflow, an_input
from tests.core.use_cases.station import Station, World

PROMPT = an_input()
STEPS = an_input("steps", InputKind.INTEGER, default=20, minimum=1, maximum=50)
FEWER = attrs.evolve(STEPS, maximum=20)
STYLE = an_input("style", default="plain")
PICTURE = an_input("image", InputKind.IMAGE)


def version(number: int | None, *inputs: Input) -> Workflow:
    return attrs.evolve(
        a_workflow(inputs=inputs), deployments=(Deployment(id=DEPLOYMENT, version=number),)
    )


BEFORE = version(1, PROMPT, STEPS)


class Silent(InMemoryCatalogue):
    """Belongs to a service that does not answer."""

    async def current(self) -> Snapshot:
        raise ServiceTroubleError("no answer")


async def sent(
    before: Workflow, now: WorkflowCatalogue, **values: object
) -> tuple[Mapping[str, InputValue] | None, str]:
    """Start a job, deploy something else, and submit; return what was sent, and the failure."""
    world = World()
    world.catalogue = InMemoryCatalogue([before])
    request = Request(account=ADA, workflow=before, words="a fox", inputs=values)
    job = await Station(world).start(JobId("job-1"), request)
    world.catalogue = now
    await Station(world).submit.submit_next()
    found = await world.jobs.get(job.id)
    assert found is not None
    if found.state is JobState.FAILED:
        assert await world.points() == (0, 0)
    submitted = world.gateway.submitted
    return (submitted[0].inputs if submitted else None), found.failure


@pytest.mark.parametrize(
    "now",
    [
        version(1, PROMPT, FEWER),
        version(2, PROMPT, STEPS),
        version(2, PROMPT, STEPS, STYLE),
        version(None, PROMPT),
        a_workflow("other", deployment=DeploymentId("another")),
    ],
    ids=["the same version", "nothing new", "one more", "no version told", "not known now"],
)
async def test_what_the_deployed_version_takes_is_sent(now: Workflow) -> None:
    inputs, failure = await sent(BEFORE, InMemoryCatalogue([now]), steps=30)

    assert (inputs, failure) == ({"prompt": "a fox", "steps": 30}, "")


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (version(2, PROMPT), "steps"),
        (version(2, PROMPT, FEWER), "30 is outside"),
        (version(2, PROMPT, STEPS, PICTURE), "picture"),
    ],
    ids=["gone", "out of range", "one more is needed"],
)
async def test_what_it_does_not_take_is_never_sent_and_costs_nothing(
    now: Workflow, why: str
) -> None:
    inputs, failure = await sent(BEFORE, InMemoryCatalogue([now]), steps=30)

    assert inputs is None
    assert why in failure
    assert "was changed while you waited" in failure
    assert "You were not charged" in failure


async def test_a_job_from_before_versions_were_noted_is_sent_as_it_is() -> None:
    old, now = version(None, PROMPT, STEPS), InMemoryCatalogue([version(2, PROMPT)])

    assert await sent(old, now, steps=30) == ({"prompt": "a fox", "steps": 30}, "")


async def test_while_nothing_is_known_of_workflows_a_job_is_sent_as_it_is() -> None:
    assert await sent(BEFORE, Silent(), steps=30) == ({"prompt": "a fox", "steps": 30}, "")
