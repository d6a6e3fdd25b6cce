"""What Discord asks people by itself: what an option can be, and the text that a button wants."""

import gc

import discord
import pytest

from adapters.chat import texts
from adapters.chat.actions import PressForm, encode
from adapters.chat.cards import Button, Card, Span, Style
from adapters.chat.menu import Menus
from adapters.discord.asking import LABEL_LENGTH, choices_of
from core.shared.ids import DraftId
from core.workflows.kinds import InputKind
from core.workflows.ports import WorkflowCatalogue
from core.workflows.service import Workflows
from core.workflows.snapshot import Snapshot
from core.workflows.typed import read
from tests.adapters.discord.bench import Bench, Changing, a_bench, a_card
from tests.builders import a_workflow, an_input
from tests.servers.discord_server import DiscordServer, Drop, Person, Status

CALLBACK = "POST /interactions/*/*/callback"
DRAFT = DraftId("d" * 32)
ASK = PressForm(DRAFT, "ask.3.4711")
RUN = PressForm(DRAFT, "run")
FORM = Card(
    spans=(Span("Fox Sketch", Style.BOLD), Span("\nWhat do you want to see?")),
    buttons=((Button("Answer: Prompt", ASK), Button("Run", RUN)),),
)
QUESTION, MESSAGE, NO_MESSAGE = 9, 4, 6


class BrokenCatalogue(WorkflowCatalogue):
    """Has a bug."""

    async def current(self) -> Snapshot:
        raise ZeroDivisionError

    async def reload(self) -> Snapshot:
        return await self.current()


async def test_an_option_of_many_is_completed_as_it_is_typed(
    server: DiscordServer, ann: Person
) -> None:
    styles = tuple(f"style {number}" for number in range(40))
    style = an_input("style", InputKind.CHOICE, default="style 0", options=styles)
    draw = a_workflow("draw", inputs=(an_input(), style))
    menus = Menus(Workflows(Changing(draw)))
    async with a_bench(server, menus=menus) as bench, bench.connected():
        assert await ann.complete("draw", "style", "") == list(styles[:25])
        assert await ann.complete("draw", "style", "E 3", prompt="a fox") == [
            "style 3",
            *styles[30:],
        ]
        assert await ann.complete("draw", "style", "no such") == []
        await ann.command("draw", prompt="a fox", style="style 39")

        typed = (await bench.conversation.heard()).text
        assert read(typed.removeprefix("/draw "), draw).values == {"style": "style 39"}
    assert server.violations == []


async def test_without_an_answer_in_time_nothing_can_be_chosen(
    server: DiscordServer, ann: Person
) -> None:
    broken = Menus(Workflows(BrokenCatalogue()))
    async with a_bench(server, menus=Menus(Workflows(Changing()))) as bench, bench.connected():
        pass

    async with a_bench(server, menus=broken) as bench, bench.connected():
        assert await ann.complete("run", "workflow", "") == []


async def test_choices_that_nobody_waits_for_any_more_are_no_trouble(
    bench: Bench, ann: Person
) -> None:
    bench.server.timing(ack_within_s=0.0)

    with pytest.raises(AssertionError, match="loading"):
        await ann.complete("run", "workflow", "")

    await ann.in_dm().say("still there?")
    await bench.conversation.heard()


def test_only_what_discord_takes_can_be_chosen() -> None:
    found = choices_of(["ink ", "ink", " ", "x" * 101, *map(str, range(30))])

    assert [(each.name, each.value) for each in found[:2]] == [("ink", "ink"), ("0", "0")]
    assert len(found) == 25


async def test_a_button_that_wants_a_text_has_discord_ask_for_it(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, FORM, key="form")
    bench.conversation.says(a_card("thank you"))
    (form,) = ann.messages

    pressed = await ann.press(form.id, "Answer: Prompt")
    question = await ann.question(pressed)

    assert (pressed.answer_type, question["custom_id"]) == (QUESTION, encode(ASK))
    (part,) = question["components"]
    assert (part["label"], part["component"]["max_length"]) == ("Answer: Prompt", 4_000)
    assert bench.conversation.updates == []

    written = await ann.write(pressed, "a red fox\nin the snow")
    await ann.see(lambda message: message.text == "thank you")

    (update,) = bench.conversation.updates
    assert (update.action, update.text) == (encode(ASK), "a red fox\nin the snow")
    assert (update.message, update.sender.user_id) == (str(form.id), str(ann.id))
    assert written.answer_type == MESSAGE


async def test_an_answer_that_needs_no_card_is_acknowledged(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, FORM, key="form")

    pressed = await ann.press(ann.messages[0].id, "Answer: Prompt")
    written = await ann.write(pressed, "a red fox")
    await bench.conversation.heard()
    await bench.server.world.changes.wait_until(lambda: written.answer_type is not None, within_s=3)

    assert written.answer_type == NO_MESSAGE
    assert [each.edits for each in ann.messages] == [0]


async def test_an_answer_counts_after_a_restart(idle: Bench, ann: Person) -> None:
    async with idle.connected():
        await idle.surface.send(idle.to, FORM, key="form")
        pressed = await ann.press(ann.messages[0].id, "Answer: Prompt")
        await ann.question(pressed)

    async with idle.connected():
        await ann.write(pressed, "a red fox")
        update = await idle.conversation.heard()

    assert (update.action, update.text) == (encode(ASK), "a red fox")


async def test_what_is_asked_is_not_kept(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, FORM, key="form")
    for _ in range(3):
        await ann.question(await ann.press(ann.messages[0].id, "Answer: Prompt"))

    await ann.in_dm().say("done")
    await bench.conversation.heard()
    gc.collect()

    assert [each for each in gc.get_objects() if isinstance(each, discord.ui.Modal)] == []


async def test_other_buttons_of_a_form_are_pressed_at_once(bench: Bench, ann: Person) -> None:
    await bench.surface.send(bench.to, FORM, key="form")

    await ann.press(ann.messages[0].id, "Run")

    update = await bench.conversation.heard()
    assert (update.action, update.text) == (encode(RUN), "")


async def test_a_long_label_is_cut(bench: Bench, ann: Person) -> None:
    label = "Answer: " + "very " * 12 + "long"
    await bench.surface.send(
        bench.to, Card(spans=(Span("Form"),), buttons=((Button(label, ASK),),)), key="form"
    )
    (form,) = ann.messages

    question = await ann.question(await ann.press(form.id, label))

    shown = question["components"][0]["label"]
    assert question["title"] == texts.ANSWER
    assert (len(shown), shown[:8], shown[-1]) == (LABEL_LENGTH, "Answer: ", "…")


@pytest.mark.parametrize("kind", [Status(400), Drop()])
async def test_where_discord_cannot_ask_the_conversation_does(
    bench: Bench, ann: Person, kind: Status | Drop
) -> None:
    await bench.surface.send(bench.to, FORM, key="form")
    bench.conversation.says(a_card("what do you want to see?"))
    bench.server.faults.add(route=CALLBACK, kind=kind)

    await ann.press(ann.messages[0].id, "Answer: Prompt")

    await ann.see(lambda message: message.text == "what do you want to see?")
    (update,) = bench.conversation.updates
    assert (update.action, update.text) == (encode(ASK), "")
