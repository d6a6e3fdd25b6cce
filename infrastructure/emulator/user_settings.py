"""The settings of the account; the service shows fewer of them until they are changed."""

import datetime as dt
import uuid
from collections.abc import Mapping

import attrs

from infrastructure.emulator.spelling import short_time
from infrastructure.emulator.versions import USER_ID

_UNSET: dict[str, object] = {
    "user_id": USER_ID,
    "org_id": None,
    "api_version": "v2",
    "spend_limit": 500,
}
_ALL: dict[str, object] = {
    "assumed_role_arn": None,
    "spend_limit": 500.0,
    "enable_custom_output_bucket": False,
    "s3_region": None,
    "max_spend_limit": 1000.0,
    "output_visibility": "public",
    "use_cloudfront": False,
    "hugging_face_token": None,
    "custom_output_bucket": False,
    "cloudfront_domain": None,
    "workflow_limit": None,
    "s3_access_key_id": None,
    "machine_limit": None,
    "org_id": None,
    "s3_secret_access_key": None,
    "always_on_machine_limit": None,
    "user_id": USER_ID,
    "encrypted_s3_key": None,
    "api_version": "v2",
    "credit": 0.0,
    "s3_bucket_name": None,
    "max_gpu": 0,
}
# The answer to the very first change leaves out what has no value yet.
_ALWAYS_SHOWN = frozenset(name for name, value in _ALL.items() if value is not None) | {"org_id"}


@attrs.define
class UserSettings:
    """What the account is set to."""

    _row: dict[str, object] | None = None

    def shown(self) -> dict[str, object]:
        """Return the settings as they are."""
        return dict(_UNSET if self._row is None else self._row)

    def change(self, changes: Mapping[str, object], moment: dt.datetime) -> dict[str, object]:
        """Change some, and return the settings as the service answers then."""
        is_first = self._row is None
        if self._row is None:
            self._row = _ALL | {"id": str(uuid.uuid4()), "created_at": short_time(moment)}
        self._row |= {name: value for name, value in changes.items() if value is not None}
        self._row["updated_at"] = short_time(moment)
        if not is_first:
            # The database has just renewed it, and the service does not ask for it again.
            return {name: value for name, value in self._row.items() if name != "updated_at"}
        said = _ALWAYS_SHOWN | {"id", "created_at", "updated_at"} | set(changes)
        return {name: value for name, value in self._row.items() if name in said}
