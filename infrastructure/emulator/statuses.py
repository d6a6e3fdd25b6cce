"""The statuses of a run, and the one that is shown for a run nobody heard of for a day."""

import datetime as dt

TERMINAL = frozenset({"success", "failed", "timeout", "cancelled"})
STATUSES = TERMINAL | {"not-started", "queued", "started", "running", "uploading"}
WAITING = frozenset({"not-started", "queued"})
FORGOTTEN_AFTER = dt.timedelta(hours=24)
"""After so long without a word an open run is shown as `timeout`; nothing stores that."""
