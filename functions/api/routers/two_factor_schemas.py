"""Bodies and answers of the two-factor routes."""

from typing import Annotated

from pydantic import Field

from functions.api.routers.session_schemas import Otp, Password
from functions.api.schemas import Answer, Request

AnyCode = Annotated[str, Field(min_length=6, max_length=32, pattern=r"^[0-9A-Za-z -]+$")]
"""Six digits, or a recovery code."""


class CodeIn(Request):
    """The code that the app shows."""

    code: Otp


class ProofCodeIn(Request):
    """A code of the app, or a recovery code."""

    code: AnyCode


class DisableIn(Request):
    """The password, and a code of the app or a recovery code."""

    password: Password
    code: AnyCode


class EnrolmentOut(Answer):
    """What authenticator apps scan, shown once."""

    otpauth_uri: str


class RecoveryCodesOut(Answer):
    """Ten codes, each good once in place of a code, shown once."""

    codes: list[str]
