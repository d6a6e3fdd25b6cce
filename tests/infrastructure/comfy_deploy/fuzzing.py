"""The ways that an answer takes through our side, to put spoiled ones on them."""

import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Literal, get_args, get_origin, get_type_hints

import attrs
import httpx
import stamina

from core.generations.ports import RunRequest
from core.shared.errors import StationError
from core.shared.ids import DeploymentId, JobId, RunId
from core.shared.ports import ApiStatistics
from infrastructure.comfy_deploy import errors
from infrastructure.comfy_deploy.answers import Answer, CallError
from infrastructure.comfy_deploy.api import (
    account,
    assets,
    deployments,
    machines,
    models,
    runs,
    sessions,
    workflows,
)
from infrastructure.comfy_deploy.api.calls import Calls
from infrastructure.comfy_deploy.api.dialects import LegacyDialect
from infrastructure.comfy_deploy.api.run_orders import RunOrder
from infrastructure.comfy_deploy.api.run_streams import RunStreams
from infrastructure.comfy_deploy.api.runs import Output, Run, RunRow
from infrastructure.comfy_deploy.api.service import ComfyDeployApi
from infrastructure.comfy_deploy.catalogue import ComfyDeployCatalogue
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.comfy_deploy.decoding import decoded, decoded_rows
from infrastructure.comfy_deploy.gateway import ComfyDeployGateway
from infrastructure.comfy_deploy.hot import deployments_of
from infrastructure.comfy_deploy.inputs import inputs_of
from infrastructure.comfy_deploy.outputs import outputs_of
from infrastructure.comfy_deploy.wire import (
    DeploymentRow,
    deployment_row,
    row,
    rows,
    run_update,
    run_with_input,
)
from tests.builders import LONG_AGO
from tests.fakes.clock import FixedClock
from tests.infrastructure.comfy_deploy.loopback import Loopback, Reply, json_reply, settings_for
from tests.infrastructure.comfy_deploy.mutations import Mutant, mutant, stream_mutant

CPU_LIMIT_S = 2.0
"""For one answer, through everything, on a slow machine."""
SELDOM = 10
"""One stream in so many is also followed as progress, which asks again and again."""
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORD = "staging"
"""For every text that a call wants: an environment must be one of theirs, the rest may be this."""

REFUSED = json_reply({"detail": "Run not found"}, status=404)
MODULES = (account, assets, deployments, machines, models, runs, sessions, workflows)
OF_THEIR_OWN = (RunRow, Run, Output)
"""Classes that are made by `of`, because a plain decoder would not do."""

Asked = Callable[[], Awaitable[object]]


class FuzzError(AssertionError):
    """Something came out that is neither a value nor a typed error. Says the seed."""


def result_classes() -> list[type[attrs.AttrsInstance]]:
    """Return every class that the decoder may be asked for: those whose fields have defaults."""
    return [
        kind
        for module in MODULES
        for kind in vars(module).values()
        if inspect.isclass(kind) and attrs.has(kind) and kind not in OF_THEIR_OWN
        if all(each.default is not attrs.NOTHING for each in attrs.fields(kind))
    ]


RESULTS = result_classes()


@contextmanager
def only_typed_errors(tried: Mutant, *, path: str) -> Iterator[None]:
    """Let typed errors end it; say the seed of anything else, and of what takes too long."""
    began_s = time.process_time()
    try:
        yield
    except (CallError, StationError) as error:
        str(error)
    except Exception as error:
        raise FuzzError(f"{path}, {tried!r}: {type(error).__name__}: {error}"[:600]) from error
    spent_s = time.process_time() - began_s
    if spent_s > CPU_LIMIT_S:
        raise FuzzError(f"{path}, {tried!r}: took {spent_s:.1f} s")


def answer_of(tried: Mutant) -> Answer:
    """Return the answer as the client makes it; how it is packed is the transport's affair."""
    head = {"content-type": tried.kind} | dict(tried.headers)
    head.pop("Content-Encoding", None)
    lines = [(name.encode(), value.encode()) for name, value in head.items()]
    return Answer.of(httpx.Response(tried.status, headers=lines, content=tried.body))


def explain(error: CallError) -> None:
    """Ask every table what a failed call means."""
    for table in (errors.read_error, errors.run_error, errors.submit_error, errors.file_error):
        assert str(table(error))
    errors.is_passing(error)
    errors.is_outage(error)
    errors.outcome_of(error)


def understand(body: object) -> None:
    """Take an answer for each thing that it could be."""
    for each in (row(body), *(rows(body) or ())):
        run_update(each)
        outputs_of(each)
        found = deployment_row(each)
        inputs_of((found and found.input_types) or rows(each.get("input_types")) or (each,))
        for own in OF_THEIR_OWN:
            own.of(each)
    run_with_input(rows(body) or (), "in_text", "hi")
    for kind in RESULTS:
        decoded(kind, body)
        decoded_rows(kind, body)


def decode(tried: Mutant) -> None:
    """Put one answer through everything that needs no connection, also as if it were no refusal."""
    answer = answer_of(tried)
    for each in (answer, attrs.evolve(answer, status=200, content_type="application/json")):
        with only_typed_errors(tried, path="the list of deployments"):
            assert deployments_of(each) == deployments_the_slow_way(each)
        with only_typed_errors(tried, path="decoding"):
            try:
                body = each.json()
            except CallError as error:
                explain(error)
                raise
            understand(body)


