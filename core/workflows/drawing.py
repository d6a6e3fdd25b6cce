"""What becomes of the texts of a wish before they are sent: wildcards are drawn, LoRAs called."""

import contextlib
from collections.abc import Mapping, Sequence

from core.shared.errors import InputMissingError, InputRefusedError
from core.workflows.inputs import Input, InputValue
from core.workflows.kinds import InputKind, Role
from core.workflows.lora import Called, Lora, call_loras
from core.workflows.model import Workflow
from core.workflows.wildcards import Drawn, Lists, drawn, mixed

DRAWS = 8
"""How often a prompt is drawn of which nothing was left: `{fox|}` says so every second time."""

_Inputs = dict[str, InputValue]


def prompt_is_said(text: str) -> bool:
    """Whether a prompt says anything: blanks and commas do not."""
    return bool(text.strip(", \t\r\n"))


def texts_to_draw(workflow: Workflow) -> list[Input]:
    """Return the inputs in whose texts people may use wildcards."""
    roles = (Role.PROMPT, Role.NEGATIVE)
    return [each for each in workflow.inputs if each.kind is InputKind.TEXT and each.role in roles]


def calls_loras(workflow: Workflow) -> bool:
    """Whether words of a workflow's prompt can call LoRA files."""
    return workflow.prompt is not None and (
        workflow.reads_lora_tags or _lora_input(workflow) is not None
    )


def with_drawn(
    workflow: Workflow,
    inputs: Mapping[str, InputValue],
    notes: list[str],
    *,
    seed: int,
    lists: Lists,
) -> tuple[_Inputs, dict[str, str]]:
    """
    Return the inputs with their wildcards drawn, and the texts that were typed otherwise.

    The same seed draws the same. `notes` gets what became of them. Raises InputRefusedError.
    """
    sent, typed = dict(inputs), {}
    for number, each in enumerate(texts_to_draw(workflow)):
        text = str(inputs.get(each.name, ""))
        made = _drawn(workflow, each, text, seed=mixed(seed, -number), lists=lists)
        if made.text == text:
            continue
        sent[each.name] = each.accept(made.text)
        notes += made.notes
        if each != workflow.prompt:
            typed[each.name] = text
    return sent, typed


def _drawn(workflow: Workflow, wanted: Input, text: str, *, seed: int, lists: Lists) -> Drawn:
    if wanted != workflow.prompt:
        return drawn(wanted.name, text, seed=seed, lists=lists)
    for number in range(DRAWS):
        made = drawn(wanted.name, text, seed=seed + number, lists=lists)
        if prompt_is_said(made.text):
            return made
    raise _nothing_left(workflow, wanted)


def with_loras(
    workflow: Workflow,
    inputs: Mapping[str, InputValue],
    notes: list[str],
    *,
    loras: Sequence[Lora],
    given: Mapping[str, object],
) -> tuple[_Inputs, dict[str, str]]:
    """
    Return the inputs with the LoRA files that the prompt calls, and those that nobody typed.

    A workflow that reads tags gets them in its prompt. Another gets the first LoRA that its own
    input takes, unless that is `given`. `notes` gets what was called. Raises InputMissingError for
    a prompt of nothing but tags.
    """
    sent = dict(inputs)
    prompt, wanted = workflow.prompt, _lora_input(workflow)
    if prompt is None or prompt.name not in sent or not calls_loras(workflow):
        return sent, {}
    called = call_loras(str(sent[prompt.name]), loras, base_model=workflow.base_model)
    if prompt.is_prompt and not prompt_is_said(called.plain):
        raise _nothing_left(workflow, prompt)
    if workflow.reads_lora_tags or wanted is None:
        sent[prompt.name] = prompt.accept(called.text)
        notes += called.notes
        return sent, {}
    sent[prompt.name] = called.plain
    if wanted.name in given:
        return sent, {}
    notes += called.notes
    chosen = _taken_by(wanted, called)
    if chosen is None:
        notes += [f"{each.name[:40]} cannot be loaded by this workflow" for each, _ in called.loras]
        return sent, {}
    lora, weight, value = chosen
    sent[wanted.name] = value
    if len(called.loras) > 1:
        notes.append(f"only {lora.name[:40]} is used: this workflow takes one LoRA")
    if weight != lora.weight:
        notes.append(f"this workflow has its own weight for {lora.name[:40]}")
    return sent, {wanted.name: ""}


def _taken_by(wanted: Input, called: Called) -> tuple[Lora, float, InputValue] | None:
    """Return the first LoRA that an input takes, by its URL or, in a choice, by its name."""
    for lora, weight in called.loras:
        names = (lora.url, lora.name, f"{lora.name}.safetensors")
        for each in names if wanted.kind is InputKind.CHOICE else names[:1]:
            with contextlib.suppress(InputRefusedError):
                value = wanted.accept(each)
                if value != "":
                    return lora, weight, value
    return None


def _lora_input(workflow: Workflow) -> Input | None:
    kinds = (InputKind.TEXT, InputKind.CHOICE)
    inputs = (each for each in workflow.inputs if each.kind in kinds)
    return next((each for each in inputs if each.role is Role.LORA), None)


def _nothing_left(workflow: Workflow, wanted: Input) -> InputMissingError:
    return InputMissingError(
        wanted.name,
        "Nothing is left of these words when they are put together. Please say what you want to "
        f"see: /{workflow.name} a red fox in the snow",
    )
