"""Users for administrators: who is there, how their keys stand, what they make of the desk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from nightdesk.accounts.audit import Action, Origin, Target, entries
from nightdesk.accounts.credential import KeyStatus, Slot
from nightdesk.accounts.directory import Account, Sifted, UserFigures, UserView
from nightdesk.accounts.ports import AuditTrail, Credentials, Directory, Usage
from nightdesk.core.errors import Missing
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page

WORST_FIRST = (KeyStatus.TEST_FAILED, KeyStatus.SAVED_UNTESTED, KeyStatus.TEST_OK)
"""Of several keys at one provider the one that wants looking after is shown."""


@dataclass(frozen=True, slots=True)
class ShowUsers:
    """Put together what there is to show of users."""

    directory: Directory
    credentials: Credentials
    usage: Usage

    def __call__(self, owners: Sequence[UserId], now: datetime) -> Sequence[UserView]:
        """Return a view of each that is there, in this order."""
        accounts = self.directory.accounts(owners)
        figures = self.usage.of(list(accounts), now)
        return [
            self._view(accounts[one], figures.get(one, UserFigures()))
            for one in owners
            if one in accounts
        ]

    def _view(self, account: Account, figures: UserFigures) -> UserView:
        profile, security = account
        return UserView(
            profile=profile,
            security=security,
            credentials=statuses(self.credentials.all(profile.owner)),
            figures=figures,
        )


@dataclass(frozen=True, slots=True)
class ListUsers:
    """List users, oldest first."""

    directory: Directory
    show: ShowUsers

    def __call__(
        self, wanted: Sifted, now: datetime, *, limit: int, after: str | None
    ) -> Page[UserView]:
        """Return the users after id `after` that are wanted, at most `limit`."""
        lines = self.directory.since(UserId(after) if after else None)
        found = [line.owner for line in islice(filter(wanted.fits, lines), limit + 1)]
        shown = found[:limit]
        return Page(self.show(shown, now), shown[-1] if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class ShowUser:
    """Show one user. That is written down, for the user to see."""

    show: ShowUsers
    audit: AuditTrail

    def __call__(self, owner: UserId, origin: Origin, now: datetime) -> UserView:
        """Return the view. Raises Missing."""
        found = self.show([owner], now)
        if not found:
            raise Missing("no such account")
        looked_at(self.audit, owner, origin, now)
        return found[0]


def looked_at(audit: AuditTrail, owner: UserId, origin: Origin, now: datetime) -> None:
    """Write down that an administrator has read what is this user's."""
    target = Target(kind="user", id=owner)
    audit.record(entries(Action.ADMIN_READ, origin, now, owner=owner, target=target))


def statuses(slots: Sequence[Slot]) -> Mapping[str, KeyStatus]:
    """Return how the keys stand, by provider: of several labels the worst."""
    found: dict[str, KeyStatus] = {}
    for slot in slots:
        key = slot.serving
        stands = found.get(key.provider, key.status)
        found[key.provider] = min(stands, key.status, key=WORST_FIRST.index)
    return found
