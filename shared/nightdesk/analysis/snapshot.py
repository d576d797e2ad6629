"""What is known of one market at one close: candles, features, regime, findings."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from nightdesk.analysis.features import FeatureCache
from nightdesk.analysis.labels import REGIMES, Regime, WeeklyGate
from nightdesk.analysis.record import SnapshotRecord, canonical
from nightdesk.analysis.trend import weekly_gate
from nightdesk.core.clock import from_millis, iso
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

WINDOW = 500
"""Candles that the panel and the regime need: the longest warm-up (ADX, 392) and 100 more."""

DIGITS = 8

_PANEL: tuple[tuple[str, str, Mapping[str, float], str], ...] = (
    ("ema_9", "EMA", {"n": 9}, "ema"),
    ("ema_21", "EMA", {"n": 21}, "ema"),
    ("ema_50", "EMA", {"n": 50}, "ema"),
    ("sma_200", "SMA", {"n": 200}, "sma"),
    ("rsi_14", "RSI", {"n": 14}, "rsi"),
    ("macd", "MACD", {}, "macd"),
    ("macd_signal", "MACD", {}, "signal"),
    ("macd_hist", "MACD", {}, "hist"),
    ("atr_14", "ATR", {"n": 14}, "atr"),
    ("natr_14", "NATR", {"n": 14}, "natr"),
    ("adx_14", "ADX", {"n": 14}, "adx"),
    ("plus_di_14", "ADX", {"n": 14}, "plus_di"),
    ("minus_di_14", "ADX", {"n": 14}, "minus_di"),
    ("bb_upper_20", "BBANDS", {}, "upper"),
    ("bb_middle_20", "BBANDS", {}, "middle"),
    ("bb_lower_20", "BBANDS", {}, "lower"),
    ("bb_width_20", "BBANDS", {}, "width"),
    ("donchian_upper_20", "DONCHIAN", {"n": 20}, "upper"),
    ("donchian_lower_20", "DONCHIAN", {"n": 20}, "lower"),
    ("donchian_upper_10", "DONCHIAN", {"n": 10}, "upper"),
    ("donchian_lower_10", "DONCHIAN", {"n": 10}, "lower"),
    ("volume_ratio_20", "VOLUME_RATIO", {"n": 20}, "ratio"),
    ("sigma_20", "SIGMA", {"n": 20}, "sigma"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """One market at the close of `candle`, its open time. Rules read `features`, unrounded.

    `panel` holds the standard features at that close at 8 significant digits, None while they
    warm up (`warming` names them). Panel and regime are those of the last `WINDOW` candles, however
    many there are. `hash` is the content's, without `as_of`: the same candles give the same hash
    whenever and for whomever they are looked at.
    """

    instrument_id: InstrumentId
    timeframe: Timeframe
    as_of: datetime
    candle: datetime
    panel: Mapping[str, float | None]
    regime: Regime
    weekly_gate: WeeklyGate
    findings: tuple[str, ...]
    warming: tuple[str, ...]
    features: FeatureCache
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        if self.candle + self.timeframe.length > self.as_of:
            raise ValueError(f"the candle of {iso(self.candle)} has not closed at {self.as_of}")
        digest = hashlib.sha256(canonical(self.content()).encode()).hexdigest()
        object.__setattr__(self, "hash", digest)

    @property
    def candles(self) -> Candles:
        """The window of closed candles, oldest first; `candle` is the last."""
        return self.features.candles[self.timeframe]

    @property
    def close(self) -> float:
        """The last close, quote currency per base unit."""
        return float(self.candles.close[-1])

    def record(self) -> SnapshotRecord:
        """Return what is stored of it."""
        return SnapshotRecord(
            hash=self.hash,
            instrument_id=self.instrument_id,
            timeframe=self.timeframe,
            candle=self.candle,
            content=self.content(),
        )

    def content(self) -> dict[str, object]:
        """Return what is stored and hashed: JSON-able, numbers at 8 significant digits."""
        candles = self.candles
        return {
            "instrument": self.instrument_id,
            "timeframe": self.timeframe.value,
            "candle": iso(self.candle),
            "prices": {
                name: rounded(getattr(candles, name)[-1])
                for name in ("open", "high", "low", "close", "volume")
            },
            "panel": dict(self.panel),
            "regime": self.regime.value,
            "weekly_gate": self.weekly_gate.value,
            "findings": list(self.findings),
            "warming": list(self.warming),
        }


def take_snapshot(
    candles: Mapping[Timeframe, Candles] | FeatureCache,
    *,
    as_of: datetime,
    timeframe: Timeframe | None = None,
    findings: Iterable[str] = (),
) -> Snapshot:
    """Look at one market as it was known at `as_of`.

    `candles` holds the bot's timeframe (the finest, unless `timeframe` names it) and what higher
    ones its rules read; whatever had not closed by `as_of` is left out. A `FeatureCache` made of
    closed candles may be given instead, and then several snapshots share its arrays. Raises
    ValueError when there is no closed candle.
    """
    cache = candles if isinstance(candles, FeatureCache) else _closed(candles, as_of)
    timeframe = timeframe or min(cache.candles, key=lambda tf: tf.ms)
    window = cache.candles[timeframe]
    if not len(window):
        raise ValueError(f"no closed candle of {window.instrument_id} {timeframe} at {as_of}")
    seen = cache if len(window) <= WINDOW else FeatureCache({timeframe: window.tail(WINDOW)})
    panel = {
        name: _last(seen.outputs(fn, args, timeframe=timeframe)[out][-1])
        for name, fn, args, out in _PANEL
    }
    weekly = cache.candles.get(Timeframe.W1)
    return Snapshot(
        instrument_id=window.instrument_id,
        timeframe=timeframe,
        as_of=as_of,
        candle=from_millis(int(window.open_time[-1])),
        panel=panel,
        regime=REGIMES[seen.regimes(timeframe)[-1]],
        weekly_gate=WeeklyGate.UNKNOWN if weekly is None else weekly_gate(weekly),
        findings=tuple(sorted(set(findings))),
        warming=tuple(name for name, value in panel.items() if value is None),
        features=cache,
    )


def rounded(value: float) -> float:
    """Return `value` at 8 significant digits, as it is stored."""
    return float(f"{float(value):.{DIGITS - 1}e}")


def _last(value: np.float64) -> float | None:
    return None if np.isnan(value) else rounded(float(value))


def _closed(candles: Mapping[Timeframe, Candles], as_of: datetime) -> FeatureCache:
    return FeatureCache({timeframe: series.closed(as_of) for timeframe, series in candles.items()})
