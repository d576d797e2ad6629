"""Proof of who somebody is: a second factor, and password and code asked for once more."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from nightdesk.accounts.audit import Origin
from nightdesk.accounts.identity import Security, TwoFactor
from nightdesk.accounts.password import normalised
from nightdesk.accounts.ports import Digests, PasswordHasher, TotpVault, Users
from nightdesk.accounts.throttle import Throttle
from nightdesk.accounts.tokens import same
from nightdesk.accounts.totp import CODE, accepted, recovery_digest
from nightdesk.core.errors import Missing, Refused, StaleWrite
from nightdesk.core.ids import UserId

OTP_REQUIRED = "OTP_REQUIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What somebody has typed. `password` None: the code alone is asked for."""

    password: str | None = None
    otp: str | None = None
    recovery_code: str | None = None

    def __repr__(self) -> str:
        """Show nothing that was typed."""
        return "Proof()"

    @classmethod
    def of(cls, code: str, password: str | None = None) -> Self:
        """Return the proof of one field: six digits are a code, all else a recovery code."""
        if CODE.fullmatch(code):
            return cls(password=password, otp=code)
        return cls(password=password, recovery_code=code or "-")


@dataclass(frozen=True, slots=True)
class Check:
    """Take a second factor where one is enrolled."""

    vault: TotpVault
    digests: Digests

    def __call__(
        self, security: Security, otp: str | None, recovery_code: str | None, now: datetime
    ) -> Security:
        """Return the record with the code used up: to be saved before anything is granted.

        A save that raises StaleWrite means that the code may have been used by another request:
        the caller refuses. Without a second factor the record comes back as it is. Raises
        Refused 401: `OTP_REQUIRED` when neither code is given, else `INVALID_CREDENTIALS`.
        """
        if not security.enrolled:
            return security
        if not otp and not recovery_code:
            raise Refused(OTP_REQUIRED, "This account asks for a code, too.", status=401)
        found = (
            self._by_time(security, otp, now) if otp else self._by_paper(security, recovery_code)
        )
        if found is None:
            raise _wrong()
        return replace(security, two_factor=found)

    def _by_time(self, security: Security, otp: str, now: datetime) -> TwoFactor | None:
        factor = security.two_factor
        assert factor is not None  # noqa: S101 - the record is enrolled
        if not CODE.fullmatch(otp):
            return None
        secret = self.vault.open(security.owner, factor.sealed)
        step = accepted(secret, otp, now, factor.last_step)
        return None if step is None else replace(factor, last_step=step)

    def _by_paper(self, security: Security, code: str | None) -> TwoFactor | None:
        factor = security.two_factor
        assert factor is not None  # noqa: S101 - the record is enrolled
        typed = recovery_digest(self.digests, security.owner, code or "")
        left = tuple(each for each in factor.recovery if not same(typed, each))
        return None if len(left) == len(factor.recovery) else replace(factor, recovery=left)


@dataclass(frozen=True, slots=True)
class Prove:
    """Let an owner who is signed in prove it once more. A wrong proof is a failed login."""

    users: Users
    hasher: PasswordHasher
    check: Check
    throttle: Throttle

    def __call__(self, owner: UserId, proof: Proof, origin: Origin, now: datetime) -> Security:
        """Return the security record as it now stands, the code used up and stored.

        Raises Refused 401: `OTP_REQUIRED`, `INVALID_CREDENTIALS`; TooMany, Missing.
        """
        security, account = secured(self.users, owner), self.users.profile(owner).email
        trial = self.throttle.enter(account, origin.network, owner, now)
        try:
            proven = self._proven(security, proof, now)
        except Refused as refusal:
            if refusal.code == OTP_REQUIRED:
                self.throttle.undone(trial)
            else:
                self.throttle.failed(trial, origin, now)
            raise
        except BaseException:
            self.throttle.undone(trial)
            raise
        self.throttle.passed(trial, now)
        return proven

    def _proven(self, security: Security, proof: Proof, now: datetime) -> Security:
        if proof.password is not None:
            password = normalised(proof.password)
            if not self.hasher.verify(security.password_hash, password):
                raise _wrong()
        used = self.check(security, proof.otp, proof.recovery_code, now)
        if used == security:
            return security
        try:
            self.users.save_security(used)
        except StaleWrite as error:
            raise _wrong() from error  # another request may have used the very code
        return replace(used, version=used.version + 1)


def secured(users: Users, owner: UserId) -> Security:
    """Return the security record. Raises Missing."""
    security = users.security(owner)
    if security is None:
        raise Missing("no such account")
    return security


def _wrong() -> Refused:
    return Refused("INVALID_CREDENTIALS", "E-mail, password or code is wrong.", status=401)
