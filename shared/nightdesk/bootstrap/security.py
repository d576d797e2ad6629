"""Use cases of the accounts room that protect an account: second factor, step-up, API tokens."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import (
    api_tokens,
    audit_log,
    pepper,
    sessions,
    started,
    throttle,
    users,
)

if TYPE_CHECKING:
    from nightdesk.accounts.api_token import IssueToken, ListTokens, RevokeToken
    from nightdesk.accounts.ports import AuditTrail, TotpVault
    from nightdesk.accounts.proof import Check, Prove
    from nightdesk.accounts.step_up import StepUp
    from nightdesk.accounts.two_factor import Confirm, Disable, Enrol, RenewRecoveryCodes

RELAXED = frozenset({"local", "dev"})
"""Stages on which an admin may do without a second factor."""


def audit_trail() -> "AuditTrail":
    """Return where what belongs to no change is told."""
    return audit_log()


def two_factor_duty() -> bool:
    """Return whether admins must have a second factor on this stage."""
    return settings.load(settings.ApiSettings).stage not in RELAXED


@cache
def totp_vault() -> "TotpVault":
    """Return what seals the secrets of second factors."""
    from nightdesk.adapters.secrets.totp_vault import SealedTotp
    from nightdesk.adapters.secrets.vault_cipher import KmsCipher

    return SealedTotp(KmsCipher(started(settings.ApiSettings).vault_key))


@cache
def second_factor() -> "Check":
    """Wire Check."""
    from nightdesk.accounts.proof import Check

    return Check(totp_vault(), pepper())


@cache
def prove() -> "Prove":
    """Wire Prove."""
    from nightdesk.accounts.proof import Prove
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return Prove(users(), Argon2Hasher(), second_factor(), throttle())


@cache
def step_up() -> "StepUp":
    """Wire StepUp."""
    from nightdesk.accounts.step_up import StepUp

    return StepUp(sessions(), prove(), audit_log())


@cache
def enrol_two_factor() -> "Enrol":
    """Wire Enrol."""
    from nightdesk.accounts.two_factor import Enrol

    return Enrol(users(), totp_vault())


@cache
def confirm_two_factor() -> "Confirm":
    """Wire Confirm."""
    from nightdesk.accounts.two_factor import Confirm

    return Confirm(users(), totp_vault(), pepper())


@cache
def disable_two_factor() -> "Disable":
    """Wire Disable."""
    from nightdesk.accounts.two_factor import Disable

    return Disable(users(), prove())


@cache
def renew_recovery_codes() -> "RenewRecoveryCodes":
    """Wire RenewRecoveryCodes."""
    from nightdesk.accounts.two_factor import RenewRecoveryCodes

    return RenewRecoveryCodes(users(), prove(), pepper())


@cache
def issue_token() -> "IssueToken":
    """Wire IssueToken."""
    from nightdesk.accounts.api_token import IssueToken

    return IssueToken(api_tokens(), started(settings.ApiSettings).stage)


@cache
def revoke_token() -> "RevokeToken":
    """Wire RevokeToken."""
    from nightdesk.accounts.api_token import RevokeToken

    return RevokeToken(api_tokens())


@cache
def list_tokens() -> "ListTokens":
    """Wire ListTokens."""
    from nightdesk.accounts.api_token import ListTokens

    return ListTokens(api_tokens())
