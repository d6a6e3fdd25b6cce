"""Cards as Discord's markdown."""

import re

import discord
import pytest

from adapters.chat.cards import Card, Span, Style
from adapters.chat.fit import fit, utf16_units
from adapters.discord.cards import LENGTH, LIMITS, content_of, view_of
from tests.adapters.discord.bench import AGAIN, CANCEL, WAITING

LIKE_A_BACKTICK = "\N{MODIFIER LETTER GRAVE ACCENT}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "a *red* _fox_ ~~in~~ ||the|| `snow`",
            r"a \*red\* \_fox\_ \~\~in\~\~ \|\|the\|\| \`snow\`",
        ),
        (
            "# one\n## two\n  - three\n> four\n-# five\n+ six",
            "\\# one\n\\## two\n  \\- three\n\\> four\n\\-# five\n\\+ six",
        ),
        (r"C:\foxes", r"C:\\foxes"),
        ("[a](https://b.example) <@1> <t:1>", r"\[a](https\://b.example) \<@1> \<t:1>"),
        ("Queued: 3 ahead. width=512 - or (so)!", "Queued: 3 ahead. width=512 - or (so)!"),
    ],
)
def test_what_people_write_is_no_markup(text: str, shown: str) -> None:
    content = content_of(Card(spans=(Span(text),)))

    assert content == shown
    assert re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content) == text


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (Span("Title", Style.BOLD), "**Title**"),
        (Span("\na **b** ", Style.BOLD), "\n**a \\*\\*b\\*\\*** "),
        (Span("\n/make", Style.CODE), "\n`/make`"),
        (Span("a `b` *c*\nd", Style.CODE), f"`a {LIKE_A_BACKTICK}b{LIKE_A_BACKTICK} *c*\nd`"),
        (Span("quiet", Style.QUIET), "quiet"),
        (Span("\n ", Style.CODE), "\n "),
        (Span("", Style.BOLD), ""),
    ],
)
def test_each_style_has_its_markup_close_to_its_text(span: Span, shown: str) -> None:
    card = Card(spans=(span,))

    assert content_of(card) == shown


def test_progress_is_a_bar_as_soon_as_there_is_some() -> None:
    assert content_of(WAITING) == f"**Title**  a red fox\n{'▰' * 5}{'▱' * 5}"
    assert content_of(Card(spans=(Span("a"),), progress=0.0)) == "a"


@pytest.mark.parametrize("character", ["*", "a", "\n#", "🦊"])
@pytest.mark.parametrize("style", list(Style))
def test_a_text_that_is_too_long_is_shortened_with_its_markup(character: str, style: Style) -> None:
    card = Card(spans=(Span(character * 3_000, style),), progress=0.3)

    content = content_of(fit(card, LIMITS))

    assert LENGTH / 3 < utf16_units(content) <= 2_000


async def test_buttons_stand_in_rows_and_tell_what_they_mean() -> None:
    view = view_of(Card(spans=(Span("a"),), buttons=((CANCEL, AGAIN),)))

    assert view is not None
    (row,) = view.to_components()
    shown = [(each["label"], each["style"], each["custom_id"]) for each in row["components"]]
    assert shown == [
        ("Cancel", discord.ButtonStyle.danger.value, f"1:cancel:{'a' * 32}"),
        ("Again", discord.ButtonStyle.secondary.value, f"1:again:{'a' * 32}"),
    ]
    assert view.is_persistent()
    assert view_of(Card(spans=(Span("a"),))) is None
