"""
The settings: read once from the environment, checked at once, handed on as values.

Every mistake is named together, with the variable that has it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs
from environs import Env, EnvValidationError, validate

from composition import access
from composition.access import DiscordAccess, Listen, TelegramAccess
from core.generations.ports import Places
from core.generations.timing import Timing
from core.media.model import MediaLimits
from core.points.allowance import AllowancePolicy
from core.points.pricing import PriceList
from core.shared.errors import StationError
from core.workflows.routing import QUALITY, SPEED
from infrastructure.comfy_deploy.settings import (
    CURRENT,
    DEFAULT_BASE_URL,
    DEFAULT_OUTPUT_HOSTS,
    DIALECTS,
    ComfySettings,
)

LOG_LEVELS = ("", "DEBUG", "INFO", "WARNING", "ERROR")
LEASE_MARGIN_S = 15.0
"""How much longer the lease of a submit is than the gateway's queue timeout."""

LOOK_UP_LONGEST = 5
"""So many times as long a run is looked for while the service answers no look-up at all."""

MOST = 1_000_000
A_DAY_S = 86_400.0


class SettingsError(StationError):
    """One or more settings cannot be used. The text names each variable and what is wrong."""

    code = "settings"

    def __init__(self, problems: Mapping[str, str]) -> None:
        lines = (f"  {name}: {problem}" for name, problem in sorted(problems.items()))
        super().__init__("\n".join(("These settings cannot be used:", *lines)))
        self.problems = dict(problems)

    @property
    def user_message(self) -> str:
        return str(self)


@attrs.frozen(kw_only=True)
class Config:
    """Everything that can be set."""

    data_dir: Path = Path("data")
    database_url: str = ""
    """Empty: SQLite in the data folder. `memory:` forgets everything at the end."""
    secret: str = attrs.field(default="", repr=False)
    """Empty: the data folder's own."""
    comfy: ComfySettings | None = None
    """None without a key: then the emulator takes the service's place."""
    telegram: TelegramAccess | None = None
    discord: DiscordAccess | None = None
    """A platform without a token is off."""
    admins: frozenset[str] = access.ADMINS
    """Who may do what operators do in chats: `telegram:7`, or `web` for whoever opens the page."""
    operators_chat: str = ""
    """Where operators are told what only they can put right: `telegram:-100123`."""
    listen: Listen = access.PUBLIC
    """Where the service's hooks arrive, which come from anywhere."""
    private_listen: Listen = access.PRIVATE
    """Where the page is."""
    public_url: str | None = None
    webhooks: bool = True
    log_level: str = ""
    """Empty: as loud as the command is by itself."""
    default_workflow: str = "text2img"
    machines: str = QUALITY
    """Of a workflow's machines that are alike otherwise the faster or the stronger one."""
    allowance: AllowancePolicy = attrs.field(factory=AllowancePolicy)
    prices: PriceList = attrs.field(factory=PriceList)
    places: Places = attrs.field(factory=Places)
    timing: Timing = attrs.field(factory=Timing)
    media: MediaLimits = attrs.field(factory=MediaLimits)

    @property
    def store(self) -> str:
        """Which kind of stores is used: `memory` or `sql`."""
        return "memory" if self.database_url == "memory:" else "sql"

    @classmethod
    def from_env(cls) -> Self:
        """
        Read the settings from the environment, and from `.env` in the working folder if present.

        Raises SettingsError, naming every mistake.
        """
        env = _environment()
        text, numbers = _texts(env), _numbers(env)
        webhooks = env.bool("STATIONTHIS_WEBHOOKS", True)
        data_dir = env.path("STATIONTHIS_DATA_DIR", Path("data"))
        # Until here nothing raised; what could not be read is None, and named in the problems.
        problems = _sealed(env)
        telegram, discord = access.telegram(text, problems), access.discord(text, problems)
        access.check_secret(text, problems)
        admins = access.admins(text, problems)
        operators_chat = access.operators_chat(text, problems)
        public = access.listen("STATIONTHIS_LISTEN", text, problems)
        public_url = access.public_url(text, problems)
        private = access.listen("STATIONTHIS_PRIVATE_LISTEN", text, problems)
        comfy = None if problems else _comfy(text, numbers, problems)
        if problems:
            raise SettingsError(problems)
        return cls(
            data_dir=data_dir,
            database_url=text["DATABASE_URL"],
            secret=text["STATIONTHIS_SECRET"],
            comfy=comfy,
            telegram=telegram,
            discord=discord,
            admins=admins,
            operators_chat=operators_chat,
            listen=public,
            private_listen=private,
            public_url=public_url,
            webhooks=webhooks,
            log_level=text["STATIONTHIS_LOG_LEVEL"],
            default_workflow=text["STATIONTHIS_DEFAULT_WORKFLOW"],
            machines=text["STATIONTHIS_MACHINES"],
            prices=PriceList(factor=numbers["STATIONTHIS_PRICE_FACTOR"]),
            allowance=AllowancePolicy(capacity=int(numbers["STATIONTHIS_ALLOWANCE"])),
            places=_places(numbers),
            timing=_timing(numbers),
        )


