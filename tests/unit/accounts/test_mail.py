"""Letters through SES (moto)."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto.ses.models import ses_backends

from nightdesk.accounts.letters import confirm_address, has_account, sent
from nightdesk.accounts.mailed import MailedToken, Purpose
from nightdesk.accounts.records import Letter
from nightdesk.adapters.mail import ses
from nightdesk.adapters.mail.ses import NOBODY, NoMail, SesMailer
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from tests.aws import aws

SENDER = "desk@nightdesk.example"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what SES was given, in this process alone."""
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with aws():
        ses.disconnect()
        boto3.client("sesv2").create_email_identity(EmailIdentity="nightdesk.example")
        yield ses_backends["123456789012"]["eu-west-1"]
    ses.disconnect()


def test_a_letter_reaches_one_address_as_plain_text(box: Any) -> None:
    token = MailedToken.new(Purpose.ADDRESS, "0" * 16)
    SesMailer(SENDER).send(confirm_address(token), "alice@example.com")
    (message,) = box.sent_messages
    assert message.source == SENDER
    assert message.destinations["ToAddresses"] == ["alice@example.com"]
    assert message.subject == "Nightdesk: confirm your address"
    assert str(token) in message.body


def test_a_letter_to_nobody_goes_to_the_simulator_of_ses(box: Any) -> None:
    SesMailer(SENDER).send(has_account(), None)
    assert [each.destinations["ToAddresses"] for each in box.sent_messages] == [[NOBODY]]


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "a@example.com;b@example.com",
        "<a@example.com>",
        '"a b"@example.com',
        "ä@example.com",
        "a@example.com\x00",
    ],
)
def test_an_address_that_could_be_a_header_is_not_written_to(box: Any, address: str) -> None:
    with pytest.raises(Misconfigured):
        SesMailer(SENDER).send(has_account(), address)
    assert not box.sent_messages


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@example.com", "ä", "a\x00"])
def test_a_subject_is_one_plain_line(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        Letter(subject, "text")


@pytest.mark.usefixtures("box")
def test_a_sender_that_nobody_verified_is_a_setup_fault_that_breaks_no_request() -> None:
    mailer = SesMailer("desk@elsewhere.example")
    with pytest.raises(Misconfigured, match="SES"):
        mailer.send(has_account(), "alice@example.com")
    sent(mailer, has_account(), "alice@example.com")


def test_busy_or_silent_ses_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError, EndpointConnectionError

    class Down:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def send_email(self, **_: object) -> None:
            raise self.error

    busy = ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail")
    for error in (busy, EndpointConnectionError(endpoint_url="https://x")):
        monkeypatch.setattr(ses, "_client", lambda error=error: Down(error))
        with pytest.raises(StoreUnavailable):
            SesMailer(SENDER).send(has_account(), "alice@example.com")


def test_a_desk_without_mail_sends_none() -> None:
    mailer = NoMail()
    assert not mailer.configured
    mailer.send(has_account(), "alice@example.com")
    assert SesMailer(SENDER).configured
