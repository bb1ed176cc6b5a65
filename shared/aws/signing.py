"""Requests signed as botocore signs them, in one pass over what is signed.

botocore looks through the headers twice, makes the whole request once more to hash its body, and
takes the address apart several times: a third of what a call takes. What is posted to the root of
a host as bytes, which is all that goes to any of our services but S3, has nothing to be looked for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from botocore.auth import AUTH_TYPE_MAPS, SIGNED_HEADERS_BLACKLIST, SIGV4_TIMESTAMP, SigV4Auth

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_ROOT: Final = re.compile(r"https://([a-z0-9.-]+)/")
_UNSIGNED: Final = frozenset(SIGNED_HEADERS_BLACKLIST)
_NAME: Final = "v4-in-one-pass"


class OnePass(SigV4Auth):
    """Signature Version 4; of any other request than such a one, botocore's own."""

    def __init__(self, credentials: Any, service_name: str, region_name: str) -> None:
        super().__init__(credentials, service_name, region_name)
        self._place = (region_name, service_name, "aws4_request")

    def add_auth(self, request: Any) -> None:
        root = _ROOT.fullmatch(request.url)
        body = request.data
        if root is None or request.method != "POST" or request.params or type(body) is not bytes:
            super().add_auth(request)
            return
        at = datetime.now(UTC).strftime(SIGV4_TIMESTAMP)
        request.context["timestamp"] = at
        self._modify_request_before_signing(request)  # type: ignore[attr-defined] # sets date and token
        said = [(name.lower(), value) for name, value in request.headers.items()]
        signed = {"host": root[1]} | {n: " ".join(v.split()) for n, v in said if n not in _UNSIGNED}
        names = sorted(signed)
        listed = ";".join(names)
        lines = [f"{name}:{signed[name]}" for name in names]
        hashed = sha256(body).hexdigest()
        canonical = "\n".join(["POST", "/", "", *lines, "", listed, hashed])
        where = (at[:8], *self._place)
        scope = "/".join(where)
        told = f"{_ALGORITHM}\n{at}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in (*where, told):
            key = hmac.digest(key, part.encode(), "sha256")
        who = f"{self.credentials.access_key}/{scope}"
        request.headers["Authorization"] = (
            f"{_ALGORITHM} Credential={who}, SignedHeaders={listed}, Signature={key.hex()}"
        )


def sign_in_one_pass(made: Any) -> None:
    """Let a client sign by `OnePass` what it would sign by Signature Version 4."""
    AUTH_TYPE_MAPS[_NAME] = OnePass
    made.meta.events.register_first("choose-signer", _chosen)


def _chosen(*, signature_version: str, context: Any, **_: object) -> str | None:
    """Where this makes no choice, for what is not signed in full, botocore's own follows."""
    return _NAME if signature_version == "v4" and not context.get("unsigned_payload") else None
