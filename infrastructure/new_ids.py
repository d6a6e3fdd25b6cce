"""Ids and seeds from the operating system's randomness."""

import secrets

from core.shared.ids import JobId
from core.shared.ports import NewIds

ID_BYTES = 16
SEEDS = 2**31


class RandomIds(NewIds):
    """Makes ids that nobody can guess."""

    def job(self) -> JobId:
        return JobId(secrets.token_hex(ID_BYTES))

    def token(self) -> str:
        return secrets.token_hex(ID_BYTES)

    def seed(self) -> int:
        return secrets.randbelow(SEEDS)
