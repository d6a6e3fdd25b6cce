"""How runs are written in each of the service's answers."""

import datetime as dt
from collections.abc import Sequence

from infrastructure.emulator.deployments import USER_ID
from infrastructure.emulator.faults import OutputShape
from infrastructure.emulator.odd_outputs import is_shown
from infrastructure.emulator.runs import Output, Run, SavedFile
from infrastructure.emulator.signing import signed
from infrastructure.emulator.spelling import (
    as_text,
    seconds_between,
    single_precision,
    sliced_time,
    typed_time,
    zoneless_time,
)

_TIMINGS = (
    "duration",
    "comfy_deploy_cold_start",
    "cold_start_duration",
    "cold_start_duration_total",
    "run_duration",
)


def full_run(
    run: Run, moment: dt.datetime, *, position: int | None, sdk_compat: bool
) -> dict[str, object]:
    """Write a run as `GET /run/{id}` answers it at this moment."""
    answer: dict[str, object] = {
        "id": run.id,
        "workflow_version_id": run.deployment.version_id,
        "workflow_inputs": run.inputs,
        "workflow_id": run.deployment.workflow_id,
        "machine_id": run.deployment.machine_id,
        "origin": run.origin,
        "status": run.shown_status(moment),
        "ended_at": typed_time(run.ended_at),
        "created_at": typed_time(run.created_at),
        "updated_at": typed_time(run.updated_at),
        "queued_at": typed_time(run.queued_at),
        "started_at": typed_time(run.started_at),
        "gpu_event_id": run.gpu_event_id,
        "gpu": run.gpu,
        "machine_version": None,
        "machine_type": run.machine_type,
        "modal_function_call_id": run.function_call_id,
        "user_id": USER_ID,
        "org_id": None,
        "live_status": run.live_status,
        "progress": single_precision(run.progress),
        "is_realtime": False,
        "webhook": run.webhook,
        "webhook_status": None,
        "webhook_intermediate_status": run.intermediate,
        "outputs": _outputs(run, moment),
        "number": 0,
        "duration": seconds_between(run.created_at, run.ended_at),
        "cold_start_duration": seconds_between(run.queued_at, run.started_at),
        "cold_start_duration_total": seconds_between(run.created_at, run.started_at),
        "run_duration": seconds_between(run.started_at, run.ended_at),
        "queue_position": position,
    }
    return answer | ({"workflow_api": None} if sdk_compat else {})


def slim_run(run: Run, moment: dt.datetime) -> dict[str, object]:
    """Write a run as `GET /v2/workflow/{wf}/runs` lists it."""
    return {
        "id": run.id,
        "status": run.shown_status(moment),
        "created_at": sliced_time(run.created_at),
        "updated_at": sliced_time(run.updated_at),
        "ended_at": sliced_time(run.ended_at),
        "queued_at": sliced_time(run.queued_at),
        "started_at": sliced_time(run.started_at),
        "workflow_id": run.deployment.workflow_id,
        "user_id": USER_ID,
        "org_id": None,
        "origin": run.origin,
        "gpu": run.gpu,
        "machine_version": None,
        "machine_type": run.machine_type,
        "modal_function_call_id": run.function_call_id,
        "webhook_status": None,
        "webhook_intermediate_status": run.intermediate,
        "batch_id": run.batch_id,
        "workflow_version_id": run.deployment.version_id,
        "deployment_id": run.deployment_id,
        "duration": as_text(seconds_between(run.created_at, run.ended_at)),
        "comfy_deploy_cold_start": as_text(seconds_between(run.created_at, run.queued_at)),
        "cold_start_duration": as_text(seconds_between(run.queued_at, run.started_at)),
        "cold_start_duration_total": as_text(seconds_between(run.created_at, run.started_at)),
        "run_duration": as_text(seconds_between(run.started_at, run.ended_at)),
    }


def listed_run(
    run: Run, moment: dt.datetime, *, with_inputs: bool, with_outputs: bool
) -> dict[str, object]:
    """Write a run as `GET /workflow/{wf}/runs` lists it: everything, with the whole graph."""
    row = slim_run(run, moment) | _inner_fields(run)
    row |= {"workflow": run.deployment.workflow_row(), "version": run.deployment.version()}
    if with_inputs:
        row["workflow_inputs"] = run.inputs
    if with_outputs:
        row["outputs"] = [hook_output(run, output) for output in run.outputs]
    return row


def latest_run(run: Run, moment: dt.datetime) -> dict[str, object]:
    """Write a run as `GET /workflow/{wf}/run/latest` does, with its newest media alone."""
    slim = {name: value for name, value in slim_run(run, moment).items() if name not in _TIMINGS}
    newest = [one for one in run.outputs if one.files][-1:]
    outputs = [hook_output(run, one) for one in newest]
    return (
        slim
        | _inner_fields(run)
        | {
            "workflow_inputs": run.inputs,
            "run_log": None,
            "outputs": outputs,
        }
    )


def streamed_run(run: Run, moment: dt.datetime) -> dict[str, object]:
    """Write a run as `GET /v2/stream-progress?return_run=true` tells it."""
    outputs = [hook_output(run, one, moment) for one in run.outputs if is_shown(one)]
    return (
        slim_run(run, moment)
        | _inner_fields(run)
        | {
            "workflow_inputs": run.inputs,
            "outputs": outputs,
        }
    )


