"""What workflows begin with, saved and forgotten as people write and press it."""

import attrs
import pytest

from adapters.chat.actions import ForgetPreferences, ShowWorkflow
from adapters.chat.surface import ReplyTo
from adapters.chat.updates import ChatUpdate, Hears
from core.sessions.model import Identity, Preferences, common, personal
from core.sessions.ports import PreferenceStore
from core.shared.ids import ChatId
from core.workflows.kinds import InputKind
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import OPERATOR, PICTURE, WIDTH, Talk, a_talk, an_id
from tests.builders import a_workflow, an_input

GONE = "0f9d4c1e-8d40-4a9b-9a53-6c5a3f1a2b3c"
GROUP = ReplyTo("telegram:-100:0:5")


def kept_by(talk: Talk) -> PreferenceStore:
    """Return where it is all kept."""
    store: PreferenceStore = talk.container.preferences()
    return store


async def mine(talk: Talk, workflow: str = "text2img", *, person: str = "ada") -> Preferences:
    """Return what a person has saved."""
    return await kept_by(talk).get(personal(await talk.account(person)), workflow)


async def in_the_group(talk: Talk, text: str, *, sender: Identity) -> str:
    """Say something in a group of Telegram; return the answer."""
    update = ChatUpdate(id=an_id(7), sender=sender, reply_to=GROUP, hears=Hears.REPLIES, text=text)
    await talk.conversation.handle(update, talk.surface)
    return talk.surface.cards(GROUP)[-1].plain_text


async def test_at_first_nothing_is_saved(talk: Talk) -> None:
    await talk.say("/settings")

    assert talk.last().splitlines() == [
        "What your workflows begin with",
        "Nothing is saved: every workflow begins with its own values.",
        "",
        "To save something: /settings text2img width=512",
    ]


async def test_t_66_what_is_saved_is_what_a_command_begins_with(talk: Talk) -> None:
    await talk.say("/settings text2img width=768")
    update = await talk.say("/make a red fox")

    assert talk.cards()[0].plain_text.splitlines() == [
        "Saved. Text2Img  /text2img",
        "width=768",
        "",
        "To save something: /settings text2img width=512",
    ]
    assert (await mine(talk)).values == {"width": 768}
    assert (await talk.job(update)).wish.inputs["width"] == 768


async def test_what_is_said_goes_before_what_is_saved(talk: Talk) -> None:
    await talk.say("/settings text2img --width 768")
    update = await talk.say("/make a red fox width=640")

    assert (await talk.job(update)).wish.inputs["width"] == 640


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hight=5", "/text2img has no input “hight”."),
        ("--hight 5", "/text2img has no input “hight”."),
        ("width=9000", "“width” takes a number from 64 to 2,048, and 9,000 is outside."),
        ("width=wide", "“width” takes a whole number from 64 to 2,048: please give one."),
        ("width=", "“width” is given no value: please write width=VALUE."),
        ("512", "“512” is no setting: please write input=value, such as width=512."),
        ("=512", "“=512” is no setting:"),
    ],
)
async def test_t_65_what_no_workflow_takes_is_refused_by_name(
    talk: Talk, text: str, answer: str
) -> None:
    await talk.say(f"/settings text2img {text}")

    assert talk.last().startswith(answer)
    assert await mine(talk) == Preferences()


async def test_a_picture_is_not_saved(talk: Talk) -> None:
    await talk.say("/settings img2img image=fox.png")
    await talk.say("/settings img2img --image fox.png")

    assert all(card.plain_text.startswith("“image” is a file") for card in talk.cards())
    assert await mine(talk, "img2img") == Preferences()


async def test_settings_of_an_unknown_workflow_say_so(talk: Talk) -> None:
    await talk.say("/settings txt2img width=512")

    assert talk.last().startswith("There is no workflow called “txt2img”. Did you mean /text2img")


async def test_what_is_saved_is_shown_for_each_workflow_with_a_way_to_forget_it(
    talk: Talk,
) -> None:
    await talk.say("/settings text2img width=768 seed=7")
    await talk.say("/settings /text2img seed=8")
    await talk.say("/settings img2img seed=9")
    await talk.say("/settings")

    card = talk.cards()[-1]
    assert card.plain_text.splitlines()[1:3] == ["/img2img  seed=9", "/text2img  width=768  seed=8"]
    assert [(each.label, each.action) for row in card.buttons for each in row] == [
        ("Forget img2img", ForgetPreferences("img2img")),
        ("Forget text2img", ForgetPreferences("text2img")),
    ]


async def test_one_workflow_s_are_shown_with_the_way_to_its_inputs(talk: Talk) -> None:
    await talk.say("/settings text2img")
    await talk.say("/settings text2img width=768")
    await talk.say("/settings text2img")

    before, _, after = talk.cards()
    assert before.plain_text.splitlines()[:2] == [
        "Text2Img  /text2img",
        "It begins with its own values.",
    ]
    assert [each.action for each in before.buttons[0]] == [ShowWorkflow("text2img")]
    assert after.plain_text.splitlines()[:2] == ["Text2Img  /text2img", "width=768"]
    assert [each.action for each in after.buttons[0]] == [
        ForgetPreferences("text2img"),
        ShowWorkflow("text2img"),
    ]


@pytest.mark.parametrize("word", ["clear", "CLEAR", "forget", "reset"])
async def test_t_84_what_was_saved_is_forgotten_by_a_word(talk: Talk, word: str) -> None:
    await talk.say("/settings text2img width=768")
    await talk.say(f"/settings text2img {word}")

    assert talk.last().splitlines()[:2] == [
        "Forgotten. Text2Img  /text2img",
        "It begins with its own values.",
    ]
    assert (await mine(talk)).values == {}


