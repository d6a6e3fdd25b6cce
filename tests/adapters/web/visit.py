"""A person who looks at the page in a real browser."""

import base64
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import attrs
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from adapters.chat.cards import Card
from adapters.chat.surface import ReplyTo
from tests.adapters.web.station import Station, running_station

Way = Literal["paste", "drop"]
Colours = Literal["light", "dark"]
DESKTOP: Mapping[str, int] = {"width": 1100, "height": 860}
PHONE: Mapping[str, int] = {"width": 360, "height": 740}

_HAND_OVER = """
([name, base64, kind]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent("drop", { ...options, dataTransfer: data });
  document.getElementById("text").dispatchEvent(event);
}
"""


@attrs.frozen
class Visit:
    """A station, and its page as one person sees it."""

    station: Station
    context: BrowserContext
    page: Page

    @property
    def chat(self) -> ReplyTo:
        """The person's chat, after their first message."""
        return self.station.conversation.updates[-1].reply_to

    def part(self, name: str) -> Locator:
        """Return the parts of the page that have this name."""
        return self.page.get_by_test_id(name)

    async def write(self, words: str) -> None:
        """Type words and send them; return when the server has them."""
        taken = await self.part("own").count()
        await self.part("text").fill(words)
        await self.part("text").press("Enter")
        await expect(self.page.locator("#messages .own")).to_have_count(taken + 1)
        self.station.clock.advance(seconds=1)

    async def show(self, card: Card, *, key: str = "card") -> None:
        """Show the person a card; the same key again changes it."""
        await self.station.surface.send(self.chat, card, key=key)

    async def hand_over(self, kind: Way, name: str, data: bytes) -> None:
        """Paste or drop a file onto the page."""
        await self.page.evaluate(_HAND_OVER, [name, base64.b64encode(data).decode(), kind])

    async def photograph(self, name: str) -> None:
        """Keep a picture of the page in the folder that PAGE_PICTURES names, if any."""
        folder = os.environ.get("PAGE_PICTURES")
        if folder:
            await self.page.screenshot(
                path=Path(folder) / f"page-{name}.png", animations="disabled"
            )


@asynccontextmanager
async def visiting(
    browser: Browser,
    *,
    size: Mapping[str, int] = DESKTOP,
    colours: Colours = "light",
) -> AsyncIterator[Visit]:
    """Open the page in a profile of its own. At the end nothing may have gone wrong in it."""
    troubles: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A refused request is no fault of the page; that it is told to the person is tested.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            troubles.append(message.text)

    async with running_station() as station:
        context = await browser.new_context(
            locale="en-GB",
            color_scheme=colours,
            viewport={"width": size["width"], "height": size["height"]},
            has_touch=size is PHONE,
            is_mobile=size is PHONE,
        )
        page = await context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.goto(station.url)
        await expect(page.get_by_test_id("connection")).to_have_text("Online")
        yield Visit(station, context, page)
        await context.close()
    assert troubles == []
