"""The use cases of the room, joined over fakes and the real token signer."""

from dataclasses import dataclass, field

from nightdesk.accounts.limits import TakeRequest
from nightdesk.accounts.login import Attempt, Login
from nightdesk.accounts.session import (
    Authenticate,
    ListSessions,
    Logout,
    LogoutEverywhere,
    Pair,
    Refresh,
)
from nightdesk.accounts.user import Admission, Invite, ReadAccount, Register
from nightdesk.adapters.secrets.operator_token import StoredOperatorToken
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.adapters.secrets.ring import KeyRing
from nightdesk.adapters.secrets.tokens import JwtSigner
from tests.builders.accounts import NOW, OPERATOR, PASSWORD, a_candidate
from tests.unit.accounts.fakes import (
    Desk,
    FakeHasher,
    FakeInvitations,
    FakeRateCounters,
    FakeReplies,
    FakeSessions,
    FakeUsers,
    FixedSecret,
)

SEED = "seed-of-the-tests-0123456789abcdefghij"


@dataclass
class Rig:
    desk: Desk = field(default_factory=Desk)
    hasher: FakeHasher = field(default_factory=FakeHasher)
    replies: FakeReplies = field(default_factory=FakeReplies)
    counters: FakeRateCounters = field(default_factory=FakeRateCounters)
    admission: Admission = Admission.INVITE

    def __post_init__(self) -> None:
        self.users = FakeUsers(self.desk)
        self.sessions = FakeSessions(self.desk)
        self.invitations = FakeInvitations(self.desk)
        self.pepper = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))
        self.signer = JwtSigner(KeyRing(FixedSecret(SEED)), "nightdesk-test")
        self.register = Register(
            self.users,
            self.invitations,
            self.hasher,
            StoredOperatorToken(FixedSecret(OPERATOR)),
            self.admission,
        )
        self.invite = Invite(self.invitations)
        self.login = Login(self.users, self.sessions, self.hasher, self.signer, self.pepper)
        self.refresh = Refresh(self.sessions, self.signer, self.pepper)
        self.take_request = TakeRequest(self.counters)
        self.authenticate = Authenticate(self.sessions, self.signer)
        self.logout = Logout(self.sessions)
        self.logout_everywhere = LogoutEverywhere(self.users, self.sessions)
        self.list_sessions = ListSessions(self.sessions)
        self.read_account = ReadAccount(self.users)

    def alice(self) -> Pair:
        """Register the admin and sign her in."""
        self.register(a_candidate(), NOW)
        return self.login(an_attempt(), NOW)

    def bob(self) -> Pair:
        """Invite a trader, register and sign him in; the admin is there already."""
        admin = next(iter(self.desk.securities))
        _, token = self.invite(admin, NOW)
        candidate = a_candidate(
            username="bob", email="bob@example.com", operator_token=None, invitation=str(token)
        )
        self.register(candidate, NOW)
        return self.login(an_attempt("bob@example.com"), NOW)


def an_attempt(email: str = "alice@example.com", password: str = PASSWORD) -> Attempt:
    return Attempt(email=email, password=password, device="laptop", network="192.0.2.1")
