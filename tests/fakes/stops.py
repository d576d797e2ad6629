"""Gates and what carries a stop out, in memory. They keep the contracts of the adapters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.stop import Progress, Stop
from nightdesk.core.errors import Fault, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from tests.fakes.trading import FakeGates


@dataclass
class FakeStopGates:
    """The port StopGates. `gates` are those that trading meets; `faults` come before a write."""

    gates: FakeGates = field(default_factory=FakeGates)
    kept: dict[UserId, Stop] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def stop(self, owner: UserId) -> Stop | None:
        return self.kept.get(owner)

    def put(
        self,
        stop: Stop,
        before: Stop | None,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        self._unmoved(stop.owner, before)
        self.kept[stop.owner] = stop
        self.gates.codes[stop.owner] = "EMERGENCY_STOP"
        self._told(entries, events)

    def lift(
        self,
        stop: Stop,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        self._unmoved(stop.owner, stop)
        del self.kept[stop.owner], self.gates.codes[stop.owner]
        self._told(entries, events)

    def copies(self, stop_id: str, after: str | None) -> tuple[Sequence[UserId], str | None]:
        found = [one.owner for one in self.kept.values() if one.copied and one.stop_id == stop_id]
        return sorted(found), None

    def _unmoved(self, owner: UserId, before: Stop | None) -> None:
        if self.faults:
            raise self.faults.pop()
        if self.kept.get(owner) != before:
            raise StaleWrite("gate")

    def _told(self, entries: Sequence[Entry], events: Sequence[Event]) -> None:
        self.entries += entries
        self.events += events


@dataclass
class FakeStopProgress:
    """The port StopProgress."""

    kept: dict[tuple[UserId, str], Progress] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def read(self, stop: Stop) -> Progress:
        return self.kept.get((stop.owner, stop.stop_id), Progress())

    def add(self, stop: Stop, progress: Progress) -> None:
        self.kept[stop.owner, stop.stop_id] = self.read(stop) + progress

    def tell(self, event: Event, now: datetime) -> None:
        self.events.append(event)


@dataclass
class FakeStopRunner:
    """The port StopRunner: it notes what it was asked for."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Stop, level, and which way."""
    restarts: list[bool] = field(default_factory=list)
    fault: Fault | None = None

    def engage(self, stop: Stop, now: datetime) -> None:
        if self.fault is not None:
            raise self.fault
        self.asked.append((stop.stop_id, stop.level.value, "engage"))

    def lift(self, stop: Stop, now: datetime, *, restart: bool) -> None:
        self.asked.append((stop.stop_id, stop.level.value, "lift"))
        self.restarts.append(restart)


@dataclass
class FakePeaks:
    """The port Peaks."""

    reset_for: list[UserId] = field(default_factory=list)

    def reset(self, owner: UserId) -> int:
        self.reset_for.append(owner)
        return 2
