"""The audit log on the wire: own entries, an admin's view, and nobody else's."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.audit import Action, Entry, Target, bot_chain
from nightdesk.accounts.audit_log import QueryAudit, QueryAuditEvents
from nightdesk.core.clock import iso
from nightdesk.core.ids import SYSTEM, UserId
from tests.builders.accounts import NOW
from tests.builders.audit import an_entry, an_origin
from tests.fakes.audit import MemoryAudit
from tests.unit.api.conftest import Api

ALL = "/api/admin/audit/events"


@dataclass
class Log:
    """The app over an audit log in memory, with an admin and a trader."""

    api: Api
    stored: MemoryAudit = field(default_factory=MemoryAudit)

    def __post_init__(self) -> None:
        self.admin, self.trader = self.api.alice(), self.api.bob()
        owners = {one.username: one.owner for one in self.api.rig.desk.profiles.values()}
        self.alice, self.bob = owners["alice"], owners["bob"]
        own = QueryAudit(self.stored, self.stored.sealer)
        events = QueryAuditEvents(self.stored, self.stored.sealer, self.api.rig.users, self.stored)
        self.api.give({bootstrap.query_audit: own, bootstrap.query_audit_events: events})

    def did(self, owner: UserId, action: Action = Action.LOGIN, **changes: Any) -> Entry:
        entry = an_entry(action, owner=owner, **{"at": NOW, "origin": an_origin(owner)} | changes)
        self.stored.record([entry])
        return entry

    def get(self, path: str, who: dict[str, str], **query: Any) -> Any:
        return self.api.client.get(path, headers=who, params=query)

    def ok(self, path: str, who: dict[str, str], **query: Any) -> Any:
        answer = self.get(path, who, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def log(api: Api) -> Log:
    return Log(api)


def test_an_owner_sees_what_was_done_with_its_words(log: Log) -> None:
    origin = an_origin(log.bob, network="192.0.2.9", agent="firefox")
    log.did(log.bob, Action.EMAIL_CHANGED, origin=origin, words={"email": "new@example.com"})
    (shown,) = log.ok("/api/audit", log.trader)["items"]
    assert shown.pop("event_id")
    assert len(shown.pop("hash")) == 64
    assert shown == {
        "chain": f"U#{log.bob}#ACCOUNT",
        "seq": 1,
        "at": iso(NOW),
        "action": "email_changed",
        "severity": "warning",
        "actor": {"kind": "user", "id": log.bob},
        "target": None,
        "outcome": "ok",
        "code": None,
        "source": "api",
        "request_id": "req-1",
        "session_id": "s-1",
        "details": {},
        "words": {"email": "new@example.com", "network": "192.0.2.9", "agent": "firefox"},
    }


def test_an_owner_sees_nobody_else_s_entries_whatever_is_asked(log: Log) -> None:
    log.did(log.alice, target=Target(kind="bot", id="b1"))
    for query in (
        {},
        {"actor": log.alice},
        {"target": "b1"},
        {"user_id": log.alice},
        {"owner": log.alice},
    ):
        assert log.ok("/api/audit", log.trader, **query)["items"] == []


def test_a_bot_s_entries_stand_among_the_owner_s(log: Log) -> None:
    log.did(log.bob)
    bot = Target(kind="bot", id="b1")
    log.did(log.bob, Action.BOT_CREATED, chain=bot_chain(log.bob, "b1"), target=bot)
    assert len(log.ok("/api/audit", log.trader)["items"]) == 2
    (found,) = log.ok("/api/audit", log.trader, target="b1")["items"]
    assert (found["chain"], found["target"]) == (
        f"U#{log.bob}#BOT#b1",
        {"kind": "bot", "id": "b1"},
    )


def test_pages_are_walked_by_cursors_of_one_owner_and_route(log: Log) -> None:
    for n in range(5):
        log.did(log.bob, at=NOW - timedelta(days=n), details={"n": n})
    found: list[int] = []
    cursor = None
    while True:
        page = log.ok("/api/audit", log.trader, limit=2, **{"cursor": cursor} if cursor else {})
        found.extend(one["details"]["n"] for one in page["items"])
        first = cursor or page["next_cursor"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [0, 1, 2, 3, 4]
    for path, who, given in (
        ("/api/audit", log.admin, first),
        (ALL, log.admin, first),
        ("/api/audit", log.trader, f"{first}x"),
    ):
        answer = log.get(path, who, cursor=given)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_CURSOR")


def test_without_from_a_year_is_shown_and_with_it_what_is_asked(log: Log) -> None:
    old = log.did(log.bob, at=NOW - timedelta(days=400))
    assert log.ok("/api/audit", log.trader)["items"] == []
    since = iso(old.at)
    assert len(log.ok("/api/audit", log.trader, **{"from": since})["items"]) == 1
    until = iso(old.at + timedelta(days=1))
    assert len(log.ok("/api/audit", log.trader, to=until)["items"]) == 1
    for wide in ({"from": "0001-01-01T00:00:00Z"}, {"to": "0001-01-02T00:00:00Z"}):
        log.ok("/api/audit", log.trader, **wide)
    log.ok("/api/audit", log.trader, to="9999-12-31T23:59:59Z")


def test_a_filter_that_is_none_is_refused(log: Log) -> None:
    for query in ({"action": "nonsense"}, {"severity": "bad"}, {"from": "yesterday"}):
        assert log.get("/api/audit", log.trader, **query).status_code == 422


def test_words_are_null_once_their_key_is_gone(log: Log) -> None:
    log.did(log.bob, words={"email": "x@example.com"})
    log.stored.sealer.lost.add(log.bob)
    (shown,) = log.ok("/api/audit", log.trader)["items"]
    assert shown["words"] is None


def test_an_admin_sees_alarming_entries_of_all_without_words(log: Log) -> None:
    log.did(log.bob, Action.LOGIN)
    log.did(log.bob, Action.BOT_CREATED, words={"name": "Alpha"})
    log.did(log.alice, Action.USER_INVITED, at=NOW - timedelta(minutes=1))
    found = log.ok(ALL, log.admin)["items"]
    assert [one["action"] for one in found] == ["bot_created", "user_invited"]
    assert [one["words"] for one in found] == [None, None]
    assert [one["action"] for one in log.ok(ALL, log.admin, severity="warning")["items"]] == [
        "user_invited"
    ]
    answer = log.get(ALL, log.admin, severity="info")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "VALIDATION_FAILED")


def test_an_admin_who_looks_at_a_user_stands_in_both_logs(log: Log) -> None:
    log.did(log.bob, words={"email": "bob@example.com"})
    found = log.ok(ALL, log.admin, user_id=log.bob)["items"]
    assert [one["action"] for one in found] == ["admin_read", "login"]
    assert found[1]["words"] == {"email": "bob@example.com"}
    own = log.ok("/api/audit", log.trader, action="admin_read")["items"]
    assert [(one["actor"], one["words"]) for one in own] == [
        ({"kind": "admin", "id": log.alice}, {})
    ]
    (his,) = log.ok("/api/audit", log.admin, action="admin_read")["items"]
    assert his["target"] == {"kind": "audit", "id": log.bob}


def test_an_unknown_user_has_no_log_and_gets_none(log: Log) -> None:
    assert log.get(ALL, log.admin, user_id="nobody").status_code == 404
    assert log.stored.chains == {}
    assert log.ok(ALL, log.admin, user_id=SYSTEM)["items"] == []


def test_a_trader_does_not_see_the_admin_s_view(log: Log) -> None:
    log.did(log.alice, Action.USER_INVITED)
    for query in ({}, {"user_id": log.alice}, {"user_id": log.bob}):
        answer = log.get(ALL, log.trader, **query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert log.api.client.get("/api/audit").status_code == 401
    assert log.api.client.get(ALL).status_code == 401
