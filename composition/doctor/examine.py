"""`stationthis doctor`: tries each setting for real, and says how to put right what fails."""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from urllib.parse import quote

import attrs
import orjson
import sqlalchemy as sa

from composition.config import Config
from composition.doctor.check import Check, Step, settled
from composition.doctor.comfy import COMFY, ComfyChecks, comfy_service
from composition.doctor.comfy_account import AccountChecks, comfy_api
from composition.doctor.data import DataChecks
from composition.doctor.discord import DiscordChecks, discord_service
from composition.doctor.hooks import WAIT_S, HookChecks
from composition.doctor.listeners import ListenerChecks
from composition.doctor.network import Service
from composition.doctor.public import PublicChecks, public_service
from composition.doctor.telegram import TelegramChecks, telegram_service
from infrastructure.comfy_deploy.client import ComfyDeployClient
from infrastructure.log_setup import REDACTED, SECRET_SHAPES, SHORTEST_SECRET

LIMIT_S = 10.0
OUR_SHARE = 0.8
"""Of a check's time, what one question may take: then there is time to say that it was in vain."""

CLOCK, OPERATORS = "clock", "operators chat"
MOST_APART_S = 60.0
NAME_WIDTH = 24
INDENT = " " * 5
LONGEST = 300
"""Characters of a line: a service may say more than anybody wants to read."""


async def examine(
    config: Config, *, limit_s: float = LIMIT_S, hooks_s: float | None = None
) -> AsyncGenerator[Check, None]:
    """
    Yield each check as soon as it is known. None raises, and none takes longer than its time.

    With `hooks_s` ComfyUI Deploy is made to call us, for which that many seconds are waited.
    """
    ahead: dict[str, float] = {}
    secrets = tuple(_secrets(config))
    question_s = limit_s * OUR_SHARE
    comfy = comfy_service(config, limit_s=question_s, ahead=ahead)
    comfy_checks, api = ComfyChecks(config, comfy), comfy_api(config, limit_s=question_s)
    public = public_service(config, limit_s=question_s)
    hooks = HookChecks(config=config, comfy=comfy_checks, api=api, service=public, wait_s=hooks_s)
    telegram = telegram_service(config, limit_s=question_s, ahead=ahead)
    discord = discord_service(config, limit_s=question_s, ahead=ahead)
    steps = (
        *DataChecks(config).steps(),
        *comfy_checks.steps(),
        *AccountChecks(comfy_checks, api).steps(),
        *ListenerChecks(config).steps(),
        *PublicChecks(config, public).steps(),
        *hooks.steps(),
        *TelegramChecks(config, telegram).steps(),
        *DiscordChecks(config, discord).steps(),
        *_last_steps(config, ahead),
    )
    clients = () if api is None else (api.client,)
    async with _closed_in_the_end(comfy, public, telegram, discord, *clients):
        for step in steps:
            yield _without(secrets, await settled(step, limit_s))


async def report(
    config: Config, *, as_json: bool, say: Callable[[str], None], hooks: bool = False
) -> bool:
    """
    Say each check when it is known, or all as JSON; return whether all is well.

    With `hooks` ComfyUI Deploy is made to call us, which costs a run.
    """
    checks: list[Check] = []
    async with contextlib.aclosing(examine(config, hooks_s=WAIT_S if hooks else None)) as examined:
        async for check in examined:
            checks.append(check)
            if not as_json:
                say(as_line(check))
    if as_json:
        say(json_of(checks))
    return all(check.ok is not False for check in checks)


def json_of(checks: Iterable[Check]) -> str:
    """Return the whole report on one line."""
    made = list(checks)
    is_well = all(check.ok is not False for check in made)
    return orjson.dumps({"ok": is_well, "checks": [attrs.asdict(each) for each in made]}).decode()


def as_line(check: Check) -> str:
    """Return a check for people to read: one line, and one more with the fix."""
    line = f"{check.label:<4} {check.name:<{NAME_WIDTH}} {check.found}"
    return f"{line}\n{INDENT}fix: {check.fix}" if check.fix else line


def clock(ahead: dict[str, float]) -> Check:
    """
    Return what the services' clocks say of ours. Where one agrees with it, it is right.

    ComfyUI Deploy must agree with it in any case: its signed addresses live by its own clock.
    """
    if not ahead:
        return Check(name=CLOCK, ok=None, found="could not be compared: no service told the time")
    nearest = min(ahead, key=lambda name: abs(ahead[name]))
    name = COMFY if abs(ahead.get(COMFY, 0.0)) > MOST_APART_S else nearest
    seconds = ahead[name]
    if abs(seconds) <= MOST_APART_S:
        return Check(name=CLOCK, ok=True, found=f"agrees with {name}'s")
    found = f"{abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} {name}'s"
    if abs(ahead[nearest]) > MOST_APART_S:
        fix = "Set this machine's clock, best by NTP (`timedatectl set-ntp true`)."
        return Check(name=CLOCK, ok=False, found=found, fix=fix)
    return Check(
        name=CLOCK,
        ok=False,
        found=f"{found}, though it agrees with {nearest}'s",
        fix="The clock of that server, or of a proxy on the way, is wrong: signed addresses fail.",
    )


def _last_steps(config: Config, ahead: dict[str, float]) -> Sequence[Step]:
    async def compared() -> Check:
        return clock(ahead)

    async def nobody() -> Check:
        return Check(
            name=OPERATORS,
            ok=None,
            found="STATIONTHIS_OPERATORS_CHAT is not set: such matters are only in the log",
        )

    last = Step(CLOCK, compared)
    return (last,) if config.operators_chat else (Step(OPERATORS, nobody), last)


@contextlib.asynccontextmanager
async def _closed_in_the_end(*services: Service | ComfyDeployClient) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for service in services:
            stack.push_async_callback(service.aclose)
        yield


def _secrets(config: Config) -> Iterable[str]:
    """Return what must not be shown although a service, or an error, may repeat it."""
    yield config.secret
    if config.comfy is not None:
        yield config.comfy.api_key
    for access in (config.telegram, config.discord):
        if access is not None:
            yield access.token
    with contextlib.suppress(sa.exc.ArgumentError):
        yield str(sa.make_url(config.database_url or "sqlite://").password or "")


def _without(secrets: Sequence[str], check: Check) -> Check:
    return attrs.evolve(check, found=_clean(check.found, secrets), fix=_clean(check.fix, secrets))


def _clean(text: str, secrets: Sequence[str]) -> str:
    """Return a text in one line, without secrets and without what a terminal would obey."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, REDACTED).replace(quote(secret, safe=""), REDACTED)
    text = SECRET_SHAPES.sub(REDACTED, " ".join(text.split()))
    text = "".join(each if each.isprintable() else "?" for each in text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
