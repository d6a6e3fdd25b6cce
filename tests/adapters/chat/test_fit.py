import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.chat import texts
from adapters.chat.actions import CancelJob
from adapters.chat.cards import Button, Card, Span, Style, Tone, Weight
from adapters.chat.fit import Limits, fit, utf16_units
from core.media.model import MediaKind, MediaRef
from core.shared.wording import ELLIPSIS
from tests.adapters.chat.talk import an_id
from tests.builders import a_media_ref


def plain_width(span: Span) -> int:
    """Count as Telegram does: markup is free."""
    return utf16_units(span.text)


def marked_width(span: Span) -> int:
    """Count as who escapes does, and puts marks around what is not plain."""
    escaped = utf16_units(span.text) + sum(each in "*_`" for each in span.text)
    return escaped + (4 if span.style is Style.BOLD else 0)


def swollen_width(span: Span) -> int:
    """Count as who makes six units of each quotation mark."""
    return utf16_units(span.text.replace('"', "&quot;"))


LIMITS = Limits(
    text=400,
    caption=200,
    width=plain_width,
    rows=3,
    columns=4,
    label=12,
    files=4,
    file_bytes=1_000_000,
)
WIDTHS = [plain_width, marked_width, swollen_width]
PRICE = Span("\n8 points · 4 s", Style.QUIET)


def a_button(label: str = "Cancel") -> Button:
    return Button(label, CancelJob(an_id(1)), Weight.DANGER)


def a_file(size_bytes: int, name: str = "a.png") -> MediaRef:
    return attrs.evolve(a_media_ref(name), size_bytes=size_bytes)


def a_card(*words: str, media: tuple[MediaRef, ...] = ()) -> Card:
    """Return a card of a title and more words."""
    first, *others = words
    return Card(spans=(Span(first, Style.BOLD), *map(Span, others)), media=media)


def width_of(card: Card, limits: Limits) -> int:
    return sum(map(limits.width, card.spans))


def test_a_card_that_fits_stays_as_it_is() -> None:
    card = Card(
        spans=(Span("Text2Img", Style.BOLD), Span("  a fox \N{FOX FACE}"), PRICE),
        tone=Tone.GOOD,
        media=(a_file(10),),
        progress=0.5,
        buttons=((a_button(), a_button()), (a_button(),)),
        private=True,
    )

    assert fit(card, LIMITS) == card


def test_a_long_wish_gives_way_and_the_price_stays() -> None:
    card = Card(spans=(Span("Text2Img", Style.BOLD), Span("a fox " * 500), PRICE))

    title, wish, price = fit(card, LIMITS).spans

    assert (title.text, price) == ("Text2Img", PRICE)
    assert wish.text == f"{('a fox ' * 500)[: len(wish.text) - 1]}{ELLIPSIS}"


def test_room_is_not_wasted() -> None:
    fitted = fit(a_card("Text2Img", "a fox " * 500), LIMITS)

    assert LIMITS.text - 4 <= width_of(fitted, LIMITS) <= LIMITS.text


def test_of_many_lines_the_last_go_and_that_is_seen() -> None:
    lines = [f"\n{number:02}: a line of some words" for number in range(40)]

    fitted = fit(a_card("Workflows", *lines), LIMITS)

    assert fitted.plain_text.startswith("Workflows\n00: a line of some words\n01")
    assert fitted.plain_text.endswith(ELLIPSIS)
    assert "39:" not in fitted.plain_text


@pytest.mark.parametrize("length", range(395, 409))
def test_whole_spans_never_go_without_a_sign(length: int) -> None:
    card = a_card("T" * 20, *["w" * 38 for _ in range(10)], "ab", "c" * (length - 402 + 2 + 6))

    fitted = fit(card, LIMITS)

    assert fitted == card or fitted.plain_text.endswith(ELLIPSIS)
    assert width_of(fitted, LIMITS) <= LIMITS.text


@pytest.mark.parametrize("count", range(60, 80))
def test_where_whole_lines_go_what_stands_before_them_stays_as_it_is(count: int) -> None:
    example = "\n/monster a red fox in the snow --number_0 5 and so on"
    lines = [f"\n{'x' * (number % 7)}" for number in range(count)]

    card = fit(a_card("Monster", example, *lines, "y" * 300), LIMITS)

    assert card.spans[1].text == example


