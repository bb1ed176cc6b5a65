"""AWS errors by consequence.

Codes are those of the services' own error lists. Inside a batch or a transaction DynamoDB spells
them without `Exception`, so both spellings are here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import AccessError, RejectedError, RetryableError, SyncError, ThrottledError

COME_BACK = timedelta(seconds=5)
_THROTTLED = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "NotAuthorizedForDetailTypeException",
        "NotAuthorizedForSourceException",
        "UnrecognizedClientException",
    }
)
_REFUSED = frozenset(
    {
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "AWS.SimpleQueueService.NonExistentQueue",
        "InvalidArgument",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "InvalidRange",
        "ItemCollectionSizeLimitExceeded",
        "ItemCollectionSizeLimitExceededException",
        "ItemSizeExceeded",
        "MalformedDetail",
        "NoSuchBucket",
        "NoSuchKey",
        "PreconditionFailed",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ValidationError",
        "ValidationException",
    }
)


def is_final(code: str) -> bool:
    """Whether sending the same again is pointless."""
    return code in _DENIED or code in _REFUSED


def error_of(code: str, what: str) -> SyncError:
    """What to raise for an AWS error code; an unknown one may be tried again."""
    message = f"{what}: {code}"
    if code in _DENIED:
        return AccessError(message)
    if code in _REFUSED:
        return RejectedError(message, code=code)
    if code in _THROTTLED:
        return ThrottledError(message, after=COME_BACK)
    return RetryableError(message)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise what AWS answered as SyncError; never quotes AWS's own message, which may hold data."""
    try:
        yield
    except ClientError as error:
        raise error_of(error.response["Error"]["Code"], what) from error
    except BotoCoreError as error:
        raise RetryableError(f"{what}: {type(error).__name__}") from error
