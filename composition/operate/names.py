"""What an operator is told whose name of a workflow fits none."""

import difflib
from collections.abc import Iterable

from core.workflows.service import NEAREST
from core.workflows.snapshot import NEAR, normal_name


def nearest(asked: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that no workflow has, with those that come closest."""
    near = difflib.get_close_matches(normal_name(asked), list(known), n=NEAREST, cutoff=NEAR)
    meant = f" (did you mean {' or '.join(near)}?)" if near else ""
    return f"There is no workflow called {asked}{meant}: `./stationthis workflows list` shows all."
