"""Valid candles, instruments and rules, to be changed where a test is about the change."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from nightdesk.core.clock import ceil_millis, millis
from nightdesk.core.errors import UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import COLUMNS, Candles, no_candles
from nightdesk.market.instruments import Instrument, Quote, Rules, TradingStatus
from nightdesk.market.series import from_rows, joined
from nightdesk.market.timeframe import Timeframe

BTC = InstrumentId("BTC/USD@bitstamp")
START = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday


def some_candles(
    n: int = 10,
    *,
    instrument_id: InstrumentId = BTC,
    timeframe: Timeframe = Timeframe.H1,
    start: datetime = START,
    seed: int = 0,
    without: Sequence[int] = (),
    **columns: Any,
) -> Candles:
    """`n` sound candles from `start`, a gentle walk around 100; `without` leaves rows out.

    A column given by name, shape (n,), replaces that column.
    """
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, n)))
    opened = np.concatenate([[100.0], close[:-1]])[:n]
    values = np.column_stack(
        [
            opened,
            np.maximum(opened, close) * 1.001,
            np.minimum(opened, close) * 0.999,
            close,
            rng.uniform(1, 5, n),
        ]
    )
    for name, column in columns.items():
        values[:, COLUMNS.index(name)] = column
    times = millis(start) + timeframe.ms * np.arange(n, dtype=np.int64)
    keep = np.array([i not in without for i in range(n)], dtype=np.bool_)
    return from_rows(instrument_id, timeframe, times[keep], values[keep])


def same(a: Candles, b: Candles) -> bool:
    """Whether two series are equal to the last bit."""
    return (a.instrument_id, a.timeframe) == (b.instrument_id, b.timeframe) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in ("open_time", *COLUMNS)
    )


def some_rules(instrument_id: InstrumentId = BTC, **changes: Any) -> Rules:
    """Rules of a usual fiat market."""
    fields: dict[str, Any] = {
        "instrument": Instrument(id=instrument_id, symbol=instrument_id.partition("@")[0]),
        "version": "v1",
        "status": TradingStatus.TRADING,
        "tick": Decimal("0.01"),
        "lot": Decimal("0.00000001"),
        "min_quantity": Decimal("0.0001"),
        "min_notional": Decimal(10),
        "observed_at": START,
        "source": "test",
    }
    return Rules(**{**fields, **changes})


class SteppedClock:
    """A clock that stands still until told."""

    def __init__(self, now: datetime = START) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class MemoryCandles:
    """The port CandleStore, in memory."""

    def __init__(self) -> None:
        self.series: dict[tuple[InstrumentId, Timeframe], Candles] = {}

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        return self._all(instrument_id, timeframe).closed(as_of).tail(limit)

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        found = self._all(instrument_id, timeframe).since(since)
        return found.rows(0, int(np.searchsorted(found.open_time, ceil_millis(until))))

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        found = self._all(instrument_id, timeframe)
        return found.last_open if len(found) else None

    def put(self, candles: Candles) -> int:
        stored = self._all(candles.instrument_id, candles.timeframe)
        whole = joined(candles, stored)
        self.series[candles.instrument_id, candles.timeframe] = whole
        return len(whole) - len(stored)

    def _all(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Candles:
        key = (instrument_id, timeframe)
        return self.series.get(key, no_candles(instrument_id, timeframe))


class AskedCandles(MemoryCandles):
    """Candles that count how often they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        self.asked += 1
        return super().load(instrument_id, timeframe, as_of=as_of, limit=limit)

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        self.asked += 1
        return super().between(instrument_id, timeframe, since, until)

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        self.asked += 1
        return super().newest(instrument_id, timeframe)


class MemoryRules:
    """The port RulesStore, in memory; `writes` counts what was stored."""

    def __init__(self, *rules: Rules) -> None:
        self.stored = {one.instrument.id: one for one in rules}
        self.writes = 0

    def get(self, instrument_id: InstrumentId) -> Rules:
        if instrument_id not in self.stored:
            raise UnknownInstrument(instrument_id)
        return self.stored[instrument_id]

    def put(self, rules: Sequence[Rules]) -> None:
        self.writes += len(rules)
        self.stored |= {one.instrument.id: one for one in rules}

    def list(self, venue: str) -> Sequence[Rules]:
        return [self.stored[key] for key in sorted(self.stored) if key.endswith(f"@{venue}")]


class ScriptedVenue:
    """A venue that has these candles and says them page by page; `asked` notes each question."""

    def __init__(self, *series: Candles, page: int = 1000) -> None:
        self.series = {(one.instrument_id, one.timeframe): one for one in series}
        self.page = page
        self.asked: list[tuple[datetime, datetime]] = []
        self.ignores_since = False
        self.fault: Exception | None = None

    def candles(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        self.asked.append((since, until))
        if self.fault is not None:
            raise self.fault
        known = self.series.get((instrument_id, timeframe), no_candles(instrument_id, timeframe))
        found = known.rows(0, int(np.searchsorted(known.open_time, ceil_millis(until))))
        if self.ignores_since:
            return found.tail(self.page)
        return found.since(since).rows(0, min(self.page, len(found.since(since))))

    def rules(self, instrument_id: InstrumentId, as_of: datetime) -> Rules:
        return some_rules(instrument_id, observed_at=as_of)

    def instruments(self, as_of: datetime) -> Sequence[Rules]:
        ids = sorted({instrument_id for instrument_id, _ in self.series})
        return [self.rules(instrument_id, as_of) for instrument_id in ids]

    def quote(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        raise NotImplementedError


class ScriptedVenues:
    """The port CandleVenues over scripted venues."""

    def __init__(self, **venues: ScriptedVenue) -> None:
        self.venues = venues

    def __call__(self, name: str) -> ScriptedVenue:
        if name not in self.venues:
            raise UnknownInstrument(name)
        return self.venues[name]

    def names(self) -> Sequence[str]:
        return sorted(self.venues)

    def timeframes(self, instrument_id: InstrumentId) -> Sequence[Timeframe]:
        series = self(instrument_id.partition("@")[2]).series
        return sorted((tf for one, tf in series if one == instrument_id), key=lambda tf: tf.ms)
