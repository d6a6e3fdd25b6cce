"""People at Discord: what they see, and what they do."""

import time
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any, NamedTuple

import attrs

from tests.servers import discord_payloads as payloads
from tests.servers.discord_commands import answer_in, options_of, typing_in
from tests.servers.discord_messages import tell_new
from tests.servers.discord_world import Channel, Interaction, Json, Message, User, World

COMMAND, COMPONENT, OPTION_TYPED, QUESTION_ANSWERED = 2, 3, 4, 5
BUTTON = 2
SEEN_WITHIN_S = 10.0


class Button(NamedTuple):
    """One button as a person sees it."""

    label: str
    custom_id: str | None
    disabled: bool


class File(NamedTuple):
    """One file under a message."""

    filename: str
    content: bytes


@attrs.frozen(kw_only=True)
class Shown:
    """One message as it stood when the person looked."""

    id: int
    author: str
    from_bot: bool
    text: str
    """All there is to read: the content, and the embeds' titles, descriptions and fields."""
    content: str
    embeds: list[Json]
    buttons: list[list[Button]]
    media: list[File]
    edits: int
    ephemeral: bool
    thinking: bool
    reply_to: int | None
    by_interaction: int | None


def shown(world: World, message: Message) -> Shown:
    """Return what a message looks like now."""
    texts = [message.content]
    for embed in message.embeds:
        texts += [embed.get("title") or "", embed.get("description") or ""]
        for field in embed.get("fields") or ():
            texts += [field["name"], field["value"]]
        texts.append((embed.get("footer") or {}).get("text") or "")
    rows = [
        [
            Button(each.get("label") or "", each.get("custom_id"), bool(each.get("disabled")))
            for each in row["components"]
        ]
        for row in message.components
    ]
    return Shown(
        id=message.id,
        author=message.author.name,
        from_bot=message.author is world.bot,
        text="\n".join(text for text in texts if text),
        content=message.content,
        embeds=[payloads.embed(world, each, message.media) for each in message.embeds],
        buttons=rows,
        media=[File(each.filename, each.content) for each in message.media],
        edits=message.edits,
        ephemeral=message.audience is not None,
        thinking=message.loading,
        reply_to=message.reply_to.id if message.reply_to else None,
        by_interaction=message.interaction.id if message.interaction else None,
    )


