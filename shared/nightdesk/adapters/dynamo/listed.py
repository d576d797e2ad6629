"""One line of the list of users: written with the records that it repeats, never by itself."""

from typing import Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.directory import Listed
from nightdesk.accounts.identity import AccountStatus, Profile, Role, Security
from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import MomentAttribute
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId


class UserItem(DeskItem, discriminator="USER"):
    """Who is there, under SYSTEM, by id: so that users are listed by one query."""

    privacy = nobodys()

    username = UnicodeAttribute()
    role = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = MomentAttribute()

    @classmethod
    def of(cls, profile: Profile, security: Security) -> Self:
        """Build the row. It goes into every transaction that makes an account or moves it."""
        return cls(
            keys.SYSTEM,
            keys.user(profile.owner),
            username=profile.username,
            role=security.role.value,
            status=security.status.value,
            created_at=profile.created_at,
        )

    def to_domain(self) -> Listed:
        """Build the noun."""
        return Listed(
            owner=UserId(self.sk.removeprefix(keys.USERS)),
            username=self.username,
            role=Role(self.role),
            status=AccountStatus(self.status),
            created_at=self.created_at,
        )
