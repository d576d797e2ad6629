"""Secrets Manager: one named secret as text, read when it is first needed."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 3
MIN_LENGTH = 32

_BUSY = frozenset({"InternalServiceError", "ServiceUnavailable", "ThrottlingException"})


class SecretText(Protocol):
    """One secret."""

    def read(self) -> str:
        """Return its text. Raises Misconfigured, StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret by name or ARN, read anew each time: who may keep it, keeps it."""

    name: str

    def read(self) -> str:
        """Return the present version."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        try:
            answer = _client().get_secret_value(SecretId=self.name)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _BUSY:
                raise StoreUnavailable(f"secret {self.name}: {code}") from error
            raise Misconfigured(f"secret {self.name}: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"secret {self.name} was not answered") from error
        return str(answer.get("SecretString", ""))

    def write(self, text: str) -> None:
        """Store the next version. Of all functions `rotate_keys` alone may, of one secret."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            _client().put_secret_value(SecretId=self.name, SecretString=text)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"secret {self.name} was not written") from error


@dataclass(slots=True)
class KeptSecret:
    """A secret that never rotates, kept for the life of the process once it was read."""

    source: SecretText
    _text: str | None = field(default=None, repr=False)

    def read(self) -> str:
        """Return its text. Raises Misconfigured if it is shorter than 32 characters."""
        if self._text is None:
            text = self.source.read().strip()
            if len(text) < MIN_LENGTH:
                raise Misconfigured(f"{self.source} has fewer than {MIN_LENGTH} characters")
            self._text = text
        return self._text


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("secretsmanager", config=limits)


def disconnect() -> None:
    """Drop the client; the next read makes one from the environment as it is then."""
    _client.cache_clear()
