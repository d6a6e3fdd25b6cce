"""One question for all who ask the same at the same time."""

import asyncio

import pytest

from infrastructure.comfy_deploy.sharing import SharedCalls


class Question:
    """Asks until it is told to answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.cancelled = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> str:
        self.asked += 1
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return f"answer {self.asked}"


async def test_all_who_ask_at_once_get_the_one_answer() -> None:
    shared: list[object] = []
    calls, question = SharedCalls(shared.append), Question()
    asking = [asyncio.create_task(calls.ask("a", question)) for _ in range(3)]
    await asyncio.sleep(0)
    question.may_answer.set()

    assert await asyncio.gather(*asking) == ["answer 1"] * 3
    assert shared == ["a", "a"]


async def test_other_questions_and_later_ones_are_asked_themselves() -> None:
    calls, question = SharedCalls(lambda _: None), Question()
    question.may_answer.set()
    await asyncio.gather(calls.ask("a", question), calls.ask("b", question))
    await calls.ask("a", question)

    assert question.asked == 3


async def test_a_failure_comes_to_all_who_asked() -> None:
    calls = SharedCalls(lambda _: None)

    async def broken() -> str:
        await asyncio.sleep(0)
        raise ValueError("no")

    answers = await asyncio.gather(
        *(calls.ask("a", broken) for _ in range(2)), return_exceptions=True
    )

    assert [str(each) for each in answers] == ["no", "no"]


async def test_who_only_waited_takes_the_answer_from_nobody() -> None:
    calls, question = SharedCalls(lambda _: None), Question()
    first, second = (asyncio.create_task(calls.ask("a", question)) for _ in range(2))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    question.may_answer.set()

    assert (await first, question.asked) == ("answer 1", 1)


async def test_when_the_one_who_asked_leaves_the_next_asks_for_all() -> None:
    calls, question = SharedCalls(lambda _: None), Question()
    first, *others = (asyncio.create_task(calls.ask("a", question)) for _ in range(4))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    question.may_answer.set()

    assert await asyncio.gather(*others) == ["answer 2"] * 3
    assert question.cancelled == 1


async def test_when_all_have_left_the_question_is_cancelled_and_the_next_asks_anew() -> None:
    calls, question = SharedCalls(lambda _: None), Question()
    asking = [asyncio.create_task(calls.ask("a", question)) for _ in range(2)]
    await asyncio.sleep(0)
    for each in asking:
        each.cancel()
    await asyncio.wait(asking)
    question.may_answer.set()

    assert await calls.ask("a", question) == "answer 2"


async def test_nothing_is_left_of_a_question_that_failed_unheard() -> None:
    calls = SharedCalls(lambda _: None)

    async def broken() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await calls.ask("a", broken)
