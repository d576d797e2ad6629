"""Use cases that change a password."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk.bootstrap.parts import audit_log, mailer, pepper, sessions, throttle, users

if TYPE_CHECKING:
    from nightdesk.accounts.password_change import (
        ChangePassword,
        ForgotPassword,
        ResetPassword,
        ResetPasswordByAdmin,
    )


@cache
def change_password() -> "ChangePassword":
    """Wire ChangePassword."""
    from nightdesk.accounts.password_change import ChangePassword
    from nightdesk.adapters.dynamo.passwords import DynamoPasswords
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return ChangePassword(
        users=users(),
        sessions=sessions(),
        passwords=DynamoPasswords(audit_log()),
        hasher=Argon2Hasher(),
        throttle=throttle(),
        mailer=mailer(),
    )


@cache
def forgot_password() -> "ForgotPassword":
    """Wire ForgotPassword."""
    from nightdesk.accounts.password_change import ForgotPassword
    from nightdesk.adapters.dynamo.passwords import DynamoMailedTokens

    return ForgotPassword(
        users=users(),
        tokens=DynamoMailedTokens(),
        marks=throttle().tallies,
        digests=pepper(),
        mailer=mailer(),
        audit=audit_log(),
    )


@cache
def reset_password() -> "ResetPassword":
    """Wire ResetPassword."""
    from nightdesk.accounts.password_change import ResetPassword
    from nightdesk.adapters.dynamo.passwords import DynamoMailedTokens, DynamoPasswords
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return ResetPassword(
        users=users(),
        sessions=sessions(),
        tokens=DynamoMailedTokens(),
        passwords=DynamoPasswords(audit_log()),
        hasher=Argon2Hasher(),
        throttle=throttle(),
        digests=pepper(),
        mailer=mailer(),
    )


@cache
def reset_password_by_admin() -> "ResetPasswordByAdmin":
    """Wire ResetPasswordByAdmin."""
    from nightdesk.accounts.password_change import ResetPasswordByAdmin
    from nightdesk.adapters.dynamo.passwords import DynamoPasswords
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return ResetPasswordByAdmin(
        users=users(),
        sessions=sessions(),
        passwords=DynamoPasswords(audit_log()),
        hasher=Argon2Hasher(),
        mailer=mailer(),
    )
