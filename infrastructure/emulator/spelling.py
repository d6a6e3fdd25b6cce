"""How the service spells times and numbers: one way for each kind of answer."""

import datetime as dt
import struct


def now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def typed_time(moment: dt.datetime | None) -> str | None:
    """Spell as typed answers do: milliseconds, written with six digits."""
    if moment is None:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}000Z"


def short_time(moment: dt.datetime | None) -> str | None:
    """Spell as webhooks and run lists do: milliseconds, three digits."""
    if moment is None:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def sliced_time(moment: dt.datetime | None) -> str | None:
    """
    Spell as the times of runs are: the long form with its last three signs cut off.

    A moment on the full second has no fraction to cut, and loses its seconds instead.
    """
    return None if moment is None else moment.replace(tzinfo=None).isoformat()[:-3] + "Z"


def zoneless_time(moment: dt.datetime | None) -> str | None:
    """Spell as the runs of a deployment do: microseconds and no zone."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}"


def seconds_between(start: dt.datetime | None, end: dt.datetime | None) -> float | None:
    """Return the seconds from start to end, or None while one of them is missing."""
    if start is None or end is None:
        return None
    return (end - start).total_seconds()


def as_text(seconds: float | None) -> str | None:
    """Spell a duration as the run lists do, which is as text."""
    return None if seconds is None else f"{seconds:.6f}".rstrip("0").rstrip(".")


def single_precision(value: float) -> float:
    """Return the number as it comes back from a 32-bit column, with its noise."""
    return float(struct.unpack("f", struct.pack("f", value))[0])
