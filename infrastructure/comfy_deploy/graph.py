"""What the graph of a workflow tells: inputs and their roles, what comes out, models, the notes."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice

import attrs

from core.workflows.directives import NOTHING_SAID, Directives
from core.workflows.kinds import Role
from core.workflows.model import OutputKind
from infrastructure.comfy_deploy.graph_inputs import external_row, problem_of
from infrastructure.comfy_deploy.graph_models import MODEL_FIELDS, Models, family_of_file
from infrastructure.comfy_deploy.graph_nodes import EXTERNAL, Traits, traits_of
from infrastructure.comfy_deploy.graph_notes import read_notes, shortened
from infrastructure.comfy_deploy.graph_roles import Wire, role_by_wires
from infrastructure.comfy_deploy.wire import Row, row, text

MOST_NODES = 5_000
"""Nodes of one graph that are looked at; nobody draws more."""

_WIRE_LENGTH = 2


@attrs.frozen(kw_only=True)
class GraphFacts:
    """What a workflow's two graphs tell of it; empty fields are what they do not tell."""

    inputs: tuple[Row, ...] = ()
    """Rows of the form of `input_types` for every external node, in the order of the graph."""
    roles: Mapping[str, Role] = attrs.field(factory=dict)
    """What inputs are to the workflow, by `input_id`, as far as the wires tell."""
    outputs: tuple[OutputKind, ...] = ()
    """What is saved; if nothing is, what is shown."""
    upscales: bool | None = None
    """Whether a node makes pictures larger; None without a graph."""
    base_model: str = ""
    """The family of the model, as LoRA files name it: `SDXL`, `FLUX`; "" if unknown."""
    lora_loaders: tuple[str, ...] = ()
    """The classes of the nodes that load LoRA files."""
    reads_lora_tags: bool = False
    """Whether a node reads `<lora:name:weight>` in the prompt."""
    note: str = ""
    """What the notes in the drawing say, without the directives: at most 1,000 characters."""
    directives: Directives = NOTHING_SAID
    problems: tuple[str, ...] = ()
    """What is wrong with the directives and the inputs, in whole sentences for the operator."""


NO_FACTS = GraphFacts()


@attrs.define
class _Nodes:
    """The nodes of a graph after one look at each."""

    traits: dict[str, Traits] = attrs.field(factory=dict)
    """By the ids of the nodes, in the order of the graph; so are the next two."""
    rows: dict[str, Row] = attrs.field(factory=dict)
    wires: defaultdict[str, list[Wire]] = attrs.field(factory=lambda: defaultdict(list))
    """Where the output of a node goes."""
    saved: dict[OutputKind, None] = attrs.field(factory=dict)
    shown: dict[OutputKind, None] = attrs.field(factory=dict)
    lora_loaders: dict[str, None] = attrs.field(factory=dict)
    models: Models = attrs.field(factory=Models)
    reads_tags: bool = False
    upscales: bool = False

    def add(self, key: str, class_type: str, fields: dict[str, object]) -> None:
        """Take note of one node."""
        traits = self.traits[key] = traits_of(class_type)
        for field, value in fields.items():
            if isinstance(value, list):
                if len(value) == _WIRE_LENGTH and isinstance(value[0], str | int):
                    self.wires[str(value[0])].append((key, field))
            elif field in MODEL_FIELDS and isinstance(value, str) and not traits.upscales:
                self.models.add(field, value)
        if traits.external:
            self.rows[key] = external_row(traits.external, fields)
        elif traits.counts:
            self._count(class_type, traits, fields)

    def _count(self, class_type: str, traits: Traits, fields: dict[str, object]) -> None:
        self.reads_tags |= traits.reads_tags
        self.upscales |= traits.upscales
        if traits.loads_lora:
            self.lora_loaders[class_type] = None
        if traits.family:
            self.models.families[traits.family] = None
        if traits.shows:
            self.shown[traits.shows] = None
        if traits.saves:
            kept = self.shown if fields.get("save_output") is False else self.saved
            kept[traits.saves] = None


def graph_facts(api_graph: object, drawing: object) -> GraphFacts:
    """Return what the API's graph and the drawing tell. Never raises, whatever the JSON is."""
    note = read_notes(drawing)
    nodes = _nodes_of(api_graph)
    roles = _roles_of(nodes)
    return GraphFacts(
        inputs=tuple(nodes.rows.values()),
        roles=roles,
        outputs=tuple(nodes.saved or nodes.shown),
        upscales=nodes.upscales if nodes.traits else None,
        base_model=nodes.models.family or _family_of_defaults(nodes, roles),
        lora_loaders=tuple(nodes.lora_loaders),
        reads_lora_tags=nodes.reads_tags,
        note=shortened(note.text),
        directives=note.directives,
        problems=(*note.problems, *filter(None, map(problem_of, nodes.rows.values()))),
    )


def _nodes_of(api_graph: object) -> _Nodes:
    nodes = _Nodes()
    for key, node in islice(row(api_graph).items(), MOST_NODES):
        if isinstance(node, dict):
            class_type, fields = node.get("class_type"), node.get("inputs")
            nodes.add(
                key,
                class_type if isinstance(class_type, str) else "",
                fields if isinstance(fields, dict) else {},
            )
    return nodes


def _roles_of(nodes: _Nodes) -> Mapping[str, Role]:
    roles: dict[str, Role] = {}
    for key, each in nodes.rows.items():
        name = text(each.get("input_id")).strip()
        role = role_by_wires(key, name, wires=nodes.wires, nodes=nodes.traits)
        if name and role is not None:
            roles.setdefault(name, role)
    return roles


def _family_of_defaults(nodes: _Nodes, roles: Mapping[str, Role]) -> str:
    """Return the family of the model that is chosen unless a person chooses another."""
    for each in nodes.rows.values():
        chosen = roles.get(text(each.get("input_id")).strip()) is Role.CHECKPOINT
        if chosen or each.get("class_type") == f"{EXTERNAL}Checkpoint":
            found = family_of_file(text(each.get("default_value")))
            if found:
                return found
    return ""
