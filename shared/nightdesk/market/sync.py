"""Keeping the hot candles up to date: since the newest stored, or a backfill where none is."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from nightdesk.core.clock import Clock, from_millis, iso
from nightdesk.core.errors import UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market import quality
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.fetch import Fetched, Span, confirmed, fetch
from nightdesk.market.ports import CandleStore, CandleVenues, RulesStore, SecondSource
from nightdesk.market.quality import Figures, Finding, FindingCode
from nightdesk.market.resample import mismatches, resample
from nightdesk.market.series import joined, select
from nightdesk.market.timeframe import Timeframe

HISTORY = quality.SIGMA_RETURNS + 2
BACKFILL = 600
WINDOW = 100
MAX_BACKFILL = 6_000
GATE_DAYS = 7 * 16
"""Days that surely hold the weeks which the weekly gate reads."""
SETTLE = timedelta(seconds=5)
RULES_REFRESH = timedelta(hours=48)  # the hourly pass does it after 24; older than 72 is stale
PRICE_AGREES = 0.05
OUTLIER_AGREES = 0.02

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """How one series now stands. `newest` is an open time, `stored` counts new candles."""

    instrument_id: InstrumentId
    timeframe: Timeframe
    newest: datetime | None
    stored: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncMarket:
    """Bring one instrument's candles up to `as_of`, and its rules if they are old.

    Run again, it stores nothing more. `pause` sleeps for seconds: no venue is asked before the
    candle has settled. `window` is what DATA_GAP looks at: the candles beyond the warm-up, for a
    gap inside a warm-up restarts that.
    """

    venues: CandleVenues
    candles: CandleStore
    rules: RulesStore
    second: SecondSource
    clock: Clock
    pause: Callable[[float], None]
    backfill: int = BACKFILL
    window: int = WINDOW
    gate_days: int = GATE_DAYS

    def __call__(
        self, instrument_id: InstrumentId, timeframes: Sequence[Timeframe], *, as_of: datetime
    ) -> list[Synced]:
        """Return one result per timeframe, shortest first, and of the days where they are due.

        Raises VenueUnavailable, RateLimited, StoreUnavailable, UnknownInstrument.
        """
        self._rules(instrument_id, as_of)
        offered = self.venues.timeframes(instrument_id)
        wanted = sorted(set(timeframes), key=lambda timeframe: timeframe.ms)
        results = [
            self._sync(no_candles(instrument_id, timeframe), offered, as_of, self.backfill)
            for timeframe in wanted
        ]
        results = [
            self._compared(result, wanted) if result.timeframe in offered else result
            for result in results
        ]
        behind = any(result.stored > 1 for result in results)
        intraday = wanted[-1].ms < Timeframe.D1.ms
        if intraday and self.gate_days and (behind or Timeframe.D1.closes_at(as_of)):
            # the weekly gate reads days, whatever the bots trade on
            days = no_candles(instrument_id, Timeframe.D1)
            results.append(self._sync(days, offered, as_of, self.gate_days))
        return results

    def _sync(
        self, series: Candles, offered: Sequence[Timeframe], as_of: datetime, backfill: int
    ) -> Synced:
        timeframe = series.timeframe
        stored = self.candles.load(series.instrument_id, timeframe, as_of=as_of, limit=HISTORY)
        due = timeframe.last_closed(as_of)
        if len(stored) and stored.last_open >= due:
            found = quality.standing(stored, as_of, window=self.window)
            return _synced(stored, 0, found)
        if timeframe in offered:
            fetched = self._native(stored, due, as_of, backfill)
        else:
            fetched = self._resampled(stored, offered, as_of, backfill)
        new, findings = self._judged(fetched, stored)
        count = self.candles.put(new) if len(new) else 0
        series = joined(stored, new)
        findings += quality.standing(series, as_of, window=self.window)
        return _synced(series, count, self._second_look(series, findings))

    def _compared(self, longer: Synced, wanted: Sequence[Timeframe]) -> Synced:
        """Compare the venue's newest candle with the sum of its parts, where both are new."""
        shorter = [timeframe for timeframe in wanted if timeframe.ms < longer.timeframe.ms]
        if not (shorter and longer.stored and longer.newest):
            return longer
        span = longer.newest, longer.newest + longer.timeframe.length
        parts = self.candles.between(longer.instrument_id, shorter[-1], *span)
        theirs = self.candles.between(longer.instrument_id, longer.timeframe, *span)
        if not mismatches(resample(parts, longer.timeframe).whole(), theirs).size:
            return longer
        figures: Figures = {"open": iso(longer.newest), "parts": str(shorter[-1])}
        finding = Finding(code=FindingCode.RESAMPLE_MISMATCH, figures=figures)
        return replace(longer, findings=(*longer.findings, finding))

    def _native(self, stored: Candles, due: datetime, as_of: datetime, backfill: int) -> Fetched:
        """Ask the venue, one stored candle included: it shows whether `since` was heeded."""
        self._settle(as_of)
        timeframe = stored.timeframe
        since = stored.last_open if len(stored) else due - (backfill - 1) * timeframe.length
        span = Span(
            instrument_id=stored.instrument_id,
            timeframe=timeframe,
            since=since,
            until=due + timeframe.length,
            as_of=as_of,
        )
        fetched = fetch(self.venues(_venue(stored.instrument_id)), span)
        gaps = [
            hole.finding(confirmed=confirmed(self.second, span, hole))
            for hole in quality.holes(joined(stored.tail(1), fetched.candles))
        ]
        return Fetched(candles=fetched.candles, findings=(*fetched.findings, *gaps))

    def _resampled(
        self, stored: Candles, offered: Sequence[Timeframe], as_of: datetime, backfill: int
    ) -> Fetched:
        """Build what the venue lacks from the longest shorter timeframe that it has."""
        timeframe = stored.timeframe
        source = finer(offered, timeframe)
        if len(stored) == 0:
            backfill = min(backfill * (timeframe.ms // source.ms), MAX_BACKFILL)
        self._sync(no_candles(stored.instrument_id, source), offered, as_of, backfill)
        until = timeframe.floor(as_of)
        oldest = until - backfill * source.length
        since = stored.last_open + timeframe.length if len(stored) else oldest
        children = self.candles.between(stored.instrument_id, source, since, until)
        return Fetched(candles=resample(children, timeframe).whole(), findings=())

    def _judged(self, fetched: Fetched, stored: Candles) -> tuple[Candles, list[Finding]]:
        """Return the rows to store: new ones whose price is believed."""
        findings = list(fetched.findings)
        changed = quality.revised(fetched.candles, stored)
        if changed.size:
            first = iso(from_millis(int(changed[0])))
            revised: Figures = {"rows": int(changed.size), "first": first}
            findings.append(Finding(code=FindingCode.CANDLE_REVISED, figures=revised))
        new = select(fetched.candles, ~np.isin(fetched.candles.open_time, stored.open_time))
        jumps = quality.price_jumps(
            new, stored, lambda i: self._agrees(new.rows(i, i + 1), PRICE_AGREES)
        )
        if bool(jumps.any()):
            first = iso(from_millis(int(new.open_time[jumps][0])))
            refused: Figures = {"rows": int(jumps.sum()), "first": first}
            finding = Finding(code=FindingCode.PRICE_REFUSED, figures=refused)
            log.warning("%s %s %s", new.instrument_id, new.timeframe, finding)
            findings.append(finding)
        return select(new, ~jumps), findings

    def _second_look(self, series: Candles, findings: list[Finding]) -> list[Finding]:
        """Lift the outlier that a second source has, too."""
        if not any(finding.code is FindingCode.OUTLIER for finding in findings):
            return findings
        if not self._agrees(series.tail(1), OUTLIER_AGREES):
            return findings
        return [finding for finding in findings if finding.code is not FindingCode.OUTLIER]

    def _agrees(self, candle: Candles, within: float) -> bool | None:
        other = self.second.close(candle.instrument_id, candle.timeframe, candle.last_open)
        if other is None:
            return None
        return abs(float(candle.close[-1]) / other - 1.0) <= within

    def _settle(self, as_of: datetime) -> None:
        early = (as_of + SETTLE - self.clock.now()).total_seconds()
        if early > 0:
            self.pause(min(early, SETTLE.total_seconds()))

    def _rules(self, instrument_id: InstrumentId, as_of: datetime) -> None:
        try:
            if as_of - self.rules.get(instrument_id).observed_at < RULES_REFRESH:
                return
        except UnknownInstrument:
            log.info("first rules of %s", instrument_id)
        self.rules.put([self.venues(_venue(instrument_id)).rules(instrument_id, as_of)])


def finer(offered: Sequence[Timeframe], target: Timeframe) -> Timeframe:
    """Return the longest offered timeframe below `target`. Raises UnknownInstrument for none."""
    shorter = [timeframe for timeframe in offered if timeframe.ms < target.ms]
    if not shorter:
        raise UnknownInstrument(f"no candles from which {target} could be made")
    return max(shorter, key=lambda timeframe: timeframe.ms)


def _venue(instrument_id: InstrumentId) -> str:
    return instrument_id.partition("@")[2]


def _synced(series: Candles, stored: int, findings: Sequence[Finding]) -> Synced:
    return Synced(
        instrument_id=series.instrument_id,
        timeframe=series.timeframe,
        newest=series.last_open if len(series) else None,
        stored=stored,
        findings=tuple(findings),
    )
