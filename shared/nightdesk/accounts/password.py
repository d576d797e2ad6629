"""Which passwords are good enough: long, not a common one, not the name of the account."""

import unicodedata
from functools import cache
from importlib.resources import files

from nightdesk.core.errors import Invalid

MIN_LENGTH = 12
MAX_LENGTH = 128
SHORTEST_NAME = 3
"""The mail name of a@example.com would forbid every password with an a in it."""


def normalised(password: str) -> str:
    """Return the password in NFKC, so that each keyboard types the same one."""
    return unicodedata.normalize("NFKC", password)


def acceptable(password: str, *, username: str, email: str, field: str = "password") -> str:
    """Return the password in NFKC. Raises Invalid `WEAK_PASSWORD`, with the rule it breaks.

    `field` is what the caller typed it into.
    """
    password = normalised(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise _weak("A password has 12 to 128 characters.", field)
    folded = password.casefold()
    for name in (username, email.rpartition("@")[0]):
        if len(name) >= SHORTEST_NAME and name.casefold() in folded:
            raise _weak("A password must not contain the username or the e-mail name.", field)
    if folded in _common():
        raise _weak("This password is among the most used ones.", field)
    return password


@cache
def _common() -> frozenset[str]:
    """Return the most used passwords that the length rule lets through."""
    text = files("nightdesk.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _weak(message: str, field: str) -> Invalid:
    return Invalid("WEAK_PASSWORD", message, field=field)
