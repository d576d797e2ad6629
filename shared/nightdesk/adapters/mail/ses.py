"""Letters through Amazon SES, from one address of the desk."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from nightdesk.accounts.records import Letter
from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 4

NOBODY = "success@simulator.amazonses.com"
"""SES's own mailbox that takes everything: a letter to nobody takes as long as any other."""

_BUSY = frozenset({"TooManyRequestsException", "LimitExceededException", "InternalFailure"})


@dataclass(frozen=True, slots=True)
class SesMailer:
    """The port Mailer. `sender` is an address of an identity that SES has verified."""

    sender: str

    @property
    def configured(self) -> bool:
        """It is."""
        return True

    def send(self, letter: Letter, to: str | None) -> None:
        """Send one plain letter to one address."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        recipient = NOBODY if to is None else deliverable(to)
        try:
            _client().send_email(
                FromEmailAddress=self.sender,
                Destination={"ToAddresses": [recipient]},
                Content={
                    "Simple": {
                        "Subject": {"Data": letter.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": letter.text, "Charset": "UTF-8"}},
                    }
                },
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _BUSY:
                raise StoreUnavailable(f"SES: {code}") from error
            raise Misconfigured(f"SES: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable("SES was not answered") from error


class NoMail:
    """The port Mailer on a desk that sends none."""

    @property
    def configured(self) -> bool:
        """It is not."""
        return False

    def send(self, letter: Letter, to: str | None) -> None:
        """Do nothing."""


def deliverable(address: str) -> str:
    """Return the address. Raises Misconfigured for one that a header could be made of.

    Stored addresses hold no blank and no control character; this is the last door before SES,
    which builds the headers itself from the fields that it is given.
    """
    if not address.isascii() or not address.isprintable() or set(address) & set(' ,;<>"'):
        raise Misconfigured("this address cannot be written to")
    return address


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("sesv2", config=limits)


def disconnect() -> None:
    """Drop the client; the next letter makes one from the environment as it is then."""
    _client.cache_clear()
