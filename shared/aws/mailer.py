"""Mails through SES, API v2: one call a mail, and never a second one for the same."""

from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from shared.aws.faults import COME_BACK
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    SyncError,
    ThrottledError,
    UnreachableError,
)
from shared.mail_ports import Mail, Mailer

UTF8 = "UTF-8"
FAILED = 500
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
_BUSY = frozenset({"LimitExceededException", "ThrottlingException", "TooManyRequestsException"})
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    }
)
_REMEDIES = {
    "AccountSuspendedException": "ask AWS why sending is suspended, and have it allowed again",
    "BadRequestException": "correct the customer's address in the channel",
    "MailFromDomainNotVerifiedException": "verify the MAIL FROM domain of the identity in SES",
    "MessageRejected": "verify the sender in SES; out of SES's sandbox, ask for production access",
    "NotFoundException": "create the configuration set in SES, or take it out of `notices`",
    "SendingPausedException": "resume sending of the account or configuration set in SES",
}


class Ses(Protocol):
    """What is called of boto3's client `sesv2`."""

    def send_email(self, **request: Any) -> Mapping[str, Any]: ...


class SesMailer(Mailer):
    """The client must not try again by itself: a lost answer may be that of a mail that is out."""

    def __init__(self, client: Ses, *, sender: str, configuration_set: str | None = None) -> None:
        self._client = client
        self._sender = sender
        self._set = configuration_set

    def send(self, mail: Mail) -> None:
        try:
            self._client.send_email(**self._request(mail))
        except ClientError as error:
            raise _error(error) from None  # SES's own words quote the address
        except (ConnectTimeoutError, EndpointConnectionError):
            raise UnreachableError("SendEmail: SES cannot be reached") from None
        except BotoCoreError as error:
            raise InDoubtError(f"SendEmail: {type(error).__name__}") from None

    def _request(self, mail: Mail) -> dict[str, object]:
        request: dict[str, object] = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": UTF8},
                    "Body": {"Text": {"Data": mail.body, "Charset": UTF8}},
                }
            },
        }
        if self._set is not None:
            request["ConfigurationSetName"] = self._set
        return request


def _error(error: ClientError) -> SyncError:
    """By consequence; a refusal of the 4xx kind proves that nothing was mailed."""
    code = error.response["Error"]["Code"]
    message = f"SendEmail: {code}"
    if code in _BUSY:
        return ThrottledError(message, after=COME_BACK)
    if code in _DENIED:
        return AccessError(message)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", FAILED)
    if status >= FAILED:
        return InDoubtError(message)
    return RejectedError(
        message, code=code, field="notices", value=code, remedy=_REMEDIES.get(code)
    )
