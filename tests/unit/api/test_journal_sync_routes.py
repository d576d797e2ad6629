from dataclasses import replace
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.credential import Slot
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.account_sync import ReadSyncs, RequestSync, StartSync
from nightdesk.journal.account_syncing import SyncAccount
from nightdesk.journal.unplaced_reading import ReadUnplaced
from tests.builders.accounts import NOW
from tests.builders.journal_trades import an_unplaced
from tests.fakes.journal_trades import FakeUnplaced
from tests.unit.api.conftest import Api
from tests.unit.api.writing_rig import refused, without_id
from tests.unit.journal.syncing.rig import Rig, a_slot, never
from tests.unit.journal.syncing.test_syncing import BROKEN, an_account


class Syncing:
    """The accounts of Alice and Bob, and the worker behind them. Bob has no key."""

    def __init__(self, api: Api) -> None:
        self.api, self.rig = api, Rig(an_account(), now=NOW)
        self.alice, self.bob = api.alice(), api.bob()
        account = api.client.get("/api/account", headers=self.alice).json()
        self.owner, self.count = UserId(account["id"]), 0
        self.slots = [a_slot(owner=self.owner), a_slot(owner=self.owner, label="second")]
        self.unplaced = FakeUnplaced()
        start = StartSync(self.rig.syncs, self.rig.queue)
        api.give(
            {
                bootstrap.request_sync: RequestSync(keys=self.keys, start=start),
                bootstrap.read_syncs: ReadSyncs(self.rig.syncs),
                bootstrap.read_unplaced: ReadUnplaced(self.unplaced),
            }
        )

    def keys(self, owner: UserId) -> list[Slot]:
        return self.slots if owner == self.owner else []

    def call(self, method: str, path: str = "", *, as_bob: bool = False, **more: Any) -> Any:
        self.count += 1
        key = {"Idempotency-Key": f"sync-route-{self.count:06}"}
        headers = (self.bob if as_bob else self.alice) | key
        return self.api.client.request(method, f"/api/journal/sync{path}", headers=headers, **more)

    def begun(self, **body: Any) -> list[dict[str, Any]]:
        answer = self.call("POST", json=body)
        assert answer.status_code == 202, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def work(self) -> SyncAccount:
        return self.rig.work


@pytest.fixture
def desk(api: Api) -> Syncing:
    return Syncing(api)


def test_a_sync_is_asked_for_watched_and_read(desk: Syncing) -> None:
    (begun,) = desk.begun(account="binance:main:live", days=30)
    assert (begun["status"], begun["progress"], begun["days"]) == ("queued", 0, 30)
    assert begun["counts"] == dict.fromkeys(("fetched", "new", "updated", "skipped", "errors"), 0)
    desk.work()(desk.owner, begun["id"], NOW, never)
    done = desk.call("GET", f"/{begun['id']}").json()
    assert (done["status"], done["progress"], done["account"]) == (
        *("done", 100),
        "binance:main:live",
    )
    assert done["counts"]["errors"] == 1
    (wrong,) = done["errors"]
    assert (wrong["ref"], wrong["code"], wrong["column"]) == (BROKEN.ref, "BAD_TIME", "at")
    (listed,) = desk.call("GET").json()["items"]
    assert listed == {name: done[name] for name in done if name not in {"errors", "unplaced"}}


def test_a_sync_tells_what_is_in_no_trade_of_what_it_touched(desk: Syncing) -> None:
    (begun,) = desk.begun(account="binance:main:live")
    found = desk.rig.syncs.get(desk.owner, begun["id"])
    left = an_unplaced(account=found.account)
    desk.rig.syncs.save(replace(found, touched=(left.instrument,)))
    untouched = replace(left, instrument=InstrumentId("OLD/USDT@binance"))
    for one in (left, untouched):
        desk.unplaced.keep(desk.owner, one.account, one.instrument, [one])
    (told,) = desk.call("GET", f"/{begun['id']}").json()["unplaced"]
    assert told == {
        "account": "binance:main:live",
        "instrument": left.instrument,
        "code": "UNMATCHED_SELL",
        "asset": "BTC",
        "amount": "0.5",
        "count": 2,
        "first_at": "2025-03-03T10:00:00Z",
        "last_at": "2025-03-03T11:00:00Z",
        "refs": ["a", "b"],
    }


def test_without_an_account_all_with_a_ready_key_are_synced(desk: Syncing) -> None:
    begun = desk.begun()
    assert [one["account"] for one in begun] == ["binance:main:live", "binance:second:live"]
    assert [one["days"] for one in begun] == [None, None]
    again = desk.call("POST", json={})
    assert refused(again) == (409, "SYNC_RUNNING")
    page = desk.call("GET", params={"limit": 1}).json()
    rest = desk.call("GET", params={"limit": 1, "cursor": page["next_cursor"]}).json()
    shown = {page["items"][0]["id"], rest["items"][0]["id"]}
    assert shown == {one["id"] for one in begun}
    assert rest["next_cursor"] is None


def test_the_same_command_begins_one_sync(desk: Syncing) -> None:
    key = {"Idempotency-Key": "the-very-same-command"}
    body: dict[str, Any] = {"account": "binance:main:live"}
    answers = [
        desk.api.client.post("/api/journal/sync", json=body, headers=desk.alice | key)
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(desk.rig.syncs.stored) == 1
    bare = desk.api.client.post("/api/journal/sync", json=body, headers=desk.alice)
    assert refused(bare) == (400, "IDEMPOTENCY_KEY_REQUIRED")


def test_a_key_that_is_not_there_or_not_ready_is_409(desk: Syncing) -> None:
    assert refused(desk.call("POST", json={"account": "mine"})) == (409, "KEY_NOT_READY")
    desk.slots = [a_slot(owner=desk.owner, status="saved_untested")]
    assert refused(desk.call("POST", json={})) == (409, "KEY_NOT_READY")
    assert not desk.rig.queue.sent


def test_another_traders_accounts_and_syncs_do_not_exist(desk: Syncing) -> None:
    (begun, _) = desk.begun()
    answers = [desk.call("GET", f"/{one}", as_bob=True) for one in (begun["id"], "nobodys")]
    assert {one.status_code for one in answers} == {404}
    assert without_id(answers[0]) == without_id(answers[1])
    assert desk.call("GET", as_bob=True).json()["items"] == []
    body = {"account": "binance:main:live"}
    assert refused(desk.call("POST", json=body, as_bob=True)) == (409, "KEY_NOT_READY")


@pytest.mark.parametrize(
    "body",
    [
        {"days": 0},
        {"days": 731},
        {"days": "7"},
        {"days": 1.5},
        {"account": " "},
        {"account": ""},
        {"account": "a\u202eb"},
        {"account": "x" * 200},
        {"url": "https://elsewhere.example"},
        {"api_key": "mine"},
        [],
    ],
)
def test_a_bad_body_is_422_and_nothing_begins(desk: Syncing, body: Any) -> None:
    assert refused(desk.call("POST", json=body)) == (422, "VALIDATION_FAILED")
    assert not desk.rig.syncs.stored
