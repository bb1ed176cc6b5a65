"""The leanest half of the door: is this event SAP's, and which one is it. Standard library only.

SAP Event Mesh and its relatives sign nothing: a webhook subscription sends the credentials it was
given, so a delivery is SAP's when it carries one of the connection's webhook secrets, as a bearer
token, as the password of basic authentication, or in `x-shelfwire-secret`. Header names arrive in
lower case. The id is that of the CloudEvent, in binary (`ce-id`) or structured mode.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

SECRET_HEADER = "x-shelfwire-secret"  # noqa: S105 - the name of a header
ORIGIN = "webhook-request-origin"


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Compare in constant time with every secret; no secret means nobody may enter."""
    del body
    said = _credential(headers).encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(secret.encode(), said) for secret in secrets if secret]
    return bool(said) and any(matches)


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Name the delivery: the CloudEvent's id, which is the same whenever it is repeated."""
    named = headers.get("ce-id")
    if named:
        return named
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    found = event.get("id") if isinstance(event, dict) else None
    return found if isinstance(found, str) and found else hashlib.sha256(body).hexdigest()


def handshake(headers: Mapping[str, str]) -> dict[str, str] | None:
    """Answer the abuse protection of CloudEvents webhooks; None when nobody asked."""
    origin = headers.get(ORIGIN)
    return {"WebHook-Allowed-Origin": origin} if origin else None


def _credential(headers: Mapping[str, str]) -> str:
    if SECRET_HEADER in headers:
        return headers[SECRET_HEADER]
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]
