"""Mails through SES: one call each, and an error says whether the mail may be out."""

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from shared.aws import clients
from shared.aws.mailer import SesMailer
from shared.errors import (
    AccessError,
    InDoubtError,
    RejectedError,
    SyncError,
    ThrottledError,
    UnreachableError,
)
from shared.mail_ports import Mail
from tests.aws.scripted import lose_first_answer, script

SENDER = "shop@northwind.example"
MAIL = Mail("jo@example.com", "Your order #77", "It has left: Zoë.")


@pytest.fixture
def ses(aws: None) -> Any:
    del aws
    return clients.client("sesv2")


def sent() -> list[Any]:
    from moto.ses.models import ses_backends  # noqa: PLC0415

    account = ses_backends["123456789012"]
    return [m for region in account.values() for m in region.sent_messages]


def verified(ses: Any) -> SesMailer:
    ses.create_email_identity(EmailIdentity="northwind.example")
    return SesMailer(ses, sender=SENDER)


def test_a_mail_goes_out_once(ses: Any) -> None:
    verified(ses).send(MAIL)
    (mail,) = sent()
    assert mail.destinations["ToAddresses"] == ["jo@example.com"]
    assert (mail.source, mail.subject, mail.body) == (SENDER, MAIL.subject, MAIL.body)


def test_a_lost_answer_is_in_doubt_and_not_asked_for_again(ses: Any) -> None:
    mailer = verified(ses)
    lose_first_answer(ses, "sesv2.SendEmail")
    with pytest.raises(InDoubtError):
        mailer.send(MAIL)
    assert len(sent()) <= 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("TooManyRequestsException", ThrottledError),
        ("LimitExceededException", ThrottledError),
        ("AccessDeniedException", AccessError),
        ("MessageRejected", RejectedError),
        ("MailFromDomainNotVerifiedException", RejectedError),
        (ConnectTimeoutError(endpoint_url="ses"), UnreachableError),
        (ReadTimeoutError(endpoint_url="ses"), InDoubtError),
    ],
)
def test_an_error_says_what_is_to_be_done_and_names_nobody(
    ses: Any, answer: str | Exception, error: type[SyncError]
) -> None:
    script(ses, "sesv2.SendEmail", answer)
    with pytest.raises(error) as caught:
        SesMailer(ses, sender=SENDER).send(MAIL)
    assert "jo@" not in str(caught.value)


def test_a_refusal_names_its_remedy(ses: Any) -> None:
    script(ses, "sesv2.SendEmail", "MessageRejected")
    with pytest.raises(RejectedError) as caught:
        SesMailer(ses, sender=SENDER).send(MAIL)
    assert "verify the sender in SES" in str(caught.value.remedy)


def test_the_configuration_set_is_named_where_there_is_one() -> None:
    class Kept:
        said: dict[str, Any] = {}

        def send_email(self, **request: Any) -> dict[str, Any]:
            self.said = request
            return {}

    kept = Kept()
    SesMailer(kept, sender=SENDER, configuration_set="orders").send(MAIL)
    assert kept.said["ConfigurationSetName"] == "orders"
    SesMailer(kept, sender=SENDER).send(MAIL)
    assert "ConfigurationSetName" not in kept.said
