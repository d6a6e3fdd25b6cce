"""Cards on Telegram, as the person sees them."""

import asyncio

import attrs
import pytest

from adapters.chat.actions import CancelJob, RepeatJob
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from adapters.chat.surface import ChatClosedError, NotShownError, ReplyTo, ShownAt
from adapters.telegram.surface import OF_GROUP, OF_PERSON, TelegramSurface, rate_of
from adapters.telegram.updates import Place
from core.media.model import MediaRef
from core.shared.ids import JobId
from tests.adapters.telegram.bench import Bench, a_bench, a_media
from tests.servers.telegram_faults import (
    Drop,
    DropAfter,
    Html502,
    Late,
    MigrateTo,
    Status,
    TooMany,
)
from tests.servers.telegram_flood import FloodLimits
from tests.until import until

JOB = JobId("a" * 32)
CANCEL = Button("Cancel", CancelJob(JOB), Weight.DANGER)
AGAIN = Button("Again", RepeatJob(JOB))
WAITING = Card(
    spans=(Span("Title", Style.BOLD), Span("  a <fox> & a hen")),
    tone=Tone.WORKING,
    progress=0.5,
    buttons=((CANCEL,),),
)
NOWHERE = ShownAt("")


def a_result(*media: MediaRef) -> Card:
    return Card(spans=(Span("Done", Style.CODE),), media=media, buttons=((AGAIN,),))


async def test_a_card_is_text_with_a_bar_and_buttons_and_nothing_in_it_is_markup() -> None:
    async with a_bench() as bench:
        await bench.surface.send(bench.to, WAITING, key="job-1")

        (shown,) = bench.ann.messages
        assert shown.text == f"Title  a <fox> & a hen\n{'▰' * 5}{'▱' * 5}"
        assert shown.entities == [{"type": "bold", "offset": 0, "length": 5}]
        assert shown.labels == ["Cancel"]


async def test_the_end_takes_the_place_of_the_waiting_card_with_one_upload() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        picture = await bench.result()

        assert await bench.surface.finish(bench.to, shown_at, a_result(picture), key="job-1") == (
            shown_at
        )

        (shown,) = bench.ann.messages
        assert (shown.text, shown.labels, bench.server.uploads) == ("Done", ["Again"], 1)
        assert [each.data for each in shown.media] == [await bench.media.read(picture.id)]
        assert (bench.called("sendMessage"), bench.called("editMessageMedia")) == (1, 1)


async def test_an_end_that_is_repeated_is_shown_once() -> None:
    async with a_bench() as bench:
        result = a_result(await bench.result())
        first = await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")
        second = await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")
        third = await bench.surface.finish(bench.to, first, WAITING, key="job-1")

        assert (second, third, len(bench.ann.messages)) == (first, first, 1)


async def test_a_waiting_card_that_was_deleted_is_no_reason_to_lose_the_end() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        bench.ann.delete(Place.read(shown_at).message)
        await bench.surface.edit(bench.to, shown_at, WAITING)
        await bench.surface.finish(bench.to, shown_at, a_result(await bench.result()), key="job-1")

        (shown,) = bench.ann.messages
        assert (shown.text, len(shown.media)) == ("Done", 1)


async def test_an_edit_that_changes_nothing_is_no_error() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")

        await bench.surface.edit(bench.to, shown_at, WAITING)
        await bench.surface.edit(bench.to, NOWHERE, WAITING)

        assert bench.called("editMessageText") == 1


async def test_several_results_come_as_an_album_and_the_buttons_stay_on_the_card() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        pictures = [await bench.result(size=(32 + n, 32)) for n in range(3)]

        await bench.surface.finish(bench.to, shown_at, a_result(*pictures), key="job-1")

        card, *album = bench.ann.messages
        assert (card.text, card.labels) == ("Done", ["Again"])
        assert [len(each.media) for each in album] == [1, 1, 1]
        assert bench.called("sendMediaGroup") == 1


@pytest.mark.parametrize("count", [1, 2])
async def test_pictures_that_are_to_stay_untouched_are_sent_as_files(count: int) -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        result = a_result(*[await bench.result() for _ in range(count)])

        plain = attrs.evolve(result, as_files=True)
        await bench.surface.finish(bench.to, shown_at, plain, key="job-1")

        assert kinds(bench) == ["document"] * count


