"""The fakes keep the contracts, so tests that use them say something of DynamoDB."""

import pytest

from tests.contracts.accounts import RepliesContract, SessionsContract, UsersContract
from tests.unit.accounts.fakes import Desk, FakeInvitations, FakeReplies, FakeSessions, FakeUsers


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
def invitations(desk: Desk) -> FakeInvitations:
    return FakeInvitations(desk)


@pytest.fixture
def replies() -> FakeReplies:
    return FakeReplies()


class TestFakeUsers(UsersContract): ...


class TestFakeSessions(SessionsContract): ...


class TestFakeReplies(RepliesContract): ...
