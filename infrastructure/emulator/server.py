"""The emulator as a whole: a server to start and stop."""

import ipaddress

from aiohttp import web

from infrastructure.emulator.control import Control
from infrastructure.emulator.faults import API_PREFIX, Faults
from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.gate import Gate
from infrastructure.emulator.input_images import InputImages
from infrastructure.emulator.machine import Machine
from infrastructure.emulator.reporter import Reporter
from infrastructure.emulator.routes import Routes
from infrastructure.emulator.run_feed import RunFeed
from infrastructure.emulator.runs import RunBook
from infrastructure.emulator.settings import Dials, EmulatorSettings
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.webhooks import Webhooks
from infrastructure.emulator.workspace import Workspace
from infrastructure.emulator.workspace_routes import WorkspaceRoutes

_MAX_BODY_BYTES = 64 * 1024 * 1024
_GOODBYE_S = 1.0


class Emulator:
    """
    Speaks the ComfyUI Deploy API on a socket of its own, and draws real files.

    `faults` takes the orders that the control route takes, `state()` tells what `GET /control`
    tells. A stopped emulator has no task and no thread left, and can be started again: its runs
    are then still known, as they stood (what was at work stays unfinished), its files are not.
    """

    root_url: str
    base_url: str
    api_key: str
    faults: Faults

    def __init__(self, settings: EmulatorSettings) -> None:
        self.api_key = settings.api_key
        self.faults = Faults()
        self.runs = RunBook()
        self.workspace = Workspace()
        self._dials = Dials(settings)
        self._shelf = FileShelf(settings.max_stored_files, settings.max_stored_bytes)
        self._webhooks = Webhooks(self._dials)
        self._studio = Studio(self._dials, self._shelf, InputImages(self._dials, self._shelf))
        self._feed = RunFeed()
        self._reporter = Reporter(self._dials, self._webhooks, self._feed)
        self._machine = Machine(self._dials, self._studio, self._reporter)
        self._gate = Gate(self._dials, self.faults, self.workspace.keys)
        self._control = Control(
            dials=self._dials,
            faults=self.faults,
            book=self.runs,
            gate=self._gate,
            settings_changed=self._machine.take_next,
        )
        self._runner: web.AppRunner | None = None
        self._found_at(settings.port)

    @property
    def settings(self) -> EmulatorSettings:
        """The settings as they are now."""
        return self._dials.settings

    def change_settings(self, **changes: object) -> None:
        """Turn the dials, as the control route does. Raises ValueError or TypeError."""
        self._dials.settings = self._dials.settings.changed(changes)
        self._machine.take_next()

    def state(self) -> dict[str, object]:
        """Return requests, runs with their webhooks, orders and settings."""
        return self._control.state()

    async def start(self) -> None:
        """Bind the address and begin to answer. Raises OSError when the port is taken."""
        self._gate.closing.clear()
        self._studio.start()
        await self._webhooks.start()
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=_GOODBYE_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        self._found_at(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop answering, drop all work, remove all files."""
        self._gate.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._machine.stop()
        await self._webhooks.stop()
        self._studio.stop()
        self._shelf.close()

    def _app(self) -> web.Application:
        app = web.Application(
            middlewares=[self._gate.middleware()], client_max_size=_MAX_BODY_BYTES
        )
        Routes(
            dials=self._dials,
            faults=self.faults,
            book=self.runs,
            machine=self._machine,
            reporter=self._reporter,
            feed=self._feed,
            shelf=self._shelf,
            studio=self._studio,
            gate=self._gate,
            workspace=self.workspace,
        ).add_to(app)
        WorkspaceRoutes(
            dials=self._dials,
            book=self.runs,
            shelf=self._shelf,
            studio=self._studio,
            workspace=self.workspace,
        ).add_to(app)
        self._control.add_to(app)
        return app

    def _found_at(self, port: int) -> None:
        # An address that means "all" cannot be called; the loopback then can.
        everywhere = {str(ipaddress.IPv4Address(0)): "127.0.0.1", "::": "::1"}
        host = everywhere.get(self.settings.host, self.settings.host)
        self.root_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self.base_url = self.root_url + API_PREFIX
        self._studio.files_url = (self.settings.public_url or self.root_url) + "/files/"
