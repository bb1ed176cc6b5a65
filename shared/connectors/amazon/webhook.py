"""The leanest half of the door: is this notification Amazon's, and which one is it.

Amazon signs nothing: it delivers to a queue or an event bus that only it may write to. What
forwards from there, such as an API destination of EventBridge, sends one of the connection's
webhook secrets in `x-shelfwire-secret` or as a bearer token. Only the standard library is imported
here; header names arrive in lower case.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

SECRET_HEADER = "x-shelfwire-secret"  # noqa: S105 - the name of a header


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Compare in constant time with every secret; no secret means nobody may enter."""
    del body
    said = _credential(headers).encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(secret.encode(), said) for secret in secrets if secret]
    return bool(said) and any(matches)


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Name the delivery: Amazon's notification id, which is the same whenever it is repeated."""
    del headers
    try:
        told = notification(json.loads(body))
    except ValueError:
        told = {}
    metadata = member(told, "notificationMetadata")
    found = member(metadata, "notificationId") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, str) and found else hashlib.sha256(body).hexdigest()


def notification(parsed: object) -> Mapping[str, object]:
    """The notification itself, with or without the envelope of EventBridge around it."""
    if not isinstance(parsed, Mapping):
        return {}
    detail = parsed.get("detail")
    return detail if isinstance(detail, Mapping) else parsed


def member(told: Mapping[str, object], name: str) -> object:
    """A member whatever its casing, which differs from one notification type to the next."""
    wanted = name.lower()
    return next((value for key, value in told.items() if key.lower() == wanted), None)


def _credential(headers: Mapping[str, str]) -> str:
    if SECRET_HEADER in headers:
        return headers[SECRET_HEADER]
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""
