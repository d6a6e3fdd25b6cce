"""
Makes the pictures of the documentation anew: `python -m tests.pictures`, in the project's folder.

They are taken of the demo itself, in Chromium, on workflows that are deployed at an emulator beside
it. Look at each of them afterwards: no test knows whether a picture shows what its page says.
"""

import asyncio
import io
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
from PIL import Image
from playwright.async_api import FloatRect, Locator, Page, ViewportSize, expect

from tests.browser import chromium
from tests.journeys.workspace import PROMPT, Node, Workspace, a_slider, an_enum, an_image
from tests.program import ROOT, address_in, emulating, serving

DOCS = ROOT / "docs"
WIDTH, HEIGHT = 640, 1_600
"""Of the page, in CSS pixels: high enough for the longest of the cards."""

SCALE = 2
MARGIN = 10
COLOURS = 256
LARGEST_BYTES = 150_000
PATIENCE_MS = 20_000
AT_REST_S = 0.5
"""How long what moves on the page needs to come to rest."""


def a_seed() -> Node:
    """Return an input for a seed."""
    fields = {"input_id": "seed", "display_name": "Seed", "default_value": -1}
    return {"class_type": "ComfyUIDeployExternalSeed", "inputs": fields}


def about(node: Node, words: str) -> Node:
    """Return an input with a word of help."""
    return {**node, "inputs": {**node["inputs"], "description": words}}


WORDS = about(PROMPT, "What the picture shows.")
STROKES = about(a_slider("strokes", default=20, least=1, most=60), "More is finer, and slower.")
LINES = about(a_slider("lines", default=5, least=1, most=9), "How thick they are.")
PAPER = about(an_enum("paper", "White", "Grey", "Blue"), "What it is drawn on.")
SIZE = (
    about(a_slider("width", default=768, least=64, most=2048, step=8), "In pixels."),
    about(a_slider("height", default=512, least=64, most=2048, step=8), "In pixels."),
)
SEED = about(a_seed(), "The same seed, the same picture.")

SKETCH = "Pencil Sketch"
SKETCH_NOTE = "Draws with a pencil, stroke by stroke.\n@stationthis command=sketch aliases=pencil"
OTHERS: Mapping[str, str] = {
    "Winter Postcard": "A scene with a greeting.\n@stationthis price=5 command=postcard",
    "Ink Portrait": "Redraws a face in ink.",
    "Line Art": "Turns a photo into lines.",
    "Face Restore": "Sharpens faces.\n@stationthis category=upscale",
    "Snow Loop": "A film of three seconds.\n@stationthis category=video price=x2",
    "Rain Sounds": "Half a minute of weather.\n@stationthis category=audio",
    "Caption": "Says what is in a picture.\n@stationthis category=text",
}
TAKE_A_PICTURE = frozenset({"Ink Portrait", "Line Art", "Face Restore", "Caption"})


@attrs.frozen
class Desk:
    """The page, and somebody at it."""

    page: Page

    @property
    def cards(self) -> Locator:
        """What the station has said."""
        return self.page.get_by_test_id("card")

    @property
    def said(self) -> Locator:
        """What the person has said last."""
        return self.page.get_by_test_id("own").last.locator(".bubble")

    async def ask(self, words: str) -> Locator:
        """Send a message, and return the card that answers it."""
        before = await self.cards.count()
        await self.page.get_by_test_id("text").fill(words)
        await self.page.get_by_test_id("text").press("Enter")
        return await self._next(before)

    async def press(self, card: Locator, label: str) -> Locator:
        """Press a button, and return the card that comes of it."""
        before = await self.cards.count()
        await card.get_by_role("button", name=label, exact=True).click()
        return await self._next(before)

    async def ended(self, card: Locator) -> Locator:
        """Return a card when it has its result."""
        await expect(card).to_have_attribute("data-tone", "good")
        await card.get_by_test_id("picture").first.evaluate("image => image.decode()")
        return card

    async def write(self, words: str) -> None:
        """Write a message key by key, and do not send it."""
        await self.page.get_by_test_id("text").fill("")
        await self.page.get_by_test_id("text").press_sequentially(words)

    async def save(self, name: str, *shown: Locator) -> None:
        """Save what lies around these elements as `docs/NAME`, in a few colours."""
        await self.page.mouse.move(0, 0)
        await expect(self.page.locator(".press[aria-disabled=true]")).to_have_count(0)
        await asyncio.sleep(AT_REST_S)
        # The time of day says nothing, and would make every picture another one each time.
        await self.page.evaluate("document.querySelectorAll('time').forEach(e => e.hidden = true)")
        taken = await self.page.screenshot(
            clip=await _around(*shown), scale="device", animations="disabled"
        )
        with Image.open(io.BytesIO(taken)) as picture:
            few = picture.convert("RGB").quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
            few.save(DOCS / name, optimize=True)
        size = (DOCS / name).stat().st_size
        sys.stdout.write(f"{name}: {few.width} x {few.height}, {size:,} bytes\n")
        if size > LARGEST_BYTES:
            raise ValueError(f"{name} is too large: {size:,} bytes")

    async def _next(self, before: int) -> Locator:
        await expect(self.cards).to_have_count(before + 1)
        return self.cards.nth(before)


