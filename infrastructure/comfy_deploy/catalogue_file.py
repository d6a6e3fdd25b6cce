"""
The workspace on disk, for a start at which the service does not answer.

The file is a copy that can be lost at any time: whatever is wrong with it, there is none.
"""

import contextlib
import hashlib
import os
from datetime import datetime
from pathlib import Path

import attrs
import structlog
from cattrs.preconf.orjson import make_converter

from infrastructure.comfy_deploy.settings import ComfySettings
from infrastructure.comfy_deploy.workspace import Workspace

FORM = 1
"""Goes up with every change of what is written: a file of another form is not read."""

LARGEST_BYTES = 256 * 1024 * 1024
"""Of 1,000 workflows it has some 10 MB: what is much larger is not ours, and is not read."""

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@attrs.frozen(kw_only=True)
class _Kept:
    """What the file holds."""

    form: int
    whose: str
    """Of which service and key it is, as a hash: another key may see another workspace."""
    workspace: Workspace


_converter = make_converter(detailed_validation=False)
# What the service sent (`input_types`) is JSON already, and is kept as it came.
_converter.register_structure_hook_func(lambda kind: kind is object, lambda value, _: value)


def _moment(value: str, _: object) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        # Whoever compares it with another would raise.
        msg = f"a moment without a zone: {value}"
        raise ValueError(msg)
    return found


_converter.register_structure_hook(datetime, _moment)


class CatalogueFile:
    """
    Keeps a workspace in one file, readable for nobody else. No method raises.

    Both methods take a few ms for 100 workflows, and wait for the disk: call them in a thread.
    """

    def __init__(self, place: Path, settings: ComfySettings) -> None:
        self._place = place
        secret = f"{settings.base_url}\n{settings.api_key}"
        self._whose = hashlib.sha256(secret.encode()).hexdigest()

    def read(self) -> Workspace | None:
        """Return what was kept; None for no file, and for one that is damaged or not ours."""
        try:
            kept = _converter.loads(self._content(), _Kept)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            _log.warning("catalogue.file_unreadable", place=str(self._place))
            return None
        if (kept.form, kept.whose) != (FORM, self._whose):
            return None
        return kept.workspace

    def write(self, workspace: Workspace) -> None:
        """Keep a workspace: the whole of it, or the file stays as it was."""
        kept = _Kept(form=FORM, whose=self._whose, workspace=workspace)
        # Always the same: what a program leaves that is killed here, the next one writes over.
        # Only the one worker of a folder writes, one change after the other.
        draft = self._place.with_name(f".{self._place.name}.new")
        try:
            try:
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_converter.dumps(kept))
                draft.replace(self._place)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    draft.unlink()
        except (OSError, ValueError, TypeError, RecursionError) as error:
            _log.warning("catalogue.file_unwritable", place=str(self._place), problem=str(error))

    def _content(self) -> bytes:
        if self._place.stat().st_size > LARGEST_BYTES:
            msg = "the file is too large"
            raise ValueError(msg)
        return self._place.read_bytes()
