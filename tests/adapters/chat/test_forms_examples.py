"""Forms that begin with an operator's example, and what a form says when its workflow changed."""

import attrs
import pytest

from tests.adapters.chat.filled import CFG, PAINT, PROMPT, a_form_talk, change_to, opened, press_on
from tests.adapters.chat.talk import WORKFLOWS
from tests.builders import a_workflow


@pytest.mark.parametrize(
    ("example", "prompt", "width"),
    [
        ("a red fox", "a red fox", 512),
        ("a red fox --width 768", "a red fox", 768),
        ("a red fox --widht 768", "a red fox --widht 768", 512),
    ],
)
async def test_an_example_is_read_as_if_it_were_typed(
    example: str, prompt: str, width: int
) -> None:
    sketch = attrs.evolve(PAINT, name=a_workflow("sketch").name, example=example)
    talk = a_form_talk(sketch)

    await opened(talk, "sketch")
    wish = (await talk.job(await press_on(talk, "Run"))).wish

    assert (wish.words, wish.inputs["width"]) == (prompt, width)


async def test_what_a_changed_workflow_does_not_take_any_more_is_said_with_the_job() -> None:
    talk = a_form_talk()
    await opened(talk)
    await press_on(talk, "landscape")

    change_to(talk, *WORKFLOWS, attrs.evolve(PAINT, inputs=(PROMPT, CFG)))
    job = await talk.job(await press_on(talk, "Run"))

    assert "width" not in job.wish.inputs
    assert "width" in " ".join(job.wish.notes)
