"""The page in a real browser: what a person sees, presses and sends."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, FilePayload, expect

from adapters.chat.actions import CancelJob, RepeatJob, ShowInfo, encode
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from core.media.model import MediaRef
from core.shared.ids import JobId
from tests.adapters.web.visit import DESKTOP, PHONE, Colours, Visit, Way, visiting
from tests.browser import chromium
from tests.infrastructure.media.pictures import a_picture

pytestmark = pytest.mark.browser

JOB = JobId("ab" * 16)
TITLE = (Span("Text2img", Style.BOLD), Span("  a red fox in the snow"))
CANCEL = Button("Cancel", CancelJob(JOB), Weight.DANGER)
AGAIN = (Button("Again", RepeatJob(JOB)), Button("Info", ShowInfo(JOB)))
NAMELESS = """
() => [...document.querySelectorAll("button, a, input, textarea, video, audio, dialog, img")]
  .filter((each) => each.tagName === "IMG" ? !each.hasAttribute("alt")
    : !(each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length))
  .map((each) => each.outerHTML)
"""
UNREADABLE = """
() => {
  const light = (rgb) => rgb.map((part) => part / 255)
    .map((part) => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.backgroundImage.startsWith("linear-gradient")) {
        return parts(style.backgroundImage.match(/rgb\\([^)]*\\)/)[0]);
      }
      const colour = parts(style.backgroundColor);
      if (colour.length === 3 || colour[3] > .5) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("h1, h2, p, time, .text span, .bubble .text, button")]
    .filter((each) => each.textContent.trim() && each.checkVisibility())
    .map((each) => {
      const ink = light(parts(getComputedStyle(each).color).slice(0, 3));
      const paper = light(behind(each));
      const contrast = (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05);
      return [contrast, each.textContent.slice(0, 40)];
    })
    .filter(([contrast]) => contrast < 4.5);
}
"""


def a_running_card(progress: float = 0.4) -> Card:
    status = Span(f"\nRunning: {progress:.0%} · at most 10 points, about 6 s", Style.QUIET)
    return Card(spans=(*TITLE, status), tone=Tone.WORKING, progress=progress, buttons=((CANCEL,),))


def a_result(*media: MediaRef) -> Card:
    price = Span("\n10 points · 6 s", Style.QUIET)
    return Card(spans=(*TITLE, price), tone=Tone.GOOD, media=media, buttons=(AGAIN,))


async def a_stored_picture(visit: Visit, size: tuple[int, int] = (640, 400)) -> MediaRef:
    return await visit.station.media.take_image(a_picture("PNG", size))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    async with visiting(browser) as visit:
        yield visit


async def test_an_example_fills_the_field_and_can_be_sent(visit: Visit) -> None:
    await expect(visit.part("welcome")).to_be_visible()

    await visit.part("example").first.click()
    await visit.part("send").click()

    await expect(visit.part("own")).to_contain_text("a red fox in the snow")
    await expect(visit.part("welcome")).to_be_hidden()
    assert visit.station.conversation.updates[0].text.startswith("a red fox")


async def test_what_people_write_is_text_and_never_markup(visit: Visit) -> None:
    bad = "<img src=x onerror=alert(1)><b>fox</b>"

    await visit.write(bad)
    await visit.show(Card(spans=(Span(bad), Span(bad, Style.CODE))))

    await expect(visit.part("own")).to_contain_text(bad)
    await expect(visit.part("card")).to_contain_text(bad)
    await expect(visit.page.locator("#log b, #log img")).to_have_count(0)


async def test_shift_and_enter_begin_a_new_line(visit: Visit) -> None:
    await visit.part("text").press_sequentially("one")
    await visit.part("text").press("Shift+Enter")
    await visit.part("text").press_sequentially("two")
    await visit.part("text").press("Enter")

    await expect(visit.part("own").locator(".text")).to_have_text("one\ntwo")
    await expect(visit.part("text")).to_have_value("")


async def test_a_waiting_card_becomes_the_result_in_its_place(visit: Visit) -> None:
    await visit.write("a red fox")
    await visit.show(a_running_card(0.0))
    bar = visit.part("progress")
    await expect(bar).to_have_role("progressbar")
    assert await bar.get_attribute("aria-valuenow") is None
    await visit.show(a_running_card(0.4))
    await expect(bar).to_have_attribute("aria-valuenow", "40")

    await visit.show(a_result(await a_stored_picture(visit)))

    await expect(bar).to_have_count(0)
    await expect(visit.part("picture")).to_be_visible()
    await expect(visit.part("card")).to_have_count(1)
    width = await visit.part("picture").evaluate(
        "async (each) => (await each.decode(), each.naturalWidth)"
    )
    assert width == 640


async def test_a_double_press_is_one_press(visit: Visit) -> None:
    await visit.write("a red fox")
    await visit.show(a_running_card())

    await visit.part("press").dblclick()
    await visit.show(a_running_card(0.5))
    await expect(visit.part("progress")).to_have_attribute("aria-valuenow", "50")

    presses = visit.station.conversation.updates[1:]
    assert [(each.action, each.message) for each in presses] == [(encode(CANCEL.action), "card")]


async def test_a_press_keeps_the_focus_while_the_card_changes(visit: Visit) -> None:
    await visit.write("a red fox")
    await visit.show(a_running_card())
    await visit.part("press").focus()
    await visit.page.keyboard.press("Enter")

    await visit.show(Card(spans=TITLE, tone=Tone.PLAIN, buttons=((CANCEL, *AGAIN),)))

    await expect(visit.part("press")).to_have_count(3)
    await expect(visit.part("press").first).to_be_focused()


async def test_a_picture_is_enlarged_by_keyboard_and_the_focus_comes_back(visit: Visit) -> None:
    await visit.write("a red fox")
    media = await a_stored_picture(visit)
    await visit.show(a_result(media, await a_stored_picture(visit)))
    opener = visit.page.locator(".picture").first
    await opener.focus()

    await visit.page.keyboard.press("Enter")
    await expect(visit.part("viewer")).to_be_visible()
    await expect(visit.part("close")).to_be_focused()
    await visit.page.keyboard.press("ArrowRight")
    await expect(visit.page.locator("#viewer-place")).to_have_text("2 of 2")
    await visit.page.keyboard.press("ArrowLeft")
    async with visit.page.expect_download() as download:
        await visit.part("download").click()
    assert (await download.value).suggested_filename == media.id
    await visit.page.keyboard.press("Escape")

    await expect(visit.part("viewer")).to_be_hidden()
    await expect(opener).to_be_focused()


@pytest.mark.parametrize("how", ["paste", "drop"])
async def test_a_picture_is_pasted_or_dropped_and_sent(visit: Visit, how: Way) -> None:
    await visit.hand_over(how, "one.png", a_picture())
    await visit.hand_over(how, "two.png", a_picture())
    await expect(visit.part("previews").locator("img")).to_have_count(2)

    await visit.part("remove").first.click()
    await visit.write("make it blue")

    (update,) = visit.station.conversation.updates
    assert (update.text, len(update.images)) == ("make it blue", 1)
    await expect(visit.part("previews")).to_be_hidden()
    await expect(visit.page.locator("#messages .own img")).to_have_js_property("naturalWidth", 32)


async def test_what_is_no_picture_is_refused_in_words(visit: Visit) -> None:
    notes = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"hello")

    await visit.part("files").set_input_files(notes)

    await expect(visit.part("notice")).to_contain_text("Only pictures")


async def test_a_message_that_was_not_sent_can_be_sent_again_under_its_id(visit: Visit) -> None:
    await visit.page.route("**/messages", lambda route: route.abort())
    await visit.part("text").fill("a red fox")
    await visit.part("text").press("Enter")
    await expect(visit.part("sending")).to_contain_text("Not sent")
    await visit.page.unroute("**/messages")

    await visit.part("retry").click()

    await expect(visit.page.locator("#messages .own")).to_have_count(1)
    await expect(visit.part("own")).to_have_count(1)
    assert len(visit.station.conversation.updates) == 1


async def test_the_conversation_is_there_after_a_reload_and_in_its_order(visit: Visit) -> None:
    await visit.write("first")
    await visit.show(a_running_card(), key="one")
    visit.station.clock.advance(seconds=1)
    await visit.write("second")
    await visit.show(Card(spans=(Span("Answer two"),)), key="two")
    await visit.show(a_result(await a_stored_picture(visit)), key="one")

    await visit.page.reload()

    await expect(visit.part("card")).to_have_count(2)
    texts = await visit.page.locator("#messages .text").all_inner_texts()
    assert [text.split("\n")[0] for text in texts] == [
        "first",
        "Text2img  a red fox in the snow",
        "second",
        "Answer two",
    ]


async def test_the_page_finds_its_station_again(visit: Visit) -> None:
    await visit.write("a red fox")
    await visit.station.server.stop()
    await expect(visit.part("connection")).to_contain_text("lost")

    await visit.station.server.start()
    await visit.show(Card(spans=(Span("Back again"),)))

    await expect(visit.part("connection")).to_have_text("Online", timeout=10_000)
    await expect(visit.part("card")).to_contain_text("Back again")


async def test_news_do_not_pull_away_who_reads_further_up(visit: Visit) -> None:
    await visit.write("a red fox")
    for number in range(12):
        await visit.show(a_running_card(), key=f"card-{number}")
    await expect(visit.part("card")).to_have_count(12)
    await visit.page.locator("#scroller").evaluate("(each) => { each.scrollTop = 0; }")
    await visit.page.wait_for_function("document.getElementById('scroller').scrollTop === 0")
    await visit.page.evaluate("() => new Promise(requestAnimationFrame)")

    await visit.show(Card(spans=(Span("The newest"),)), key="newest")

    await expect(visit.part("newer")).to_be_visible()
    await visit.part("newer").click()
    await expect(visit.part("card").last).to_be_in_viewport()
    await expect(visit.part("newer")).to_be_hidden()


async def test_the_keyboard_reaches_everything_and_everything_has_a_name(visit: Visit) -> None:
    await visit.write("a red fox")
    await visit.show(a_result(await a_stored_picture(visit)))
    await expect(visit.part("picture")).to_be_visible()
    await visit.page.locator("body").evaluate("() => document.activeElement.blur()")

    stops = []
    for _ in range(10):  # from wherever the focus was, once round
        await visit.page.keyboard.press("Tab")
        stops.append(
            await visit.page.evaluate(
                "() => document.activeElement.id || document.activeElement.textContent || 'picture'"
            )
        )

    assert "text" in stops
    assert {"Again", "Info", "scroller", "attach"} <= set(stops)
    assert await visit.page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("place", ["desktop", "phone"])
async def test_the_page_is_readable_and_fits(
    browser: Browser, colours: Colours, place: str
) -> None:
    size = PHONE if place == "phone" else DESKTOP
    async with visiting(browser, colours=colours, size=size) as visit:
        await visit.photograph(f"{place}-{colours}-welcome")
        await visit.write("a red fox in the snow, and a very_long_word_" + "x" * 80)
        await visit.show(a_result(await a_stored_picture(visit)), key="one")
        await visit.show(a_running_card(), key="two")
        await expect(visit.part("card")).to_have_count(2)
        await visit.photograph(f"{place}-{colours}")

        overflow = "() => document.documentElement.scrollWidth > innerWidth"
        assert await visit.page.evaluate(overflow) is False
        assert await visit.page.evaluate(UNREADABLE) == []


async def test_a_command_completes_itself_with_its_inputs_and_their_values(
    browser: Browser,
) -> None:
    async with visiting(browser) as visit:
        field, offers = visit.page.get_by_test_id("text"), visit.page.get_by_test_id("offer")
        await field.press_sequentially("/fl")
        await expect(offers).to_contain_text(["/flux_dev", "/workflows"])
        await field.press("Tab")
        await expect(field).to_have_value("/flux_dev ")

        await field.press_sequentially("a fox --st")
        await field.press("Tab")
        await expect(field).to_have_value("/flux_dev a fox --style ")
        await expect(offers).to_have_text(["Photo", "Oil Paint", "Pencil"])
        await field.press("ArrowDown")
        await field.press("ArrowDown")
        await field.press("Enter")
        await expect(field).to_have_value('/flux_dev a fox --style "Oil Paint" ')

        await field.press_sequentially("--model 07")
        await expect(offers).to_have_text(["model_07"])
        await offers.first.click()
        await expect(field).to_have_value('/flux_dev a fox --style "Oil Paint" --model model_07 ')
        assert await visit.page.evaluate(NAMELESS) == []

        await field.press("Enter")
        await expect(field).to_have_value("")
        await expect(visit.page.get_by_test_id("completion")).to_be_hidden()


async def test_an_input_completes_right_after_the_command_whatever_its_name(
    browser: Browser,
) -> None:
    async with visiting(browser) as visit:
        field, offers = visit.page.get_by_test_id("text"), visit.page.get_by_test_id("offer")
        await field.press_sequentially("/toon --")
        await expect(offers).to_contain_text(['--"pen & ink"'])
        await field.press("Tab")
        await expect(field).to_have_value('/toon --"pen & ink" ')
        await expect(offers).to_have_text(["Black", "Red"])
        await field.press("Tab")
        await expect(field).to_have_value('/toon --"pen & ink" Black ')


async def test_a_whole_command_is_sent_by_one_enter_and_a_list_is_closed_by_escape(
    browser: Browser,
) -> None:
    async with visiting(browser) as visit:
        field, offers = visit.page.get_by_test_id("text"), visit.page.get_by_test_id("offer")
        await field.press_sequentially("/points")
        await expect(offers).to_have_count(1)
        await field.press("Enter")
        await expect(field).to_have_value("")

        await field.press_sequentially("/help to")
        await expect(offers).to_have_text(["toon"])
        await field.press("Escape")
        await expect(visit.page.get_by_test_id("completion")).to_be_hidden()
        await expect(field).to_have_value("/help to")