async def test_what_was_saved_is_forgotten_by_a_button_of_one_s_own(talk: Talk) -> None:
    await talk.say("/settings text2img width=768")
    await talk.press(ForgetPreferences("text2img"), person="bob")
    assert (await mine(talk)).values == {"width": 768}

    await talk.press(ForgetPreferences("text2img"))

    assert talk.last().startswith("Forgotten.")
    assert (await mine(talk)).values == {}


async def test_what_is_set_aside_is_shown_with_its_reason(talk: Talk) -> None:
    owner = personal(await talk.account())
    aside = Preferences(values={"seed": 7}, set_aside={"steps": "It takes no “steps” any more."})
    await kept_by(talk).save(owner, "text2img", aside)

    await talk.say("/settings text2img")
    await talk.say("/settings")

    for card in talk.cards():
        assert "steps: set aside, and not used (It takes no “steps” any more)" in card.plain_text


async def test_what_is_saved_for_a_workflow_that_is_gone_can_be_forgotten(talk: Talk) -> None:
    owner = personal(await talk.account())
    for key in (GONE, "another"):
        await kept_by(talk).save(owner, key, Preferences(values={"seed": 7}))

    await talk.say("/settings")
    card = talk.cards()[-1]
    (button,) = [each for row in card.buttons for each in row if "0f9d" in each.label]
    await talk.press(button.action)

    assert "a workflow that is gone (0f9d4c1e)  seed=7" in card.plain_text
    assert list(await kept_by(talk).of_owner(owner)) == ["another"]
    assert "0f9d" not in talk.last()


async def test_in_one_s_own_chat_the_common_ones_are_one_s_own_too(talk: Talk) -> None:
    await talk.say("/settings chat text2img width=640")
    update = await talk.say("/make a red fox")
    await talk.say("/settings text2img width=768")
    own = await talk.say("/make a red fox")
    await talk.say("/settings")
    await talk.say("/settings chat")

    assert talk.cards()[0].plain_text.splitlines()[:3] == [
        "Saved. Text2Img  /text2img",
        "in this chat, for everybody:",
        "width=640",
    ]
    assert (await talk.job(update)).wish.inputs["width"] == 640
    assert (await talk.job(own)).wish.inputs["width"] == 768
    assert talk.cards()[-2] == talk.cards()[-1]
    assert "/text2img  width=640  (in this chat, for everybody)" in talk.last()


async def test_what_is_common_to_a_group_is_set_by_operators_alone(talk: Talk) -> None:
    ada = Identity("telegram", "7")

    refused = await in_the_group(talk, "/settings chat text2img width=640", sender=ada)
    forgot = await in_the_group(talk, "/settings chat text2img clear", sender=ada)
    shown = await in_the_group(talk, "/settings chat text2img", sender=ada)
    own = await in_the_group(talk, "/settings text2img width=640", sender=ada)
    done = await in_the_group(
        talk, "/settings chat text2img width=512", sender=Identity("web", OPERATOR)
    )

    assert (refused, forgot) == ("Only an operator can do that.",) * 2
    assert shown.startswith("Text2Img  /text2img")
    assert own.startswith("Saved.")
    assert done.startswith("Saved.")
    group = await kept_by(talk).get(common(ChatId("telegram:-100")), "text2img")
    assert group.values == {"width": 512}


async def test_more_than_a_card_holds_is_counted() -> None:
    many = [a_workflow(f"flow{number:02}") for number in range(23)]
    talk = a_talk(catalogue=InMemoryCatalogue(many))
    for each in many:
        await talk.say(f"/settings {each.name} seed=7")

    await talk.say("/settings")

    assert "and 3 more" in talk.last()
    assert sum(map(len, talk.cards()[-1].buttons)) == 20


async def test_an_example_names_an_input_that_there_is() -> None:
    switch = an_input("hires", InputKind.BOOLEAN, default=True)
    talk = a_talk(
        catalogue=InMemoryCatalogue(
            [
                a_workflow("a", inputs=(PICTURE, an_input())),
                a_workflow("b", inputs=(an_input(), switch, WIDTH)),
                a_workflow("help", inputs=(an_input(), WIDTH)),
            ]
        )
    )

    for name in ("a", "b", "help"):
        await talk.say(f"/settings {name}")

    assert [card.plain_text.splitlines()[-1] for card in talk.cards()] == [
        "To save something: /settings a input=value",
        "To save something: /settings b hires=yes",
        "To save something: /settings help width=512",
    ]


async def test_values_are_shown_as_they_are_typed() -> None:
    inputs = (
        an_input("cfg", InputKind.NUMBER),
        an_input("hires", InputKind.BOOLEAN),
        an_input("style", default="ink"),
    )
    talk = a_talk(catalogue=InMemoryCatalogue([a_workflow("flow", inputs=inputs)]))

    await talk.say(f"/settings flow cfg=3 hires=no style={'x' * 200}")

    assert talk.last().splitlines()[1:4] == ["cfg=3", "hires=no", f"style={'x' * 119}…"]


async def test_the_workflow_of_make_is_the_one_that_make_runs(talk: Talk) -> None:
    await talk.say("/settings make width=768")

    assert talk.last().startswith("Saved. Text2Img")
    assert (await mine(talk)).values == {"width": 768}


async def test_what_is_for_operators_is_forgotten_and_not_shown() -> None:
    secret = attrs.evolve(a_workflow("secret"), for_admins=True)
    talk = a_talk(catalogue=InMemoryCatalogue([secret]))
    owner = personal(await talk.account())
    await kept_by(talk).save(owner, "secret", Preferences(values={"seed": 7}))

    await talk.press(ForgetPreferences("secret"))

    assert "Secret" not in talk.last()
    assert await kept_by(talk).of_owner(owner) == {}