def day_run(run: Run) -> dict[str, object]:
    """Write a run as `GET /workflow/{wf}/runs/day` does."""
    return {"id": run.id, "created_at": sliced_time(run.created_at), "status": run.status}


def gallery_item(run: Run, output: Output) -> dict[str, object]:
    """Write an output as `GET /workflow/{wf}/gallery` does."""
    return {
        "output_id": output.id,
        "run_id": run.id,
        "user_id": USER_ID,
        "origin": run.origin,
        "data": output_data(run, output),
        "node_meta": _node_meta(output),
        "run_duration": seconds_between(run.started_at, run.ended_at),
        "cold_start": seconds_between(run.queued_at, run.started_at),
        "queue_time": seconds_between(run.created_at, run.queued_at),
    }


def _inner_fields(run: Run) -> dict[str, object]:
    return {
        "gpu_event_id": run.gpu_event_id,
        "live_status": run.live_status,
        "progress": single_precision(run.progress),
        "is_realtime": False,
        "webhook": run.webhook,
        "workflow_api": {},
        "machine_id": run.deployment.machine_id,
        "model_id": None,
    }


def deployment_run(run: Run) -> dict[str, object]:
    """Write a run as `GET /deployment/{id}/runs` lists it."""
    return {
        "id": run.id,
        "status": run.status,
        "created_at": zoneless_time(run.created_at),
        "started_at": zoneless_time(run.started_at),
        "ended_at": zoneless_time(run.ended_at),
        "workflow_id": run.deployment.workflow_id,
        "workflow_version_id": run.deployment.version_id,
        "machine_id": run.deployment.machine_id,
        "gpu": run.gpu,
        "origin": run.origin,
        "user_id": USER_ID,
        "deployment_id": run.deployment_id,
        "duration": seconds_between(run.created_at, run.ended_at),
    }


def hook_body(
    run: Run, *, event: str, outputs: Sequence[Output], moment: dt.datetime | None = None
) -> dict[str, object]:
    """Write a webhook's body: exactly these six keys. With a moment, outputs are checked."""
    told = [one for one in outputs if moment is None or is_shown(one)]
    return {
        "event_type": event,
        "status": run.status,
        "live_status": run.live_status,
        "progress": run.progress,
        "run_id": run.id,
        "outputs": [hook_output(run, output, moment) for output in told],
    }


def hook_output(run: Run, output: Output, moment: dt.datetime | None = None) -> dict[str, object]:
    """Write an output with all that the machine said about its files; signed with a moment."""
    made = sliced_time(output.created_at)
    return {
        "id": output.id,
        "run_id": run.id,
        "data": output_data(run, output, moment),
        "node_meta": _node_meta(output),
        "created_at": made,
        "updated_at": made,
    }


def typed_outputs(run: Run, moment: dt.datetime) -> list[dict[str, object]]:
    """Write the outputs as the API shows them: what does not fit its schema is not there."""
    return [_typed_output(run, output, moment) for output in run.outputs if is_shown(output)]


def output_data(run: Run, output: Output, moment: dt.datetime | None = None) -> object:
    """Write an output's data with all that the machine said about its files."""
    return _data(run, output, [_machine_item(run, file, moment) for file in output.files])


def _outputs(run: Run, moment: dt.datetime) -> list[dict[str, object]] | dict[str, object]:
    rows = typed_outputs(run, moment)
    if run.fault.shape is not OutputShape.OBJECT:
        return rows
    shown = [output for output in run.outputs if is_shown(output)]
    return {one.node_id: row["data"] for one, row in zip(shown, rows, strict=True)}


def _typed_output(run: Run, output: Output, moment: dt.datetime) -> dict[str, object]:
    return {
        "id": output.id,
        "output_id": None,
        "run_id": run.id,
        "data": _data(run, output, [_api_item(run, file, moment) for file in output.files]),
        "node_meta": _node_meta(output),
        "created_at": typed_time(output.created_at),
        "updated_at": typed_time(output.created_at),
        "type": None,
        "node_id": None,
    }


def _data(run: Run, output: Output, items: list[dict[str, object]]) -> object:
    if output.odd is not None and not items:
        return output.odd
    beside = output.odd if isinstance(output.odd, dict) else {}
    match run.fault.shape:
        case OutputShape.FILES | OutputShape.GIFS as kind:
            return {kind.value: items} | beside
        case OutputShape.NODE_KEYED:
            return {output.node_id: {"images": items}} | beside
        case _:
            return {"images": items} | beside


def _node_meta(output: Output) -> dict[str, object]:
    return {"node_id": output.node_id, "node_class": output.node_class}


def _api_item(run: Run, file: SavedFile, moment: dt.datetime | None) -> dict[str, object]:
    return {
        "url": signed(file.url, moment) if moment and run.fault.private else file.url,
        "type": "output",
        "filename": file.filename,
        "is_public": False if run.fault.private else None,
        "subfolder": "",
        "upload_duration": None,
    }


def _machine_item(run: Run, file: SavedFile, moment: dt.datetime | None) -> dict[str, object]:
    item = _api_item(run, file, moment)
    return item | {"is_public": not run.fault.private, "upload_duration": 0.05}
