"""Use cases of the accounts room."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import (
    api_tokens,
    audit_log,
    clock,
    mailer,
    pepper,
    sessions,
    started,
    throttle,
    token_signer,
    users,
)
from nightdesk.bootstrap.security import second_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nightdesk.accounts.address import AskToConfirm, VerifyEmail
    from nightdesk.accounts.idempotency import Begin, Finish
    from nightdesk.accounts.limits import TakeRequest
    from nightdesk.accounts.login import Login
    from nightdesk.accounts.ports import Invitations
    from nightdesk.accounts.profile import UpdateAccount
    from nightdesk.accounts.session import (
        Authenticate,
        ListSessions,
        Logout,
        LogoutEverywhere,
        Refresh,
    )
    from nightdesk.accounts.user import (
        Invite,
        ListInvitations,
        ReadAccount,
        Register,
        WithdrawInvitation,
    )
    from nightdesk.core.pages import Cursors


@cache
def register() -> "Register":
    """Wire Register."""
    from nightdesk.accounts.user import Register
    from nightdesk.adapters.secrets.operator_token import StoredOperatorToken
    from nightdesk.adapters.secrets.passwords import Argon2Hasher
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.bootstrap.stops import runtime_settings

    found = started(settings.ApiSettings)
    return Register(
        users=users(),
        invitations=_invitations(),
        hasher=Argon2Hasher(),
        operator_token=StoredOperatorToken(StoredSecret(found.operator_secret)),
        settings=runtime_settings(),
        confirm=_ask_to_confirm(),
    )


@cache
def invite() -> "Invite":
    """Wire Invite."""
    from nightdesk.accounts.user import Invite

    return Invite(_invitations())


@cache
def list_invitations() -> "ListInvitations":
    """Wire ListInvitations."""
    from nightdesk.accounts.user import ListInvitations

    return ListInvitations(_invitations())


@cache
def withdraw_invitation() -> "WithdrawInvitation":
    """Wire WithdrawInvitation."""
    from nightdesk.accounts.user import WithdrawInvitation

    return WithdrawInvitation(_invitations())


@cache
def verify_email() -> "VerifyEmail":
    """Wire VerifyEmail."""
    from nightdesk.accounts.address import VerifyEmail
    from nightdesk.adapters.dynamo.passwords import DynamoMailedTokens

    return VerifyEmail(users(), DynamoMailedTokens(), pepper(), mailer(), audit_log())


@cache
def update_account() -> "UpdateAccount":
    """Wire UpdateAccount."""
    from nightdesk.accounts.profile import UpdateAccount

    return UpdateAccount(users(), _ask_to_confirm(), audit_log())


@cache
def login() -> "Login":
    """Wire Login."""
    from nightdesk.accounts.login import Login
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return Login(
        users=users(),
        sessions=sessions(),
        hasher=Argon2Hasher(),
        signer=token_signer(),
        digests=pepper(),
        throttle=throttle(),
        check=second_factor(),
        audit=audit_log(),
    )


def _invitations() -> "Invitations":
    from nightdesk.adapters.dynamo.invitations import DynamoInvitations

    started(settings.ApiSettings)
    return DynamoInvitations(audit_log())


def _ask_to_confirm() -> "AskToConfirm":
    from nightdesk.accounts.address import AskToConfirm
    from nightdesk.adapters.dynamo.passwords import DynamoMailedTokens

    return AskToConfirm(DynamoMailedTokens(), pepper(), mailer())


@cache
def authenticate() -> "Authenticate":
    """Wire Authenticate."""
    from nightdesk.accounts.session import Authenticate

    return Authenticate(
        sessions=sessions(),
        signer=token_signer(),
        tokens=api_tokens(),
        stage=started(settings.ApiSettings).stage,
    )


@cache
def refresh() -> "Refresh":
    """Wire Refresh."""
    from nightdesk.accounts.session import Refresh

    return Refresh(sessions=sessions(), signer=token_signer(), digests=pepper())


@cache
def logout() -> "Logout":
    """Wire Logout."""
    from nightdesk.accounts.session import Logout

    started(settings.ApiSettings)
    return Logout(sessions(), audit_log())


@cache
def logout_everywhere() -> "LogoutEverywhere":
    """Wire LogoutEverywhere."""
    from nightdesk.accounts.session import LogoutEverywhere

    return LogoutEverywhere(users=users(), sessions=sessions(), tokens=api_tokens())


@cache
def list_sessions() -> "ListSessions":
    """Wire ListSessions."""
    from nightdesk.accounts.session import ListSessions

    started(settings.ApiSettings)
    return ListSessions(sessions())


@cache
def read_account() -> "ReadAccount":
    """Wire ReadAccount."""
    from nightdesk.accounts.user import ReadAccount

    return ReadAccount(users())


@cache
def take_request() -> "TakeRequest":
    """Wire TakeRequest."""
    from nightdesk.accounts.limits import SetQuotas, TakeRequest
    from nightdesk.adapters.dynamo.limits import DynamoRateCounters
    from nightdesk.bootstrap.stops import runtime_settings

    started(settings.ApiSettings)
    return TakeRequest(DynamoRateCounters(), SetQuotas(runtime_settings()))


@cache
def cors_origins() -> frozenset[str]:
    """Return the origins whose pages may read answers."""
    return frozenset(settings.load(settings.ApiSettings).cors_origins)


@cache
def cursors() -> "Cursors":
    """Return what seals cursors."""
    return pepper().cursors()


@cache
def begin_reply() -> "Begin":
    """Wire Begin."""
    from nightdesk.accounts.idempotency import Begin
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    return Begin(DynamoReplies())


@cache
def finish_reply() -> "Finish":
    """Wire Finish."""
    from nightdesk.accounts.idempotency import Finish
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    return Finish(DynamoReplies())


@cache
def readiness() -> "Mapping[str, Callable[[], object]]":
    """Return what a request needs, by name, each as a try that raises when it does not answer."""
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    signer = token_signer()
    return {
        "desk table": users().reachable,
        "runtime table": DynamoReplies().reachable,
        "signing keys": lambda: signer.public_keys(clock().now()),
    }