@attrs.frozen
class Person:
    """Somebody in one place: a channel of the guild, or their direct messages."""

    world: World
    user: User
    channel: Channel

    @property
    def id(self) -> int:
        """The person's id."""
        return self.user.id

    @property
    def mention(self) -> str:
        """What names the person in a text."""
        return f"<@{self.user.id}>"

    def at(self, channel: Channel) -> "Person":
        """Return the same person in a channel."""
        return attrs.evolve(self, channel=channel)

    def in_dm(self) -> "Person":
        """Return the same person in their direct messages with the bot."""
        return attrs.evolve(self, channel=self.world.dm_with(self.user))

    @property
    def messages(self) -> list[Shown]:
        """All that this person sees here, the oldest first; their own words too."""
        return [
            shown(self.world, message) for message in self.world.visible(self.channel, self.user)
        ]

    @property
    def failed(self) -> list[Interaction]:
        """This person's interactions here that "the application did not respond" to."""
        return [each for each in self.interactions if each.failed]

    @property
    def interactions(self) -> list[Interaction]:
        """All that this person asked for here."""
        return [
            each
            for each in self.world.interactions.values()
            if each.user is self.user and each.channel is self.channel
        ]

    async def see(
        self, is_it: Callable[[Shown], bool], *, within_s: float = SEEN_WITHIN_S
    ) -> Shown:
        """Return the first message of the bot that is it. Raises AssertionError if none comes."""
        found: list[Shown] = []

        def look() -> bool:
            found[:] = [each for each in self.messages if each.from_bot and is_it(each)]
            return bool(found)

        if await self.world.changes.wait_until(look, within_s=within_s):
            return found[0]
        said = [each.text[:200] for each in self.messages]
        raise AssertionError(f"{self.user.name} did not see it within {within_s} s, but {said}")

    async def command(self, name: str, /, **options: Any) -> Interaction:  # noqa: ANN401 - as registered
        """Give a registered command; options that are None are left out."""
        given = {key: value for key, value in options.items() if value is not None}
        data = self._command_data(name, given)
        return self._interact(COMMAND, data)

    async def complete(self, name: str, option: str, begun: str, /, **options: str) -> list[str]:
        """Type an option of a command, with others given; return what may be chosen for it."""
        command = self._offered(name)
        data = {"id": command["id"], "name": name, "type": command["type"]}
        data["options"] = typing_in(command, option, begun, given=options)
        asked = self._interact(OPTION_TYPED, data)
        await self.world.changes.wait_until(
            lambda: asked.choices is not None or asked.failed, within_s=SEEN_WITHIN_S
        )
        assert asked.choices is not None, "loading options failed"
        return [each["name"] for each in asked.choices]

    async def question(self, pressed: Interaction) -> Json:
        """Return the question that a press opens."""
        await self.world.changes.wait_until(
            lambda: pressed.answer_type is not None or pressed.failed, within_s=SEEN_WITHIN_S
        )
        assert pressed.modal is not None, f"no question, but {pressed.answer_type}"
        return pressed.modal

    async def write(self, pressed: Interaction, *answers: str) -> Interaction:
        """Answer the question that a press opens, and send it."""
        data = answer_in(await self.question(pressed), answers)
        return self._interact(QUESTION_ANSWERED, data, source=pressed.source, opened_by=pressed)

    def _command_data(self, name: str, given: Mapping[str, Any]) -> Json:
        first, *subcommands = name.split()
        command = self._offered(first)
        data: Json = {"id": command["id"], "name": first, "type": command["type"]}
        resolved: Json = {}
        options = options_of(self.world, command, path=subcommands, given=given, resolved=resolved)
        if options:
            data["options"] = options
        if resolved:
            data["resolved"] = resolved
        return data

    def _offered(self, first: str) -> Json:
        known = [each for each in self.world.commands.values() if each["name"] == first]
        assert known, f"there is no command {first}"
        command = known[0]
        context = 1 if self.channel.recipient else 0
        contexts = command.get("contexts")
        offered = context in contexts if contexts else context == 0 or command["dm_permission"]
        assert offered, f"{first} is not offered here"
        return command

    async def press(self, message_id: int, label: str, *, times: int = 1) -> Interaction:
        """Press a button of a message that is seen; return the last press."""
        message = self._seen(message_id)
        buttons = [each for row in message.components for each in row["components"]]
        found = [each for each in buttons if each.get("label") == label]
        assert found, f"no button {label} but {[each.get('label') for each in buttons]}"
        assert not found[0].get("disabled"), f"{label} is disabled"
        assert times > 0
        pressed = [await self.press_data(message_id, found[0]["custom_id"]) for _ in range(times)]
        return pressed[-1]

    async def press_data(self, message_id: int, custom_id: str) -> Interaction:
        """Press a button that may be old, or was never there."""
        message = self.world.messages[message_id]
        data = {"custom_id": custom_id, "component_type": BUTTON, "id": 2}
        return self._interact(COMPONENT, data, source=message)

    def _seen(self, message_id: int) -> Message:
        for message in self.world.visible(self.channel, self.user):
            if message.id == message_id:
                return message
        raise AssertionError(f"{self.user.name} does not see {message_id}")

    def _interact(
        self,
        kind: int,
        data: Json,
        *,
        source: Message | None = None,
        opened_by: Interaction | None = None,
    ) -> Interaction:
        now = time.monotonic()
        interaction = Interaction(
            id=self.world.new_id(),
            token=token_urlsafe(48),
            type=kind,
            user=self.user,
            channel=self.channel,
            data=data,
            at=now,
            deadline=now + self.world.ack_within_s,
            source=source,
            opened_by=opened_by,
        )
        self.world.interactions[interaction.token] = interaction
        event = payloads.interaction_event(self.world, interaction)
        self.world.tell("INTERACTION_CREATE", event, self.channel)
        return interaction

    async def say(
        self, text: str, *, files: "list[bytes | File] | None" = None, reply_to: int | None = None
    ) -> Shown:
        """Write a message here."""
        message = self.world.new_message(self.channel, self.user)
        message.content = text
        for at, file in enumerate(files or ()):
            named = file if isinstance(file, File) else File(f"picture-{at}.png", file)
            message.media.append(self.world.add_media(self.channel, *named))
        message.reply_to = None if reply_to is None else self._seen(reply_to)
        self.world.keep(message)
        tell_new(self.world, message)
        return shown(self.world, message)

    def delete(self, message_id: int) -> None:
        """Delete a message, as a moderator may."""
        self.world.remove(self._seen(message_id))