def deployments_the_slow_way(answer: Answer) -> tuple[DeploymentRow, ...]:
    """Return what the fast decoder must find, too."""
    found = map(deployment_row, rows(answer.json()) or ())
    return tuple(each for each in found if each is not None)


class Stage(Loopback):
    """A server whose next answer can be changed while it runs."""

    def give(self, *replies: Reply) -> None:
        """Answer so from now on, the last for ever."""
        self._replies = list(replies)


@asynccontextmanager
async def a_stage(
    meter: ApiStatistics | None = None,
) -> AsyncIterator[tuple[Stage, ComfyDeployClient]]:
    """Have a server and a client of it that neither waits nor gives up on it."""
    with stamina.set_testing(True, attempts=2):
        async with Stage() as stage:
            settings = attrs.evolve(
                settings_for(stage.base_url),
                calls_per_s=0,
                breaker_failures=1_000_000,
                run_timeout_s=1.0,
            )
            client = ComfyDeployClient(settings, meter)
            try:
                yield stage, client
            finally:
                await client.aclose()


def argument(kind: object) -> object:
    """Return something for a parameter of this kind."""
    plain: Mapping[object, object] = {str: WORD, int: 1, bool: True, datetime: NOW}
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and attrs.has(kind):
        hints = get_type_hints(kind)
        wanted = [each.name for each in attrs.fields(kind) if each.default is attrs.NOTHING]
        return kind(**{name: argument(hints[name]) for name in wanted})
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return b"file" if bytes in get_args(kind) else {}


def asked_of(api: ComfyDeployApi) -> dict[str, Asked]:
    """Return every call of the API, by name, with something for what each needs."""
    found: dict[str, Asked] = {}
    for part in (value for value in vars(api).values() if value is not api.client):
        for name, method in inspect.getmembers(part, inspect.iscoroutinefunction):
            hints = get_type_hints(method)
            given = {
                each.name: argument(hints[each.name])
                for each in inspect.signature(method).parameters.values()
                if each.default is inspect.Parameter.empty
            }
            if not name.startswith("_"):
                found[f"{type(part).__name__}.{name}"] = _call(method, given)
    return found


def _call(method: Callable[..., Awaitable[object]], given: Mapping[str, object]) -> Asked:
    return lambda: method(**given)


def asked_of_gateway(client: ComfyDeployClient) -> dict[str, Asked]:
    """Return what the bot itself asks."""
    deployment, job, run = DeploymentId(WORD), JobId("job"), RunId(WORD)
    order = RunRequest(deployment=deployment, inputs={"prompt": "a"}, marker=job)
    return {
        "gateway.submit": lambda: ComfyDeployGateway(client).submit(order),
        "gateway.find": lambda: ComfyDeployGateway(client).find(deployment, job, since=LONG_AGO),
        "gateway.status": lambda: ComfyDeployGateway(client).status(run),
        "gateway.cancel": lambda: ComfyDeployGateway(client).cancel(run),
        "catalogue.all": lambda: ComfyDeployCatalogue(client, FixedClock(NOW), 1.0).current(),
        "gateway.upload": lambda: ComfyDeployGateway(client).upload(b"file", name="a.png"),
    }


def asked_of_legacy(client: ComfyDeployClient) -> dict[str, Asked]:
    """Return what is asked of a server of the first generation."""
    dialect = LegacyDialect(client)
    return {
        "legacy.queue": lambda: dialect.queue(RunOrder(deployment_id=WORD)),
        "legacy.get": lambda: dialect.get(WORD, queue_position=True),
        "legacy.upload": lambda: dialect.upload(b"file", "a.png"),
    }


def every_call(client: ComfyDeployClient) -> dict[str, Asked]:
    """Return every call that we ever make, but for the streams."""
    api = ComfyDeployApi(client)
    return asked_of(api) | asked_of_gateway(client) | asked_of_legacy(client)


async def ask_all(seeds: range) -> None:
    """Have every answer given to one call, each call in its turn."""
    async with a_stage() as (stage, client):
        calls = every_call(client)
        names = sorted(calls)
        for seed in seeds:
            tried = mutant(seed)
            # One that has no common divisor with the number of answers meets them all.
            name = names[(seed // 7) % len(names)]
            stage.give(tried.reply)
            with only_typed_errors(tried, path=name):
                await calls[name]()


async def drained(events: AsyncIterator[object]) -> None:
    """Read a stream to its end."""
    async for _ in events:
        pass


async def follow_all(seeds: range) -> None:
    """Have every stream read in one of two ways, and some in the third."""
    order, run = RunOrder(deployment_id=WORD), json_reply({"id": WORD, "status": "running"})
    async with a_stage() as (stage, client):
        streams = RunStreams(Calls(client), again_after_s=0.001)
        for seed in seeds:
            tried = stream_mutant(seed)
            stage.give(tried.reply)
            told = streams.logs(WORD) if seed % 2 else streams.stream(order)
            with only_typed_errors(tried, path="stream"):
                await drained(told)
            if seed % SELDOM == 0:
                # Another refusal ends what would be asked for again until the time is over.
                stage.give(tried.reply, run, run, run, REFUSED)
                with only_typed_errors(tried, path="progress"):
                    await drained(streams.progress(WORD))
