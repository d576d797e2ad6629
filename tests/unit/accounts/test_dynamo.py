"""The DynamoDB adapters keep the same contracts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from nightdesk.accounts.audit import Action, Entry, Target, entries
from nightdesk.accounts.tokens import InvitationToken
from nightdesk.adapters.dynamo import audit, tables
from nightdesk.adapters.dynamo.accounts import DynamoUsers
from nightdesk.adapters.dynamo.api_tokens import DynamoApiTokens
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.invitations import DynamoInvitations
from nightdesk.adapters.dynamo.passwords import DynamoMailedTokens, DynamoPasswords
from nightdesk.adapters.dynamo.replies import DynamoReplies
from nightdesk.adapters.dynamo.sessions import DynamoSessions
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, RuntimeItem
from nightdesk.adapters.dynamo.throttle import DynamoNetworks, DynamoThrottle
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import UserId, ulid
from tests.aws import dynamodb
from tests.builders.accounts import (
    ALICE,
    NOW,
    a_profile,
    a_security,
    a_session,
    an_api_token,
    an_invitation,
)
from tests.contracts.accounts import (
    LATER,
    ApiTokensContract,
    MailedTokensContract,
    NetworksContract,
    OpenRegistrationContract,
    PasswordsContract,
    RepliesContract,
    SessionsContract,
    ThrottleContract,
    UsersContract,
)
from tests.fakes.audit import OpenSealer
from tests.unit.accounts.fakes import FixedSecret, HandClock
from tests.unit.accounts.rig import ORIGIN

PEPPER = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))
LOG = DynamoAudit(OpenSealer(), HandClock(NOW))


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three empty tables, in this process alone."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with dynamodb():
        tables.disconnect()
        tables.bind_desk("accounts-desk")
        tables.bind_runtime("accounts-runtime")
        tables.bind_audit("accounts-audit")
        for item in (DeskItem, RuntimeItem, AuditItem):
            item.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
    tables.disconnect()


@pytest.fixture
def users() -> DynamoUsers:
    return DynamoUsers(PEPPER, LOG)


@pytest.fixture
def sessions() -> DynamoSessions:
    return DynamoSessions(LOG)


@pytest.fixture
def tokens() -> DynamoApiTokens:
    return DynamoApiTokens(LOG)


@pytest.fixture
def invitations() -> DynamoInvitations:
    return DynamoInvitations(LOG)


@pytest.fixture
def mailed() -> DynamoMailedTokens:
    return DynamoMailedTokens()


@pytest.fixture
def passwords() -> DynamoPasswords:
    return DynamoPasswords(LOG)


@pytest.fixture
def throttle() -> DynamoThrottle:
    return DynamoThrottle(LOG)


@pytest.fixture
def networks() -> DynamoNetworks:
    return DynamoNetworks(LOG)


@pytest.fixture
def replies() -> DynamoReplies:
    return DynamoReplies()


class TestDynamoUsers(UsersContract):
    def test_no_key_holds_a_name_in_clear(self, users: DynamoUsers) -> None:
        users.create(a_profile(), a_security())
        found = [(item.pk, item.sk) for item in DeskItem.scan()]
        assert len(found) == 6
        assert not [key for key in found if "alice" in str(key)]

    def test_reachable_reads_an_empty_table(self, users: DynamoUsers) -> None:
        users.reachable()


class TestDynamoSessions(SessionsContract):
    def test_standing_is_one_call_of_two_units(
        self, users: DynamoUsers, sessions: DynamoSessions
    ) -> None:
        users.create(a_profile(), a_security())
        session = a_session()
        sessions.open(session, now=NOW)
        with measured() as units:
            sessions.standing(session.session_id)
        assert units.calls == {"BatchGetItem": 1}
        assert units.read_units <= 2


def test_of_two_admins_who_invite_at_once_one_passes_the_limit(
    invitations: DynamoInvitations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(of: str) -> tuple[Entry, ...]:
        target = Target(kind="invitation", id=of)
        return entries(Action.USER_INVITED, ORIGIN, NOW, owner=UserId(of), target=target)

    count = DynamoInvitations.open
    first, second = (an_invitation(InvitationToken.new(ulid(NOW, name))) for name in ("one", "two"))

    def counted(self: DynamoInvitations, now: datetime) -> Any:
        found = count(self, now)
        monkeypatch.undo()
        invitations.save(second, limit=1, now=NOW, entries=told("BOB"))
        return found

    monkeypatch.setattr(DynamoInvitations, "open", counted)
    with pytest.raises(Conflict) as refusal:
        invitations.save(first, limit=1, now=NOW, entries=told("ALICE"))
    assert refusal.value.code == "INVITATION_LIMIT"
    assert invitations.open(NOW) == [second]


class TestDynamoApiTokens(ApiTokensContract):
    @pytest.mark.parametrize("moment", ["before the chain is read", "after the tokens are counted"])
    def test_of_two_requests_at_once_one_passes_the_limit(
        self, tokens: DynamoApiTokens, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        def told(of: str) -> tuple[Entry, ...]:
            target = Target(kind="api_token", id=of)
            return entries(Action.API_TOKEN_CREATED, ORIGIN, NOW, owner=ALICE, target=target)

        def meanwhile() -> None:
            monkeypatch.undo()
            tokens.create(an_api_token(at=LATER), limit=1, now=LATER, entries=told("other"))

        count, read = DynamoApiTokens.of, audit.head
        if moment == "after the tokens are counted":

            def counted(self: DynamoApiTokens, owner: UserId) -> Any:
                found = count(self, owner)
                meanwhile()
                return found

            monkeypatch.setattr(DynamoApiTokens, "of", counted)
        else:

            def headed(chain: str) -> Any:
                meanwhile()
                return read(chain)

            monkeypatch.setattr(audit, "head", headed)
        with pytest.raises(Conflict) as refusal:
            tokens.create(an_api_token(), limit=1, now=LATER, entries=told("one"))
        assert refusal.value.code == "TOKEN_LIMIT"
        assert [one.created_at for one in tokens.of(ALICE)] == [LATER]

    def test_standing_is_one_call_of_two_units(
        self, users: DynamoUsers, tokens: DynamoApiTokens
    ) -> None:
        users.create(a_profile(), a_security())
        token = an_api_token()
        tokens.create(token, limit=1, now=NOW)
        with measured() as units:
            tokens.standing(token.token_id)
        assert units.calls == {"BatchGetItem": 1}
        assert units.read_units <= 2


class TestDynamoReplies(RepliesContract):
    def test_reachable_reads_an_empty_table(self, replies: DynamoReplies) -> None:
        replies.reachable()


class TestDynamoOpenRegistration(OpenRegistrationContract): ...


class TestDynamoMailedTokens(MailedTokensContract): ...


class TestDynamoPasswords(PasswordsContract): ...


class TestDynamoThrottle(ThrottleContract): ...


class TestDynamoNetworks(NetworksContract): ...
