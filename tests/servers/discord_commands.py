"""A person's words for a command, made into the options that were registered for it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.servers import discord_payloads as payloads
from tests.servers.discord_world import Json, User, World

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, NUMBER, ATTACHMENT = 1, 2, 3, 4, 5, 6, 10, 11
PYTHON: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    NUMBER: (int, float),
    ATTACHMENT: (bytes, tuple),
}


def options_of(
    world: World,
    registered: Json,
    *,
    path: Sequence[str],
    given: Mapping[str, Any],
    resolved: Json,
) -> list[Json]:
    """Return the options as INTERACTION_CREATE has them. Raises AssertionError as a client does."""
    known = {each["name"]: each for each in registered.get("options") or ()}
    if path:
        assert path[0] in known, f"{registered['name']} has no subcommand {path[0]}"
        below = known[path[0]]
        inner = options_of(world, below, path=path[1:], given=given, resolved=resolved)
        return [{"name": below["name"], "type": below["type"], "options": inner}]
    unknown = set(given) - set(known)
    assert not unknown, f"{registered['name']} has no options {sorted(unknown)}"
    missing = [n for n, each in known.items() if each.get("required") and n not in given]
    assert not missing, f"{registered['name']} needs {missing}"
    nested = [n for n, each in known.items() if each["type"] in (SUBCOMMAND, GROUP)]
    assert not nested, f"{registered['name']} is one of {nested}"
    return [_option(world, known[name], value, resolved=resolved) for name, value in given.items()]


def typing_in(registered: Json, option: str, begun: str, *, given: Mapping[str, str]) -> list[Json]:
    """Return the options while one is being typed. Raises AssertionError as a client does."""
    known = {each["name"]: each for each in registered.get("options") or ()}
    assert known[option].get("autocomplete"), f"{option} is not completed"
    typed = {**given, option: begun}
    options = [
        {"name": name, "type": known[name]["type"], "value": value} for name, value in typed.items()
    ]
    options[-1]["focused"] = True
    return options


def answer_in(modal: Json, answers: Sequence[str]) -> Json:
    """Return what is sent of a question. Raises AssertionError as a client does."""
    values = iter(answers)

    def answered(field: Json) -> Json:
        value = next(values)
        name, most = field["custom_id"], field.get("max_length") or 4000
        assert value or field.get("required") is False, f"{name} is required"
        assert len(value) >= (field.get("min_length") or 0), f"{name} is too short"
        assert len(value) <= most, f"{name} is too long"
        return {"type": field["type"], "id": 2, "custom_id": name, "value": value}

    parts = [
        {"type": each["type"], "id": 1, "component": answered(each["component"])}
        if "component" in each
        else {"type": each["type"], "id": 1, "components": [*map(answered, each["components"])]}
        for each in modal["components"]
    ]
    return {"custom_id": modal["custom_id"], "components": parts}


def _option(world: World, known: Json, value: Any, *, resolved: Json) -> Json:  # noqa: ANN401 - as registered
    kind = known["type"]
    option: Json = {"name": known["name"], "type": kind}
    if kind == USER:
        return {**option, "value": _resolve_user(value, resolved)}
    types = PYTHON.get(kind)
    assert types, f"options of type {kind} are not modelled"
    right = isinstance(value, types) and (kind == BOOLEAN or not isinstance(value, bool))
    assert right, f"{known['name']} is no {types[0].__name__}"
    if kind == ATTACHMENT:
        return {**option, "value": _resolve_file(world, value, resolved)}
    _check_bounds(known, value)
    return {**option, "value": value}


def _check_bounds(known: Json, value: Any) -> None:  # noqa: ANN401 - as registered
    name = known["name"]
    choices = [each["value"] for each in known.get("choices") or ()]
    assert not choices or value in choices, f"{name} is one of {choices}"
    size = len(value) if isinstance(value, str) else value
    low, high = (
        ("min_length", "max_length") if isinstance(value, str) else ("min_value", "max_value")
    )
    assert known.get(low) is None or size >= known[low], f"{name} is below its {low}"
    assert known.get(high) is None or size <= known[high], f"{name} is above its {high}"
    assert not isinstance(value, str) or 0 < size <= 6000, f"{name} is empty or too long"


def _resolve_user(value: Any, resolved: Json) -> str:  # noqa: ANN401 - as registered
    user = value if isinstance(value, User) else value.user
    assert isinstance(user, User)
    member = payloads.member(user)
    del member["user"], member["deaf"], member["mute"]
    resolved.setdefault("users", {})[str(user.id)] = payloads.user(user)
    permissions = {"permissions": payloads.ALL_PERMISSIONS}
    resolved.setdefault("members", {})[str(user.id)] = {**member, **permissions}
    return str(user.id)


def _resolve_file(world: World, value: Any, resolved: Json) -> str:  # noqa: ANN401 - as registered
    filename, content = ("picture.png", value) if isinstance(value, bytes) else value
    channel = next(iter(world.channels.values()))
    media = world.add_media(channel, filename, content)
    resolved.setdefault("attachments", {})[str(media.id)] = {
        **payloads.media(world, media),
        "ephemeral": True,
    }
    return str(media.id)


_VALUE = re.compile(r'(?:^|\s)--(?P<name>[a-z0-9_]+)\s+(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))')


def as_command(world: World, text: str, image: bytes | None = None) -> dict[str, Any] | None:
    """
    Return the options of a registered command that somebody means who types `/draw a fox --n 3`.

    None if there is no such command, or if it cannot be given so: then it is only a message.
    """
    name, _, rest = text.partition(" ")
    registered = {f"/{each['name']}": each for each in world.commands.values()}.get(name)
    if registered is None:
        return None
    known = {each["name"]: each for each in registered.get("options") or ()}
    given: dict[str, Any] = {}

    def picked(found: re.Match[str]) -> str:
        option = known.get(found["name"])
        if option is None or option["type"] not in _READ:
            return found[0]
        value = found["bare"] if found["quoted"] is None else found["quoted"]
        given[found["name"]] = _READ[option["type"]](_chosen(option, value))
        return ""

    words = _VALUE.sub(picked, rest).strip()
    free = [n for n, each in known.items() if each["type"] == STRING and n not in given]
    if name == "/run" and words:
        given[free.pop(0)], _, words = words.partition(" ")
    if words and free:
        given[free[0]] = words.strip()
    files = [n for n, each in known.items() if each["type"] == ATTACHMENT]
    if image is not None and files:
        given[files[0]] = image
    is_whole = not (words and not free) and not (image and not files)
    needed = {n for n, each in known.items() if each.get("required")}
    return given if is_whole and needed <= set(given) else None


def _chosen(option: Json, value: str) -> str:
    """Return the choice that is meant, for people see them and pick one."""
    choices = [str(each["value"]) for each in option.get("choices") or ()]
    return next((each for each in choices if each.lower() == value.lower()), value)


_READ: dict[int, Callable[[str], Any]] = {
    STRING: str,
    INTEGER: int,
    NUMBER: float,
    BOOLEAN: lambda value: value.lower() in ("yes", "true", "on", "1"),
}
