"""Cards as Discord shows them: its markdown made from spans, and buttons."""

import io
import re
from collections.abc import Iterable
from typing import Any, Self

import discord

from adapters.chat.actions import encode
from adapters.chat.cards import Button, Card, Span, Style, Weight, bar
from adapters.chat.fit import Limits, utf16_units

LENGTH = 2_000 - 16
"""Of a message's text; a bar of progress has its place."""

Interaction = discord.Interaction[discord.Client]

_MARKUP = re.compile(r"[\\*_~`|\[<]|:(?=//)|^(?=[ \t]*[#>+-])[ \t]*\S", re.MULTILINE)
"""What Discord would take for markup: anywhere, in links, and at the beginning of a line."""

_LIKE_A_BACKTICK = "\N{MODIFIER LETTER GRAVE ACCENT}"
_EDGES = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


def _marked(span: Span) -> str:
    if span.style in {Style.PLAIN, Style.QUIET}:
        return _escaped(span.text)
    # Within markup a line that begins or ends with nothing would show the markup itself.
    found = _EDGES.fullmatch(span.text)
    before, text, after = found.groups() if found else ("", span.text, "")
    if not text:
        return span.text
    if span.style is Style.BOLD:
        return f"{before}**{_escaped(text)}**{after}"
    # No back-tick can stand in code of one line; this one looks the same.
    return f"{before}`{text.replace('`', _LIKE_A_BACKTICK)}`{after}"


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)


def _width(span: Span) -> int:
    return utf16_units(_marked(span))


LIMITS = Limits(
    text=LENGTH,
    caption=LENGTH,
    width=_width,
    rows=5,
    columns=5,
    label=80,
    files=10,
    file_bytes=10 * 1024 * 1024,
)


def content_of(card: Card) -> str:
    """Return the card's text. The only markup is ours."""
    text = "".join(map(_marked, card.spans))
    return f"{text}\n{bar(card.progress)}" if card.progress else text


def view_of(card: Card) -> discord.ui.View | None:
    """Return the card's buttons."""
    if not card.buttons:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(card.buttons):
        for button in row:
            view.add_item(Pressable(_button(button, number)))
    return view


def _button(button: Button, row: int) -> discord.ui.Button[discord.ui.View]:
    danger, normal = discord.ButtonStyle.danger, discord.ButtonStyle.secondary
    return discord.ui.Button(
        style=danger if button.weight is Weight.DANGER else normal,
        label=button.label,
        custom_id=encode(button.action),
        row=row,
    )


class Pressable(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"[\s\S]+"):
    """
    Every button of ours, of this process or of an earlier one: each tells what it means.

    The client hears of a press as the event `press`.
    """

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, match  # the conversation reads what the button means
        if not isinstance(item, discord.ui.Button):
            raise TypeError(f"not a button: {item!r}")
        return cls(item)

    async def callback(self, interaction: Interaction) -> None:
        """Hand on the press."""
        interaction.client.dispatch("press", interaction)


def sent(card: Card, files: Iterable[tuple[str, bytes]] = ()) -> dict[str, Any]:
    """Return the card and its files, each with its name, as the library sends a new message."""
    given: dict[str, Any] = {"content": content_of(card)}
    if (view := view_of(card)) is not None:
        given["view"] = view
    if uploads := [discord.File(io.BytesIO(data), filename=name) for name, data in files]:
        given["files"] = uploads
    return given


def changed(card: Card) -> dict[str, Any]:
    """Return the card as the library edits a message."""
    return {"content": content_of(card), "view": view_of(card)}
