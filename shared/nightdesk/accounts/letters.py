"""What the desk writes by mail: plain, nothing of it typed by anybody, no secret but a token."""

import logging

from nightdesk.accounts.mailed import MailedToken
from nightdesk.accounts.ports import Mailer
from nightdesk.accounts.records import Letter
from nightdesk.core.errors import Fault

logger = logging.getLogger(__name__)

NOT_YOU = "If you did not ask for this, you need not do anything."


def confirm_address(token: MailedToken) -> Letter:
    """Ask whether the address is theirs."""
    return Letter(
        "Nightdesk: confirm your address",
        "Somebody gave this address for an account on a Nightdesk trading desk.\n\n"
        f"To confirm it, send this token to POST /api/auth/email/verify within 24 hours:\n\n"
        f"{token}\n\n{NOT_YOU}\n",
    )


def reset_password(token: MailedToken) -> Letter:
    """Let them choose a new password."""
    return Letter(
        "Nightdesk: reset your password",
        "Somebody asked to reset the password of your account on a Nightdesk trading desk.\n\n"
        "To choose a new one, send this token with it to POST /api/auth/password/reset within "
        f"30 minutes:\n\n{token}\n\n{NOT_YOU}\n",
    )


def has_account() -> Letter:
    """Say that the address has an account already."""
    return Letter(
        "Nightdesk: you have an account",
        "Somebody tried to register on a Nightdesk trading desk with this address, which has an "
        "account there. If it was you, sign in; if the password is gone, ask for another with "
        f"POST /api/auth/password/forgot.\n\n{NOT_YOU}\n",
    )


def choose_another_name() -> Letter:
    """Say that the username is taken."""
    return Letter(
        "Nightdesk: choose another username",
        "Somebody tried to register on a Nightdesk trading desk with this address. The username "
        f"is taken there: no account was made. Try again with another.\n\n{NOT_YOU}\n",
    )


def password_changed() -> Letter:
    """Say that the password is another one."""
    return Letter(
        "Nightdesk: your password was changed",
        "The password of your account on a Nightdesk trading desk was changed, and all other "
        "sessions have ended. If it was not you, reset it with POST /api/auth/password/forgot "
        "and tell the desk's administrator.\n",
    )


def address_changed() -> Letter:
    """Tell the former address that it is that no more."""
    return Letter(
        "Nightdesk: your address was changed",
        "Your account on a Nightdesk trading desk has another e-mail address from now on. If it "
        "was not you, tell the desk's administrator.\n",
    )


def sent(mailer: Mailer, letter: Letter, to: str | None) -> None:
    """Send it. A mail that does not leave is logged: what it tells has happened all the same."""
    try:
        mailer.send(letter, to)
    except Fault:
        logger.exception("a mail did not leave: %r", letter)
