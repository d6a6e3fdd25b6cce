"""Outputs that the API's own check throws away: what they look like, and the check."""

from collections.abc import Mapping

import attrs

from infrastructure.emulator.faults import OddOutput
from infrastructure.emulator.runs import Output, Run

_NUMBERS = {"num": [1, 2.5]}
_DATA: dict[OddOutput, object] = {
    OddOutput.NUMBERS: _NUMBERS,
    OddOutput.SCALAR: {"text": "scalar"},
    OddOutput.ERROR: {
        "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed"}
    },
    OddOutput.TIMINGS: [{"id": "3", "class_type": "KSampler", "time": 1.0, "vram_used": 0}],
    OddOutput.TEMP: {"images": [{"filename": "preview.png", "subfolder": "", "type": "temp"}]},
    OddOutput.EMPTY: {},
}


def odd_output(run: Run, kind: OddOutput) -> list[Output]:
    """Return the odd output that comes after the run's own; none when its own is spoiled."""
    if kind is OddOutput.MIXED:
        return []
    last = run.deployment.nodes[-1].class_type if run.deployment.nodes else ""
    return [Output(node_id=run.deployment.last_node_id, node_class=last, odd=_DATA[kind])]


def spoiled(output: Output, kind: OddOutput | None) -> Output:
    """Return an output with numbers beside its files when that is ordered, else as it is."""
    return attrs.evolve(output, odd=_NUMBERS) if kind is OddOutput.MIXED else output


def is_shown(output: Output) -> bool:
    """Tell whether the API shows an output: it may hold lists of files, texts, yes and no only."""
    data = output.odd
    if data is None:
        return True
    return isinstance(data, Mapping) and all(
        isinstance(values, list) and all(map(_is_plain, values)) for values in data.values()
    )


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return "url" in value
    return isinstance(value, str | bool)
