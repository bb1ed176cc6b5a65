"""The leanest half of the door: is this delivery Shopify's, and which one is it.

Only the standard library is imported here. Header names arrive in lower case. Shopify signs the raw
body with the app's client secret (`X-Shopify-Hmac-Sha256`, base64 of HMAC-SHA256) and, for up to an
hour after a rotation, with the older secret: any of `secrets` may match. Headers are not signed.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

SIGNATURE = "x-shopify-hmac-sha256"
TOPIC = "x-shopify-topic"
WEBHOOK_ID = "x-shopify-webhook-id"
SHOP_DOMAIN = "x-shopify-shop-domain"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Compare the signature of the raw body in constant time; no secret means nobody may enter."""
    said = headers.get(SIGNATURE, "").encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(_signature(body, secret), said) for secret in secrets if secret]
    return any(matches)


def sign(body: bytes, secret: str) -> str:
    """The signature Shopify would send with this body."""
    return _signature(body, secret).decode()


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Name the delivery: stable over Shopify's retries, different for every topic."""
    name = headers.get(WEBHOOK_ID) or hashlib.sha256(body).hexdigest()
    return f"{headers.get(TOPIC, 'unknown')}:{name}"


def shop_domain_matches(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether the delivery names the shop of this connection; one without a name does not.

    A loopback address is a simulated shop, whose name the address does not tell.
    """
    said = headers.get(SHOP_DOMAIN, "").strip().lower()
    host = (urlsplit(base_url).hostname or "").lower()
    return bool(said) and (said == host or host in LOOPBACK)


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
