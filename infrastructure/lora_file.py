"""The operator's LoRA files, as `loras.toml` lists them."""

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from core.workflows.lora import MOST_WEIGHT, Lora
from core.workflows.ports import LoraLibrary
from infrastructure.word_lists import Stamp, stamp_of

KEYS = frozenset({"name", "triggers", "base_model", "weight", "url"})
LONGEST = 200
"""Characters of a name or a trigger."""

log = structlog.get_logger()


class LoraFile(LoraLibrary):
    """
    Reads one TOML file with a table `[[lora]]` for each.

    It is read anew when it was changed. A file that cannot be read has none, and an entry that
    cannot be read is left out; either is logged once. Nothing raises.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: Stamp | None = None
        self._loras: Sequence[Lora] = ()
        self._turn = asyncio.Lock()

    async def all(self) -> Sequence[Lora]:
        async with self._turn:
            stamp = await asyncio.to_thread(stamp_of, self._path)
            if stamp != self._stamp:
                self._loras = () if stamp is None else await asyncio.to_thread(_read, self._path)
                self._stamp = stamp
        return self._loras


def _read(path: Path) -> Sequence[Lora]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("lora", [])
    except (OSError, ValueError, RecursionError) as error:
        log.warning("loras.unreadable", file=path.name, error=str(error))
        return ()
    loras = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        try:
            loras.append(_lora_from(entry if isinstance(entry, Mapping) else {}))
        except ValueError as error:
            log.warning("loras.left_out", file=path.name, entry=number, error=str(error))
    return tuple(loras)


def _lora_from(entry: Mapping[str, object]) -> Lora:
    """Return one LoRA. Raises ValueError, which says what is wrong."""
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise ValueError(f"{unknown[0]} is none of {', '.join(sorted(KEYS))}")
    name, url = _text(entry, "name"), _text(entry, "url")
    if not name or any(each in name for each in "<>:\n"):
        raise ValueError("each [[lora]] needs a name, without < > and :")
    if url and not url.startswith(("https://", "http://")):
        raise ValueError("url must begin with https://")
    return Lora(
        name=name,
        triggers=_triggers(entry.get("triggers", [])),
        base_model=_text(entry, "base_model"),
        weight=_weight(entry.get("weight", 1.0)),
        url=url,
    )


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key, "")
    longest = LONGEST * 10 if key == "url" else LONGEST
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{key} must be a text of up to {longest} characters")
    return value.strip()


def _triggers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError('triggers must be a list of words: ["pixel art"]')
    if any(not each.strip() or len(each) > LONGEST for each in value):
        raise ValueError(f"a trigger has 1 to {LONGEST} characters")
    return tuple(each.strip() for each in value)


def _weight(value: object) -> float:
    is_switch = isinstance(value, bool)
    if isinstance(value, int | float) and not is_switch and abs(value) <= MOST_WEIGHT:
        return float(value)
    raise ValueError(f"weight must be a number from -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}")
