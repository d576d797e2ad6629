"""Whose mailbox it is: a mailed token confirms an address, the present one or the next."""

from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Action, Origin, entries
from nightdesk.accounts.letters import address_changed, confirm_address, sent
from nightdesk.accounts.mailed import LIFE, MailedToken, Purpose, address_mark, used_up
from nightdesk.accounts.notice import notified
from nightdesk.accounts.ports import AuditTrail, Digests, MailedTokens, Mailer, Users
from nightdesk.core.errors import Missing
from nightdesk.core.ids import UserId


@dataclass(frozen=True, slots=True)
class AskToConfirm:
    """Send a token to an address that somebody says is theirs."""

    tokens: MailedTokens
    digests: Digests
    mailer: Mailer

    def __call__(self, owner: UserId, address: str, now: datetime) -> None:
        """Store the token's digest for 24 hours and send it."""
        token = MailedToken.new(Purpose.ADDRESS, address_mark(address, self.digests))
        until = now + LIFE[Purpose.ADDRESS]
        self.tokens.put(Purpose.ADDRESS, token.digest(self.digests), owner, until)
        sent(self.mailer, confirm_address(token), address)


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Take the token back: the address counts from now on."""

    users: Users
    tokens: MailedTokens
    digests: Digests
    mailer: Mailer
    audit: AuditTrail

    def __call__(self, text: str, origin: Origin, now: datetime) -> None:
        """Confirm the address that the token was sent to.

        Raises Refused 410 `TOKEN_USED` (used, too old, another address waits by now); Conflict
        `EMAIL_TAKEN` if somebody else has confirmed it meanwhile; StaleWrite.
        """
        token = MailedToken.read(Purpose.ADDRESS, text)
        if token is None:
            raise used_up()
        hashed = token.digest(self.digests)
        owner = self.tokens.owner(Purpose.ADDRESS, hashed, now)
        security = self.users.security(owner) if owner else None
        if owner is None or security is None:
            raise used_up()
        try:
            profile = self.users.profile(owner)
        except Missing as error:
            raise used_up() from error
        address = self._meant(token, [profile.new_email, profile.email])
        moved = address != profile.email
        waits = None if moved else profile.new_email
        confirmed = replace(profile, email=address, verified_at=now, new_email=waits)
        origin = replace(origin, actor=str(owner))
        told = entries(
            Action.EMAIL_CHANGED,
            origin,
            now,
            owner=owner,
            words={"before": profile.email, "after": address},
        )
        event = notified(
            owner,
            "email_changed",
            now,
            title="Your e-mail address was changed",
            text="If it was not you, change your password and tell the administrator.",
            cause=now.isoformat(),
        )
        self.users.confirm(
            confirmed,
            security,
            before=profile.email,
            token=hashed,
            now=now,
            entries=told if moved else (),
            events=[event] if moved else (),
        )
        if moved and profile.verified_at:
            sent(self.mailer, address_changed(), profile.email)
        if not moved:
            self.audit.record(entries(Action.EMAIL_VERIFIED, origin, now, owner=owner))

    def _meant(self, token: MailedToken, addresses: list[str | None]) -> str:
        for address in addresses:
            if address is not None and token.mark == address_mark(address, self.digests):
                return address
        raise used_up()
