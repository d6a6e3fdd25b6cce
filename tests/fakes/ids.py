"""Ids that count, so that a test knows the next one."""

from itertools import count

from core.shared.ids import JobId
from core.shared.ports import NewIds

SEEDS = 2**31


class CountingIds(NewIds):
    """Makes 1, 2, 3 ... in the form of the real ids: each kind counts for itself."""

    def __init__(self) -> None:
        self._jobs = count(1)
        self._tokens = count(1)
        self._seeds = count(1)

    def job(self) -> JobId:
        return JobId(f"{next(self._jobs):032x}")

    def token(self) -> str:
        return f"{next(self._tokens):032x}"

    def seed(self) -> int:
        return next(self._seeds) % SEEDS
