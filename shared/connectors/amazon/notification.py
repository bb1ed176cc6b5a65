"""The leanest half of what Amazon delivers: which notification this is.

Amazon signs nothing and calls no hook. It delivers to a queue of ours whose policy lets its AWS
account in, and nobody else: who could put a message there was let in already. Only the standard
library is imported here.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final

_ID: Final = re.compile(r"[\w.:-]{1,128}", re.ASCII)


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """Amazon's notification id, the same whenever it is repeated; a digest where it is none."""
    del headers
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    metadata = member(told, "notificationMetadata") if isinstance(told, Mapping) else None
    found = member(metadata, "notificationId") if isinstance(metadata, Mapping) else None
    if isinstance(found, str) and _ID.fullmatch(found):
        return found
    return hashlib.sha256(body).hexdigest()


def member(told: Mapping[str, object], name: str) -> object:
    """A member whatever its casing, which differs from one notification type to the next."""
    wanted = name.lower()
    return next((value for key, value in told.items() if key.lower() == wanted), None)
