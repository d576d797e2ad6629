"""The fakes keep the contracts, so tests that use them say something of DynamoDB."""

import pytest

from tests.contracts.accounts import (
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
from tests.unit.accounts.fakes import (
    Desk,
    FakeApiTokens,
    FakeInvitations,
    FakeMailedTokens,
    FakeNetworks,
    FakePasswords,
    FakeReplies,
    FakeSessions,
    FakeThrottle,
    FakeUsers,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def users(desk: Desk) -> FakeUsers:
    return FakeUsers(desk)


@pytest.fixture
def sessions(desk: Desk) -> FakeSessions:
    return FakeSessions(desk)


@pytest.fixture
def tokens(desk: Desk) -> FakeApiTokens:
    return FakeApiTokens(desk)


@pytest.fixture
def invitations(desk: Desk) -> FakeInvitations:
    return FakeInvitations(desk)


@pytest.fixture
def mailed(desk: Desk) -> FakeMailedTokens:
    return FakeMailedTokens(desk)


@pytest.fixture
def passwords(desk: Desk) -> FakePasswords:
    return FakePasswords(desk)


@pytest.fixture
def throttle(desk: Desk) -> FakeThrottle:
    return FakeThrottle(desk)


@pytest.fixture
def networks(desk: Desk) -> FakeNetworks:
    return FakeNetworks(desk)


@pytest.fixture
def replies() -> FakeReplies:
    return FakeReplies()


class TestFakeUsers(UsersContract): ...


class TestFakeSessions(SessionsContract): ...


class TestFakeApiTokens(ApiTokensContract): ...


class TestFakeReplies(RepliesContract): ...


class TestFakeOpenRegistration(OpenRegistrationContract): ...


class TestFakeMailedTokens(MailedTokensContract): ...


class TestFakePasswords(PasswordsContract): ...


class TestFakeThrottle(ThrottleContract): ...


class TestFakeNetworks(NetworksContract): ...
