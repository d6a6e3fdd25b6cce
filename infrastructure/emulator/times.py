"""How the workspace's routes spell times; each route of the service has a way of its own."""

import datetime as dt


def spaced_time(moment: dt.datetime) -> str:
    """Spell as `GET /workflow/{id}` and `GET /workflows` do: a space, no zone."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def offset_time(moment: dt.datetime) -> str:
    """Spell as a clone is answered: microseconds and `+00:00`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}+00:00"


def micro_time(moment: dt.datetime) -> str:
    """Spell as a changed workflow's `updated_at`: microseconds and a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def clipped_time(moment: dt.datetime) -> str:
    """
    Spell as a new version is answered, which no standard knows: `...33.197248+00Z`.

    The service cuts three characters off, whatever they are, and puts a Z in their place.
    """
    return moment.isoformat()[:-3] + "Z"