def test_beside_files_there_is_less_room() -> None:
    fitted = fit(a_card("Text2Img", "a fox " * 500, media=(a_file(10),)), LIMITS)

    assert LIMITS.caption - 4 <= width_of(fitted, LIMITS) <= LIMITS.caption


def test_where_no_file_can_be_sent_the_text_has_its_whole_room() -> None:
    fitted = fit(a_card("Text2Img", "a fox " * 500, media=(a_file(2_000_000),)), LIMITS)

    assert LIMITS.text - 4 <= width_of(fitted, LIMITS) <= LIMITS.text


def test_a_file_that_is_too_large_is_named() -> None:
    card = a_card("Text2Img", media=(a_file(2_340_000, "a.mp4"), a_file(1_000_000)))

    fitted = fit(card, LIMITS)

    assert fitted.media == (card.media[1],)
    assert fitted.spans[1:] == (
        Span("\nvideo has 2.3 MB, which is too large to be sent here.", Style.QUIET),
    )


def test_files_that_are_too_many_are_counted() -> None:
    card = a_card("Text2Img", media=tuple(a_file(10, f"{number}.png") for number in range(7)))

    fitted = fit(card, LIMITS)

    assert fitted.media == card.media[:4]
    assert fitted.plain_text == "Text2Img\n3 more are too many for one message."


def test_what_cannot_be_sent_is_said_however_long_the_text_is() -> None:
    lines = [f"\n{number:02}: a line of some words" for number in range(40)]
    media = (a_file(2_000_000), *(a_file(10, f"{number}.png") for number in range(5)))

    fitted = fit(a_card("Workflows", *lines, media=media), LIMITS)

    assert fitted.plain_text.startswith("Workflows\n00")
    assert fitted.plain_text.endswith(
        "\nimage has 2.0 MB, which is too large to be sent here."
        "\n1 more are too many for one message."
    )
    assert width_of(fitted, LIMITS) <= LIMITS.caption


def test_far_too_many_large_files_leave_half_of_the_room_to_the_text() -> None:
    media = tuple(a_file(2_000_000, f"{number}.png") for number in range(100))

    fitted = fit(a_card("Text2Img", "a fox " * 500, media=media), LIMITS)

    assert fitted.plain_text.count("image has 2.0 MB") == 4
    assert fitted.plain_text.endswith(ELLIPSIS)
    assert fitted.plain_text.startswith(f"Text2Img{'a fox ' * 20}")


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        ([3, 1], [3, 1]),
        ([4, 4, 4], [4, 4, 4]),
        ([1, 1, 1, 1], [4]),
        ([1, 1, 1, 1, 1, 1], [4, 2]),
        ([6], [4, 2]),
        ([1, 5], [4, 2]),
        ([20], [4, 4, 4]),
        ([], []),
    ],
)
def test_buttons_are_arranged_as_there_is_room(rows: list[int], labels: list[int]) -> None:
    buttons = tuple(tuple(a_button() for _ in range(count)) for count in rows)

    fitted = fit(Card(spans=(), buttons=buttons), LIMITS)

    assert [len(row) for row in fitted.buttons] == labels


@pytest.mark.parametrize(
    ("label", "shown"), [("Twelve chars", "Twelve chars"), ("Thirteen char", "Thirteen ch…")]
)
def test_a_long_label_is_shortened(label: str, shown: str) -> None:
    fitted = fit(Card(spans=(), buttons=((a_button(label),),)), LIMITS)

    assert fitted.buttons == ((a_button(shown),),)


@pytest.mark.parametrize(
    ("text", "shown"), [("fo\0x", "fox"), ("\ud83dfox\udc00", "fox"), ("\ud83e\udd8a", "")]
)
def test_what_no_platform_takes_is_left_out(text: str, shown: str) -> None:
    assert fit(a_card("T", text), LIMITS).spans == (Span("T", Style.BOLD), Span(shown))


def test_a_title_of_one_letter_stays_when_all_after_it_goes() -> None:
    assert fit(a_card("A", " " * 500), LIMITS).spans == (Span(f"A{ELLIPSIS}", Style.BOLD),)


