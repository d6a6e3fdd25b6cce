"""Finding a job by the short code that its receipt carries."""

import re
from collections.abc import Sequence

from core.generations.model import Job
from core.generations.ports import JobStore
from core.shared.errors import AmbiguousCodeError, NotYoursError, UnknownCodeError
from core.shared.ids import AccountId, JobId

CODE_LENGTH = 8
"""Characters of a code, from the beginning of a job's id; more of them are a code as well."""

_CODE = re.compile(r"[0-9a-f]{4,32}")
_SHOWN = 3
"""How many jobs of one code are told apart."""


def code_of(job: JobId) -> str:
    """Return the short code by which a person can ask for a job."""
    return job[:CODE_LENGTH]


async def found(jobs: JobStore, code: str, account: AccountId, *, sees_all: bool) -> Job:
    """
    Return the job of a code, of which case and a `#` before it do not matter; "" is the newest.

    A person finds their own; whoever sees all finds anybody's, should they have none of that code.
    Raises UnknownCodeError, AmbiguousCodeError and NotYoursError.
    """
    asked = code.strip().removeprefix("#").lower()
    if not asked:
        return _only(await jobs.recent_of(account, limit=1), code)
    if not _CODE.fullmatch(asked):
        raise UnknownCodeError(code)
    theirs = await jobs.starting(asked, limit=_SHOWN, account=account)
    if theirs:
        return _only(theirs, code)
    others = await jobs.starting(asked, limit=_SHOWN)
    if others and not sees_all:
        raise NotYoursError(f"no job {asked} is of {account}")
    return _only(others, code)


def _only(jobs: Sequence[Job], code: str) -> Job:
    if not jobs:
        raise UnknownCodeError(code)
    if len(jobs) > 1:
        raise AmbiguousCodeError(code, [job.id for job in jobs])
    return jobs[0]
