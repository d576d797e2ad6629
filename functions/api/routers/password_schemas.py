"""Bodies of the routes of passwords and addresses."""

from functions.api.routers.account_schemas import Email, Token
from functions.api.routers.session_schemas import Password
from functions.api.schemas import Request


class ChangeIn(Request):
    """The present password, and the one to come."""

    current: Password
    new: Password


class ForgotIn(Request):
    """The address of an account whose password is gone."""

    email: Email


class ResetIn(Request):
    """A mailed token, and the new password."""

    token: Token
    new: Password


class VerifyIn(Request):
    """A mailed token."""

    token: Token