async def test_an_album_that_was_sent_is_not_sent_again_when_what_follows_fails() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        result = a_result(await bench.result(), await bench.result())
        bench.server.faults.add(kind=Html502(), method="editMessageText")

        with pytest.raises(NotShownError):
            await bench.surface.finish(bench.to, shown_at, result, key="job-1")
        await bench.surface.finish(bench.to, shown_at, result, key="job-1")

        assert (bench.called("sendMediaGroup"), len(bench.ann.messages)) == (1, 3)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.mp4", "video"), ("a.gif", "animation"), ("a.mp3", "audio"), ("a.zip", "document")],
)
async def test_each_kind_of_result_is_sent_as_what_it_is(name: str, kind: str) -> None:
    async with a_bench() as bench:
        result = a_result(await bench.media.keep_result(JOB, 0, b"12345678", name=name))

        await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")
        await bench.surface.finish(bench.to, NOWHERE, a_result(*result.media * 2), key="job-2")

        assert {media.kind for shown in bench.ann.messages for media in shown.media} == {kind}


async def test_a_picture_that_is_no_photo_to_telegram_comes_as_a_document() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        picture = await bench.result()
        refusal = Status(400, "Bad Request: PHOTO_SAVE_FILE_INVALID")
        bench.server.faults.add(kind=refusal, method="editMessageMedia")
        await bench.surface.finish(bench.to, shown_at, a_result(picture), key="job-1")
        thin = await bench.result(size=(900, 30))
        await bench.surface.finish(bench.to, NOWHERE, a_result(thin), key="job-2")

        assert [each.media[0].kind for each in bench.ann.messages] == ["document", "document"]


async def test_a_429_is_obeyed_and_loses_nothing() -> None:
    async with a_bench() as bench:
        bench.server.faults.add(kind=TooMany(1), method="sendMessage")
        began_at = asyncio.get_running_loop().time()

        await bench.shows("after all")

        took_s = asyncio.get_running_loop().time() - began_at
        assert 1.0 <= took_s < 1.1
        assert [each.text for each in bench.ann.messages] == ["after all"]


@pytest.mark.parametrize("kind", [Html502(), Drop(), Status(500, "Internal Server Error")])
async def test_a_platform_in_trouble_is_an_error_of_ours(kind: object) -> None:
    async with a_bench() as bench:
        bench.server.faults.add(kind=kind, method="sendMessage")  # type: ignore[arg-type] # one of them
        with pytest.raises(NotShownError) as raised:
            await bench.shows("lost for now")
        assert (raised.value.code, raised.value.wait_s) == ("chat.not_shown", 0)


async def test_an_end_whose_answer_was_lost_is_repeated_in_its_place() -> None:
    async with a_bench() as bench:
        shown_at = await bench.surface.send(bench.to, WAITING, key="job-1")
        result = a_result(await bench.result())
        bench.server.faults.add(kind=DropAfter(), method="editMessageMedia")

        with pytest.raises(NotShownError):
            await bench.surface.finish(bench.to, shown_at, result, key="job-1")
        await bench.surface.finish(bench.to, shown_at, result, key="job-1")

        assert [each.text for each in bench.ann.messages] == ["Done"]


async def test_a_late_answer_is_waited_for() -> None:
    async with a_bench() as bench:
        bench.server.faults.add(kind=Late(5.5), method="sendMessage")

        shown_at = await bench.shows("late")

        assert [each.id for each in bench.ann.messages] == [Place.read(shown_at).message]


async def test_who_has_blocked_us_is_not_tried_again() -> None:
    async with a_bench() as bench:
        bench.ann.block()

        with pytest.raises(ChatClosedError):
            await bench.shows("nobody reads this")
        with pytest.raises(ChatClosedError):
            await bench.surface.send(ReplyTo("telegram:999"), WAITING, key="k")


async def test_a_group_that_has_moved_is_found_in_its_new_place() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-5, title="old", members=[bench.ann])
        to = ReplyTo("telegram:-5:0:0")
        before = await bench.surface.send(to, WAITING, key="job-1")
        bench.server.faults.add(kind=MigrateTo(-1005), method="sendMessage")
        after = await bench.surface.send(to, a_result(), key="job-2")
        await bench.surface.edit(to, before, a_result())
        await bench.surface.finish(to, before, a_result(await bench.result()), key="job-1")
        await bench.surface.finish(to, after, a_result(), key="job-2")
        await bench.surface.send(to, WAITING, key="job-3")

        shown = bench.ann.in_group(group).messages
        assert [(each.text, len(each.media)) for each in shown][:2] == [("Done", 0), ("Done", 1)]
        assert len(shown) == 3


async def test_a_topic_that_is_gone_is_answered_in_the_group() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        gone = Status(400, "Bad Request: message thread not found")
        bench.server.faults.add(kind=gone, method="sendMessage")

        await bench.surface.send(ReplyTo("telegram:-1001:0:0"), WAITING, key="k")

        assert len(bench.ann.in_group(group).messages) == 1


