"""How long things may take, and when a job is looked at again. Pure; every number in seconds."""

from datetime import datetime, timedelta

import attrs
from attrs.validators import gt

OLD_RUN = 240
"""Without hooks a run is asked for at least so many times by the time it is as old as it is."""


@attrs.frozen(kw_only=True)
class Timing:
    """The waits and limits of a job's life, in seconds."""

    submit_lease_s: float = attrs.field(default=75.0, validator=gt(0))
    """At least the gateway's queue timeout (60 s) and a margin: no living submit is taken over."""
    work_lease_s: float = attrs.field(default=60.0, validator=gt(0))
    """How long collecting, settling or delivering may take before somebody else goes on."""
    look_up_s: float = attrs.field(default=60.0, validator=gt(0))
    """How long the run of a submit without an answer is looked for, from the first look-up on that
    the service answered."""
    look_up_longest_s: float = attrs.field(default=300.0, validator=gt(0))
    """How long after the submit it is given up, though no look-up may ever have been answered."""
    first_poll_s: float = attrs.field(default=0.5, validator=gt(0))
    hooked_poll_s: float = attrs.field(default=2.0, validator=gt(0))
    """The first poll where the service also calls us: asking is the truth, the hook is a hint."""
    unhooked_poll_s: float = attrs.field(default=1.25, validator=gt(0))
    """The usual poll where it does not call us: an end is seen within two seconds (five minutes on,
    later and later)."""
    longest_poll_s: float = attrs.field(default=10.0, validator=gt(0))
    run_deadline_s: float = attrs.field(default=1200.0, validator=gt(0))
    reread_s: float = attrs.field(default=3.0, validator=gt(0))
    """How long after a success without outputs it is read once more."""
    waiting_check_s: float = attrs.field(default=5.0, validator=gt(0))
    """A waiting job looks for a place this often, should nobody have told it."""


def poll_after(timing: Timing, *, submitted_at: datetime, now: datetime, hooked: bool) -> datetime:
    """Return when to ask for a run again: soon at first, then after a part of its age."""
    age_s = (now - submitted_at).total_seconds()
    if hooked:
        wait_s = max(timing.hooked_poll_s, age_s / 4)
    else:
        usual_s = min(timing.unhooked_poll_s, age_s / 4)
        wait_s = max(timing.first_poll_s, usual_s, age_s / OLD_RUN)
    return now + timedelta(seconds=min(timing.longest_poll_s, wait_s))


def back_off(attempts: int, *, first_s: float = 1.0, longest_s: float = 60.0) -> timedelta:
    """Return the wait before the next try, after so many failed ones: 1, 2, 4 ... seconds."""
    return timedelta(seconds=min(longest_s, first_s * 2 ** max(0, min(attempts, 20) - 1)))
