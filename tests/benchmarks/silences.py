"""Ordering refusals of results, and measuring how exactly they are obeyed."""

from collections.abc import Sequence

from tests.journeys.fronts import Station
from tests.servers import discord_faults, telegram_faults

SILENCE_S = 1
TOO_MANY = 429
AS_A_RESULT = "editMessageMedia"


def order_refusal(world: Station, front: str) -> None:
    """Have the platform refuse one more result with 429 and a second's silence."""
    if front == "telegram":
        kind = telegram_faults.TooMany(SILENCE_S)
        world.telegram.faults.add(method=AS_A_RESULT, kind=kind)
    else:
        world.discord.faults.add(
            route="POST /channels/*/messages", kind=discord_faults.TooMany(float(SILENCE_S))
        )


def _tries(world: Station, front: str) -> list[tuple[object, float, int]]:
    """Return the tries to show results: where, when, and the status."""
    if front == "telegram":
        return [
            (call.chat_id, call.at, call.status)
            for call in world.telegram.calls
            if call.method == AS_A_RESULT
        ]
    return [
        (call.path, call.at, call.status)
        for call in world.discord.calls
        if call.method == "POST" and call.path.startswith("/channels/")
    ]


def lateness(world: Station, front: str) -> Sequence[float]:
    """Return for every refusal how much later than told the next try came."""
    refused_at: dict[object, float] = {}
    late_s = []
    for place, at, status in _tries(world, front):
        if place in refused_at:
            late_s.append(at - refused_at.pop(place) - SILENCE_S)
        if status == TOO_MANY:
            refused_at[place] = at
    return late_s


def refused(world: Station, front: str) -> int:
    """Return how often the platform said that we were too fast."""
    calls = world.telegram.calls if front == "telegram" else world.discord.calls
    return sum(call.status == TOO_MANY for call in calls)
