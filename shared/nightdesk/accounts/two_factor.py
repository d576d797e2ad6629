"""The second factor switched on and off: Enrol, Confirm, Disable, RenewRecoveryCodes."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Action, Origin, entries
from nightdesk.accounts.identity import Security, TwoFactor
from nightdesk.accounts.ports import Digests, TotpVault, Users
from nightdesk.accounts.proof import Check, Proof, Prove, secured
from nightdesk.accounts.totp import (
    SECRET_BYTES,
    accepted,
    new_recovery_codes,
    otpauth,
    recovery_digest,
)
from nightdesk.core.errors import Conflict, Refused
from nightdesk.core.ids import UserId

__all__ = ["Check", "Confirm", "Disable", "Enrol", "RenewRecoveryCodes"]


@dataclass(frozen=True, slots=True)
class Enrol:
    """Begin: make a secret. It counts for nothing until a code of it was shown."""

    users: Users
    vault: TotpVault

    def __call__(self, owner: UserId) -> str:
        """Return the otpauth URI, this once. Raises Conflict `ALREADY_ENABLED`, StaleWrite."""
        security = secured(self.users, owner)
        if security.enrolled:
            raise _enabled()
        secret = secrets.token_bytes(SECRET_BYTES)
        pending = TwoFactor(sealed=self.vault.seal(owner, secret))
        self.users.save_security(replace(security, two_factor=pending))
        return otpauth(secret, self.users.profile(owner).username)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Show a code of the new secret: from now on signing in takes one."""

    users: Users
    vault: TotpVault
    digests: Digests

    def __call__(self, owner: UserId, code: str, origin: Origin, now: datetime) -> tuple[str, ...]:
        """Return the recovery codes, this once.

        Raises Conflict `ALREADY_ENABLED`, Refused 401 `INVALID_CODE`, StaleWrite.
        """
        security = secured(self.users, owner)
        if security.enrolled:
            raise _enabled()
        pending = security.two_factor
        if pending is None:
            raise _invalid_code()
        step = accepted(self.vault.open(owner, pending.sealed), code, now, pending.last_step)
        if step is None:
            raise _invalid_code()
        codes = new_recovery_codes()
        factor = replace(
            pending,
            confirmed_at=now,
            last_step=step,
            recovery=tuple(recovery_digest(self.digests, owner, each) for each in codes),
        )
        told = entries(Action.TWO_FACTOR_ENABLED, origin, now, owner=owner)
        self.users.save_security(replace(security, two_factor=factor), entries=told)
        return codes


@dataclass(frozen=True, slots=True)
class Disable:
    """Sign in by password alone again. Takes both: password and code."""

    users: Users
    prove: Prove

    def __call__(
        self, owner: UserId, password: str, code: str, origin: Origin, now: datetime
    ) -> None:
        """Forget the second factor. Raises Refused 401 `INVALID_CODE`, TooMany, StaleWrite."""
        security = _proven(self.prove, owner, Proof.of(code, password), origin, now)
        told = entries(Action.TWO_FACTOR_DISABLED, origin, now, owner=owner)
        self.users.save_security(replace(security, two_factor=None), entries=told)


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodes:
    """Make ten new recovery codes; the old ones are void."""

    users: Users
    prove: Prove
    digests: Digests

    def __call__(self, owner: UserId, code: str, origin: Origin, now: datetime) -> tuple[str, ...]:
        """Return the codes, this once. Raises Refused 401 `INVALID_CODE`, TooMany, StaleWrite."""
        security = _proven(self.prove, owner, Proof.of(code), origin, now)
        assert security.two_factor is not None  # noqa: S101 - a code of it was just accepted
        codes = new_recovery_codes()
        kept = tuple(recovery_digest(self.digests, owner, each) for each in codes)
        factor = replace(security.two_factor, recovery=kept)
        told = entries(Action.RECOVERY_CODES_RENEWED, origin, now, owner=owner)
        self.users.save_security(replace(security, two_factor=factor), entries=told)
        return codes


def _proven(prove: Prove, owner: UserId, proof: Proof, origin: Origin, now: datetime) -> Security:
    try:
        security = prove(owner, proof, origin, now)
    except Refused as error:
        raise _invalid_code() from error
    if not security.enrolled:
        raise _invalid_code()
    return security


def _enabled() -> Conflict:
    return Conflict("ALREADY_ENABLED", "Two-factor sign-in is on already.")


def _invalid_code() -> Refused:
    return Refused("INVALID_CODE", "Password or code is wrong.", status=401)
