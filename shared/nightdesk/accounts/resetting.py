"""The way back in for a desk whose only admin cannot sign in: the operator's own."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.identity import Role, email_address
from nightdesk.accounts.password_change import ResetPasswordByAdmin
from nightdesk.accounts.ports import Users
from nightdesk.core.errors import Missing

OPERATOR = Origin(kind=ActorKind.OPERATOR, actor="operator", source=Source.CLI)


@dataclass(frozen=True, slots=True)
class ResetAdmin:
    """Give an admin a one-time password, in the operator's name."""

    users: Users
    reset: ResetPasswordByAdmin

    def __call__(self, email: str | None, now: datetime) -> tuple[str, str]:
        """Return username and password, this once. Without an address the first admin is meant.

        Raises Missing if nobody is an admin by that address, Invalid, StaleWrite.
        """
        if email is None:
            owner = self.users.first_admin()
        else:
            owner = self.users.by_email(email_address(email))
        security = self.users.security(owner) if owner else None
        if owner is None or security is None or security.role is not Role.ADMIN:
            raise Missing("there is no such admin")
        return self.users.profile(owner).username, self.reset(owner, OPERATOR, now)
