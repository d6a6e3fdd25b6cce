"""How a wallet's allowance comes back: in even steps, up to its capacity. Pure."""

from datetime import datetime, timedelta

import attrs
from attrs.validators import ge, gt


@attrs.frozen(kw_only=True)
class AllowancePolicy:
    """How much, and how fast: by default 370 points, refilled in 18 steps of 15 minutes."""

    capacity: int = attrs.field(default=370, validator=ge(0))
    steps: int = attrs.field(default=18, validator=gt(0))
    step_s: float = attrs.field(default=900.0, validator=ge(0.001))

    @property
    def step_length(self) -> timedelta:
        """How long a step is: in whole microseconds, so that steps are counted exactly."""
        return timedelta(seconds=self.step_s)

    def step_amount(self, step: int) -> int:
        """Return the points of step 1, 2, 3 ...; any `steps` in a row bring the capacity."""
        k = (step - 1) % self.steps + 1
        return self.capacity * k // self.steps - self.capacity * (k - 1) // self.steps


@attrs.frozen(kw_only=True)
class AllowanceLevel:
    """Where one allowance stands: points available and held, the last step, and when it was."""

    available: int
    held: int
    step: int
    stepped_at: datetime


def refilled(level: AllowanceLevel, policy: AllowancePolicy, *, now: datetime) -> AllowanceLevel:
    """
    Return the level after every step that is due at `now`.

    Available and held together never exceed the capacity by a refill. A clock that stepped back
    refills nothing.
    """
    due = (now - level.stepped_at) // policy.step_length
    if due <= 0:
        return level
    available, step = level.available, level.step
    # After a whole round everything is full: more rounds change nothing but the step's number.
    for _ in range(min(due, policy.steps)):
        step = step % policy.steps + 1
        room = max(0, policy.capacity - available - level.held)
        available += min(policy.step_amount(step), room)
    return attrs.evolve(
        level,
        available=available,
        step=step,
        stepped_at=level.stepped_at + due * policy.step_length,
    )


def next_refill_at(level: AllowanceLevel, policy: AllowancePolicy) -> datetime | None:
    """Return when the next step comes, or None while nothing is missing."""
    if level.available + level.held >= policy.capacity:
        return None
    return level.stepped_at + policy.step_length


def full_at(level: AllowanceLevel, policy: AllowancePolicy) -> datetime | None:
    """Return when the last step that is missing comes, or None while nothing is missing."""
    missing = policy.capacity - level.available - level.held
    step = level.step
    while missing > 0:  # every round of steps brings the capacity
        step += 1
        missing -= policy.step_amount(step)
    if step == level.step:
        return None
    return level.stepped_at + (step - level.step) * policy.step_length


def seconds_until(
    level: AllowanceLevel, policy: AllowancePolicy, *, needed: int, now: datetime
) -> float | None:
    """Return in how many seconds the allowance offers `needed` points, None for never."""
    if needed > policy.capacity - level.held:
        return None
    at, at_level = now, refilled(level, policy, now=now)
    while at_level.available < needed:  # every round of steps brings the capacity
        at = at_level.stepped_at + policy.step_length
        at_level = refilled(level, policy, now=at)
    return max(0.0, (at - now).total_seconds())
