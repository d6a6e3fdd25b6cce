"""Ends of jobs that wait to be told, and who brings them."""

import attrs

from adapters.chat.courier import GIVEN_UP_AFTER, Courier
from adapters.chat.surface import ShownAt
from adapters.chat.turns import Turns
from core.generations.model import Delivery, Job
from core.generations.service import Moves
from core.generations.timing import Timing
from core.shared.events import OperatorAlerted
from core.shared.ids import JobId
from tests.adapters.chat.talk import Talk, an_id, chat_of
from tests.builders import a_media_ref, an_ended_job

ADA = chat_of("ada")
BOB = chat_of("bob")
NOWHERE = ShownAt("")
A_DAY_S = GIVEN_UP_AFTER.total_seconds()
FOX = a_media_ref("fox.png")


async def an_end(talk: Talk, number: int = 1, *, reply_to: str = ADA, shown_at: str = "") -> Job:
    """Have a job ended whose person does not know it yet."""
    job = attrs.evolve(
        an_ended_job(an_id(number), now=talk.clock.now()),
        reply_to=reply_to,
        shown_at=shown_at,
        outputs=(FOX,),
    )
    return await talk.jobs.add(job)


def courier(talk: Talk) -> Courier:
    made: Courier = talk.container.courier()
    return made


def another_courier(talk: Talk) -> Courier:
    """Return the courier of another process over the same jobs."""
    moves = Moves(
        jobs=talk.jobs,
        clock=talk.clock,
        events=talk.events,
        timing=Timing(),
        owner="worker:another",
    )
    return Courier(
        moves=moves,
        jobs=talk.jobs,
        surfaces={"web": talk.surface},
        workflows=talk.container.workflows(),
        turns=Turns(),
        ledger=talk.container.ledger(),
    )


async def delivery(talk: Talk, job: JobId) -> Delivery:
    return (await talk.job(job)).delivery


def alerts(talk: Talk) -> list[OperatorAlerted]:
    return [each for each in talk.events.events if isinstance(each, OperatorAlerted)]


def finished(talk: Talk) -> list[str]:
    return [message for order, _, message, _ in talk.surface.calls if order == "finish"]
