"""The routes of the bot itself: who it is, where its gateway is, and its commands."""

from tests.servers import discord_payloads as payloads
from tests.servers import discord_rules as rules
from tests.servers.discord_asked import Answer, Asked
from tests.servers.discord_errors import DiscordError
from tests.servers.discord_world import Json, World


def get_me(world: World, _asked: Asked) -> Answer:
    """GET /users/@me."""
    return Answer(200, payloads.own_user(world.bot))


def get_user(world: World, asked: Asked) -> Answer:
    """GET /users/{user_id}."""
    user = world.users.get(int(asked.path["user_id"]))
    if user is None:
        raise DiscordError(10013)
    return Answer(200, payloads.user(user))


def get_application(world: World, _asked: Asked) -> Answer:
    """GET /oauth2/applications/@me and /applications/@me."""
    owner = next((each for each in world.users.values() if not each.bot), world.bot)
    shown: Json = {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": payloads.user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 1 << 19,
        "flags_new": str(1 << 19),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(owner),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }
    return Answer(200, shown)


def _registered(world: World, given: Json, *, known: Json | None = None) -> Json:
    """Return a command as Discord shows it."""
    kept = {key: value for key, value in given.items() if value is not None}
    before = known or {"id": str(world.new_id()), "contexts": None}
    permissions = kept.pop("default_member_permissions", None)
    kept.pop("id", None)
    return {
        "type": 1,
        "description": "",
        "integration_types": [0],
        "dm_permission": True,
        "nsfw": False,
        "name_localizations": None,
        "description_localizations": None,
        **before,
        **kept,
        "default_member_permissions": None if permissions is None else str(permissions),
        "application_id": str(world.application_id),
        "version": str(world.new_id()),
    }


def _known(world: World, given: Json) -> Json | None:
    kind = given.get("type") or 1
    for each in world.commands.values():
        if (each["name"], each["type"]) == (given["name"], kind):
            return each
    return None


def _own(world: World, asked: Asked) -> None:
    if asked.path["application_id"] != str(world.application_id):
        raise DiscordError(50001)


def list_commands(world: World, asked: Asked) -> Answer:
    """GET /applications/{application_id}/commands."""
    _own(world, asked)
    return Answer(200, list(world.commands.values()))


def put_commands(world: World, asked: Asked) -> Answer:
    """PUT /applications/{application_id}/commands: these and no others."""
    _own(world, asked)
    given = asked.body or []
    rules.check_commands(given)
    kept = [(_known(world, each), each) for each in given]
    made = [
        _registered(world, each, known={"id": known["id"], "contexts": None} if known else None)
        for known, each in kept
    ]
    world.commands = {int(each["id"]): each for each in made}
    world.changes.tell()
    return Answer(200, made)


def post_command(world: World, asked: Asked) -> Answer:
    """POST /applications/{application_id}/commands: a new one, or a new form of an old one."""
    _own(world, asked)
    known = _known(world, asked.fields)
    others = [each for each in world.commands.values() if each is not known]
    rules.check_commands([*others, asked.fields])
    keep_id = {"id": known["id"], "contexts": None} if known else None
    made = _registered(world, asked.fields, known=keep_id)
    world.commands[int(made["id"])] = made
    world.changes.tell()
    return Answer(200 if known else 201, made)


def _command(world: World, asked: Asked) -> Json:
    _own(world, asked)
    command = world.commands.get(int(asked.path["command_id"]))
    if command is None:
        raise DiscordError(10063)
    return command


def get_command(world: World, asked: Asked) -> Answer:
    """GET /applications/{application_id}/commands/{command_id}."""
    return Answer(200, _command(world, asked))


def patch_command(world: World, asked: Asked) -> Answer:
    """PATCH /applications/{application_id}/commands/{command_id}."""
    known = _command(world, asked)
    changed = {**known, **{k: v for k, v in asked.fields.items() if v is not None}}
    others = [each for each in world.commands.values() if each is not known]
    rules.check_commands([*others, changed])
    made = _registered(world, asked.fields, known=known)
    world.commands[int(known["id"])] = made
    return Answer(200, made)


def delete_command(world: World, asked: Asked) -> Answer:
    """DELETE /applications/{application_id}/commands/{command_id}."""
    del world.commands[int(_command(world, asked)["id"])]
    return Answer(204)
