"""AWS errors by consequence."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import RejectedError, RetryableError

_PERMANENT = frozenset({"ValidationException", "AccessDeniedException", "ItemSizeExceeded"})


@contextmanager
def translated(what: str) -> Iterator[None]:
    """What AWS refuses for good is RejectedError; everything else may be tried again."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        message = f"{what}: {code}"
        if code in _PERMANENT:
            raise RejectedError(message, code=code) from error
        raise RetryableError(message) from error
    except BotoCoreError as error:
        raise RetryableError(f"{what}: {type(error).__name__}") from error
