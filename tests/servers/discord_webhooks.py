"""The routes of interactions: the first answer, and what follows by the interaction's token."""

import time
from collections.abc import Callable

import attrs

from tests.servers import discord_payloads as payloads
from tests.servers import discord_rules as rules
from tests.servers.discord_asked import Answer, Asked
from tests.servers.discord_errors import DiscordError, FormError
from tests.servers.discord_messages import edit, fill, note_pings, tell_edit, tell_new
from tests.servers.discord_world import EPHEMERAL, LOADING, Interaction, Message, World

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
OPTION_TYPED, QUESTION_ANSWERED = 4, 5


def answer_interaction(world: World, asked: Asked) -> Answer:
    """POST /interactions/{id}/{token}/callback: once, and in time."""
    interaction = world.interactions.get(asked.path["interaction_token"])
    if interaction is None or str(interaction.id) != asked.path["interaction_id"]:
        raise DiscordError(10062)
    if interaction.answer_type is not None:
        raise DiscordError(40060)
    if time.monotonic() > interaction.deadline:
        raise DiscordError(10062)
    kind = asked.fields["type"]
    given = attrs.evolve(asked, body=asked.fields.get("data") or {})
    if kind in (DEFERRED_UPDATE, UPDATE) and interaction.source is None:
        raise FormError("type", "Only components can update a message.")
    if (kind == CHOICES) != (interaction.type == OPTION_TYPED):
        raise FormError("type", "Choices answer an option that is being typed, and nothing else.")
    if kind == MODAL and interaction.type == QUESTION_ANSWERED:
        raise FormError("type", "A modal cannot be answered with a modal.")
    _FIRST_ANSWERS[kind](world, interaction, given)
    interaction.answer_type = kind
    interaction.acknowledged_at = time.monotonic()
    world.changes.tell()
    if asked.flag("with_response"):
        return Answer(200, payloads.callback(world, interaction))
    return Answer(204)


def _new(world: World, interaction: Interaction, flags: int) -> Message:
    """Begin a message that answers an interaction; it is not to be seen yet."""
    message = world.new_message(interaction.channel, world.bot)
    message.interaction = interaction
    message.flags = flags
    message.audience = interaction.user if flags & EPHEMERAL else None
    return message


def _say(world: World, interaction: Interaction, asked: Asked) -> None:
    message = _new(world, interaction, asked.fields.get("flags") or 0)
    fill(world, message, asked)
    interaction.original = message
    world.keep(message)
    note_pings(world, asked.fields)
    tell_new(world, message)


def _think(world: World, interaction: Interaction, asked: Asked) -> None:
    message = _new(world, interaction, (asked.fields.get("flags") or 0) | LOADING)
    interaction.original = message
    world.keep(message)
    tell_new(world, message)


def _update_later(_world: World, interaction: Interaction, _asked: Asked) -> None:
    interaction.original = interaction.source


def _update(world: World, interaction: Interaction, asked: Asked) -> None:
    assert interaction.source is not None
    if interaction.source.deleted:
        raise DiscordError(10008)
    edit(world, interaction.source, asked)
    interaction.original = interaction.source


def _choose(_world: World, interaction: Interaction, asked: Asked) -> None:
    choices = asked.fields.get("choices") or []
    typed = next(each for each in interaction.data["options"] if each.get("focused"))
    rules.check_choices(choices, kind=typed["type"])
    interaction.choices = choices


def _ask(_world: World, interaction: Interaction, asked: Asked) -> None:
    rules.check_modal(asked.fields)
    interaction.modal = asked.fields


_FIRST_ANSWERS: dict[int, Callable[[World, Interaction, Asked], None]] = {
    MESSAGE: _say,
    DEFERRED: _think,
    DEFERRED_UPDATE: _update_later,
    UPDATE: _update,
    CHOICES: _choose,
    MODAL: _ask,
}


def interaction_of(world: World, asked: Asked) -> Interaction:
    """Return the acknowledged interaction in the path, while its token lives."""
    interaction = world.interactions.get(asked.path["webhook_token"])
    known = str(world.application_id) == asked.path["webhook_id"]
    if interaction is None or not known or interaction.answer_type is None:
        raise DiscordError(10015)
    if time.monotonic() > interaction.at + world.token_lives_s:
        raise DiscordError(50027)
    return interaction


def message_of(world: World, asked: Asked) -> Message:
    """Return the interaction's message in the path."""
    interaction = interaction_of(world, asked)
    wanted = asked.path.get("message_id")
    own = [interaction.original, *interaction.followups]
    for message in own[:1] if wanted is None else own:
        if message is not None and not message.deleted and wanted in (None, str(message.id)):
            return message
    raise DiscordError(10008)


def follow_up(world: World, asked: Asked) -> Answer:
    """POST /webhooks/{application}/{token}; the first one after "thinking..." takes its place."""
    interaction = interaction_of(world, asked)
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        _think_no_more(world, original, asked)
        message = original
    else:
        message = _new(world, interaction, asked.fields.get("flags") or 0)
        message.reply_to = original if original and not original.deleted else None
        fill(world, message, asked)
        world.keep(message)
        interaction.followups.append(message)
        tell_new(world, message)
    note_pings(world, asked.fields)
    if asked.flag("wait"):
        return Answer(200, payloads.message(world, message))
    return Answer(204)


def _think_no_more(world: World, message: Message, asked: Asked) -> None:
    fill(world, message, asked)
    message.flags &= ~LOADING
    tell_edit(world, message)


def get_followup(world: World, asked: Asked) -> Answer:
    """GET .../messages/@original or by id."""
    return Answer(200, payloads.message(world, message_of(world, asked)))


def edit_followup(world: World, asked: Asked) -> Answer:
    """PATCH .../messages/@original or by id; filling what was "thinking..." is no edit."""
    message = message_of(world, asked)
    if not message.loading:
        return edit(world, message, asked)
    _think_no_more(world, message, asked)
    return Answer(200, payloads.message(world, message))


def delete_followup(world: World, asked: Asked) -> Answer:
    """DELETE .../messages/@original or by id."""
    world.remove(message_of(world, asked))
    return Answer(204)
