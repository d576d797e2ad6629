"""The use cases of the room, joined over fakes and the real token signer."""

from dataclasses import dataclass, field, replace

from nightdesk.accounts.address import AskToConfirm, VerifyEmail
from nightdesk.accounts.api_token import IssueToken, ListTokens, RevokeToken
from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.limits import TakeRequest
from nightdesk.accounts.login import Attempt, Login
from nightdesk.accounts.password_change import (
    ChangePassword,
    ForgotPassword,
    ResetPassword,
    ResetPasswordByAdmin,
)
from nightdesk.accounts.profile import UpdateAccount
from nightdesk.accounts.proof import Check, Prove
from nightdesk.accounts.session import (
    Authenticate,
    ListSessions,
    Logout,
    LogoutEverywhere,
    Pair,
    Refresh,
)
from nightdesk.accounts.setting import REGISTRATION, default
from nightdesk.accounts.step_up import StepUp
from nightdesk.accounts.throttle import Throttle
from nightdesk.accounts.two_factor import Confirm, Disable, Enrol, RenewRecoveryCodes
from nightdesk.accounts.user import (
    Admission,
    Invite,
    ListInvitations,
    ReadAccount,
    Register,
    WithdrawInvitation,
)
from nightdesk.adapters.secrets.operator_token import StoredOperatorToken
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.adapters.secrets.ring import KeyRing
from nightdesk.adapters.secrets.tokens import JwtSigner
from tests.builders.accounts import NOW, OPERATOR, PASSWORD, a_candidate
from tests.fakes.settings import FakeSettings
from tests.unit.accounts.fakes import (
    Desk,
    FakeApiTokens,
    FakeAudit,
    FakeHasher,
    FakeInvitations,
    FakeMailedTokens,
    FakeMailer,
    FakeNetworks,
    FakePasswords,
    FakeRateCounters,
    FakeReplies,
    FakeSessions,
    FakeThrottle,
    FakeTotpVault,
    FakeUsers,
    FixedSecret,
)

STAGE = "local"
ORIGIN = Origin(
    kind=ActorKind.USER, actor="", source=Source.API, request_id="r1", network="192.0.2.1"
)
SEED = "seed-of-the-tests-0123456789abcdefghij"


@dataclass
class Rig:
    desk: Desk = field(default_factory=Desk)
    hasher: FakeHasher = field(default_factory=FakeHasher)
    replies: FakeReplies = field(default_factory=FakeReplies)
    settings: FakeSettings = field(default_factory=FakeSettings)
    stopped: bool = False
    """Whether the whole desk is stopped."""
    counters: FakeRateCounters = field(default_factory=FakeRateCounters)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    admission: Admission = Admission.INVITE
    duty: bool = False
    """Whether admins must have a second factor."""

    def __post_init__(self) -> None:
        admission = replace(default(REGISTRATION), value=self.admission.value)
        self.settings.kept[REGISTRATION] = admission
        self.users = FakeUsers(self.desk)
        self.sessions = FakeSessions(self.desk)
        self.invitations = FakeInvitations(self.desk)
        self.pepper = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))
        self.signer = JwtSigner(KeyRing(FixedSecret(SEED)), "nightdesk-test")
        self.audit = FakeAudit(self.desk)
        self.mailed = FakeMailedTokens(self.desk)
        self.ask_to_confirm = AskToConfirm(self.mailed, self.pepper, self.mailer)
        self.register = Register(
            self.users,
            self.invitations,
            self.hasher,
            StoredOperatorToken(FixedSecret(OPERATOR)),
            self.settings,
            self.ask_to_confirm,
        )
        self.invite = Invite(self.invitations)
        self.list_invitations = ListInvitations(self.invitations)
        self.withdraw_invitation = WithdrawInvitation(self.invitations)
        self.tokens = FakeApiTokens(self.desk)
        self.totp_vault = FakeTotpVault()
        self.check = Check(self.totp_vault, self.pepper)
        self.failed = FakeThrottle(self.desk)
        self.throttle = Throttle(self.failed, FakeNetworks(self.desk), self.pepper, self.audit)
        self.login = Login(
            users=self.users,
            sessions=self.sessions,
            hasher=self.hasher,
            signer=self.signer,
            digests=self.pepper,
            throttle=self.throttle,
            check=self.check,
            audit=self.audit,
        )
        self.prove = Prove(self.users, self.hasher, self.check, self.throttle)
        self.step_up = StepUp(self.sessions, self.prove, self.audit)
        self.enrol = Enrol(self.users, self.totp_vault)
        self.confirm = Confirm(self.users, self.totp_vault, self.pepper)
        self.disable = Disable(self.users, self.prove)
        self.renew = RenewRecoveryCodes(self.users, self.prove, self.pepper)
        self.issue_token = IssueToken(self.tokens, STAGE)
        self.revoke_token = RevokeToken(self.tokens)
        self.list_tokens = ListTokens(self.tokens)
        self.refresh = Refresh(self.sessions, self.signer, self.pepper)
        self.take_request = TakeRequest(self.counters)
        self.authenticate = Authenticate(self.sessions, self.signer, self.tokens, STAGE)
        self.logout = Logout(self.sessions, self.audit)
        self.logout_everywhere = LogoutEverywhere(self.users, self.sessions, self.tokens)
        self.list_sessions = ListSessions(self.sessions)
        self.read_account = ReadAccount(self.users)
        self.update_account = UpdateAccount(self.users, self.ask_to_confirm, self.audit)
        self.verify_email = VerifyEmail(
            self.users, self.mailed, self.pepper, self.mailer, self.audit
        )
        self._change_passwords()

    def _change_passwords(self) -> None:
        passwords = FakePasswords(self.desk)
        self.change_password = ChangePassword(
            self.users, self.sessions, passwords, self.hasher, self.throttle, self.mailer
        )
        self.forgot_password = ForgotPassword(
            self.users,
            self.mailed,
            self.throttle.tallies,
            self.pepper,
            self.mailer,
            self.audit,
        )
        self.reset_password = ResetPassword(
            self.users,
            self.sessions,
            self.mailed,
            passwords,
            self.hasher,
            self.throttle,
            self.pepper,
            self.mailer,
        )
        self.reset_password_by_admin = ResetPasswordByAdmin(
            self.users, self.sessions, passwords, self.hasher, self.mailer
        )

    def alice(self) -> Pair:
        """Register the admin and sign her in."""
        self.register(a_candidate(), ORIGIN, NOW)
        return self.login(an_attempt(), ORIGIN, NOW)

    def bob(self) -> Pair:
        """Invite a trader, register and sign him in; the admin is there already."""
        admin = next(iter(self.desk.securities))
        _, token = self.invite(admin, ORIGIN, NOW)
        candidate = a_candidate(
            username="bob", email="bob@example.com", operator_token=None, invitation=str(token)
        )
        self.register(candidate, ORIGIN, NOW)
        return self.login(an_attempt("bob@example.com"), ORIGIN, NOW)


def an_attempt(email: str = "alice@example.com", password: str = PASSWORD) -> Attempt:
    return Attempt(email=email, password=password, device="laptop")
