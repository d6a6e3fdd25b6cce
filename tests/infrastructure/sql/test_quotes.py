"""A job's quote in its row: all of it, and what older rows have of it."""

import json

import attrs
import pytest
import sqlalchemy as sa

from core.points.model import Points
from core.points.pricing import Quote, quoted
from infrastructure.sql.database import Database
from infrastructure.sql.jobs import SqlJobs
from infrastructure.sql.tables import jobs
from tests.builders import a_job
from tests.databases import SQLITE_ONLY

COLD = quoted(2.0 / 3.0, median_s=3.25, p90_s=7.1, cold_s=40.5)
FIXED = quoted(0.1, median_s=3.0, p90_s=7.0, fixed_price=5)

pytestmark = SQLITE_ONLY


@pytest.mark.parametrize("quote", [COLD, FIXED], ids=["by time", "fixed"])
async def test_a_quote_comes_back_to_the_last_digit(sql: Database, quote: Quote) -> None:
    await SqlJobs(sql).add(a_job(quote=quote))

    found = await SqlJobs(sql).get(a_job().id)

    assert found is not None
    assert found.quote == quote


@pytest.mark.parametrize(
    ("stored", "quote"),
    [
        ([12, 4.5, 9.25], Quote(points=Points(12), median_s=4.5, p90_s=9.25)),
        ([12, 4.5, 9.25, 40], Quote(points=Points(12), median_s=4.5, p90_s=9.25, cold_s=40)),
        (
            [12, 4.5, 9.25, 0.0, 2.0, False, "what a later version adds"],
            Quote(points=Points(12), median_s=4.5, p90_s=9.25, points_per_s=2.0),
        ),
    ],
)
async def test_quotes_of_older_and_later_versions_can_be_read(
    sql: Database, stored: list[object], quote: Quote
) -> None:
    job = a_job(quote=attrs.evolve(COLD, points=Points(99)))
    await SqlJobs(sql).add(job)
    row = sa.update(jobs).where(jobs.c.id == job.id).values(quote=json.dumps(stored))
    await sql.run(lambda connection: connection.execute(row))

    found = await SqlJobs(sql).get(job.id)

    assert found is not None
    assert found.quote == quote
