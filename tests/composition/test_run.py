"""Starting and stopping: the sweeps outlive whatever one of them meets."""

import asyncio

from structlog.testing import capture_logs

from composition.run import swept
from core.shared.errors import ServiceTroubleError
from tests.until import until


async def test_a_sweep_that_fails_is_noted_and_the_next_one_comes() -> None:
    meets: list[Exception | None] = [ServiceTroubleError("away"), ValueError("a bug"), None]
    done = 0

    async def sweep() -> int:
        nonlocal done
        met = meets[min(done, 2)]
        done += 1
        if met is not None:
            raise met
        return 0

    with capture_logs() as logs:
        sweeping = asyncio.create_task(swept(sweep, every_s=0.001))
        await until(lambda: done > 3)
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)

    assert [each["event"] for each in logs] == ["sweep.failed", "sweep.bug"]
