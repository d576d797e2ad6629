from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.idempotency import Begin, Command, Finish, InProgress
from nightdesk.core.errors import Conflict, Invalid
from tests.builders.accounts import ALICE, BOB, NOW
from tests.unit.accounts.fakes import FakeReplies

KEY = "k" * 16
SOON = NOW + timedelta(seconds=1)
CUT_OFF = NOW + timedelta(seconds=60)


@pytest.fixture
def replies() -> FakeReplies:
    return FakeReplies()


def a_command(**changes: object) -> Command:
    plain = Command(owner=ALICE, route="POST /api/bots", key=KEY, body=b"{}")
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_same_command_again_gets_the_first_answer(replies: FakeReplies) -> None:
    begin, finish = Begin(replies), Finish(replies)
    reply = begin(a_command(), NOW)
    assert finish(reply, 201, b'{"id":1}', SOON)
    again = begin(a_command(), SOON)
    assert (again.status, again.body) == (201, b'{"id":1}')


def test_other_body_under_the_key_is_refused_while_running_and_after(replies: FakeReplies) -> None:
    begin = Begin(replies)
    reply = begin(a_command(), NOW)
    for _ in range(2):
        with pytest.raises(Invalid) as refusal:
            begin(a_command(body=b'{"a":1}'), SOON)
        assert refusal.value.code == "IDEMPOTENCY_KEY_REUSED"
        Finish(replies)(reply, 201, b"", SOON)


def test_running_command_answers_409_with_patience_of_one_second(replies: FakeReplies) -> None:
    Begin(replies)(a_command(), NOW)
    with pytest.raises(InProgress) as refusal:
        Begin(replies)(a_command(), CUT_OFF - timedelta(seconds=1))
    assert (refusal.value.code, refusal.value.retry_after) == ("IDEMPOTENCY_IN_PROGRESS", 1)


def test_command_cut_off_runs_again_under_the_same_cause_and_moment(replies: FakeReplies) -> None:
    first = Begin(replies)(a_command(), NOW)
    second = Begin(replies)(a_command(), CUT_OFF)
    assert (second.cause, second.started_at) == (first.cause, NOW)
    assert second.status is None
    assert not Finish(replies)(first, 201, b"late", CUT_OFF)
    assert Finish(replies)(second, 201, b"ok", CUT_OFF)


def test_retake_that_loses_the_race_is_in_progress(
    replies: FakeReplies, monkeypatch: pytest.MonkeyPatch
) -> None:
    Begin(replies)(a_command(), NOW)
    monkeypatch.setattr(FakeReplies, "retake", lambda *_: False)
    with pytest.raises(InProgress):
        Begin(replies)(a_command(), CUT_OFF)


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_unkept_answers_let_the_next_try_in_at_once(replies: FakeReplies, status: int) -> None:
    reply = Begin(replies)(a_command(), NOW)
    Finish(replies)(reply, status, b"sorry", SOON)
    again = Begin(replies)(a_command(), SOON)
    assert again.status is None
    assert again.started_at == NOW


def test_refusals_are_kept(replies: FakeReplies) -> None:
    reply = Begin(replies)(a_command(), NOW)
    Finish(replies)(reply, 409, b"no", SOON)
    assert Begin(replies)(a_command(), SOON).status == 409


def test_shown_secret_is_not_kept_and_not_shown_again(replies: FakeReplies) -> None:
    reply = Begin(replies)(a_command(), NOW)
    Finish(replies)(reply, 201, b"token", SOON, secret=True)
    assert b"token" not in str(replies.kept).encode()
    with pytest.raises(Conflict) as refusal:
        Begin(replies)(a_command(), SOON)
    assert refusal.value.code == "SECRET_ALREADY_SHOWN"


def test_refusal_of_a_secret_route_is_kept_whole(replies: FakeReplies) -> None:
    reply = Begin(replies)(a_command(), NOW)
    Finish(replies)(reply, 409, b"limit", SOON, secret=True)
    assert Begin(replies)(a_command(), SOON).body == b"limit"


def test_key_is_free_again_after_24_hours(replies: FakeReplies) -> None:
    reply = Begin(replies)(a_command(), NOW)
    Finish(replies)(reply, 201, b"", SOON)
    fresh = Begin(replies)(a_command(body=b"[]"), NOW + timedelta(hours=24))
    assert fresh.started_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize("changes", [{"owner": BOB}, {"route": "POST /api/x"}, {"key": "j" * 64}])
def test_owner_route_and_key_each_make_another_command(
    replies: FakeReplies, changes: dict[str, str]
) -> None:
    Begin(replies)(a_command(), NOW)
    assert Begin(replies)(a_command(**changes), NOW).status is None


@pytest.mark.parametrize("key", ["", "k" * 15, "k" * 65, "k" * 15 + "/", "ü" * 20, "k" * 16 + "\n"])
def test_malformed_key_is_invalid(key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        a_command(key=key)
    assert refusal.value.field == "Idempotency-Key"
