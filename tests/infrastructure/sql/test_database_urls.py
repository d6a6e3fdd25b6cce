"""Which databases a URL can name, and what is said of one that does not answer."""

import traceback

import pytest

from core.shared.errors import StoreTroubleError
from infrastructure.sql.database import open_database


@pytest.mark.parametrize(
    "url",
    ["", "station.db", "sqlite://", "sqlite:///:memory:", "mysql://u:s3cret@host/name", "memory:"],
)
def test_anything_else_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(ValueError, match="database") as caught:
        open_database(url)

    assert "s3cret" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_trouble_without_secrets() -> None:
    database = open_database("postgresql://ada:s3cret@127.0.0.1:1/station?sslmode=disable")

    with pytest.raises(StoreTroubleError) as caught:
        await database.open()
    await database.close()

    told = "".join(traceback.format_exception(caught.value))
    assert "ConnectionRefusedError" in str(caught.value)
    assert "s3cret" not in told
