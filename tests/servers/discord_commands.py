"""A person's words for a command, made into the options that were registered for it."""

from collections.abc import Mapping, Sequence
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
