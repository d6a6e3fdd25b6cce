"""What Discord asks people by itself: for the text that a button wants, and for an option."""

from collections.abc import Iterable
from typing import Any

import discord
from discord.app_commands import Choice

from adapters.chat import texts
from adapters.chat.actions import PressForm, decode
from adapters.chat.menu import CHOICE_LENGTH, MOST_OPTIONS
from adapters.discord.cards import Interaction
from core.shared.errors import StaleButtonError

LABEL_LENGTH = 45
TEXT_LENGTH = 4_000

_ASKS = "ask."


def question_of(interaction: Interaction) -> discord.ui.Modal | None:
    """Return the question that a pressed button opens; None for one that opens none."""
    data: Any = interaction.data or {}
    pressed = data.get("custom_id", "")
    try:
        action = decode(pressed)
    except StaleButtonError:
        return None
    if not isinstance(action, PressForm) or not action.what.startswith(_ASKS):
        return None
    modal = discord.ui.Modal(title=texts.ANSWER, custom_id=pressed)
    field = discord.ui.TextInput[discord.ui.LayoutView](
        custom_id="text", style=discord.TextStyle.paragraph, max_length=TEXT_LENGTH
    )
    modal.add_item(discord.ui.Label(text=_label(interaction, pressed), component=field))
    modal.stop()  # so that the library does not keep it: what is written tells what it is for
    return modal


def _label(interaction: Interaction, pressed: str) -> str:
    """Return what stands on the button, as far as it fits."""
    rows = interaction.message.components if interaction.message else []
    buttons = [each for row in rows if isinstance(row, discord.ActionRow) for each in row.children]
    labels = [
        each.label
        for each in buttons
        if isinstance(each, discord.Button) and each.custom_id == pressed and each.label
    ]
    label = next(iter(labels), texts.ANSWER)
    return label if len(label) <= LABEL_LENGTH else f"{label[: LABEL_LENGTH - 1]}…"


def written_in(interaction: Interaction) -> str:
    """Return what was written in answer to a question; nothing for a press without one."""
    data: Any = interaction.data or {}
    return "\n".join(each["component"]["value"] for each in data.get("components", ()))


def begun_in(interaction: Interaction) -> tuple[str, str, str]:
    """Return the command, the option that somebody is typing for it, and what there is of that."""
    data: Any = interaction.data or {}
    begun = [each for each in data.get("options", ()) if each.get("focused")]
    option = begun[0] if begun else {}
    return data.get("name", ""), option.get("name", ""), str(option.get("value", ""))


def choices_of(found: Iterable[str]) -> list[Choice[str]]:
    """Return what may be chosen, as far as Discord takes it."""
    named = {each.strip(): each for each in found if len(each) <= CHOICE_LENGTH}
    named.pop("", None)
    choices = [Choice(name=name, value=value) for name, value in named.items()]
    return choices[:MOST_OPTIONS]
