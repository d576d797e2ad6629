"""Entries find their place in their chain, with the change that they tell of or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from nightdesk import observability
from nightdesk.accounts import audit as nouns
from nightdesk.accounts.audit import Action, Entry, Record, first_break
from nightdesk.adapters.dynamo import audit as adapter
from nightdesk.adapters.dynamo.accounts import FirstAdminItem, LookupItem
from nightdesk.adapters.dynamo.audit import ChangedItem, DynamoAudit, EntryItem
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Conflict, Fault, StoreUnavailable
from nightdesk.names import Metric
from tests.builders.audit import ADA, ANN, AT, BEN, an_entry, an_origin
from tests.fakes.clock import FakeClock

TAKEN = Conflict("TAKEN", "taken")


def a_write() -> Write:
    """A change with a condition: the lookup may not be there."""
    write = Write()
    write.put(LookupItem("LOOKUP#a", "LOOKUP", owner=ANN), DeskItem.pk.does_not_exist(), TAKEN)
    return write


def stored(chain: str) -> list[Record]:
    return [item.to_domain() for item in EntryItem.query(chain, consistent_read=True)]


def rival(audit: DynamoAudit, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another writer append between our look at the head and our write, so many times."""
    look, left = adapter.head, [times]

    def looked(chain: str) -> EntryItem | None:
        seen = look(chain)
        if left[0]:
            left[0] -= 1
            monkeypatch.setattr(adapter, "head", look)
            audit.commit(Write, [an_entry(details={"rival": left[0]})])
            monkeypatch.setattr(adapter, "head", looked)
        return seen

    monkeypatch.setattr(adapter, "head", looked)
    monkeypatch.setattr(adapter, "PAUSE", 0)


def test_a_change_and_its_entries_are_written_together(audit: DynamoAudit) -> None:
    audit.commit(a_write, [an_entry(), an_entry(Action.BOT_RETIRED), an_entry(owner=BEN)])
    assert LookupItem.count("LOOKUP#a") == 1
    mine, theirs = stored("U#01ANN#ACCOUNT"), stored("U#01BEN#ACCOUNT")
    assert [(one.seq, one.action) for one in mine] == [(1, "bot_created"), (2, "bot_retired")]
    assert [one.seq for one in theirs] == [1]
    assert first_break("U#01ANN#ACCOUNT", mine, anchors={}) is None


def test_what_was_written_comes_back_as_it_was_hashed(audit: DynamoAudit) -> None:
    from decimal import Decimal

    details = {"amount": Decimal("60000.10"), "deep": {"list": [1, None, "x", True]}}
    audit.commit(Write, [an_entry(details=details, at=AT + timedelta(milliseconds=250))])
    (found,) = stored("U#01ANN#ACCOUNT")
    assert found.hash == nouns.hash_of(found)
    assert found.details["amount"] == "60000.1"
    assert found.at == "2026-11-21T12:00:00.250Z"


def test_without_entries_the_change_is_written_alone(audit: DynamoAudit) -> None:
    audit.commit(a_write, [])
    assert (LookupItem.count("LOOKUP#a"), len(list(AuditItem.scan()))) == (1, 0)


def test_a_refused_change_leaves_no_entry(audit: DynamoAudit) -> None:
    audit.commit(a_write, [])
    with pytest.raises(Conflict, match="taken"):
        audit.commit(a_write, [an_entry()])
    assert stored("U#01ANN#ACCOUNT") == []


