"""Errors named by what the caller does next."""

from datetime import timedelta


class SyncError(Exception):
    """Anything Shelfwire expects to go wrong; whatever else is raised is a bug."""


class RetryableError(SyncError):
    """Nothing happened, or nothing lasting: the same request may be sent again."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class ThrottledError(RetryableError):
    """The other side, or our own limiter, asks us to come back later. Never poison."""


class UnreachableError(RetryableError):
    """The other side cannot be reached at all. Never poison, however long it lasts."""


class InDoubtError(SyncError):
    """The request may have taken effect: ask the other system before sending it again."""


class RejectedError(SyncError):
    """The same request will always be refused.

    `field` and `value` say what is wrong and where; `remedy` says what a person can do.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "rejected",
        field: str | None = None,
        value: object = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.value = value
        self.remedy = remedy


class AccessError(SyncError):
    """Credentials or permissions are wrong: a person must act before anything flows again."""
