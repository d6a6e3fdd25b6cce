"""Having the workflows read anew."""

import asyncio

import attrs
from structlog.testing import capture_logs

from core.shared.errors import ServiceTroubleError
from tests.adapters.chat.catalogues import ReadAnew
from tests.adapters.chat.talk import OPERATOR, WORKFLOWS, a_talk
from tests.adapters.chat.test_conversation import SilentCatalogue
from tests.builders import a_workflow, an_input

MANY = tuple(a_workflow(f"flow{number:02}") for number in range(20))


async def test_only_operators_have_it_read_anew() -> None:
    talk = a_talk(catalogue=ReadAnew(WORKFLOWS, ()))

    await talk.say("/reload")
    await talk.say("/workflows")

    assert talk.cards()[0].plain_text == "Only an operator can do that."
    assert "/text2img" in talk.last()


async def test_a_reload_tells_what_has_changed() -> None:
    changed = attrs.evolve(WORKFLOWS[0], inputs=(an_input(),))
    talk = a_talk(catalogue=ReadAnew(WORKFLOWS, [changed, WORKFLOWS[1], *MANY]))

    await talk.say("/reload", person=OPERATOR)

    assert talk.last(OPERATOR).splitlines() == [
        "22 workflows, read in 0.0 s.",
        f"new: {', '.join(f'/{each.name}' for each in MANY[:10])} and 10 more",
        "gone: /upscale",
        "changed: /text2img",
    ]


async def test_a_reload_without_news_says_so() -> None:
    talk = a_talk(catalogue=ReadAnew(WORKFLOWS, WORKFLOWS))

    await talk.say("/reload", person=OPERATOR)

    assert talk.last(OPERATOR) == "3 workflows, read in 0.0 s.\nAll is as it was."


async def test_a_reload_that_fails_takes_nothing() -> None:
    talk = a_talk(catalogue=ReadAnew(WORKFLOWS))

    with capture_logs() as logs:
        await talk.say("/reload", person=OPERATOR)
    await talk.say("/workflows", person=OPERATOR)

    assert talk.cards(OPERATOR)[0].plain_text.endswith("later. What was known stays.")
    assert [each["code"] for each in logs] == ["service.trouble"]
    assert "/text2img" in talk.last(OPERATOR)


async def test_a_first_reading_that_fails_is_explained() -> None:
    talk = a_talk(catalogue=SilentCatalogue())

    await talk.say("/reload", person=OPERATOR)

    assert talk.last(OPERATOR).startswith(ServiceTroubleError("").user_message)


async def test_a_person_who_asks_twice_at_once_gets_two_answers() -> None:
    talk = a_talk(catalogue=ReadAnew(WORKFLOWS, WORKFLOWS, WORKFLOWS))

    await asyncio.gather(*(talk.say("/reload", person=OPERATOR) for _ in range(2)))

    assert len(talk.cards(OPERATOR)) == 2
