"""The machine's reports to the service: they change the run, and everybody concerned is told."""

import datetime as dt

import attrs

from infrastructure.emulator.run_feed import RunEvent, RunFeed
from infrastructure.emulator.runs import LogLine, Output, Run
from infrastructure.emulator.settings import Dials
from infrastructure.emulator.statuses import TERMINAL
from infrastructure.emulator.webhooks import Webhooks


@attrs.define
class Reporter:
    """Takes reports about runs."""

    _dials: Dials
    _webhooks: Webhooks
    _feed: RunFeed

    def created(self, run: Run) -> None:
        """Tell of a new run; no webhook does."""
        self._tell(run, "created")

    def status(self, run: Run, status: str, *, is_raw: bool = False) -> None:
        """Report a status. The first that ends the run stays, and later ones are told again."""
        if run.is_over:
            self._webhooks.status_changed(run, is_raw=is_raw)
            return
        run.status = status
        moment = self._touch(run)
        if status == "queued":
            run.queued_at = moment
        elif status == "started":
            run.started_at = moment
        elif status in TERMINAL:
            run.ended_at = moment
        self._webhooks.status_changed(run, is_raw=is_raw)
        self._tell(run, "status")

    def node(self, run: Run, *, node: tuple[str, str], progress: float, steps: int = 0) -> None:
        """Report that a node (its id and class) begins; runs that are over change too."""
        node_id, node_class = node
        run.live_status = f"Executing {node_class}"
        run.progress = progress
        self._touch(run)
        self._webhooks.progress_made(run)
        event = self._event(run, "node")
        self._feed.tell(
            attrs.evolve(
                event, progress=progress, node_id=node_id, node_class=node_class, steps=steps
            )
        )

    def output(self, run: Run, output: Output) -> None:
        """Report what a node has put out."""
        run.outputs.append(output)
        self._touch(run)
        self._webhooks.output_made(run, output)
        event = self._event(run, "output")
        self._feed.tell(
            attrs.evolve(event, node_id=output.node_id, node_class=output.node_class, output=output)
        )

    def error(self, run: Run, reason: str) -> None:
        """Report that a node broke; only the log says why."""
        self.log(run, reason, level="error")
        event = self._event(run, "error")
        self._feed.tell(attrs.evolve(event, node_id=run.deployment.last_node_id))

    def log(self, run: Run, text: str, *, level: str = "info") -> None:
        """Write a line into the run's log."""
        line = LogLine(self._dials.now(), text, level)
        run.logs.append(line)
        self._feed.tell(attrs.evolve(self._event(run, "log"), line=line))

    def _touch(self, run: Run) -> dt.datetime:
        moment = self._dials.now()
        run.updated_at = moment.replace(microsecond=0) if run.fault.full_seconds else moment
        return run.updated_at

    def _tell(self, run: Run, kind: str) -> None:
        self._feed.tell(self._event(run, kind))

    def _event(self, run: Run, kind: str) -> RunEvent:
        return RunEvent(run=run, kind=kind, at=self._dials.now(), status=run.status)
