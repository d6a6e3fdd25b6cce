"""Discord's rules for messages and commands that its OpenAPI document does not hold."""

import re
from collections.abc import Iterable, Iterator, Mapping

from tests.servers.discord_errors import DiscordError, FormError
from tests.servers.discord_world import Json, Media, Message, World

CONTENT = 2000
EMBEDS = 6000
ROWS = 5
BUTTONS = 5
LABEL = 80
CUSTOM_ID = 100
FILES = 10
COMMANDS = 100
COMMAND_CHARACTERS = 8000
LINK = 5
NAME = re.compile(r"[-_'\w]{1,32}")
SUBCOMMANDS = (1, 2)
CHOICES = 25
CHOICE = 100
LABEL_OF_FIELD = 45
QUESTIONS = 5
LABELLED = 18
STRING, INTEGER, NUMBER = 3, 4, 10

Files = Mapping[int, tuple[str, bytes]]


def check_message(body: Json) -> None:
    """Raise FormError for the first rule that a message breaks."""
    if len(body.get("content") or "") > CONTENT:
        reason = f"Must be {CONTENT} or fewer in length."
        raise FormError("content", reason, kind="BASE_TYPE_MAX_LENGTH")
    if sum(len(text) for text in _embed_texts(body.get("embeds") or ())) > EMBEDS:
        reason = f"Embed size exceeds maximum size of {EMBEDS}"
        raise FormError("embeds", reason, kind="MAX_EMBED_SIZE_EXCEEDED")
    check_components(body.get("components") or ())
    allowed = body.get("allowed_mentions") or {}
    for kind in ("users", "roles"):
        if kind in (allowed.get("parse") or ()) and allowed.get(kind):
            raise FormError(
                f"allowed_mentions.{kind}", f"parse:['{kind}'] and {kind}: [ids] are exclusive."
            )


def _embed_texts(embeds: Iterable[Json]) -> Iterator[str]:
    for embed in embeds:
        yield embed.get("title") or ""
        yield embed.get("description") or ""
        yield (embed.get("footer") or {}).get("text") or ""
        yield (embed.get("author") or {}).get("name") or ""
        for field in embed.get("fields") or ():
            yield field.get("name") or ""
            yield field.get("value") or ""


def check_components(rows: Iterable[Json]) -> None:
    """Raise FormError for the first rule that rows of buttons break."""
    rows = list(rows)
    if len(rows) > ROWS:
        raise FormError("components", f"Must be {ROWS} or fewer in length.")
    seen: set[str] = set()
    for at_row, row in enumerate(rows):
        if row.get("type") != 1 or not 1 <= len(row.get("components") or ()) <= BUTTONS:
            raise FormError(f"components.{at_row}", f"Must be a row of 1 to {BUTTONS} buttons.")
        for at, button in enumerate(row["components"]):
            _check_button(f"components.{at_row}.components.{at}", button, seen)


def _check_button(path: str, button: Json, seen: set[str]) -> None:
    if not (button.get("label") or button.get("emoji")):
        raise FormError(f"{path}.label", "A button needs a label or an emoji.")
    if len(button.get("label") or "") > LABEL:
        raise FormError(f"{path}.label", f"Must be {LABEL} or fewer in length.")
    custom_id = button.get("custom_id")
    if button.get("style") == LINK:
        if custom_id or not button.get("url"):
            raise FormError(path, "A link has a url and no custom_id.")
        return
    if not custom_id or len(custom_id) > CUSTOM_ID:
        raise FormError(f"{path}.custom_id", f"Must be between 1 and {CUSTOM_ID} in length.")
    if custom_id in seen:
        raise FormError(
            f"{path}.custom_id", "Component custom id cannot be duplicated", kind="DUPLICATED"
        )
    seen.add(custom_id)


def check_files(world: World, files: Files) -> None:
    """Raise DiscordError if files are too many or too large."""
    if len(files) > FILES:
        raise FormError("attachments", f"Must be {FILES} or fewer in length.")
    if any(len(content) > world.file_limit for _, content in files.values()):
        raise DiscordError(40005)


def check_not_empty(message: Message) -> None:
    """Raise DiscordError if there is nothing to show."""
    if not (message.content.strip() or message.embeds or message.media):
        raise DiscordError(50006)


def wanted_media(world: World, message: Message, *, body: Json, files: Files) -> list[Media]:
    """Return the files of a message: `attachments` is the whole list, of kept and of new ones."""
    listed = body.get("attachments")
    if listed is None:
        return [*message.media, *(_upload(world, message, file) for file in files.values())]
    kept = {each.id: each for each in message.media}
    wanted: list[Media] = []
    for at, entry in enumerate(listed):
        number = int(entry["id"])
        if number in files:
            filename, content = files[number]
            media = _upload(world, message, (entry.get("filename") or filename, content))
            media.description = entry.get("description")
        elif number in kept:
            media = kept[number]
        else:
            raise FormError(f"attachments.{at}.id", "Neither a kept nor an uploaded file.")
        wanted.append(media)
    if len(wanted) > FILES:
        raise FormError("attachments", f"Must be {FILES} or fewer in length.")
    return wanted


def _upload(world: World, message: Message, file: tuple[str, bytes]) -> Media:
    return world.add_media(message.channel, *file)


