"""All routes about runs and their files, put together."""

import attrs
from aiohttp import web

from infrastructure.emulator.faults import Faults
from infrastructure.emulator.file_routes import FileRoutes
from infrastructure.emulator.files import FileShelf
from infrastructure.emulator.gate import Gate
from infrastructure.emulator.machine import Machine
from infrastructure.emulator.reporter import Reporter
from infrastructure.emulator.run_feed import RunFeed
from infrastructure.emulator.run_list_routes import RunListRoutes
from infrastructure.emulator.run_maker import RunMaker
from infrastructure.emulator.run_routes import RunRoutes
from infrastructure.emulator.run_stream_routes import RunStreamRoutes
from infrastructure.emulator.runs import RunBook
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.studio import Studio
from infrastructure.emulator.workspace import Workspace


@attrs.define(kw_only=True)
class Routes:
    """Answers as the service does."""

    dials: Dials
    faults: Faults
    book: RunBook
    machine: Machine
    reporter: Reporter
    feed: RunFeed
    shelf: FileShelf
    studio: Studio
    gate: Gate
    workspace: Workspace

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        maker = RunMaker(
            dials=self.dials,
            faults=self.faults,
            book=self.book,
            machine=self.machine,
            reporter=self.reporter,
            shelf=self.shelf,
            studio=self.studio,
            gate=self.gate,
            workspace=self.workspace,
        )
        RunRoutes(maker=maker, feed=self.feed).add_to(app)
        RunListRoutes(dials=self.dials, book=self.book, workspace=self.workspace).add_to(app)
        RunStreamRoutes(
            dials=self.dials,
            book=self.book,
            feed=self.feed,
            gate=self.gate,
            workspace=self.workspace,
        ).add_to(app)
        FileRoutes(dials=self.dials, book=self.book, shelf=self.shelf, studio=self.studio).add_to(
            app
        )