def all_of(card: Locator) -> tuple[Locator, Locator]:
    """Return a card and its buttons, which are narrower than its row."""
    return card.locator(".card"), card.locator(".buttons")


async def _around(*shown: Locator) -> FloatRect:
    boxes = [box for each in shown if (box := await each.bounding_box()) is not None]
    left = min(each["x"] for each in boxes) - MARGIN
    top = min(each["y"] for each in boxes) - MARGIN
    right = max(each["x"] + each["width"] for each in boxes) + MARGIN
    bottom = max(each["y"] + each["height"] for each in boxes) + MARGIN
    return FloatRect(x=left, y=top, width=right - left, height=bottom - top)


async def deploy_all(workspace: Workspace) -> str:
    """Deploy the workflows of the pictures; return the id of the sketch."""
    inputs = (WORDS, STROKES, PAPER, *SIZE, SEED)
    sketch = await workspace.deploy(SKETCH, *inputs, note=SKETCH_NOTE)
    for name, note in OTHERS.items():
        needed = [an_image("image")] if name in TAKE_A_PICTURE else []
        await workspace.deploy(name, *needed, WORDS, SEED, note=note)
    return sketch


async def take_all(desk: Desk, workspace: Workspace, sketch: str) -> None:
    """Take every picture, one after the other."""
    fox = await desk.ended(await desk.ask("a red fox in the snow width=768 height=512 seed=11"))
    await desk.save("page.png", desk.said, *all_of(fox))

    headings = await desk.ask("/workflows")
    listed = await desk.press(headings, "Text to image")
    await desk.save("pictures/workflows-list.png", desk.said, *all_of(headings), *all_of(listed))

    helped = await desk.ask("/help sketch")
    await desk.save("pictures/workflows-help.png", desk.said, *all_of(helped))

    await desk.write("/sketch a lighthouse --")
    offers, field = desk.page.get_by_test_id("completion"), desk.page.locator("#composer .box")
    await expect(offers).to_be_visible()
    await desk.save("pictures/workflows-completion.png", offers, field)

    made = await desk.ended(
        await desk.ask("/sketch a fox in the snow --strokes 30 --paper grey --ar 3:2")
    )
    form = await desk.press(made, "Tweak")
    await desk.save("pictures/workflows-form.png", *all_of(form))

    await workspace.change(sketch, WORDS, LINES, PAPER, *SIZE, SEED, note=SKETCH_NOTE)
    await desk.ask("/reload")
    other = await desk.ended(await desk.press(made, "Again"))
    await desk.save("pictures/workflows-drift.png", *all_of(other))


@asynccontextmanager
async def opened(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Desk]:
    """Have the demo on a workspace, and its page open."""
    command = ("demo", "--real", "--port", "0", "--data", str(folder / "data"))
    async with AsyncExitStack() as stack:
        demo = await stack.enter_async_context(
            serving(*command, log=folder / "demo.log", **settings)
        )
        browser = await stack.enter_async_context(chromium())
        viewport = ViewportSize(width=WIDTH, height=HEIGHT)
        page = await browser.new_page(viewport=viewport, device_scale_factor=SCALE)
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(address_in(demo.ready))
        yield Desk(page)


async def main() -> None:
    """Make all pictures."""
    expect.set_options(timeout=PATIENCE_MS)
    (DOCS / "pictures").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        async with (
            emulating(folder / "emulator.log") as settings,
            Workspace.at(settings) as workspace,
        ):
            sketch = await deploy_all(workspace)
            async with opened(folder, settings) as desk:
                await take_all(desk, workspace, sketch)


if __name__ == "__main__":
    asyncio.run(main())
