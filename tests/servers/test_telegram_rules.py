"""What Telegram takes in a message, and the words with which it refuses the rest."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.telegram_client import ANN, Bench, a_bench, keyboard, picture
from tests.servers.telegram_errors import Wire
from tests.servers.telegram_files import MB
from tests.servers.telegram_html import parsed


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_bench() as running:
        yield running
        assert running.server.violations == []


ENTITIES_PARSED: list[tuple[str, str, list[Wire]]] = [
    ("<b>bold</b>", "bold", [{"type": "bold", "offset": 0, "length": 4}]),
    ("🦊 <i>fox</i>", "🦊 fox", [{"type": "italic", "offset": 3, "length": 3}]),
    ("1 &lt; 2 &amp; 3", "1 < 2 & 3", []),
    (
        '<a href="https://example.org/?a=1&amp;b=2">here</a>',
        "here",
        [
            {
                "type": "text_link",
                "url": "https://example.org/?a=1&b=2",
                "offset": 0,
                "length": 4,
            }
        ],
    ),
    (
        '<pre><code class="language-python">x</code></pre>',
        "x",
        [{"type": "pre", "language": "python", "offset": 0, "length": 1}],
    ),
    ('<span class="tg-spoiler">s</span>', "s", [{"type": "spoiler", "offset": 0, "length": 1}]),
    (
        "<blockquote expandable>q</blockquote>",
        "q",
        [{"type": "expandable_blockquote", "offset": 0, "length": 1}],
    ),
    ("\n <b> a</b>\n", "a", [{"type": "bold", "offset": 0, "length": 1}]),
]


@pytest.mark.parametrize(("html", "plain", "entities"), ENTITIES_PARSED)
def test_html_becomes_text_with_entities(html: str, plain: str, entities: list[Wire]) -> None:
    text = parsed(html, "HTML")

    assert (text.plain, text.entities) == (plain, entities)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("a <b>b", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é <font>b</font>", 'Unsupported start tag "font" at byte offset 3'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>a</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a &nbsp; b", "Unsupported HTML entity at byte offset 2"),
        ("you & me", "Unsupported HTML entity at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_html_that_cannot_be_parsed_is_refused(bench: Bench, html: str, words: str) -> None:
    refused = await bench.bot.words("sendMessage", chat_id=ANN, text=html, parse_mode="HTML")

    assert refused == f"400 Bad Request: can't parse entities: {words}"


async def test_without_a_parse_mode_a_text_stays_as_it_is(bench: Bench) -> None:
    await bench.bot.send("<b>a & b</b>")

    (shown,) = bench.ann.messages
    assert (shown.text, shown.entities) == ("<b>a & b</b>", [])


async def test_markdown_is_not_served(bench: Bench) -> None:
    words = await bench.bot.words("sendMessage", chat_id=ANN, text="*a*", parse_mode="MarkdownV2")

    assert words == "400 Bad Request: unsupported parse_mode"


async def test_a_text_has_up_to_4096_utf_16_units_after_parsing(bench: Bench) -> None:
    fits = "<b>" + "🦊" * 2048 + "</b>"

    await bench.bot.send(fits, parse_mode="HTML")
    words = await bench.bot.words("sendMessage", chat_id=ANN, text="🦊" * 2048 + "a")

    assert words == "400 Bad Request: message is too long"
    assert len(bench.ann.messages) == 1


@pytest.mark.parametrize("text", ["", " \n ", "<b></b>"])
async def test_a_text_must_say_something(bench: Bench, text: str) -> None:
    words = await bench.bot.words("sendMessage", chat_id=ANN, text=text, parse_mode="HTML")

    assert words == "400 Bad Request: message text is empty"


async def test_a_caption_has_up_to_1024_units(bench: Bench) -> None:
    fits, too_long = "a" * 1024, "a" * 1025

    await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture(), caption=fits)
    words = await bench.bot.words("sendPhoto", chat_id=ANN, photo=picture(), caption=too_long)

    assert words == "400 Bad Request: message caption is too long"
    assert bench.server.uploads == 1


@pytest.mark.parametrize(("width", "height"), [(9000, 1001), (1, 21), (21, 1)])
async def test_a_photo_too_large_or_too_narrow_is_refused(
    bench: Bench, width: int, height: int
) -> None:
    words = await bench.bot.words("sendPhoto", chat_id=ANN, photo=picture(width, height))

    assert words == "400 Bad Request: PHOTO_INVALID_DIMENSIONS"


@pytest.mark.parametrize(("width", "height"), [(1, 20), (9500, 500)])
async def test_a_photo_at_the_edge_of_the_rules_is_taken(
    bench: Bench, width: int, height: int
) -> None:
    sent = await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture(width, height))

    assert (sent["photo"][-1]["width"], sent["photo"][-1]["height"]) == (width, height)


async def test_a_photo_must_be_a_picture(bench: Bench) -> None:
    words = await bench.bot.words("sendPhoto", chat_id=ANN, photo=b"not a picture")

    assert words == "400 Bad Request: IMAGE_PROCESS_FAILED"


async def test_a_photo_has_up_to_10_mb(bench: Bench) -> None:
    padded = picture() + bytes(10 * MB)

    words = await bench.bot.words("sendPhoto", chat_id=ANN, photo=padded)
    await bench.bot.done("sendDocument", chat_id=ANN, document=padded)

    assert words == (
        f"400 Bad Request: file of size {len(padded)} bytes is too big for a photo;"
        f" the maximum size is {10 * MB} bytes"
    )


async def test_an_upload_has_up_to_50_mb(bench: Bench) -> None:
    words = await bench.bot.words("sendDocument", chat_id=ANN, document=bytes(50 * MB + 1))

    assert words == "413 Request Entity Too Large"


async def test_the_bot_fetches_up_to_20_mb(bench: Bench) -> None:
    await bench.ann.say(document=bytes(20 * MB + 1))
    (update,) = (await bench.bot.call("getUpdates"))["result"]

    file_id = update["message"]["document"]["file_id"]

    assert await bench.bot.words("getFile", file_id=file_id) == "400 Bad Request: file is too big"


async def test_every_form_of_a_photo_can_be_fetched(bench: Bench) -> None:
    photo = picture(400, 200)
    await bench.ann.say(photo=photo)
    (update,) = (await bench.bot.call("getUpdates"))["result"]

    files = [
        await bench.bot.done("getFile", file_id=each["file_id"])
        for each in update["message"]["photo"]
    ]
    got = [
        (await bench.bot.http.get(f"{bench.server.url}/file/bot1234:abc/{each['file_path']}"))
        for each in files
    ]

    sizes = [(each["width"], each["height"]) for each in update["message"]["photo"]]
    assert sizes == [(90, 45), (320, 160), (400, 200)]
    assert got[-1].content == photo
    assert [len(each.content) for each in got] == [each["file_size"] for each in files]


async def test_a_file_is_sent_again_by_its_id_as_what_it_was(bench: Bench) -> None:
    sent = await bench.bot.done("sendPhoto", chat_id=ANN, photo=picture())
    file_id = sent["photo"][-1]["file_id"]

    again = await bench.bot.done("sendPhoto", chat_id=ANN, photo=file_id)
    words = await bench.bot.words("sendDocument", chat_id=ANN, document=file_id)

    assert again["photo"] == sent["photo"]
    assert words == "400 Bad Request: can't use file of type Photo as Document"
    assert bench.server.uploads == 1


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        ("unknown", "400 Bad Request: wrong file identifier/HTTP URL specified"),
        ("https://example.org/a.png", "400 Bad Request: failed to get HTTP URL content"),
    ],
)
async def test_a_file_that_is_not_there_is_refused(bench: Bench, photo: str, words: str) -> None:
    assert await bench.bot.words("sendPhoto", chat_id=ANN, photo=photo) == words


@pytest.mark.parametrize("kind", ["document", "animation", "video", "audio"])
async def test_every_kind_of_file_arrives_with_its_bytes(bench: Bench, kind: str) -> None:
    data = picture()

    await bench.bot.done(f"send{kind.title()}", chat_id=ANN, **{kind: data}, caption="Here")

    (shown,) = bench.ann.messages
    assert [(each.kind, each.data) for each in shown.media] == [(kind, data)]
    assert shown.text == "Here"


def an_album(*kinds: str) -> list[Wire]:
    return [
        {"type": kind, "media": f"attach://p{number}", "caption": f"no. {number}"}
        for number, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["photo"], "400 Bad Request: an album must have 2-10 items"),
        (["photo"] * 11, "400 Bad Request: too many messages to send as an album"),
        (["photo", "document"], "400 Bad Request: document can't be mixed with other media types"),
    ],
)
async def test_an_album_outside_the_rules_is_refused(
    bench: Bench, kinds: list[str], words: str
) -> None:
    parts = {f"p{number}": picture() for number in range(len(kinds))}

    refused = await bench.bot.words("sendMediaGroup", chat_id=ANN, media=an_album(*kinds), **parts)

    assert refused == words
    assert bench.ann.messages == []


async def test_an_album_arrives_as_messages_that_belong_together(bench: Bench) -> None:
    await bench.bot.done(
        "sendMediaGroup", chat_id=ANN, media=an_album("photo", "photo"), p0=picture(), p1=picture()
    )

    first, second = bench.ann.messages
    assert first.album is not None
    assert first.album == second.album
    assert [first.text, second.text] == ["no. 0", "no. 1"]


@pytest.mark.parametrize("data", ["", "é" * 33])
async def test_the_data_of_a_button_has_1_to_64_bytes(bench: Bench, data: str) -> None:
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": data}]]}

    words = await bench.bot.words("sendMessage", chat_id=ANN, text="a", reply_markup=markup)
    await bench.bot.send(reply_markup=keyboard(["é" * 32]))

    assert words == "400 Bad Request: BUTTON_DATA_INVALID"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["a"] * 9], "400 Bad Request: too many buttons in a row of the inline keyboard"),
        ([["a"] * 8] * 12 + [["a"] * 5], "400 Bad Request: reply markup is too long"),
    ],
)
async def test_a_keyboard_has_up_to_100_buttons_and_8_in_a_row(
    bench: Bench, rows: list[list[str]], words: str
) -> None:
    refused = await bench.bot.words(
        "sendMessage", chat_id=ANN, text="a", reply_markup=keyboard(*rows)
    )
    await bench.bot.send(reply_markup=keyboard(*[["a"] * 8] * 12, ["a"] * 4))

    assert refused == words


@pytest.mark.parametrize(
    ("button", "words"),
    [
        (
            {"text": "Go"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "Go", "url": "nowhere"}, "BUTTON_URL_INVALID"),
        ({"text": "Go", "callback_data": "a", "style": "loud"}, "BUTTON_STYLE_INVALID"),
    ],
)
async def test_a_button_does_one_thing_that_telegram_knows(
    bench: Bench, button: Wire, words: str
) -> None:
    markup = {"inline_keyboard": [[button]]}

    refused = await bench.bot.words("sendMessage", chat_id=ANN, text="a", reply_markup=markup)

    assert refused == f"400 Bad Request: {words}"


async def test_a_reply_needs_the_message_it_replies_to(bench: Bench) -> None:
    said = await bench.ann.say("Which one?")
    gone = {"message_id": 999}

    await bench.bot.send("This one", reply_parameters={"message_id": said})
    words = await bench.bot.words("sendMessage", chat_id=ANN, text="a", reply_parameters=gone)
    await bench.bot.send("Anyway", reply_parameters=gone | {"allow_sending_without_reply": True})

    assert words == "400 Bad Request: message to be replied not found"
    assert [each.reply_to for each in bench.ann.messages] == [None, said, None]
