"""CollectResults: a run's outputs become files of ours, before anybody pays."""

from datetime import timedelta

import attrs

from core.generations.model import Job, JobState, RunOutput, RunUpdate
from core.generations.ports import GenerationGateway
from core.generations.service import Moves
from core.generations.timing import back_off
from core.media.model import MediaRef
from core.media.service import Media
from core.shared.errors import MediaTroubleError, RunUnknownError, ServiceError
from core.use_cases.end_job import EndJob
from core.use_cases.settle_job import SettleJob

MOST_OUTPUTS = 40
MOST_TRIES = 5
UNFETCHED = "The result could not be fetched. You were not charged. Please try again."


class CollectResults:
    """Fetches and stores outputs under a claim, then has the job settled."""

    def __init__(
        self,
        *,
        moves: Moves,
        gateway: GenerationGateway,
        media: Media,
        settle: SettleJob,
        end: EndJob,
        limit_bytes: int,
    ) -> None:
        self._moves = moves
        self._gateway = gateway
        self._media = media
        self._settle = settle
        self._end = end
        self._limit_bytes = limit_bytes

    async def resume(self, job: Job) -> Job | None:
        """Go on with a job whose collector died: ask again what there is."""
        if job.run is None:
            msg = f"job {job.id} is {job.state} without a run"
            raise ValueError(msg)
        try:
            update = await self._gateway.status(job.run)
        except RunUnknownError:
            return await self._end(job, JobState.FAILED, UNFETCHED)
        except ServiceError:
            return await self._silent(job)
        return await self(job, update)

    async def _silent(self, job: Job) -> Job | None:
        """Ask again later, without counting it against the fetches; give up after a long while."""
        age_s = (self._moves.now() - (job.submitted_at or job.moved_at)).total_seconds()
        if age_s > 2 * self._moves.timing.run_deadline_s:
            return await self._end(job, JobState.FAILED, UNFETCHED)
        wait = timedelta(seconds=self._moves.timing.longest_poll_s)
        return await self._moves.again(job, wait, counts=False)

    async def __call__(self, job: Job, update: RunUpdate) -> Job | None:
        """Fetch what the run made; every try starts anew, and replaces files by the same files."""
        claimed = await self._moves.claim(
            attrs.evolve(job, run_s=update.run_s), JobState.COLLECTING
        )
        if claimed is None:
            return None
        files = [each for each in update.outputs if each.url][:MOST_OUTPUTS]
        kept = [await self._keep(claimed, number, each) for number, each in enumerate(files)]
        stored = tuple(each for each in kept if each is not None)
        texts = tuple(each.text for each in update.outputs if each.text)
        tries = claimed.attempts + 1
        if len(stored) < len(files) and tries < MOST_TRIES:
            return await self._moves.again(claimed, back_off(tries))
        if not stored and not texts:
            return await self._end(claimed, JobState.FAILED, UNFETCHED)
        return await self._settle(attrs.evolve(claimed, outputs=stored, texts=texts))

    async def _keep(self, job: Job, number: int, output: RunOutput) -> MediaRef | None:
        try:
            data = await self._gateway.fetch(output.url or "", limit_bytes=self._limit_bytes)
            return await self._media.keep_result(job.id, number, data, name=output.filename)
        except MediaTroubleError:
            return None
