"""Administrators' use cases over the tables, with the audit log beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.accounts.administering import (
    BlockUser,
    ChangeRole,
    LastAdmin,
    LimitUser,
    UnblockUser,
)
from nightdesk.accounts.audit import ActorKind, Origin, Record, Source, account_chain
from nightdesk.accounts.credential import Slot
from nightdesk.accounts.directory import BotCounts, UserFigures
from nightdesk.accounts.identity import Role, Security
from nightdesk.accounts.limits import default_quota
from nightdesk.accounts.overview import ListUsers, ShowUser, ShowUsers
from nightdesk.accounts.tokens import InvitationToken
from nightdesk.adapters.dynamo.accounts import DynamoUsers
from nightdesk.adapters.dynamo.api_tokens import DynamoApiTokens
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.adapters.dynamo.directory import DynamoDirectory
from nightdesk.adapters.dynamo.invitations import DynamoInvitations
from nightdesk.adapters.dynamo.sessions import DynamoSessions
from nightdesk.adapters.dynamo.standings import DynamoStandings
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.core.ids import UserId, ulid
from tests.builders.accounts import NOW, a_profile, a_security, an_invitation
from tests.fakes.audit import OpenSealer
from tests.fakes.clock import FakeClock
from tests.unit.accounts.fakes import FixedSecret

REASON = "asked for in a letter"


@dataclass
class FakeOwnersBots:
    """The port OwnersBots: it pauses three, and notes whose."""

    asked: list[tuple[UserId, str]] = field(default_factory=list)

    def pause(self, owner: UserId, now: datetime, *, by: str) -> int:
        self.asked.append((owner, by))
        return 3


@dataclass
class FakeUsage:
    """The port Usage."""

    def of(self, owners: Sequence[UserId], now: datetime) -> dict[UserId, UserFigures]:
        return {one: UserFigures(trades=7) for one in owners}

    def bots(self) -> BotCounts:
        return BotCounts(total=2, by_mode={"paper": 2})


@dataclass
class FakeKeys:
    """Of the port Credentials only what is read here."""

    slots: dict[UserId, list[Slot]] = field(default_factory=dict)

    def all(self, owner: UserId) -> Sequence[Slot]:
        return self.slots.get(owner, [])


class Rig:
    """The first admin is there from the beginning."""

    def __init__(self) -> None:
        self.audit = DynamoAudit(OpenSealer(), FakeClock(NOW))
        self.users = DynamoUsers(
            Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef")), self.audit
        )
        self.sessions = DynamoSessions(self.audit)
        self.tokens = DynamoApiTokens(self.audit)
        self.invitations = DynamoInvitations(self.audit)
        self.directory = DynamoDirectory()
        self.standings = DynamoStandings(self.audit)
        self.bots = FakeOwnersBots()
        self.keys = FakeKeys()
        last = LastAdmin(self.users, self.directory)
        self.block = BlockUser(self.users, self.standings, self.sessions, last, self.bots)
        self.unblock = UnblockUser(self.users, self.standings)
        self.change_role = ChangeRole(self.users, self.standings, self.sessions, self.tokens, last)
        self.limit = LimitUser(self.users, default_quota)
        show = ShowUsers(self.directory, self.keys, FakeUsage())  # type: ignore[arg-type]
        self.list = ListUsers(self.directory, show)
        self.show = ShowUser(show, self.audit)
        self.admin = self.enter("root", Role.ADMIN)

    def enter(self, name: str, role: Role = Role.TRADER) -> UserId:
        """Let somebody register; the first one by the operator's token."""
        owner = UserId(ulid(NOW, name))
        profile = a_profile(owner=owner, username=name, email=f"{name}@example.com")
        security = a_security(owner=owner, role=role)
        if self.users.first_admin() is None:
            self.users.create(profile, security)
            return owner
        token = InvitationToken.new(ulid(NOW, "invitation", name))
        invitation = an_invitation(token, role=role)
        self.invitations.save(invitation, limit=50, now=NOW)
        self.users.create(profile, security, invitation=invitation)
        return owner

    def by(self, admin: UserId) -> Origin:
        """Return the origin of what this administrator does."""
        return Origin(
            kind=ActorKind.ADMIN,
            actor=str(admin),
            source=Source.API,
            request_id="r1",
            network="192.0.2.9",
        )

    def security(self, owner: UserId) -> Security:
        found = self.users.security(owner)
        assert found is not None
        return found

    def told(self, owner: UserId) -> list[Record]:
        """Return what stands in the chain of an account."""
        return list(DynamoAuditRecords().chain(account_chain(owner)))