TEXTS = {
    **access.TEXTS,
    "DATABASE_URL": "",
    "STATIONTHIS_SECRET": "",
    "STATIONTHIS_DEFAULT_WORKFLOW": "text2img",
    "COMFY_DEPLOY_API_KEY": "",
    "COMFY_DEPLOY_BASE_URL": DEFAULT_BASE_URL,
    "COMFY_DEPLOY_OUTPUT_HOSTS": ",".join(DEFAULT_OUTPUT_HOSTS),
}
COUNTS = {
    "STATIONTHIS_ALLOWANCE": 370,
    "STATIONTHIS_PLACES_PER_PERSON": 2,
    "STATIONTHIS_PLACES": 10,
}
SECONDS = {
    "COMFY_DEPLOY_QUEUE_TIMEOUT_S": 60.0,
    "COMFY_DEPLOY_TIMEOUT_S": 15.0,
    "COMFY_DEPLOY_RETRY_FOR_S": 15.0,
    "COMFY_DEPLOY_CALLS_PER_S": 50.0,
    "STATIONTHIS_CATALOGUE_TTL": 300.0,
    "STATIONTHIS_LOOK_UP_S": 60.0,
}
MAY_BE_0 = frozenset({"COMFY_DEPLOY_CALLS_PER_S", "STATIONTHIS_CATALOGUE_TTL"})
"""0 sets no limit, and keeps no list of workflows."""


def _environment() -> Env:
    """Return the environment with what `.env` adds to it. Raises SettingsError."""
    env = Env(eager=False, expand_vars=False)
    try:
        env.read_env(".env", recurse=False)
    except UnicodeDecodeError as error:
        raise SettingsError({".env": "is not UTF-8 text"}) from error
    return env


def _texts(env: Env) -> dict[str, str]:
    read = {name: env.str(name, default) for name, default in TEXTS.items()}
    levels = validate.OneOf(LOG_LEVELS)
    return {
        **read,
        "COMFY_DEPLOY_DIALECT": env.str(
            "COMFY_DEPLOY_DIALECT", CURRENT, validate=validate.OneOf(DIALECTS)
        ),
        "STATIONTHIS_LOG_LEVEL": env.str("STATIONTHIS_LOG_LEVEL", "", validate=levels),
        "STATIONTHIS_MACHINES": env.str(
            "STATIONTHIS_MACHINES", QUALITY, validate=validate.OneOf((SPEED, QUALITY))
        ),
    }


def _numbers(env: Env) -> dict[str, float]:
    count = validate.Range(min=1, max=MOST)
    counts = {name: env.int(name, default, validate=count) for name, default in COUNTS.items()}
    times = {name: env.float(name, it, validate=_seconds(name)) for name, it in SECONDS.items()}
    factor = validate.Range(min=0, min_inclusive=False, max=MOST)
    return {
        **counts,
        **times,
        "STATIONTHIS_PRICE_FACTOR": env.float("STATIONTHIS_PRICE_FACTOR", 2.0, validate=factor),
    }


def _seconds(name: str) -> validate.Range:
    return validate.Range(min=0, min_inclusive=name in MAY_BE_0, max=A_DAY_S)


def _places(numbers: Mapping[str, float]) -> Places:
    return Places(
        per_account=int(numbers["STATIONTHIS_PLACES_PER_PERSON"]),
        in_all=int(numbers["STATIONTHIS_PLACES"]),
    )


def _timing(numbers: Mapping[str, float]) -> Timing:
    return Timing(
        submit_lease_s=numbers["COMFY_DEPLOY_QUEUE_TIMEOUT_S"] + LEASE_MARGIN_S,
        look_up_s=numbers["STATIONTHIS_LOOK_UP_S"],
        look_up_longest_s=LOOK_UP_LONGEST * numbers["STATIONTHIS_LOOK_UP_S"],
    )


def _sealed(env: Env) -> dict[str, str]:
    """Return what could not be read, by the variable's name."""
    try:
        env.seal()
    except EnvValidationError as error:
        told = error.error_messages
        named = told if isinstance(told, Mapping) else {"environment": told}
        return {name: " ".join(map(str, messages)) for name, messages in named.items()}
    return {}


def _comfy(
    text: Mapping[str, str], numbers: Mapping[str, float], problems: dict[str, str]
) -> ComfySettings | None:
    if not text["COMFY_DEPLOY_API_KEY"]:
        return None
    try:
        return ComfySettings(
            api_key=text["COMFY_DEPLOY_API_KEY"],
            base_url=text["COMFY_DEPLOY_BASE_URL"],
            queue_timeout_s=numbers["COMFY_DEPLOY_QUEUE_TIMEOUT_S"],
            timeout_s=numbers["COMFY_DEPLOY_TIMEOUT_S"],
            retry_for_s=numbers["COMFY_DEPLOY_RETRY_FOR_S"],
            catalogue_ttl_s=numbers["STATIONTHIS_CATALOGUE_TTL"],
            calls_per_s=numbers["COMFY_DEPLOY_CALLS_PER_S"],
            dialect=text["COMFY_DEPLOY_DIALECT"],
            output_hosts=text["COMFY_DEPLOY_OUTPUT_HOSTS"].split(","),
        )
    except ValueError as error:
        problem = str(error.args[0])
        about = "API_KEY" if "api_key" in problem else "BASE_URL"
        problems[f"COMFY_DEPLOY_{about}"] = problem
        return None
