"""Workers that die, answers that are lost: the cycle cut off at any of its side effects."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from nightdesk.analysis.snapshot import Snapshot
from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.errors import Fault
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.settle import Settle
from nightdesk.trading.trade_bots import TradeBots, Traded
from tests.fakes.desk import MemoryDesk

EFFECTS = frozenset({"take", "free", "commit", "put", "submit"})
"""Methods of the cycle's ports that change something."""


class Killed(BaseException):
    """The worker is gone; no handler of its own sees this."""


@dataclass
class Strikes:
    """Counts side effects, and lets the `at`-th of them go wrong: before it, or after it."""

    at: int | None = None
    fault: Callable[[str], BaseException] = Killed
    after: bool = False
    only: frozenset[str] = EFFECTS
    """Side effects by name that are counted."""
    seen: int = 0
    dead: bool = False
    log: list[str] = field(default_factory=list)

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        """Do it, or not, or do it and lose the answer. A dead worker does nothing more."""
        if self.dead:
            raise Killed(name)
        if name not in self.only:
            return act()
        self.seen += 1
        self.log.append(name)
        if self.seen != self.at:
            return act()
        if self.after:
            act()
        fault = self.fault(f"{name} {self.at}")
        self.dead = not isinstance(fault, Fault)
        raise fault


class Struck:
    """A port, each call of which goes past the strikes."""

    def __init__(self, port: object, strikes: Strikes) -> None:
        self._port = port
        self._strikes = strikes

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *args, **named: self._strikes.call(name, lambda: method(*args, **named))


def struck(memory: MemoryDesk, strikes: Strikes) -> tuple[TradeBots, Settle]:
    """Return the two use cases of a worker whose every port may fail."""

    def under(port: object) -> Any:
        return Struck(port, strikes)

    trade = replace(
        memory.trade,
        desk=under(memory.desk),
        leases=under(memory.leases),
        decisions=under(memory.decisions),
        equity=under(memory.equity),
        exchange=lambda timeframe: under(memory.exchange(timeframe)),
    )
    return trade, replace(memory.settle, desk=under(memory.desk), equity=under(memory.equity))


@dataclass(frozen=True)
class Remembered:
    """Looks at each market once per moment for the whole test run; a snapshot never changes."""

    look: LookAtMarket
    seen: dict[str, Snapshot]

    def __call__(self, market: Any, as_of: datetime, findings: Any, needs: Any = None) -> Snapshot:
        key = repr((market, as_of, tuple(findings), sorted((needs or {}).items(), key=repr)))
        if key not in self.seen:
            self.seen[key] = self.look(market, as_of, findings, needs or {})
        return self.seen[key]


_SEEN: dict[str, Snapshot] = {}


def quick(memory: MemoryDesk) -> MemoryDesk:
    """Return the desk, looking at what was looked at before."""
    look: Any = Remembered(memory.trade.look, _SEEN)
    memory.trade = replace(memory.trade, look=look)
    return memory


def run(
    memory: MemoryDesk,
    as_of: datetime,
    *,
    strikes: Strikes | None = None,
    now: datetime | None = None,
    holder: str = "worker",
    protect_only: bool = False,
) -> Traded:
    """Trade and settle as the workflow does: settle only if trading raised nothing."""
    trade, settle = (memory.trade, memory.settle) if strikes is None else struck(memory, strikes)
    memory.rules.as_of = as_of
    markets = [(one, tf) for one, tfs in memory.bots.markets().items() for tf in tfs]
    due = [market for market in markets if market[1].closes_at(as_of)]
    done = trade(
        dict.fromkeys(markets if protect_only else due, ()),
        as_of=as_of,
        now=now or as_of,
        holder=holder,
        protect_only=protect_only,
    )
    if not protect_only:
        settle(due, as_of=as_of)
    return done


@dataclass(frozen=True)
class Saved:
    """All that is stored, at one moment. What lies in the dictionaries never changes."""

    stores: tuple[dict[Any, Any], ...]
    events: tuple[Any, ...]
    clock: datetime

    @classmethod
    def of(cls, memory: MemoryDesk) -> "Saved":
        return cls(
            stores=tuple(dict(store) for store in _stores(memory)),
            events=tuple(memory.desk.events),
            clock=memory.clock.moment,
        )

    def back(self, memory: MemoryDesk) -> None:
        for store, saved in zip(_stores(memory), self.stores, strict=True):
            store.clear()
            store.update(saved)
        memory.desk.events[:] = self.events
        memory.clock.moment = self.clock


def _stores(memory: MemoryDesk) -> Iterator[dict[Any, Any]]:
    desk, leases = memory.desk, memory.leases
    yield from (leases.held, leases.fences, leases.worked_to)
    yield from (desk.kept, desk.kept_orders, desk.kept_fills, desk.kept_postings)
    yield from (memory.decisions.kept, memory.equity.kept)


def canonical(value: object) -> str:
    """Return one text for one value: every field of it, mappings and stores by key."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = (f"{f.name}={canonical(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({', '.join(inner)})"
    if isinstance(value, Mapping):
        pairs = sorted((canonical(key), canonical(one)) for key, one in value.items())
        return "{" + ", ".join(f"{key}: {one}" for key, one in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(canonical(one) for one in value) + "]"
    return repr(value)


def record(memory: MemoryDesk, *, fences: bool = False) -> str:
    """Return all that the desk has stored as text, a line each; the fences only if asked for."""
    desk = memory.desk
    books = {key: book if fences else replace(book, fence=0) for key, book in desk.kept.items()}
    stores: dict[str, Mapping[Any, Any]] = {
        "book": books,
        "order": desk.kept_orders,
        "fill": desk.kept_fills,
        "posting": desk.kept_postings,
        "decision": memory.decisions.kept,
        "equity": memory.equity.kept,
        "event": {event.event_id: event for event in desk.events},
    }
    return "\n".join(
        f"{name} {canonical(key)} {canonical(store[key])}"
        for name, store in stores.items()
        for key in sorted(store, key=repr)
    )


DAY = Timeframe.D1.length
