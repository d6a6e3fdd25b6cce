"""Which input of a workflow a person means by a name, and what to say when it is none."""

import difflib

from core.shared.errors import SHOWN_NAME_LENGTH, InputRefusedError
from core.shared.wording import listed
from core.workflows.inputs import Input
from core.workflows.model import Workflow
from core.workflows.snapshot import normal_name

NEAR = 0.6
"""How alike a name must be to be offered, from 0 to 1."""

MOST_LISTED = 20
"""Names that one sentence lists."""


def input_called(workflow: Workflow, name: str) -> Input | None:
    """Return the input of this name, in any spelling, or of this role, or of this label."""
    found = workflow.input_named(name)
    plain = normal_name(name)
    if found is not None or not plain or not name.isascii():
        return found
    by_plain = {normal_name(each.label): each for each in reversed(workflow.inputs) if each.label}
    by_plain.update({normal_name(each.name): each for each in reversed(workflow.inputs)})
    return by_plain.get(plain) or workflow.input_named(plain)


def nearest_inputs(
    workflow: Workflow, name: str, *, most: int = 2, near: float = NEAR
) -> list[str]:
    """Return the names of the inputs that are most like this one, best first."""
    names = [each.name for each in workflow.inputs]
    return difflib.get_close_matches(name[:SHOWN_NAME_LENGTH], names, n=most, cutoff=near)


def unknown_input(workflow: Workflow, name: str) -> InputRefusedError:
    """Return the refusal of a name that is no input: what is near, and what there is."""
    near = " or ".join(f"“{each}”" for each in nearest_inputs(workflow, name))
    meant = f" Did you mean {near}?" if near else ""
    return InputRefusedError(
        name,
        f"/{workflow.name} has no input “{name[:SHOWN_NAME_LENGTH]}”.{meant} "
        f"It takes: {names_of(workflow)}.",
    )


def names_of(workflow: Workflow) -> str:
    """Return the names of a workflow's inputs as a sentence lists them."""
    names = [each.name for each in workflow.inputs]
    return listed(names, most=MOST_LISTED) or "nothing"