def would_ping(body: Json) -> bool:
    """Whether a new message would notify people by what its content names."""
    content = body.get("content") or ""
    allowed = body.get("allowed_mentions")
    parse = ["everyone", "users", "roles"] if allowed is None else allowed.get("parse") or []
    allowed = allowed or {}
    for pattern, kind in (("@(everyone|here)", "everyone"), (r"<@!?(\d+)>", "users")):
        for name in re.findall(pattern, content):
            if kind in parse or name in map(str, allowed.get(kind) or ()):
                return True
    roles = re.findall(r"<@&(\d+)>", content)
    chosen = set(map(str, allowed.get("roles") or ()))
    return bool(roles) and ("roles" in parse or bool(chosen & set(roles)))


def check_commands(commands: Iterable[Json]) -> None:
    """Raise DiscordError for the first rule that the registered commands break."""
    commands = list(commands)
    if sum(each.get("type") in (None, 1) for each in commands) > COMMANDS:
        raise DiscordError(30032)
    names = [(each["name"], each.get("type") or 1) for each in commands]
    for at, each in enumerate(commands):
        if names.count((each["name"], each.get("type") or 1)) > 1:
            raise FormError(f"{at}.name", "Application command names must be unique")
        if each.get("type") in (None, 1):
            _check_described(str(at), each)
            if _characters(each) > COMMAND_CHARACTERS:
                raise FormError(str(at), f"Command exceeds {COMMAND_CHARACTERS} characters")


def _check_described(path: str, each: Json) -> None:
    """Check a command, or an option of one, and what is in it."""
    name = each["name"]
    if not NAME.fullmatch(name) or name != name.lower():
        raise FormError(f"{path}.name", "Command name is invalid")
    if not 1 <= len(each.get("description") or "") <= 100:
        raise FormError(f"{path}.description", "Must be between 1 and 100 in length.")
    options = each.get("options") or []
    if len(options) > 25:
        raise FormError(path, "Must be 25 or fewer in length.")
    _check_values(path, each)
    if len({option["name"] for option in options}) != len(options):
        raise FormError(f"{path}.options", "Option names must be unique")
    optional = False
    for at, option in enumerate(options):
        needed = bool(option.get("required"))
        if needed and optional:
            raise FormError(f"{path}.options.{at}", "Required options must be placed first")
        optional = optional or (not needed and option["type"] not in SUBCOMMANDS)
        _check_described(f"{path}.options.{at}", option)


def _check_values(path: str, option: Json) -> None:
    """Check what an option can be."""
    choices = option.get("choices") or ()
    if choices and option.get("autocomplete"):
        raise FormError(f"{path}.autocomplete", "Choices and autocomplete are exclusive.")
    check_choices(choices, kind=option["type"] if choices else STRING, path=f"{path}.choices")
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            raise FormError(f"{path}.{low}", f"Must be no more than {high}.")


def check_choices(choices: Iterable[Json], *, kind: int, path: str = "choices") -> None:
    """Raise FormError for the first rule that choices for an option of this type break."""
    choices = list(choices)
    if len(choices) > CHOICES:
        raise FormError(path, f"Must be {CHOICES} or fewer in length.")
    if len({each["name"] for each in choices}) != len(choices):
        raise FormError(path, "Choice names must be unique.")
    types = {STRING: str, INTEGER: int, NUMBER: int | float}
    for at, each in enumerate(choices):
        if not each["name"].strip():
            raise FormError(f"{path}.{at}.name", "This field is required")
        if kind not in types or not isinstance(each["value"], types[kind]):
            raise FormError(f"{path}.{at}.value", "Not of the option's type.")
        if len(each["name"]) > CHOICE or len(str(each["value"])) > CHOICE:
            raise FormError(f"{path}.{at}", f"Must be {CHOICE} or fewer in length.")


def check_modal(modal: Json) -> None:
    """Raise FormError for the first rule that a question breaks."""
    parts = modal["components"]
    if not 1 <= len(parts) <= QUESTIONS:
        raise FormError("components", f"Must be between 1 and {QUESTIONS} in length.")
    names = [field["custom_id"] for field in fields_of(modal)]
    if len(set(names)) != len(names):
        raise FormError("components", "Component custom id cannot be duplicated")
    for at, part in enumerate(parts):
        path = f"components.{at}"
        label = part.get("label") if part["type"] == LABELLED else None
        for field in fields_of({"components": [part]}):
            if part["type"] == LABELLED and field.get("label"):
                raise FormError(f"{path}.component.label", "It has a label already.")
            if not 1 <= len(label or field.get("label") or "") <= LABEL_OF_FIELD:
                raise FormError(f"{path}.label", f"Must be 1 to {LABEL_OF_FIELD} in length.")
            if (field.get("min_length") or 0) > (field.get("max_length") or 4000):
                raise FormError(f"{path}.min_length", "Must be no more than max_length.")


def fields_of(modal: Json) -> list[Json]:
    """Return the fields of a question, in their order."""
    return [
        field
        for part in modal["components"]
        for field in ([part["component"]] if part["type"] == LABELLED else part["components"])
    ]


def _characters(each: Json) -> int:
    own = len(each["name"]) + len(each.get("description") or "")
    choices = sum(
        len(choice["name"]) + len(str(choice["value"])) for choice in each.get("choices") or ()
    )
    return own + choices + sum(_characters(option) for option in each.get("options") or ())
