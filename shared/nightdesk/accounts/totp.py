"""Codes by time (RFC 6238 over RFC 4226) and recovery codes: how they are made and compared.

SHA-1, 6 digits, steps of 30 s, one step of clock error either way: what every authenticator app
knows.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from nightdesk.accounts.ports import Digests
from nightdesk.accounts.tokens import same
from nightdesk.core.ids import UserId

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1
"""Steps before and after the present one that are accepted, too."""
SECRET_BYTES = 20
"""The length of a SHA-1 key that RFC 4226 recommends."""

RECOVERY_CODES = 10
RECOVERY_BYTES = 10
CODE = re.compile(rf"[0-9]{{{DIGITS}}}")
ISSUER = "Nightdesk"


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of one step (RFC 4226, 5.3: dynamic truncation)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_at(now: datetime) -> int:
    """Return the number of the 30 s step since 1970."""
    return int(now.timestamp()) // STEP_SECONDS


def accepted(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step of this code: within one of the present, and newer than `last_step`.

    All candidates are compared, each in constant time.
    """
    found, present = None, step_at(now)
    for step in range(max(0, present - DRIFT), present + DRIFT + 1):
        if same(code, code_at(secret, step)) and step > last_step:
            found = step
    return found


def otpauth(secret: bytes, account: str) -> str:
    """Return the URI that authenticator apps scan; `account` is the label under the issuer."""
    query = {
        "secret": base64.b32encode(secret).decode(),
        "issuer": ISSUER,
        "algorithm": "SHA1",
        "digits": str(DIGITS),
        "period": str(STEP_SECONDS),
    }
    return f"otpauth://totp/{ISSUER}:{quote(account, safe='')}?{urlencode(query)}"


def new_recovery_codes() -> tuple[str, ...]:
    """Return ten codes of 80 bits, four groups of four letters and digits (RFC 4648 base 32)."""
    texts = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()
        for _ in range(RECOVERY_CODES)
    ]
    return tuple("-".join(text[i : i + 4] for i in range(0, len(text), 4)) for text in texts)


def recovery_digest(digests: Digests, owner: UserId, code: str) -> str:
    """Return what is stored of a recovery code; blanks, hyphens and case do not matter.

    A code of 80 random bits cannot be tried out, so a fast hash under the pepper will do.
    """
    plain = re.sub(r"[\s-]", "", code).upper()
    return digests.digest("recovery", f"{owner}|{plain}").hex()
