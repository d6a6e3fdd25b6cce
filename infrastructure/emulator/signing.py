"""Addresses of private files: signed as the service's bucket signs them, good for one hour."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

VALID_FOR = dt.timedelta(hours=1)
_ALGORITHM = "AWS4-HMAC-SHA256"
_STAMP = "%Y%m%dT%H%M%SZ"
# The emulator's files open to anybody who asks it; the signature is only for the shape.
_KEY = b"emulator"


def signed(url: str, moment: dt.datetime) -> str:
    """Return the address as it is handed out at this moment."""
    stamp = moment.strftime(_STAMP)
    query = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"emulator/{moment:%Y%m%d}/us-east-2/s3/aws4_request",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(int(VALID_FOR.total_seconds())),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": _signature(urlsplit(url).path, stamp),
    }
    return f"{url}?{urlencode(query)}"


def opens(path: str, query: Mapping[str, str], moment: dt.datetime) -> bool:
    """Tell whether a query with a signature opens the file at this path at this moment."""
    stamp, given = query.get("X-Amz-Date", ""), query.get("X-Amz-Signature", "")
    try:
        born = dt.datetime.strptime(stamp, _STAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    is_genuine = hmac.compare_digest(_signature(path, stamp).encode(), given.encode())
    return is_genuine and moment <= born + VALID_FOR


def _signature(path: str, stamp: str) -> str:
    return hmac.new(_KEY, f"{path}\n{stamp}".encode(), hashlib.sha256).hexdigest()
