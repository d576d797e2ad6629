"""The operator token: made by the deployment, used once, for the first admin."""

import hmac
from dataclasses import dataclass

from nightdesk.adapters.secrets.store import SecretText


@dataclass(frozen=True, slots=True)
class StoredOperatorToken:
    """The port OperatorToken."""

    secret: SecretText

    def matches(self, token: str) -> bool:
        """Whether this is it, compared in constant time."""
        return hmac.compare_digest(token.encode(), self.secret.read().encode())
