"""How runs are written in each of the service's answers."""

from collections.abc import Sequence

from infrastructure.emulator.deployments import MACHINE_ID, USER_ID
from infrastructure.emulator.faults import OutputShape
from infrastructure.emulator.runs import Output, Run, SavedFile
from infrastructure.emulator.spelling import (
    as_text,
    seconds_between,
    short_time,
    single_precision,
    typed_time,
    zoneless_time,
)


def full_run(run: Run, *, position: int | None, sdk_compat: bool) -> dict[str, object]:
    """Write a run as `GET /run/{id}` answers it."""
    answer: dict[str, object] = {
        "id": run.id,
        "workflow_version_id": run.deployment.version_id,
        "workflow_inputs": run.inputs,
        "workflow_id": run.deployment.workflow_id,
        "machine_id": MACHINE_ID,
        "origin": "api",
        "status": run.status,
        "ended_at": typed_time(run.ended_at),
        "created_at": typed_time(run.created_at),
        "updated_at": typed_time(run.updated_at),
        "queued_at": typed_time(run.queued_at),
        "started_at": typed_time(run.started_at),
        "gpu_event_id": None,
        "gpu": run.gpu,
        "machine_version": None,
        "machine_type": "comfy-deploy-serverless",
        "modal_function_call_id": run.function_call_id,
        "user_id": USER_ID,
        "org_id": None,
        "live_status": run.live_status,
        "progress": single_precision(run.progress),
        "is_realtime": False,
        "webhook": run.webhook,
        "webhook_status": None,
        "webhook_intermediate_status": run.intermediate,
        "outputs": _outputs(run),
        "number": 0,
        "duration": seconds_between(run.created_at, run.ended_at),
        "cold_start_duration": seconds_between(run.queued_at, run.started_at),
        "cold_start_duration_total": seconds_between(run.created_at, run.started_at),
        "run_duration": seconds_between(run.started_at, run.ended_at),
        "queue_position": position,
    }
    return answer | ({"workflow_api": None} if sdk_compat else {})


def slim_run(run: Run) -> dict[str, object]:
    """Write a run as `GET /v2/workflow/{wf}/runs` lists it."""
    return {
        "id": run.id,
        "status": run.status,
        "created_at": short_time(run.created_at),
        "updated_at": short_time(run.updated_at),
        "ended_at": short_time(run.ended_at),
        "queued_at": short_time(run.queued_at),
        "started_at": short_time(run.started_at),
        "workflow_id": run.deployment.workflow_id,
        "user_id": USER_ID,
        "org_id": None,
        "origin": "api",
        "gpu": run.gpu,
        "machine_version": None,
        "machine_type": "comfy-deploy-serverless",
        "modal_function_call_id": run.function_call_id,
        "webhook_status": None,
        "webhook_intermediate_status": run.intermediate,
        "batch_id": None,
        "workflow_version_id": run.deployment.version_id,
        "deployment_id": run.deployment.id,
        "duration": as_text(seconds_between(run.created_at, run.ended_at)),
        "comfy_deploy_cold_start": as_text(seconds_between(run.created_at, run.queued_at)),
        "cold_start_duration": as_text(seconds_between(run.queued_at, run.started_at)),
        "cold_start_duration_total": as_text(seconds_between(run.created_at, run.started_at)),
        "run_duration": as_text(seconds_between(run.started_at, run.ended_at)),
    }


def listed_run(run: Run, *, with_inputs: bool, with_outputs: bool) -> dict[str, object]:
    """Write a run as `GET /workflow/{wf}/runs` lists it: everything, with the whole graph."""
    row = slim_run(run) | {
        "gpu_event_id": None,
        "live_status": run.live_status,
        "progress": single_precision(run.progress),
        "is_realtime": False,
        "webhook": run.webhook,
        "workflow_api": {},
        "machine_id": MACHINE_ID,
        "model_id": None,
        "workflow": run.deployment.workflow_row(),
        "version": run.deployment.version(),
    }
    if with_inputs:
        row["workflow_inputs"] = run.inputs
    if with_outputs:
        row["outputs"] = [hook_output(run, output) for output in run.outputs]
    return row


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
        "machine_id": MACHINE_ID,
        "gpu": run.gpu,
        "origin": "api",
        "user_id": USER_ID,
        "deployment_id": run.deployment.id,
        "duration": seconds_between(run.created_at, run.ended_at),
    }


def hook_body(run: Run, *, event: str, outputs: Sequence[Output]) -> dict[str, object]:
    """Write a webhook's body: exactly these six keys."""
    return {
        "event_type": event,
        "status": run.status,
        "live_status": run.live_status,
        "progress": run.progress,
        "run_id": run.id,
        "outputs": [hook_output(run, output) for output in outputs],
    }


def hook_output(run: Run, output: Output) -> dict[str, object]:
    """Write an output as webhooks do, with all that the machine said about its files."""
    made = short_time(output.created_at)
    return {
        "id": output.id,
        "run_id": run.id,
        "data": _data(run, output, [_machine_item(file) for file in output.files]),
        "node_meta": _node_meta(output),
        "created_at": made,
        "updated_at": made,
    }


def _outputs(run: Run) -> list[dict[str, object]] | dict[str, object]:
    rows = [_typed_output(run, output) for output in run.outputs]
    if run.fault.shape is OutputShape.OBJECT:
        return {o.node_id: row["data"] for o, row in zip(run.outputs, rows, strict=True)}
    return rows


def _typed_output(run: Run, output: Output) -> dict[str, object]:
    return {
        "id": output.id,
        "output_id": None,
        "run_id": run.id,
        "data": _data(run, output, [_api_item(file) for file in output.files]),
        "node_meta": _node_meta(output),
        "created_at": typed_time(output.created_at),
        "updated_at": typed_time(output.created_at),
        "type": None,
        "node_id": None,
    }


def _data(run: Run, output: Output, items: list[dict[str, object]]) -> dict[str, object]:
    match run.fault.shape:
        case OutputShape.FILES | OutputShape.GIFS as kind:
            return {kind.value: items}
        case OutputShape.NODE_KEYED:
            return {output.node_id: {"images": items}}
        case _:
            return {"images": items}


def _node_meta(output: Output) -> dict[str, object]:
    return {"node_id": output.node_id, "node_class": output.node_class}


def _api_item(file: SavedFile) -> dict[str, object]:
    return {
        "url": file.url,
        "type": "output",
        "filename": file.filename,
        "is_public": None,
        "subfolder": "",
        "upload_duration": None,
    }


def _machine_item(file: SavedFile) -> dict[str, object]:
    return _api_item(file) | {"is_public": True, "upload_duration": 0.05}
