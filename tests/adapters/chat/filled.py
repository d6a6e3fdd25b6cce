"""Forms in a talk: workflows with inputs of every kind, and people who press and answer."""

from itertools import count

import attrs

from adapters.chat.actions import Action, OpenForm, encode
from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo
from adapters.chat.updates import ChatUpdate, Hears
from core.media.model import MediaRef
from core.sessions.model import Identity
from core.shared.errors import StationError
from core.shared.ids import JobId
from core.workflows.kinds import InputKind
from core.workflows.model import Workflow
from core.workflows.ports import WorkflowCatalogue
from core.workflows.snapshot import Snapshot
from infrastructure.memory.catalogue import InMemoryCatalogue
from tests.adapters.chat.talk import WORKFLOWS, Talk, a_talk, an_id, chat_of
from tests.builders import a_workflow, an_input

SAMPLERS = tuple(f"sampler_{number}" for number in range(1, 31))
PROMPT = an_input()
NEGATIVE = an_input("negative")
PICTURE = attrs.evolve(an_input("image", InputKind.IMAGE), required=False)
WIDTH = attrs.evolve(
    an_input("width", InputKind.INTEGER, default=512, minimum=64, maximum=2048), step=8
)
HEIGHT = attrs.evolve(
    an_input("height", InputKind.INTEGER, default=512, minimum=64, maximum=2048), step=8
)
CFG = an_input("cfg", InputKind.NUMBER, default=7.0, minimum=0)
SEED = an_input("seed", InputKind.INTEGER, default=-1)
HIRES = an_input("hires", InputKind.BOOLEAN, default=False)
STYLE = an_input("style", InputKind.CHOICE, default="plain", options=("plain", "oil", "ink"))
SAMPLER = an_input("sampler", InputKind.CHOICE, default=SAMPLERS[0], options=SAMPLERS)
PAINT = attrs.evolve(
    a_workflow(
        "paint",
        inputs=(PROMPT, NEGATIVE, WIDTH, HEIGHT, CFG, SEED, HIRES, STYLE, SAMPLER, PICTURE),
    ),
    example="a red fox",
)
NEEDS = a_workflow(
    "needs",
    inputs=(
        attrs.evolve(SAMPLER, default=None, required=True),
        an_input("image", InputKind.IMAGE),
        PROMPT,
    ),
)
ANIMATE = a_workflow("animate", inputs=(an_input("video", InputKind.FILE),))

GROUP, GUILD = ReplyTo("web:group:1"), ReplyTo("web:guild:1")
HEARD = {GROUP: Hears.REPLIES, GUILD: Hears.NOTHING}


class ChangingCatalogue(WorkflowCatalogue):
    """Shows other workflows from one moment to the next."""

    def __init__(self, *workflows: Workflow) -> None:
        self._now = InMemoryCatalogue(workflows)

    def show(self, *workflows: Workflow) -> None:
        """Show these from now on."""
        self._now = InMemoryCatalogue(workflows)

    async def current(self) -> Snapshot:
        return await self._now.current()

    async def reload(self) -> Snapshot:
        return await self._now.reload()


def a_form_talk(*others: Workflow) -> Talk:
    """Return a talk with workflows of many inputs."""
    return a_talk(catalogue=ChangingCatalogue(*WORKFLOWS, PAINT, NEEDS, ANIMATE, *others))


def change_to(talk: Talk, *workflows: Workflow) -> None:
    """Have other workflows from now on."""
    catalogue: object = talk.container.catalogue()
    assert isinstance(catalogue, ChangingCatalogue)
    catalogue.show(*workflows)


_ids = count(50_000)


async def tell(
    talk: Talk,
    text: str = "",
    *images: MediaRef,
    person: str = "ada",
    to: ReplyTo | None = None,
    is_answer: bool = False,
    action: Action | None = None,
    trouble: StationError | None = None,
) -> JobId:
    """Send an update, in a group or from a platform that asks by itself; return its id."""
    update = ChatUpdate(
        id=an_id(next(_ids)),
        sender=Identity("web", person),
        reply_to=to or chat_of(person),
        text=text,
        images=images,
        hears=HEARD.get(to, Hears.ALL) if to else Hears.ALL,
        is_answer=is_answer,
        action=None if action is None else encode(action),
        trouble=trouble,
    )
    await talk.conversation.handle(update, talk.surface)
    return JobId(update.id)


def labels(card: Card) -> list[list[str]]:
    """Return what is written on the buttons, row by row."""
    return [[button.label for button in row] for row in card.buttons]


def action_of(card: Card, label: str) -> Action:
    """Return what the button does whose label begins so."""
    found = [each.action for row in card.buttons for each in row if each.label.startswith(label)]
    assert found, labels(card)
    return found[0]


async def press_on(talk: Talk, label: str, *, person: str = "ada") -> JobId:
    """Press the newest button of this label; what is pressed is no double press."""
    talk.clock.advance(seconds=2)
    for card in reversed(talk.cards(person)):
        if any(each.label.startswith(label) for row in card.buttons for each in row):
            return await talk.press(action_of(card, label), person=person)
    raise AssertionError([labels(card) for card in talk.cards(person)])


async def opened(talk: Talk, name: str = "paint") -> Card:
    """Open a workflow's form, and return its card."""
    await talk.press(OpenForm(name))
    return talk.cards()[-1]
