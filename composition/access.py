"""The settings of the platforms and of our own listeners: as values, and how they are read."""

import contextlib
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import attrs
from attrs.validators import ge, le

TELEGRAM = "https://api.telegram.org"
HIGHEST_PORT = 65_535
SHORTEST_SECRET = 16

_TOKEN = re.compile(r"[\x21-\x7e]+")
_ADMIN = re.compile(r"(?:telegram|discord):\d{1,32}|web")
_OPERATORS = re.compile(r"telegram:-?\d{1,32}|discord:\d{1,32}")


@attrs.frozen
class Listen:
    """Where a server listens; port 0 takes any free one."""

    host: str
    port: int = attrs.field(validator=[ge(0), le(HIGHEST_PORT)])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


ADMINS = frozenset({"web"})
"""Whoever can open the page, which is private, is one."""

PUBLIC = Listen("127.0.0.1", 8080)
PRIVATE = Listen("127.0.0.1", 8081)


@attrs.frozen(kw_only=True)
class TelegramAccess:
    """The bot's token, and the server's root: `/bot<token>/METHOD` lies under it."""

    token: str = attrs.field(repr=False)
    base_url: str = TELEGRAM


@attrs.frozen(kw_only=True)
class DiscordAccess:
    """
    The bot's token, and where Discord is.

    With `base_url`, `https://HOST:PORT` (443 without a port), every host of Discord resolves there;
    its certificate is checked with `ca_file`, if there is one.
    """

    token: str = attrs.field(repr=False)
    base_url: str = ""
    ca_file: Path | None = None


TEXTS = {
    "TELEGRAM_TOKEN": "",
    "TELEGRAM_BASE_URL": TELEGRAM,
    "DISCORD_TOKEN": "",
    "DISCORD_BASE_URL": "",
    "DISCORD_CA_FILE": "",
    "STATIONTHIS_ADMINS": ",".join(ADMINS),
    "STATIONTHIS_OPERATORS_CHAT": "",
    "STATIONTHIS_PUBLIC_URL": "",
    "STATIONTHIS_LISTEN": f"{PUBLIC.host}:{PUBLIC.port}",
    "STATIONTHIS_PRIVATE_LISTEN": f"{PRIVATE.host}:{PRIVATE.port}",
}


def telegram(text: Mapping[str, str], problems: dict[str, str]) -> TelegramAccess | None:
    """Return how Telegram is reached, or None without a token; add to the problems."""
    token, base_url = text["TELEGRAM_TOKEN"], text["TELEGRAM_BASE_URL"].rstrip("/") or TELEGRAM
    if not token:
        return None
    _check_token("TELEGRAM_TOKEN", token, problems)
    if not is_root(base_url, "http", "https"):
        problems["TELEGRAM_BASE_URL"] = f"must be a server's root, such as {TELEGRAM}"
    return TelegramAccess(token=token, base_url=base_url)


def discord(text: Mapping[str, str], problems: dict[str, str]) -> DiscordAccess | None:
    """Return how Discord is reached, or None without a token; add to the problems."""
    token, base_url = text["DISCORD_TOKEN"], text["DISCORD_BASE_URL"].rstrip("/")
    if not token:
        return None
    _check_token("DISCORD_TOKEN", token, problems)
    if base_url and not is_root(base_url, "https"):
        problems["DISCORD_BASE_URL"] = (
            "must be https://HOST:PORT (443 without a port), or empty for Discord itself"
        )
    ca_file = Path(text["DISCORD_CA_FILE"]) if text["DISCORD_CA_FILE"] else None
    if ca_file is not None:
        _check_certificate(ca_file, problems)
    return DiscordAccess(token=token, base_url=base_url, ca_file=ca_file)


def operators_chat(text: Mapping[str, str], problems: dict[str, str]) -> str:
    """Return the operators' chat as an address, or nothing; add to the problems."""
    chat = text["STATIONTHIS_OPERATORS_CHAT"]
    if chat and _OPERATORS.fullmatch(chat) is None:
        problems["STATIONTHIS_OPERATORS_CHAT"] = (
            "must be telegram:CHAT or discord:CHANNEL, with the number of the chat"
        )
    return chat


def admins(text: Mapping[str, str], problems: dict[str, str]) -> frozenset[str]:
    """Return who may do what operators do in chats; add to the problems."""
    named = frozenset(filter(None, re.split(r"[\s,]+", text["STATIONTHIS_ADMINS"])))
    if wrong := sorted(each for each in named if _ADMIN.fullmatch(each) is None):
        problems["STATIONTHIS_ADMINS"] = (
            f"must be names such as telegram:123, discord:456 or web, and {wrong[0][:40]} is none"
        )
    return named


def public_url(text: Mapping[str, str], problems: dict[str, str]) -> str | None:
    """Return the address under which the service finds us, if any; add to the problems."""
    url = text["STATIONTHIS_PUBLIC_URL"].rstrip("/")
    if url and not is_root(url, "http", "https"):
        problems["STATIONTHIS_PUBLIC_URL"] = "must be an address such as https://bot.example.com"
    return url or None


def listen(name: str, text: Mapping[str, str], problems: dict[str, str]) -> Listen:
    """Return where to listen; add to the problems."""
    host, _, port = text[name].rpartition(":")
    if host and port.isdecimal() and len(port) <= len(str(HIGHEST_PORT)):
        with contextlib.suppress(ValueError):  # a name that cannot be one is a UnicodeError
            host.encode("idna")
            return Listen(host.removeprefix("[").removesuffix("]"), int(port))
    problems[name] = "must be HOST:PORT, such as 127.0.0.1:8080"
    return Listen("127.0.0.1", 0)


def is_root(url: str, *schemes: str) -> bool:
    """Whether an address is a server's root: a scheme, a host, perhaps a port, no path."""
    try:
        parts = urlsplit(url)
        named = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    has_more = parts.path.strip("/") or parts.query or parts.username
    return named and not has_more and not any(map(str.isspace, url))


def check_secret(text: Mapping[str, str], problems: dict[str, str]) -> None:
    """Add to the problems when the secret could be guessed."""
    if 0 < len(text["STATIONTHIS_SECRET"]) < SHORTEST_SECRET:
        problems["STATIONTHIS_SECRET"] = f"must have at least {SHORTEST_SECRET} characters"


def _check_certificate(file: Path, problems: dict[str, str]) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        problems["DISCORD_CA_FILE"] = "must hold a certificate in PEM form"
    except OSError as error:
        problems["DISCORD_CA_FILE"] = f"cannot be read: {error.strerror or error}"


def _check_token(name: str, token: str, problems: dict[str, str]) -> None:
    if _TOKEN.fullmatch(token) is None:
        problems[name] = "must be the token as the platform gave it, without blanks"
