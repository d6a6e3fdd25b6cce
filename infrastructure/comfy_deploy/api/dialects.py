"""The two generations of the API: what differs between them is in here, and only in here."""

from collections.abc import Mapping
from typing import IO

import orjson

from core.shared.errors import (
    RunUnknownError,
    ServiceError,
    ServiceTroubleError,
    SubmitUnclearError,
)
from infrastructure.comfy_deploy.answers import AnswerError, CallError
from infrastructure.comfy_deploy.api.legacy_uploads import upload_legacy
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.endpoints import (
    CANCEL_RUN,
    GET_RUN,
    GET_RUN_LEGACY,
    QUEUE_RUN,
    QUEUE_RUN_LEGACY,
    UPLOAD_FILE,
)
from infrastructure.comfy_deploy.errors import (
    read_error,
    run_error,
    says_cannot_cancel,
    submit_error,
    told_by,
)
from infrastructure.comfy_deploy.settings import LEGACY
from infrastructure.comfy_deploy.wire import Row, row, text

_UNKNOWN_RUN = 400


class CurrentDialect:
    """The API of today (contract 4). See Runs for the errors."""

    def __init__(self, client: ComfyDeployClient) -> None:
        self._client = client

    async def queue(self, order: RunOrder) -> str:
        """Queue one run and return its id. Raises what `errors.submit_error` makes of a failure."""
        with told_by(submit_error):
            return run_id_of(await self._client.call(QUEUE_RUN, body=order.body))

    async def get(self, run_id: str, *, queue_position: bool) -> Row:
        """Return what is told of a run, as it came. Raises RunUnknownError, ServiceError."""
        query = {"queue_position": queue_position}
        with told_by(run_error):
            return row(await self._client.call(GET_RUN, at={"run_id": run_id}, query=query))

    async def cancel(self, run_id: str) -> bool:
        """Stop a run; False when that cannot be done (yet). Raises ServiceError."""
        with told_by(read_error):
            try:
                await self._client.call(CANCEL_RUN, at={"run_id": run_id})
            except AnswerError as error:
                if says_cannot_cancel(error):
                    return False
                raise
        return True

    async def upload(self, file: bytes | IO[bytes], name: str) -> str:
        """Give the service a file for an input, and return its URL. Raises ServiceError."""
        with told_by(read_error):
            answer = row(await self._client.upload(UPLOAD_FILE, file, name=name))
        url = text(answer.get("file_url"))
        if not url:
            raise ServiceTroubleError("an upload without a file_url")
        return url


class LegacyDialect:
    """Self-hosted servers of the first generation (contract 1, V1). They cannot stop a run."""

    def __init__(self, client: ComfyDeployClient) -> None:
        self._client = client

    async def queue(self, order: RunOrder) -> str:
        """Queue one run, its inputs as texts and numbers, and return its id."""
        body = order.body
        body["inputs"] = _plain(row(body["inputs"]))
        with told_by(submit_error):
            return run_id_of(await self._client.call(QUEUE_RUN_LEGACY, body=body))

    async def get(self, run_id: str, *, queue_position: bool) -> Row:
        """Return what is told of a run, as it came; an unknown one is a 400."""
        del queue_position  # it never told one
        with told_by(_legacy_run_error):
            return row(await self._client.call(GET_RUN_LEGACY, query={"run_id": run_id}))

    async def cancel(self, run_id: str) -> bool:
        """Return False: nothing can be stopped here."""
        del run_id  # there is no route to send it to
        return False

    async def upload(self, file: bytes | IO[bytes], name: str) -> str:
        """Give the service a file in two steps, and return its URL."""
        data = file if isinstance(file, bytes) else file.read()  # 50 MB at most
        return await upload_legacy(self._client, data, name)


Dialect = CurrentDialect | LegacyDialect


def dialect_of(client: ComfyDeployClient) -> Dialect:
    """Return the dialect that the settings name."""
    return LegacyDialect(client) if client.settings.dialect == LEGACY else CurrentDialect(client)


def run_id_of(answer: object) -> str:
    """Return the id of a run that was queued. Raises SubmitUnclearError when none came."""
    run_id = text(row(answer).get("run_id"))
    if not run_id:
        raise SubmitUnclearError("an answer without a run_id")
    return run_id


def _plain(inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the inputs as texts and numbers: the first generation refuses all others."""
    return {name: _plain_value(value) for name, value in inputs.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, bool):
        return int(value)  # "false" would be a text, and so true
    return orjson.dumps(value).decode() if isinstance(value, list) else value


def _legacy_run_error(error: CallError) -> ServiceError:
    if isinstance(error, AnswerError) and error.status == _UNKNOWN_RUN:
        return RunUnknownError(str(error))
    return run_error(error)