def test_a_lost_race_is_run_again_and_leaves_no_gap(
    audit: DynamoAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival(audit, 3, monkeypatch)
    audit.commit(a_write, [an_entry(Action.BOT_RETIRED)])
    found = stored("U#01ANN#ACCOUNT")
    assert [one.action for one in found] == ["bot_created"] * 3 + ["bot_retired"]
    assert first_break("U#01ANN#ACCOUNT", found, anchors={}) is None


def test_after_five_lost_races_the_change_does_not_happen(
    audit: DynamoAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival(audit, 5, monkeypatch)
    with pytest.raises(StoreUnavailable, match="5 times"):
        audit.commit(a_write, [an_entry(Action.BOT_RETIRED)])
    assert LookupItem.count("LOOKUP#a") == 0
    assert [one.action for one in stored("U#01ANN#ACCOUNT")] == ["bot_created"] * 5


def test_writers_side_by_side_leave_no_gap(
    cloud: None, audit: DynamoAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "TRIES", 40)
    own = [an_entry(details={"n": n}) for n in range(24)]

    def write(entry: Entry) -> None:
        audit.commit(Write, [entry])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, own))
    found = stored("U#01ANN#ACCOUNT")
    assert {one.details["n"] for one in found} == set(range(24))
    assert first_break("U#01ANN#ACCOUNT", found, anchors={}) is None


def test_when_the_entry_cannot_be_written_the_change_does_not_happen(audit: DynamoAudit) -> None:
    AuditItem.delete_table()
    with pytest.raises(Fault):
        audit.commit(a_write, [an_entry()])
    assert LookupItem.count("LOOKUP#a") == 0


def test_a_lost_info_entry_is_counted_and_breaks_nothing(
    audit: DynamoAudit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(
        observability.metrics, "add_metric", lambda name, unit, value: counted.append(name)
    )
    AuditItem.delete_table()
    words = {"email": "ann@example.com"}
    audit.record([an_entry(Action.LOGIN, words=words), an_entry(Action.LOGOUT)])
    assert counted == [Metric.AUDIT_WRITE_FAILED] * 2
    assert "login" in caplog.text
    assert "ann@example.com" not in caplog.text


def test_info_entries_are_each_appended(audit: DynamoAudit) -> None:
    audit.record([an_entry(Action.LOGIN), an_entry(Action.LOGIN, owner=BEN)])
    assert len(stored("U#01ANN#ACCOUNT")) == len(stored("U#01BEN#ACCOUNT")) == 1


def test_a_chain_is_marked_once_on_each_day_that_it_grows(
    audit: DynamoAudit, clock: FakeClock
) -> None:
    for _ in range(3):
        audit.record([an_entry(at=AT - timedelta(days=800))])
    clock.forward(86_400)
    audit.record([an_entry()])
    marks = sorted((one.pk, one.sk) for one in ChangedItem.scan())
    chain = "U#01ANN#ACCOUNT"
    assert marks == [("CHANGED#2026-11-21", chain), ("CHANGED#2026-11-22", chain)]


def test_entries_lapse_after_seven_years(audit: DynamoAudit) -> None:
    audit.record([an_entry()])
    (item,) = EntryItem.query("U#01ANN#ACCOUNT")
    assert item.expires_at is not None
    assert item.expires_at.date().isoformat() == "2033-11-22"


def test_an_admin_who_acts_on_another_stands_in_both_chains() -> None:
    origin = an_origin(
        ADA, kind=nouns.ActorKind.ADMIN, network="198.51.100.7", agent="browser of ada"
    )
    theirs, own = nouns.entries(
        Action.USER_BLOCKED, origin, AT, owner=ANN, words={"reason": "as asked"}
    )
    assert (theirs.chain, own.chain) == ("U#01ANN#ACCOUNT", "U#01ADA#ACCOUNT")
    assert theirs.private == {"reason": "as asked"}
    assert own.private == {"network": "198.51.100.7", "agent": "browser of ada"}


def test_an_entry_of_the_first_admin_and_the_change_are_one(audit: DynamoAudit) -> None:
    def build() -> Write:
        write = Write()
        item = FirstAdminItem("SYSTEM", "FIRST_ADMIN", owner=ADA, at=AT)
        write.put(item, DeskItem.pk.does_not_exist(), TAKEN)
        return write

    audit.commit(build, [an_entry(Action.USER_REGISTERED_ADMIN, owner=ADA)])
    assert FirstAdminItem.count("SYSTEM") == 1
