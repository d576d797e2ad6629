"""Recorded candles as venues: what is asked for by `until` or `at` is all that is told."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import floor, log10
from pathlib import Path

import numpy as np

from nightdesk.adapters.venues.replay.files import Recordings, read, recordings
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import Misconfigured, UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import exact
from nightdesk.market import fees
from nightdesk.market.candles import Candles
from nightdesk.market.currencies import quote_class
from nightdesk.market.instruments import (
    ASSUMED,
    FeeAsset,
    Instrument,
    Quote,
    QuoteClass,
    Rules,
    TradingStatus,
    versioned,
)
from nightdesk.market.timeframe import Timeframe

RECORDED = Path(__file__).parent / "recorded"
RULES_FILE = "rules.json"
PAGE = 1_000
LOT = Decimal("0.00000001")
MIN_NOTIONAL = {
    QuoteClass.FIAT: Decimal(10),
    QuoteClass.STABLE: Decimal(10),
    QuoteClass.CRYPTO: Decimal("0.0001"),
}
DIGITS = 5  # of a price, in the tick that is assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayVenue:
    """One recorded venue. Files are read when they are first asked for, and kept."""

    name: str
    files: Recordings
    stated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _read: dict[tuple[InstrumentId, Timeframe], Candles] = field(default_factory=dict, init=False)

    def candles(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        """Return up to 1,000 recorded candles that open since and have closed by `until`."""
        found = self._series(instrument_id, timeframe).closed(until).since(since)
        return found.rows(0, min(PAGE, len(found)))

    def rules(self, instrument_id: InstrumentId, as_of: datetime) -> Rules:  # noqa: ARG002
        """Return what the folder's `rules.json` states, and assumed steps for what it leaves out.

        A record does not change: its rules are dated where it ends, and never written twice.
        """
        series = self._series(instrument_id, self._finest(instrument_id))
        if len(series) == 0:
            raise UnknownInstrument(f"{instrument_id} has an empty record")
        instrument = Instrument(id=instrument_id, symbol=instrument_id.partition("@")[0])
        kind = quote_class(instrument.quote)
        stated = self.stated.get(instrument_id, {})
        amounts = {
            "tick": _tick(float(series.open[0])),
            "lot": LOT,
            "min_quantity": Decimal(0),
            "min_notional": MIN_NOTIONAL[kind],
            **_amounts(instrument_id, stated),
        }
        known = fees.venues().get(self.name)
        rules = Rules(
            instrument=instrument,
            version="",
            status=TradingStatus.TRADING,
            tick=amounts["tick"],
            lot=amounts["lot"],
            min_quantity=amounts["min_quantity"],
            min_notional=amounts["min_notional"],
            fee_asset=known.fees[0].fee_asset if known else FeeAsset.QUOTE,
            quote_class=kind,
            observed_at=series.last_open + series.timeframe.length,
            source=ASSUMED,
        )
        return versioned(rules)

    def instruments(self, as_of: datetime) -> Sequence[Rules]:
        """Return the rules of all recorded instruments of this venue, by id."""
        return [self.rules(instrument_id, as_of) for instrument_id in sorted(self.files)]

    def quote(self, instrument_id: InstrumentId, at: datetime) -> Quote:
        """Return the opening price of the bar that contains `at`, else the last close before it.

        Raises VenueUnavailable where nothing is recorded yet.
        """
        series = self._series(instrument_id, self._finest(instrument_id))
        opened = series.timeframe.floor_ms(millis(at))
        i = int(np.searchsorted(series.open_time, opened))
        tick = self.rules(instrument_id, at).tick
        if i < len(series) and int(series.open_time[i]) == opened:
            price, when = float(series.open[i]), opened
        elif i > 0:
            price = float(series.close[i - 1])
            when = int(series.open_time[i - 1]) + series.timeframe.ms
        else:
            raise VenueUnavailable(f"{instrument_id} has no recorded price at {at.isoformat()}")
        return Quote(instrument_id=instrument_id, at=from_millis(when), last=exact(price, tick))

    def timeframes(self, instrument_id: InstrumentId) -> Sequence[Timeframe]:
        """Return the recorded timeframes, shortest first. Raises UnknownInstrument."""
        try:
            return sorted(self.files[instrument_id], key=lambda timeframe: timeframe.ms)
        except KeyError as error:
            raise UnknownInstrument(f"{instrument_id} is not recorded") from error

    def span(
        self, instrument_id: InstrumentId, timeframe: Timeframe
    ) -> tuple[datetime, datetime] | None:
        """Return when the record begins and when its last candle closes; None if it is empty."""
        series = self._series(instrument_id, timeframe)
        if len(series) == 0:
            return None
        return series.first_open, series.last_open + timeframe.length

    def _finest(self, instrument_id: InstrumentId) -> Timeframe:
        return self.timeframes(instrument_id)[0]

    def _series(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Candles:
        key = (instrument_id, timeframe)
        if key not in self._read:
            if timeframe not in self.timeframes(instrument_id):
                raise UnknownInstrument(f"{instrument_id} has no recorded candles of {timeframe}")
            self._read[key] = read(instrument_id, timeframe, self.files[instrument_id][timeframe])
        return self._read[key]


class ReplayVenues:
    """The port CandleVenues over one folder. Raises Misconfigured if it holds no candles."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or RECORDED
        stated = _stated(folder)
        files: dict[str, dict[InstrumentId, Mapping[Timeframe, tuple[Path, ...]]]] = {}
        for instrument_id, by_timeframe in recordings(folder).items():
            files.setdefault(instrument_id.partition("@")[2], {})[instrument_id] = by_timeframe
        self._venues = {
            name: ReplayVenue(name=name, files=of, stated=stated) for name, of in files.items()
        }

    def __call__(self, name: str) -> ReplayVenue:
        """Return the recorded venue of this name. Raises UnknownInstrument."""
        try:
            return self._venues[name]
        except KeyError as error:
            raise UnknownInstrument(f"the replay has no candles of {name}") from error

    def names(self) -> Sequence[str]:
        """Return the recorded venues' names, sorted."""
        return sorted(self._venues)

    def timeframes(self, instrument_id: InstrumentId) -> Sequence[Timeframe]:
        """Return the recorded timeframes, shortest first. Raises UnknownInstrument."""
        return self(instrument_id.partition("@")[2]).timeframes(instrument_id)


def _tick(price: float) -> Decimal:
    """Assume a cent, or what gives a price of this size five digits."""
    return min(Decimal("0.01"), Decimal(1).scaleb(floor(log10(price)) - DIGITS + 1))


def _stated(folder: Path) -> Mapping[str, Mapping[str, str]]:
    path = folder / RULES_FILE
    if not path.exists():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Misconfigured(f"{path.name} is no JSON: {error}") from error
    if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
        raise Misconfigured(f"{path.name} is not an object of objects")
    return table


def _amounts(instrument_id: InstrumentId, stated: Mapping[str, str]) -> dict[str, Decimal]:
    known = {"tick", "lot", "min_quantity", "min_notional"}
    if set(stated) - known:
        odd = ", ".join(sorted(set(stated) - known))
        raise Misconfigured(f"{RULES_FILE} {instrument_id}: unknown {odd}")
    try:
        return {name: Decimal(text) for name, text in stated.items()}
    except (InvalidOperation, TypeError) as error:
        raise Misconfigured(f"{RULES_FILE} {instrument_id}: amounts are text") from error
