"""A person's whole way, walked in a real browser at the demo itself."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.browser import chromium
from tests.program import Program, address_in, serving, start

pytestmark = [pytest.mark.browser, pytest.mark.process]

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def page_of(url: str) -> AsyncIterator[Page]:
    """Open the demo's page; at the end nothing may have gone wrong in it."""
    troubles: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1100, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.goto(url)
        yield page
    assert troubles == []


@asynccontextmanager
async def opened(folder: Path, *arguments: str) -> AsyncIterator[Page]:
    """Run the demo in this folder, with its page open."""
    command = ("demo", *arguments, "--data", str(folder / "data"), "--port", "0")
    async with (
        serving(*command, log=folder / "demo.log") as demo,
        page_of(address_in(demo.ready)) as page,
    ):
        yield page


async def say(page: Page, words: str) -> None:
    await page.get_by_test_id("text").fill(words)
    await page.get_by_test_id("text").press("Enter")


def cards(page: Page, tone: str) -> Locator:
    return page.locator(f'[data-testid="card"][data-tone="{tone}"]')


async def pixels_of(picture: Locator) -> list[int]:
    """Return the sums of the picture's red, green and blue, as the browser has drawn it."""
    sums: list[int] = await picture.evaluate(
        """async (image) => {
          await image.decode();
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const sums = [0, 0, 0];
          for (let at = 0; at < data.length; at += 1) {
            if (at % 4 < 3) sums[at % 4] += data[at];
          }
          return sums;
        }"""
    )
    return sums


def picture_in(card: Locator) -> Locator:
    return card.get_by_test_id("picture").first


async def test_a_person_makes_pictures_and_finds_them_again(tmp_path: Path) -> None:
    arguments = ("demo", "--fast", "--data", str(tmp_path / "data"), "--port", "29901")
    demo = await start(*arguments, log=tmp_path / "demo.log")
    try:
        async with page_of(address_in(demo.ready)) as page:
            await say(page, "/make a red fox in the snow width=192 height=128 seed=7")
            await expect(cards(page, "good")).to_have_count(1)
            first = await pixels_of(picture_in(cards(page, "good").first))
            assert first[0] > 0
            assert len(set(first)) == 3

            await page.get_by_role("button", name="Again").first.click()
            await expect(cards(page, "good")).to_have_count(2)
            assert await pixels_of(picture_in(cards(page, "good").nth(1))) != first

            await page.get_by_role("button", name="Upscale").first.click()
            await expect(cards(page, "good")).to_have_count(3)
            wide = await picture_in(cards(page, "good").nth(2)).evaluate("i => i.naturalWidth")
            assert wide == 384

            await page.reload()
            await expect(cards(page, "good")).to_have_count(3)

            await demo.stop()
            demo = await start(*arguments, log=tmp_path / "demo.log")
            await page.reload()
            await expect(cards(page, "good")).to_have_count(3)
            assert await pixels_of(picture_in(cards(page, "good").first)) == first
    finally:
        await _end(demo)


async def _end(demo: Program) -> None:
    if demo.process.returncode is None:
        await demo.stop()


async def test_a_person_watches_a_run_and_cancels_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as page:
        await say(page, "a lighthouse at night steps=50")
        await expect(page.get_by_test_id("progress")).to_be_visible()
        await expect(cards(page, "working").first).to_contain_text("at most 20 points")
        await expect(cards(page, "working").first).to_contain_text("%", timeout=PATIENCE_MS)

        await page.get_by_role("button", name="Cancel").dblclick()
        await expect(page.get_by_test_id("log")).to_contain_text("You were not charged")

        await say(page, "/points")
        await expect(page.get_by_test_id("log")).to_contain_text("You have 370 points")


async def test_a_picture_is_handed_in_and_repainted(tmp_path: Path) -> None:
    Image.new("RGB", (96, 64), "orange").save(tmp_path / "orange.png")
    async with opened(tmp_path, "--fast") as page:
        await page.get_by_test_id("files").set_input_files(tmp_path / "orange.png")
        await say(page, "a blue sea")

        await expect(cards(page, "good")).to_have_count(1)
        await expect(cards(page, "good")).to_contain_text("img2img")


async def test_every_question_and_mistake_is_answered_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "words.png").write_text("these are words")
    async with opened(tmp_path, "--fast") as page:
        log = page.get_by_test_id("log")
        for asked, answered in {
            "/help": "/workflows",
            "/workflows": "/img2img",
            "/points": "You have 370 points",
            "/status": "Nothing is under way",
            "/cancel": "nothing to cancel",
            "/make": "What do you want to see?",
            "/mak a fox": "Did you mean /make",
            "/make a fox width=7": "from 64 to 2,048",
            "/make a fox steps=many": "a whole number",
            "/upscale": "Please send a picture for",
            f"/make {'x' * 10_000}": "4,000 characters",
        }.items():
            await say(page, asked)
            await expect(log).to_contain_text(answered)
        await page.get_by_test_id("files").set_input_files(tmp_path / "words.png")
        await say(page, "make it blue")
        await expect(log).to_contain_text("not a picture")
        await say(page, "/points")
        await expect(log.get_by_text("You have 370 points")).to_have_count(2)
    assert "Traceback" not in await asyncio.to_thread((tmp_path / "demo.log").read_text)


async def test_the_screenshot_of_the_readme_is_what_a_person_sees(tmp_path: Path) -> None:
    """Set README_PICTURE=docs/page.png to take it anew."""
    async with opened(tmp_path) as page:
        await say(page, "a red fox in the snow width=768 height=512 seed=11")
        await expect(cards(page, "good")).to_have_count(1)
        await picture_in(cards(page, "good").first).evaluate("image => image.decode()")

        shot = await page.screenshot(animations="disabled")

    assert len(shot) > 100_000
    if "README_PICTURE" in os.environ:
        await asyncio.to_thread(Path(os.environ["README_PICTURE"]).write_bytes, shot)
