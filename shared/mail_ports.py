"""What flows ask of whoever mails customers."""

from dataclasses import field
from typing import Protocol

from shared.frozen import frozen


@frozen
class Mail:
    """Plain text to one address; none of it is shown where it is logged."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)


class Mailer(Protocol):
    def send(self, mail: Mail) -> None:
        """Mail it once; it is called once, and never tries again by itself.

        RetryableError and RejectedError prove that nothing was mailed, AccessError too;
        InDoubtError says that it may have been.
        """
        ...
