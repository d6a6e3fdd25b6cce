"""The exchanges recorded from the real service, as far as they are about runs."""


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


RUN_LATEST = _fields(
    "status gpu_event_id live_status deployment_id gpu progress id ended_at machine_version "
    "is_realtime workflow_id created_at machine_type webhook workflow_version_id workflow_inputs "
    "updated_at modal_function_call_id webhook_status workflow_api machine_id queued_at user_id "
    "webhook_intermediate_status origin org_id batch_id started_at run_log model_id outputs"
)
WORKFLOW_RUN = _fields(
    "status gpu_event_id live_status deployment_id gpu progress duration id ended_at "
    "machine_version is_realtime workflow_id created_at machine_type webhook "
    "comfy_deploy_cold_start workflow_version_id workflow_inputs updated_at "
    "modal_function_call_id webhook_status cold_start_duration workflow_api machine_id queued_at "
    "user_id webhook_intermediate_status cold_start_duration_total origin org_id batch_id "
    "run_duration started_at model_id workflow outputs version"
)
SLIM_RUN = _fields(
    "id status created_at updated_at ended_at queued_at started_at workflow_id user_id org_id "
    "origin gpu machine_version machine_type modal_function_call_id webhook_status "
    "webhook_intermediate_status batch_id workflow_version_id deployment_id duration "
    "comfy_deploy_cold_start cold_start_duration cold_start_duration_total run_duration"
)
DEPLOYMENT_RUN = _fields(
    "id status created_at started_at ended_at workflow_id workflow_version_id machine_id gpu "
    "origin user_id deployment_id duration"
)
GALLERY_ITEM = _fields(
    "output_id run_id user_id origin data node_meta run_duration cold_start queue_time"
)
NATIVE_PAYLOAD = _fields(
    "prompt_id workflow_api_raw workflow inputs status_endpoint file_upload_endpoint cd_token "
    "gpu_event_id"
)
PROGRESS = _fields("run_id workflow_id machine_id progress status node_class timestamp")
KEPT_LOG = _fields("run_id timestamp log user_id org_id log_type")
