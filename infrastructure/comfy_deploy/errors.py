"""The one table from ComfyUI Deploy's answers to our errors: only this file knows their meaning."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.shared.errors import (
    DeploymentGoneError,
    InputRefusedError,
    MediaTroubleError,
    NoCreditError,
    NotThereError,
    RunUnknownError,
    ServiceBusyError,
    ServiceError,
    ServiceRefusedError,
    ServiceTroubleError,
    StationError,
    SubmitUnclearError,
)
from core.shared.statistics import Outcome
from infrastructure.comfy_deploy.answers import AnswerError, CallError, NoAnswerError
from infrastructure.comfy_deploy.breaker import BreakerOpenError
from infrastructure.comfy_deploy.budget import NoTurnError

MARKER_INPUT = "stationthis_job"
"""The extra input that carries our job's id. The service stores it and runs without it."""

RUN_EXISTS = "Error creating run"
"""So begins a refusal that comes from the machine: the run's row is there, and it may even run."""

CANNOT_CANCEL = "Error cancel function"
NOT_FOUND_500 = (
    "Internal server error",
    "Deployment not found",
    "Run not found",
    "Workflow not found",
    CANNOT_CANCEL,
)
"""What a 500 says when the thing asked for does not exist. Asking again cannot help."""

DEPLOYMENT_GONE = (
    "Deployment not found",
    "Workflow version not found for this deployment",
    "Workflow not found",
)
"""What a 404 to a submit says when there is nothing (any more) that could run."""

OUT_OF_CREDIT = "Insufficient"
"""So begin the service's sentences on credit: "Insufficient your GPU credits to create run"."""

_CRASHED = 500
_FORBIDDEN = 403
_REFUSED = (400, 401, 402, 403, 404, 405, 413, 422)
_MISSING = 404
_TOO_MANY = 429
_BARE = ("", "Not Found")
"""What a 404 says when the route is missing, and not the thing."""
_BUSY = frozenset({429, 503})
_AWAY = frozenset({502, 503, 504})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED_UNREAD = frozenset({301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 410, 413, 415, 422})
"""Answers to a submit after which no run can be there."""


def is_passing(error: Exception) -> bool:
    """Whether the same call may well succeed a little later."""
    if not isinstance(error, AnswerError):
        return isinstance(error, NoAnswerError)
    if error.status == _CRASHED and error.detail.startswith(NOT_FOUND_500):
        return False
    return error.is_torn or error.status in _PASSING


def submit_error(error: CallError) -> StationError:
    """Return the error of a submit: whatever leaves a doubt is SubmitUnclearError."""
    if isinstance(error, BreakerOpenError | NoTurnError):
        return ServiceBusyError(str(error))  # nothing was sent
    if not isinstance(error, AnswerError) or error.detail.startswith(RUN_EXISTS):
        return SubmitUnclearError(str(error))
    if error.status in _BUSY and (error.detail or error.status == _TOO_MANY):
        # A 503 without a sentence is their edge's: the run may have been made behind it.
        return ServiceBusyError(str(error))
    if error.status not in _REFUSED_UNREAD:
        return SubmitUnclearError(str(error))
    if error.input_name is not None and error.input_name != MARKER_INPUT:
        return InputRefusedError(
            error.input_name,
            f"The image service does not take this value for “{error.input_name}”. "
            "Please change it and try again.",
        )
    return _refused(error)


def read_error(error: CallError) -> ServiceError:
    """Return the error of a question, or of anything else that was safe to repeat."""
    if isinstance(error, NoTurnError):
        return ServiceBusyError(str(error))
    if not isinstance(error, AnswerError):
        return ServiceTroubleError(str(error))
    if error.status in _BUSY:
        return ServiceBusyError(str(error))
    if says_not_there(error):
        return NotThereError(str(error))
    return _refused(error) if error.status in _REFUSED else ServiceTroubleError(str(error))


def run_error(error: CallError) -> ServiceError:
    """Return the error of a question about one run."""
    if isinstance(error, AnswerError) and _says_unknown(error):
        return RunUnknownError(str(error))
    return read_error(error)


def file_error(error: CallError) -> ServiceError:
    """Return the error of fetching a result."""
    return MediaTroubleError(str(error))


def says_cannot_cancel(error: AnswerError) -> bool:
    """Whether the service has told us that there is nothing (yet) that it could stop."""
    return error.detail.startswith(CANNOT_CANCEL) or _says_unknown(error)


def _refused(error: AnswerError) -> ServiceRefusedError:
    """Return the error of a refusal. Only its words tell what is refused: credit, a deployment."""
    if error.status == _FORBIDDEN and error.detail.startswith(OUT_OF_CREDIT):
        return NoCreditError(str(error))
    if error.status == _MISSING and error.detail.startswith(DEPLOYMENT_GONE):
        return DeploymentGoneError(str(error))
    return ServiceRefusedError(str(error))


def says_not_there(error: AnswerError) -> bool:
    """Whether the service does not know the thing: a 404 about it, or a 500 that means that."""
    if error.status == _CRASHED:
        return error.detail.startswith(NOT_FOUND_500) and not error.detail.startswith(CANNOT_CANCEL)
    return error.status == _MISSING and error.detail not in _BARE


def _says_unknown(error: AnswerError) -> bool:
    """Whether the service does not know the run: an id that is no UUID (422) cannot be one."""
    # Without a sentence, or with a bare one, it is the base URL that is wrong.
    told = error.detail not in _BARE
    return told and (error.status in (404, 422) or error.detail.startswith("Run not found"))


def outcome_of(error: CallError) -> Outcome:
    """Return what the figures call a failed call."""
    if isinstance(error, BreakerOpenError | NoTurnError):
        return Outcome.BLOCKED
    if not isinstance(error, AnswerError):
        return Outcome.NO_ANSWER
    if error.status in _BUSY:
        return Outcome.BUSY
    if says_not_there(error) or says_cannot_cancel(error):
        return Outcome.NOT_THERE
    return Outcome.REFUSED if error.status in _REFUSED else Outcome.TROUBLE


def is_outage(error: CallError) -> bool:
    """Whether a failed call speaks against the service as a whole: its edge answered, or nobody."""
    if not isinstance(error, AnswerError):
        return isinstance(error, NoAnswerError)
    return error.status in _AWAY and not error.detail.startswith(RUN_EXISTS)


@contextmanager
def told_by(table: Callable[[CallError], StationError]) -> Iterator[None]:
    """Raise what the table makes of a failed call."""
    try:
        yield
    except CallError as error:
        raise table(error) from error