async def test_a_group_that_moves_without_end_is_tried_later() -> None:
    async with a_bench() as bench:
        bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        gone = Status(400, "Bad Request: message thread not found")
        bench.server.faults.add(kind=gone, method="sendMessage", times=3)

        with pytest.raises(NotShownError):
            await bench.surface.send(ReplyTo("telegram:-1001:0:0"), WAITING, key="k")


ALBUM_REFUSED = (
    "IMAGE_PROCESS_FAILED",
    'failed to send message #1 with the error message "PHOTO_INVALID_DIMENSIONS"',
    'failed to send message #2 with the error message "Bad Request: IMAGE_PROCESS_FAILED"',
    "group send failed",
)


@pytest.mark.parametrize("words", ALBUM_REFUSED)
async def test_an_album_that_is_refused_comes_as_documents(words: str) -> None:
    async with a_bench() as bench:
        refusal = Status(400, f"Bad Request: {words}")
        bench.server.faults.add(kind=refusal, method="sendMediaGroup")
        result = a_result(await bench.result(), await bench.result())

        await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")

        assert kinds(bench) == ["document", "document"]


def kinds(bench: Bench) -> list[str]:
    return [media.kind for shown in bench.ann.messages for media in shown.media]


async def test_an_album_that_is_too_large_comes_file_by_file() -> None:
    async with a_bench() as bench:
        half = [bytes([number]) * 26 * 1024 * 1024 for number in range(2)]
        files = [
            await bench.media.keep_result(JOB, number, data, name="a.zip")
            for number, data in enumerate(half)
        ]

        await bench.surface.finish(bench.to, NOWHERE, a_result(*files), key="job-1")

        assert kinds(bench) == ["document", "document"]
        assert (bench.called("sendDocument"), bench.called("sendMediaGroup")) == (2, 0)


async def test_files_that_were_sent_one_by_one_are_not_sent_again() -> None:
    async with a_bench() as bench:
        too_large = Status(413, "Request Entity Too Large")
        bench.server.faults.add(kind=too_large, method="sendMediaGroup")
        bench.server.faults.add(kind=Html502(), method="sendMessage")
        result = a_result(await bench.result(), await bench.result())

        with pytest.raises(NotShownError):
            await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")
        await bench.surface.finish(bench.to, NOWHERE, result, key="job-1")

        assert kinds(bench) == ["photo", "photo"]


async def test_a_chat_that_is_closed_by_any_words_is_not_tried_again() -> None:
    words = (
        "TOPIC_DELETED",
        "CHAT_RESTRICTED",
        "USER_IS_BLOCKED",
        "need administrator rights in the channel chat",
    )
    async with a_bench() as bench:
        for each in words:
            refusal = Status(400, f"Bad Request: {each}")
            bench.server.faults.add(kind=refusal, method="sendMessage")
            with pytest.raises(ChatClosedError):
                await bench.shows("nobody reads this")


async def test_in_a_group_an_answer_replies_to_what_was_said() -> None:
    async with a_bench() as bench:
        group = bench.server.group(chat_id=-1001, title="foxes", members=[bench.ann])
        ann = bench.ann.in_group(group)
        said = await ann.say("/make a fox")

        await bench.surface.send(ReplyTo(f"telegram:-1001:0:{said}"), WAITING, key="k")

        assert [each.reply_to for each in ann.messages if each.from_bot] == [said]


async def test_who_must_wait_sees_that_we_are_typing() -> None:
    async with a_bench(limits=FloodLimits(), of_chat=rate_of) as bench:
        surface = TelegramSurface(a_media())
        surface.bot = bench.surface.bot
        shown = [surface.send(bench.to, WAITING, key=f"k{n}") for n in range(6)]

        gathered = asyncio.gather(*shown)
        await until(lambda: "typing" in bench.ann.actions)
        await gathered

        assert len(bench.ann.messages) == 6


async def test_progress_gives_way_to_what_matters() -> None:
    async with a_bench(limits=FloodLimits(), of_chat=rate_of) as bench:
        surface = TelegramSurface(a_media())
        surface.bot = bench.surface.bot
        shown_at = await surface.send(bench.to, WAITING, key="k")
        await surface.send(bench.to, WAITING, key="k2")
        half = attrs.evolve(WAITING, progress=0.6)
        await surface.edit(bench.to, shown_at, half)

        with pytest.raises(NotShownError):
            await surface.edit(bench.to, shown_at, WAITING)
        await surface.finish(bench.to, shown_at, a_result(), key="k")

        assert bench.ann.messages[0].text == "Done"


async def test_without_a_connection_nothing_is_shown() -> None:
    surface = TelegramSurface(a_media())

    with pytest.raises(NotShownError):
        await surface.send(ReplyTo("telegram:7"), WAITING, key="k")


def test_groups_are_spoken_to_less_often() -> None:
    assert (rate_of("7"), rate_of("-7")) == (OF_PERSON, OF_GROUP)
