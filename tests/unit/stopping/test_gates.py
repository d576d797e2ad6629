"""Stops as they are stored: one transaction with their audit entry, and they stay."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action, ActorKind, Entry, Origin, Source, entries
from nightdesk.accounts.emergency_stop import told_engaged
from nightdesk.accounts.ports import StopGates, StopProgress
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.audit import DynamoAudit, EntryItem
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.stops import DynamoStopGates
from nightdesk.core.errors import StaleWrite, StoreUnavailable
from nightdesk.core.ids import SYSTEM, UserId
from tests.builders.bots import NOW, STRANGER, TRADER
from tests.fakes.stops import FakeStopGates, FakeStopProgress

ORIGIN = Origin(kind=ActorKind.USER, actor=TRADER, source=Source.API, network="192.0.2.1")


def a_stop(owner: UserId = TRADER, **changes: object) -> Stop:
    fields: dict[str, object] = {
        "stop_id": "01KAKV5F3S9Q1B6T0M7N8P2R4X",
        "owner": owner,
        "scope": owner,
        "level": Level.BLOCK,
        "by": str(owner),
        "admin": owner == SYSTEM,
        "reason": 'a "bad" feeling',
        "at": NOW + timedelta(milliseconds=250),
    }
    return Stop(**(fields | changes))  # type: ignore[arg-type]


def told(stop: Stop) -> tuple[Entry, ...]:
    return entries(Action.EMERGENCY_STOP_ENGAGED, ORIGIN, NOW, owner=stop.owner)


class GatesContract:
    def test_a_gate_without_a_stop_is_open(self, gates: StopGates) -> None:
        assert gates.stop(TRADER) is None
        assert gates.stop(SYSTEM) is None

    def test_a_stop_stands_at_its_own_gate_alone(self, gates: StopGates) -> None:
        stop = a_stop()
        gates.put(stop, None, now=NOW)
        assert gates.stop(TRADER) == stop
        assert gates.stop(STRANGER) is None

    def test_a_stop_goes_only_over_the_one_that_was_read(self, gates: StopGates) -> None:
        stop = a_stop()
        gates.put(stop, None, now=NOW)
        with pytest.raises(StaleWrite):
            gates.put(a_stop(stop_id="another"), None, now=NOW)
        raised = stop.raised(Level.FLATTEN, admin=False)
        gates.put(raised, stop, now=NOW)
        with pytest.raises(StaleWrite):
            gates.put(stop.raised(Level.FLATTEN, admin=True), stop, now=NOW)
        assert gates.stop(TRADER) == raised

    def test_only_the_stop_that_stands_there_is_lifted(self, gates: StopGates) -> None:
        stop = a_stop()
        with pytest.raises(StaleWrite):
            gates.lift(stop, now=NOW)
        gates.put(stop, None, now=NOW)
        with pytest.raises(StaleWrite):
            gates.lift(stop.raised(Level.FLATTEN, admin=False), now=NOW)
        gates.lift(stop, now=NOW)
        assert gates.stop(TRADER) is None
        gates.put(a_stop(stop_id="next"), None, now=NOW)

    def test_owners_of_the_desks_stop_are_found_until_it_is_lifted_there(
        self, gates: StopGates
    ) -> None:
        desk = a_stop(SYSTEM)
        gates.put(desk, None, now=NOW)
        for owner in (STRANGER, TRADER):
            gates.put(desk.at_gate_of(owner), None, now=NOW)
        assert gates.copies(desk.stop_id, None) == ([TRADER, STRANGER], None)
        assert gates.copies("another", None) == ([], None)
        gates.lift(desk.at_gate_of(TRADER), now=NOW)
        assert gates.copies(desk.stop_id, None) == ([STRANGER], None)


class TestFake(GatesContract):
    @pytest.fixture
    def gates(self) -> FakeStopGates:
        return FakeStopGates()


class TestDynamo(GatesContract):
    """The inherited contract on tables."""

    def test_a_stop_shuts_the_gate_that_trading_meets(self, gates: DynamoStopGates) -> None:
        assert DynamoGates().shut(TRADER) is None
        gates.put(a_stop(), None, now=NOW)
        assert DynamoGates().shut(TRADER) == "EMERGENCY_STOP"
        assert DynamoGates().shut(STRANGER) is None
        gates.put(a_stop(SYSTEM), None, now=NOW)
        assert DynamoGates().shut(STRANGER) == "EMERGENCY_STOP"

    def test_a_new_process_finds_it_there(self, gates: DynamoStopGates, audit: DynamoAudit) -> None:
        gates.put(a_stop(), None, now=NOW)
        tables.disconnect()
        assert DynamoStopGates(audit).stop(TRADER) == a_stop()
        assert DynamoGates().shut(TRADER) == "EMERGENCY_STOP"

    def test_stop_entry_and_event_are_written_together(self, gates: DynamoStopGates) -> None:
        stop = a_stop()
        gates.put(stop, None, entries=told(stop), events=(told_engaged(stop, NOW),), now=NOW)
        (entry,) = EntryItem.query(f"U#{TRADER}#ACCOUNT")
        assert entry.action == "emergency_stop_engaged"
        (event,) = EventItem.query(f"U#{TRADER}", EventItem.sk.startswith("EVENT#"))
        assert event.data["stop_id"] == stop.stop_id

    def test_without_its_entry_no_stop_is_stored(
        self, gates: DynamoStopGates, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: object, entry: Entry) -> str:
            raise StoreUnavailable("no key")

        monkeypatch.setattr("tests.fakes.audit.OpenSealer.seal", broken)
        stop = a_stop()
        with pytest.raises(StoreUnavailable):
            gates.put(stop, None, entries=told(stop), now=NOW)
        assert gates.stop(TRADER) is None

    def test_a_refused_write_leaves_no_entry(self, gates: DynamoStopGates) -> None:
        stop = a_stop()
        gates.put(stop, None, entries=told(stop), now=NOW)
        with pytest.raises(StaleWrite):
            gates.put(a_stop(stop_id="another"), None, entries=told(stop), now=NOW)
        assert len(list(EntryItem.query(f"U#{TRADER}#ACCOUNT"))) == 1


class ProgressContract:
    def test_figures_add_up_by_stop_and_owner(self, progress: StopProgress) -> None:
        stop = a_stop()
        assert progress.read(stop) == Progress()
        progress.add(stop, Progress(bots_paused=2, orders_cancelled=1))
        progress.add(stop, Progress(orders_cancelled=3, positions_closed=1, failed=1))
        progress.add(stop, Progress())
        assert progress.read(stop) == Progress(
            bots_paused=2, orders_cancelled=4, positions_closed=1, failed=1
        )
        assert progress.read(a_stop(STRANGER)) == Progress()
        assert progress.read(a_stop(stop_id="another")) == Progress()


class TestFakeProgress(ProgressContract):
    @pytest.fixture
    def progress(self) -> FakeStopProgress:
        return FakeStopProgress()


class TestDynamoProgress(ProgressContract):
    """The inherited contract on a table."""


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: a_stop(scope=STRANGER),
        lambda: a_stop(scope=SYSTEM, admin=False),
        lambda: a_stop(reason="x" * 201),
    ],
    ids=["foreign scope", "desk by nobody", "long reason"],
)
def test_a_stop_that_cannot_be_is_not_built(wrong: Callable[[], Stop]) -> None:
    with pytest.raises(ValueError, match=r"stop|reason"):
        wrong()