def test_of_blanks_alone_nothing_is_kept() -> None:
    assert fit(a_card(" \n" * 1_000), LIMITS).spans == ()


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("fox", 3), ("…", 1), ("\N{FOX FACE}", 2), ("\ud83e", 1)]
)
def test_length_is_counted_as_platforms_count(text: str, units: int) -> None:
    assert utf16_units(text) == units


def test_a_title_of_signs_that_swell_keeps_its_beginning() -> None:
    limits = attrs.evolve(LIMITS, width=swollen_width)

    fitted = fit(a_card('"' * 4_000), limits)

    assert fitted.spans[0].text.startswith('"' * 30)
    assert width_of(fitted, limits) <= limits.text


TITLES = st.from_regex(r"[A-Za-z0-9\"*\U0001F98A][^\ud800-\udfff\0]{0,900}", fullmatch=True)
WORDS = st.text(max_size=500) | st.text('a \N{FOX FACE}*"\ud83e\0…', max_size=60)
SPANS = st.lists(st.builds(Span, WORDS, st.sampled_from(Style)), max_size=30)
FILES = st.lists(
    st.builds(
        a_file,
        st.sampled_from([0, 1, 999_999, 1_000_000, 1_000_001, 77_000_000]),
        st.sampled_from(["a.png", "a.mp4", "a.mp3", "a.bin", "a.gif"]),
    ),
    max_size=12,
)
BUTTONS = st.lists(
    st.lists(st.builds(a_button, st.text(max_size=40)), max_size=9).map(tuple), max_size=9
)


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """Draw any card that begins with a title."""
    title = Span(draw(TITLES), Style.BOLD)
    return Card(
        spans=(title, *draw(SPANS)),
        media=tuple(draw(FILES)),
        buttons=tuple(draw(BUTTONS)),
        tone=draw(st.sampled_from(Tone)),
    )


def all_limits() -> st.SearchStrategy[Limits]:
    """Draw limits like those of a platform."""
    return st.builds(
        Limits,
        text=st.integers(300, 4_000),
        caption=st.integers(200, 1_000),
        width=st.sampled_from(WIDTHS),
        rows=st.integers(1, 6),
        columns=st.integers(1, 6),
        label=st.integers(2, 40),
        files=st.integers(1, 10),
        file_bytes=st.just(1_000_000),
    )


@given(cards(), all_limits())
@settings(deadline=None, max_examples=200)
@example(a_card("T" * 4_000, "x" * 4_000), LIMITS)
@example(a_card("a", *"x" * 500), LIMITS)
def test_whatever_the_card_it_fits_and_begins_as_it_did(card: Card, limits: Limits) -> None:
    fitted = fit(card, limits)

    text = fitted.plain_text
    text.encode()  # no half characters
    title = fitted.spans[0].text
    kept = title if title == card.spans[0].text else title.removesuffix(ELLIPSIS)
    assert kept
    assert card.spans[0].text.startswith(kept)
    assert width_of(fitted, limits) <= (limits.caption if fitted.media else limits.text)
    assert len(fitted.media) <= limits.files
    assert all(each.size_bytes <= limits.file_bytes for each in fitted.media)
    assert len(fitted.buttons) <= limits.rows
    assert all(len(row) <= limits.columns for row in fitted.buttons)
    assert all(len(button.label) <= limits.label for row in fitted.buttons for button in row)
    assert fit(fitted, limits) == fitted


def said(card: Card) -> str:
    """Return what is said of the files that cannot be sent."""
    return "".join(span.text for span in card.spans if span.style is Style.QUIET)


@given(st.text(max_size=3_000), FILES)
@settings(deadline=None, max_examples=200)
def test_whatever_the_files_each_is_sent_or_said_to_be_missing(
    wish: str, media: list[MediaRef]
) -> None:
    limits = attrs.evolve(LIMITS, text=4_000, caption=2_000)

    fitted = fit(a_card("Text2Img", wish, media=tuple(media)), limits)

    large = [each for each in media if each.size_bytes > limits.file_bytes]
    more = len(media) - len(large) - len(fitted.media)
    assert said(fitted).count("too large to be sent here") == len(large)
    for kind in MediaKind:
        of_kind = sum(each.kind is kind for each in large)
        assert said(fitted).count(f"\n{kind.value} has ") == of_kind
    assert (texts.MORE_RESULTS.format(count=more) in said(fitted)) is (more > 0)
