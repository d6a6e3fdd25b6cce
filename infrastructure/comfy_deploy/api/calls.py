"""What all calls of the API have in common: ask, explain what failed, decode what came."""

from collections.abc import Mapping
from typing import TypeVar

from core.shared.errors import ServiceTroubleError
from infrastructure.comfy_deploy.client import ComfyDeployClient, Query
from infrastructure.comfy_deploy.decoding import decoded, decoded_rows
from infrastructure.comfy_deploy.endpoints import Endpoint
from infrastructure.comfy_deploy.errors import read_error, told_by

T = TypeVar("T")
Body = Mapping[str, object]


class Calls:
    """
    Asks an endpoint and decodes its answer.

    Every method raises ServiceError: ServiceRefusedError for a key, credit or request that is
    refused, NotThereError for what does not exist, ServiceBusyError and ServiceTroubleError when
    trying again later may help.
    """

    def __init__(self, client: ComfyDeployClient) -> None:
        self.client = client

    async def one(
        self,
        kind: type[T],
        endpoint: Endpoint,
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> T:
        """Return the one value that an endpoint answers with."""
        return decoded(kind, await self.raw(endpoint, at=at, query=query, body=body))

    async def many(
        self,
        kind: type[T],
        endpoint: Endpoint,
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
    ) -> tuple[T, ...]:
        """Return the values of a list. Raises ServiceTroubleError for an answer without one."""
        listed = decoded_rows(kind, await self.raw(endpoint, at=at, query=query))
        if listed is None:
            raise ServiceTroubleError(f"{endpoint.name} answered without a list")
        return listed

    async def raw(
        self,
        endpoint: Endpoint,
        *,
        at: Mapping[str, str] | None = None,
        query: Query | None = None,
        body: Body | None = None,
    ) -> object:
        """Return the decoded JSON as it came."""
        with told_by(read_error):
            return await self.client.call(endpoint, at=at, query=query, body=body)


def given(**fields: object) -> dict[str, object]:
    """Return the fields that are not None: the service refuses a null where it takes nothing."""
    return {name: value for name, value in fields.items() if value is not None}
