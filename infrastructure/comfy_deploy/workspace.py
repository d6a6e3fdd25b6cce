"""What is known of the workspace, and the workflows that people see in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import attrs

from core.shared.ids import DeploymentId, WorkflowKey, WorkflowName
from core.workflows.directives import LONGEST_TITLE
from core.workflows.inputs import clean
from core.workflows.model import Deployment, Machine, Workflow, category_of
from core.workflows.routing import QUALITY, gpu_of, route
from core.workflows.snapshot import Snapshot, normal_name
from infrastructure.comfy_deploy.graph import NO_FACTS, GraphFacts, graph_facts
from infrastructure.comfy_deploy.graph_notes import shortened
from infrastructure.comfy_deploy.hot import parsed, parsed_drawing
from infrastructure.comfy_deploy.inputs import inputs_of
from infrastructure.comfy_deploy.wire import DeploymentRow

_NEVER = datetime.min.replace(tzinfo=UTC)
"""The moment that a row has whose own is not told."""

_SHORT_ID = 8


@attrs.frozen(kw_only=True)
class Workspace:
    """Everything that one reading has brought, what it lacks filled up from the one before."""

    read_at: datetime
    rows: tuple[DeploymentRow, ...] = ()
    names: Mapping[str, str] = attrs.field(factory=dict)
    """The workflows' names by their ids."""
    machines: Mapping[str, Machine] = attrs.field(factory=dict)
    gpu_usd_per_s: Mapping[str, float] = attrs.field(factory=dict)
    facts: Mapping[str, GraphFacts] = attrs.field(factory=dict)
    """What the graphs tell, by the version's id."""
    troubles: tuple[str, ...] = ()
    """What could not be read, in sentences for the operator."""
    is_whole: bool = True
    """Whether nothing is missing of the deployments."""

    def with_facts(
        self, known: Mapping[str, GraphFacts], older: Mapping[str, GraphFacts]
    ) -> "Workspace":
        """
        Return it with every graph read: those of versions that are `known` are not parsed again.

        `older` facts are for versions whose graphs did not come.
        """
        facts: dict[str, GraphFacts] = {}
        for each in self.rows:
            key = _version_key(each)
            if key in facts:
                continue
            if key in known:
                facts[key] = known[key]
            elif each.graphs is not None:
                graphs = each.graphs
                facts[key] = graph_facts(parsed(graphs.api), parsed_drawing(graphs.drawing))
            elif key in older:
                facts[key] = older[key]
        rows = tuple(each.without_graphs() for each in self.rows)
        return attrs.evolve(self, rows=rows, facts=facts)

    def facts_of(self, deployment: DeploymentRow) -> GraphFacts:
        """Return what the graph of a deployment tells."""
        return self.facts.get(_version_key(deployment), NO_FACTS)


def snapshot_of(workspace: Workspace, *, prefer: str = QUALITY) -> Snapshot:
    """Return the workflows of a workspace. Never raises, whatever the service has answered."""
    by_workflow: dict[str, list[DeploymentRow]] = defaultdict(list)
    for each in {each.id: each for each in workspace.rows}.values():
        by_workflow[each.workflow_id or each.id].append(each)
    workflows = [
        _workflow(key, found, workspace, prefer=prefer) for key, found in by_workflow.items()
    ]
    made = Snapshot.of(
        workflows,
        read_at=workspace.read_at,
        gpu_usd_per_s=workspace.gpu_usd_per_s,
        is_whole=workspace.is_whole,
    )
    return attrs.evolve(made, warnings=tuple(_warnings(workspace, made)))


def _version_key(deployment: DeploymentRow) -> str:
    """Return by what the facts of a version are kept: its id; without one, the deployment's."""
    return deployment.version_id or f"of {deployment.id}"


def _workflow(
    key: str, found: Sequence[DeploymentRow], workspace: Workspace, *, prefer: str
) -> Workflow:
    """Return a workflow as the deployment that goes first makes it."""
    by_id = {each.id: each for each in found}
    way = route((_deployment(each, workspace.machines) for each in found), prefer=prefer)
    first = way.deployments[0]
    chosen = by_id[first.id]
    facts = workspace.facts_of(chosen)
    said = facts.directives
    own_name = _title(workspace.names.get(key, "")) or _title(chosen.workflow_name)
    title = said.title or own_name
    inputs = inputs_of(chosen.input_types, facts)
    return Workflow(
        name=_name(said.command, title, key),
        title=title or _name("", "", key),
        key=WorkflowKey(key),
        deployment=first.id,
        deployments=way.deployments,
        route=way.reason,
        description=facts.note or shortened(clean(chosen.description)),
        gpu=gpu_of(first),
        inputs=inputs,
        outputs=facts.outputs,
        category=said.category or category_of(inputs, facts.outputs, upscales=facts.upscales),
        base_model=facts.base_model,
        lora_loaders=facts.lora_loaders,
        reads_lora_tags=facts.reads_lora_tags,
        aliases=said.aliases,
        own_name="" if own_name == title else own_name,
        example=said.example,
        is_hidden=said.hidden,
        for_admins=said.admins_only,
        fixed_price=said.price,
        price_factor=1.0 if said.price_factor is None else said.price_factor,
        as_files=said.as_files,
    )


def _title(name: str) -> str:
    """Return a workflow's name as buttons and lists can show it: one line, of a title's length."""
    line = " ".join(clean(name).split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1]}…"


def _name(command: str, title: str, key: str) -> WorkflowName:
    return (
        normal_name(command)
        or normal_name(title)
        or normal_name(f"workflow_{key[:_SHORT_ID]}")
        or WorkflowName("workflow")
    )


def _deployment(each: DeploymentRow, machines: Mapping[str, Machine]) -> Deployment:
    return Deployment(
        id=DeploymentId(each.id),
        environment=each.environment,
        updated_at=None if each.updated_at == _NEVER else each.updated_at,
        version_id=each.version_id,
        version=each.version,
        gpu=each.gpu,
        machine=machines.get(each.machine_id),
    )


def _warnings(workspace: Workspace, made: Snapshot) -> Iterator[str]:
    yield from workspace.troubles
    yield from _notes_problems(workspace, made.workflows)
    for each in made.workflows:
        for alias in each.aliases:
            taken_by = made.find(alias)
            if taken_by is not None and taken_by.key != each.key:
                yield (
                    f"“{each.title}” cannot be called {alias}: "
                    f"that is what people call “{taken_by.title}”."
                )


def _notes_problems(workspace: Workspace, workflows: Iterable[Workflow]) -> Iterator[str]:
    by_id = {each.id: each for each in workspace.rows}
    for each in workflows:
        for problem in workspace.facts_of(by_id[each.deployment]).problems:
            yield f"“{each.title}”: {problem}"
