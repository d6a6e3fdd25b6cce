"""Makes runs out of orders: finds what is to be run, writes the row, then asks the machine."""

import itertools
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.client import responses

import attrs
from aiohttp import web

from infrastructure.emulator.deployments import Deployment
from infrastructure.emulator.faults import Faults, RequestFault, RunFault, Spoil
from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.gate import MACHINE_TROUBLE, Gate
from infrastructure.emulator.input_images import written_out
from infrastructure.emulator.machine import Machine
from infrastructure.emulator.machines import SERVERLESS, MachineRow
from infrastructure.emulator.queue_body import RefusedError, ServiceCrashError
from infrastructure.emulator.reporter import Reporter
from infrastructure.emulator.run_orders import RunOrder, Source
from infrastructure.emulator.runs import Run, RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.uploads import new_file_id
from infrastructure.emulator.workspace import Workspace

_SERVER_ERROR = 500
_RUNPOD = "runpod-serverless"
_TYPES = (SERVERLESS, "classic", _RUNPOD, "modal-serverless")


@attrs.define(kw_only=True)
class RunMaker:
    """Makes runs. Raises RefusedError or ServiceCrashError as the service would."""

    dials: Dials
    faults: Faults
    book: RunBook
    machine: Machine
    reporter: Reporter
    shelf: FileShelf
    studio: Studio
    gate: Gate
    workspace: Workspace

    def find(self, order: RunOrder) -> Deployment:
        """Return what the order wants run."""
        match order.source:
            case Source.DEPLOYMENT:
                return self._deployment(order)
            case Source.GRAPH:
                return self._of_graph(order)
            case _:
                return self._of_version(order)

    def create(self, order: RunOrder, *, batch_id: str | None = None) -> Run:
        """Write the row of a run; no machine knows of it yet."""
        deployment = self.find(order)
        fault = self.faults.for_run(deployment.name)
        machine = self.workspace.machine(deployment.machine_id)
        moment = self.dials.now()
        moment = moment.replace(microsecond=0) if fault.full_seconds else moment
        run = Run(
            deployment=deployment,
            inputs={name: self._stored(value) for name, value in order.inputs.items()},
            webhook=order.webhook,
            intermediate=order.intermediate,
            gpu=_gpu(order, deployment, machine),
            machine_type=_type(machine, fault),
            is_listed=order.source is Source.DEPLOYMENT,
            origin=order.origin,
            batch_id=batch_id,
            fault=fault,
            created_at=moment,
            updated_at=moment,
        )
        self.book.add(run)
        self.reporter.created(run)
        return run

    def batch(self, order: RunOrder) -> str:
        """Make and submit all runs of a batch; return its id."""
        batch_id = str(uuid.uuid4())
        for inputs in _variants(order):
            run = self.create(attrs.evolve(order, inputs=inputs), batch_id=batch_id)
            self.machine.accept(run)
        return batch_id

    async def submit(self, request: web.Request, run: Run) -> None:
        """Hand a run to its machine, which may have been ordered to make trouble."""
        machine = self.workspace.machine(run.deployment.machine_id)
        refused = None if machine is None else _refused_type(machine)
        trouble = request.get(MACHINE_TROUBLE)
        if refused is not None:
            run.status = "failed"
            raise refused
        if trouble is not None:
            await self._make_trouble(run, trouble)
        self.machine.accept(run)

    async def _make_trouble(self, run: Run, trouble: RequestFault) -> None:
        is_refusal = trouble.spoil is Spoil.MACHINE_REFUSES
        status = int(HTTPStatus.BAD_GATEWAY) if is_refusal else trouble.status
        if is_refusal or status == _SERVER_ERROR:
            await self.gate.wait(self.dials.settings.machine_retry_s)
        run.status = "failed"
        if trouble.spoil is Spoil.MACHINE_GONE:
            raise ServiceCrashError
        if trouble.handled:
            self.machine.accept(run)
        raise RefusedError(f"Error creating run: {status} {responses.get(status, '')}", status)

    def _deployment(self, order: RunOrder) -> Deployment:
        found = self.workspace.deployment(order.subject)
        if found is None:
            raise RefusedError("Deployment not found", 404)
        if self.workspace.machine(found.machine_id) is None:
            raise RefusedError("Machine not found for this deployment", 404)
        return found

    def _of_graph(self, order: RunOrder) -> Deployment:
        if not self.workspace.workflow_known(order.subject):
            raise RefusedError("Workflow not found", 404)
        machine = self.workspace.machine(order.machine_id or "")
        if machine is None or machine.deleted:
            raise RefusedError("Machine not found", 404)
        return self.workspace.deployment_of_graph(order.subject, order.graph, machine.id)

    def _of_version(self, order: RunOrder) -> Deployment:
        version = self.workspace.workflows.version(order.subject)
        if version is None:
            raise RefusedError("Workflow version not found", 404)
        graph = attrs.evolve(order, subject=version.workflow_id, graph=version.graph)
        return self._of_graph(graph).of_version(version)

    def _stored(self, value: object) -> object:
        """Replace a picture that is written out by the address it is now kept under."""
        written = written_out(value) if isinstance(value, str) else None
        if written is None:
            return value
        extension, content = written
        key = f"inputs/{new_file_id(f'input.{extension}')}.{extension}"
        self.shelf.put(key, content)
        return self.studio.files_url + key


def _gpu(order: RunOrder, deployment: Deployment, machine: MachineRow | None) -> str | None:
    """Return the GPU: the deployment's own goes before the caller's, the machine's comes last."""
    own = deployment.gpu if order.source is Source.DEPLOYMENT else None
    return own or order.gpu or (None if machine is None else machine.gpu)


def _type(machine: MachineRow | None, fault: RunFault) -> str:
    if fault.classic:
        return "classic"
    return SERVERLESS if machine is None else machine.type


def _refused_type(machine: MachineRow) -> RefusedError | None:
    if machine.type not in _TYPES:
        return RefusedError("Invalid machine type", 400)
    if machine.type == _RUNPOD and not machine.auth_token:
        return RefusedError("Machine auth token not found", 400)
    return None


def _variants(order: RunOrder) -> Iterator[Mapping[str, object]]:
    """Yield the inputs of each run: every mix of the lists, or the same so many times."""
    if order.batch_inputs is None:
        yield from itertools.repeat(order.inputs, order.batch_number or 0)
        return
    names = list(order.batch_inputs)
    for values in itertools.product(*order.batch_inputs.values()):
        yield {**order.inputs, **dict(zip(names, values, strict=True))}
