import asyncio

from structlog.testing import capture_logs

from adapters.chat.tasks import Tasks


async def test_work_goes_on_beside_its_owner_and_may_be_waited_for() -> None:
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("work")

    tasks = Tasks(bug="a.bug")
    tasks.begin(work())
    before = list(done)
    await tasks.wait(5)

    assert (before, done) == ([], ["work"])


async def test_what_has_not_come_to_its_end_in_time_is_ended() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("work")

    tasks = Tasks(bug="a.bug")
    tasks.begin(work())
    await tasks.wait(0.001)
    before = list(ended)
    await tasks.stop()
    await tasks.wait(5)

    assert (before, ended) == ([], ["work"])


async def test_a_bug_in_one_is_noted_and_ends_no_other() -> None:
    done: list[str] = []

    async def broken() -> None:
        raise ValueError("a bug")

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("work")

    tasks = Tasks(bug="a.bug")
    with capture_logs() as logs:
        tasks.begin(broken())
        tasks.begin(work())
        await tasks.wait(5)
        await asyncio.sleep(0)

    assert ([each["event"] for each in logs], done) == (["a.bug"], ["work"])
