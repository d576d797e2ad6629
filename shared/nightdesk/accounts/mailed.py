"""Tokens that travel by mail: whoever has one reads the mailbox that it was sent to."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from nightdesk.accounts.ports import Digests
from nightdesk.core.errors import Refused


class Purpose(StrEnum):
    """What a mailed token is good for; also the kind of its lookup."""

    RESET = "reset"
    ADDRESS = "address"


LIFE = {Purpose.RESET: timedelta(minutes=30), Purpose.ADDRESS: timedelta(hours=24)}
PREFIX = {Purpose.RESET: "ndp", Purpose.ADDRESS: "ndv"}
TEXT = re.compile(r"(ndp|ndv)_([0-9a-f]{1,16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class MailedToken:
    """``ndp_<epoch>_<43 chars>`` or ``ndv_<digest of the address>_<43 chars>``: 32 random bytes.

    The mark between tells what the token was made for, so that its lookup holds an owner alone:
    a reset is void once the password has changed, a confirmation once another address waits.
    """

    purpose: Purpose
    mark: str
    secret: str

    @classmethod
    def new(cls, purpose: Purpose, mark: str) -> Self:
        """Return a fresh one."""
        return cls(purpose, mark, secrets.token_urlsafe(32))

    @classmethod
    def read(cls, purpose: Purpose, text: str) -> Self | None:
        """Return the token of this purpose that `text` spells, or None."""
        match = TEXT.fullmatch(text)
        if match is None or match[1] != PREFIX[purpose]:
            return None
        return cls(purpose, match[2], match[3])

    def __str__(self) -> str:
        return f"{PREFIX[self.purpose]}_{self.mark}_{self.secret}"

    def __repr__(self) -> str:
        """Show the purpose alone."""
        return f"MailedToken({self.purpose})"

    def digest(self, digests: Digests) -> bytes:
        """Return what its lookup is found by."""
        return digests.digest(self.purpose.value, str(self))


def epoch_mark(epoch: int) -> str:
    """Return the mark of a reset: the epoch that it ends."""
    return f"{epoch:x}"


def address_mark(address: str, digests: Digests) -> str:
    """Return the mark of a confirmation: 64 bits of the address's digest."""
    return digests.digest("mailed-address", address).hex()[:16]


def used_up() -> Refused:
    """Return the answer to a mailed token that is good for nothing any more."""
    return Refused("TOKEN_USED", "This token is used up or too old.", status=410)
