"""
Every route of the ComfyUI Deploy API that we call, and how each may be called.

`path` lies under the base URL. What repeating does was read in the service's source: a route whose
second call would make a second thing is never repeated by itself.
"""

import enum

import attrs


class Repeat(enum.Enum):
    """What may be done when an answer is missing."""

    SAFE = "safe"
    NEVER = "never"
    """A second call might make a second run, version, session or key."""


class Patience(enum.Enum):
    """For how long an answer is waited for; the settings have the seconds."""

    USUAL = "usual"
    QUEUE = "queue"
    """The service tries a sick machine again for up to 55 s before it answers."""
    TRANSFER = "transfer"
    """Files go up or down."""
    RUN = "run"
    """The answer comes when a run has ended."""


@attrs.frozen
class Endpoint:
    """One route. `/run/{run_id}` is filled in with one escaped segment for each brace."""

    method: str
    path: str
    repeat: Repeat = attrs.field(kw_only=True)
    patience: Patience = attrs.field(default=Patience.USUAL, kw_only=True)

    @property
    def name(self) -> str:
        """The endpoint as metrics, budgets and documents call it: `GET /run/{run_id}`."""
        return f"{self.method} {self.path}"


def _get(path: str, patience: Patience = Patience.USUAL) -> Endpoint:
    return Endpoint("GET", path, repeat=Repeat.SAFE, patience=patience)


def _safe(method: str, path: str, patience: Patience = Patience.USUAL) -> Endpoint:
    return Endpoint(method, path, repeat=Repeat.SAFE, patience=patience)


def _once(path: str, patience: Patience = Patience.USUAL) -> Endpoint:
    return Endpoint("POST", path, repeat=Repeat.NEVER, patience=patience)


QUEUE_RUN = _once("/run/deployment/queue", Patience.QUEUE)
SYNC_RUN = _once("/run/deployment/sync", Patience.RUN)
STREAM_RUN = _once("/run/deployment/stream", Patience.RUN)
QUEUE_GRAPH = _once("/run/workflow/queue", Patience.QUEUE)
SYNC_GRAPH = _once("/run/workflow/sync", Patience.RUN)
STREAM_GRAPH = _once("/run/workflow/stream", Patience.RUN)
QUEUE_RUN_LEGACY = _once("/run", Patience.QUEUE)
GET_RUN = _get("/run/{run_id}")
GET_RUN_LEGACY = _get("/run")
CANCEL_RUN = _safe("POST", "/run/{run_id}/cancel")
LIST_RUNS = _get("/v2/workflow/{workflow_id}/runs")
LIST_FULL_RUNS = _get("/workflow/{workflow_id}/runs")
LIST_DEPLOYMENT_RUNS = _get("/deployment/{deployment_id}/runs")
LATEST_RUN = _get("/workflow/{workflow_id}/run/latest")
DAYS_RUNS = _get("/workflow/{workflow_id}/runs/day")
GALLERY = _get("/workflow/{workflow_id}/gallery")
STREAM_PROGRESS = _get("/v2/stream-progress", Patience.RUN)
STREAM_LOGS = _get("/v2/stream-logs", Patience.RUN)
RUN_LOGS = _get("/v2/clickhouse-run-logs/{run_id}")

LIST_DEPLOYMENTS = _get("/deployments")
GET_DEPLOYMENT = _get("/deployment/{deployment_id}")
WORKFLOW_DEPLOYMENTS = _get("/workflow/{workflow_id}/deployments")
SAVE_DEPLOYMENT = _safe("POST", "/deployment")
PATCH_DEPLOYMENT = _safe("PATCH", "/deployment/{deployment_id}")
DEACTIVATE_DEPLOYMENT = _safe("POST", "/deployment/{deployment_id}/deactivate")
DELETE_DEPLOYMENT = _safe("DELETE", "/deployment/{deployment_id}")

LIST_WORKFLOWS = _get("/workflows")
ALL_WORKFLOWS = _get("/workflows/all")
GET_WORKFLOW = _get("/workflow/{workflow_id}")
CREATE_WORKFLOW = _once("/workflow")
PATCH_WORKFLOW = _safe("PATCH", "/workflow/{workflow_id}")
DELETE_WORKFLOW = _safe("DELETE", "/workflow/{workflow_id}")
CLONE_WORKFLOW = _once("/workflow/{workflow_id}/clone")
LIST_VERSIONS = _get("/workflow/{workflow_id}/versions")
GET_VERSION = _get("/workflow/{workflow_id}/version/{number}")
GET_VERSION_BY_ID = _get("/workflow-version/{version_id}")
CREATE_VERSION = _once("/workflow/{workflow_id}/version")
EXPORT_WORKFLOW = _get("/workflow/{workflow_id}/export")

LIST_MACHINES = _get("/machines")
ALL_MACHINES = _get("/machines/all")
GET_MACHINE = _get("/machine/{machine_id}")
CREATE_MACHINE = _once("/machine/custom")
PATCH_MACHINE = _safe("PATCH", "/machine/custom/{machine_id}")
MACHINE_EVENTS = _get("/machine/{machine_id}/events")
DELETE_MACHINE = _safe("DELETE", "/machine/{machine_id}")

UPLOAD_FILE = _safe("POST", "/file/upload", Patience.TRANSFER)
UPLOAD_URL_LEGACY = _get("/upload-url")
LIST_ASSETS = _get("/assets")
GET_ASSET = _get("/assets/{asset_id}")
SEARCH_ASSETS = _get("/assets/search")
UPLOAD_ASSET = _once("/assets/upload", Patience.TRANSFER)
CREATE_FOLDER = _once("/assets/folder")
ADD_ASSET = _once("/assets/add")
MOVE_ASSET = _safe("PATCH", "/assets/{asset_id}")
DELETE_ASSET = _safe("DELETE", "/assets/{asset_id}")
PRESIGN_ASSET = _get("/assets/presigned-url")
REGISTER_ASSET = _once("/assets/register")

CREATE_SESSION = _once("/session", Patience.QUEUE)
GET_SESSION = _get("/session/{session_id}")
LIST_SESSIONS = _get("/sessions")
EXTEND_SESSION = _once("/session/{session_id}/increase-timeout")
DELETE_SESSION = _safe("DELETE", "/session/{session_id}")

USAGE = _get("/platform/usage")
USAGE_DETAILS = _get("/platform/usage-details")
PLAN = _get("/platform/plan")
GPU_PRICING = _get("/platform/gpu-pricing")
LIST_KEYS = _get("/platform/api-keys")
CREATE_KEY = _once("/platform/api-keys")
DELETE_KEY = _safe("DELETE", "/platform/api-keys/{key_id}")
LIST_MODELS = _get("/models")
SEARCH_MODELS = _get("/search/model")

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Endpoint)
)
