"""How workflows are shown to operators."""

import attrs
import pytest

from composition.operate.workflow_views import cells, row
from core.workflows.model import Deployment, Machine, Workflow
from tests.builders import DEPLOYMENT, NOW, a_workflow


def on(status: str) -> tuple[Deployment, ...]:
    return (Deployment(id=DEPLOYMENT, machine=Machine(id="m", status=status)),)


@pytest.mark.parametrize(
    ("workflow", "state"),
    [
        (a_workflow(), "ready"),
        (attrs.evolve(a_workflow(), deployments=on("building")), "not ready: building"),
        (attrs.evolve(a_workflow(), is_hidden=True), "ready, hidden"),
        (attrs.evolve(a_workflow(), for_admins=True), "ready, admins only"),
    ],
)
def test_the_state_of_a_workflow_is_told(workflow: Workflow, state: str) -> None:
    assert state in cells(workflow, NOW)


def test_what_is_not_known_is_told_as_such() -> None:
    shown = cells(a_workflow(gpu=None), NOW)

    assert shown[3:] == ("-", "2", "-", "-", "ready", "-")
    assert (row(a_workflow())["version"], row(a_workflow())["machine_status"]) == (None, None)
