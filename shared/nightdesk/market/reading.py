"""Showing what is known of markets: venues, instruments with their rules, stored candles.

Nothing here asks a venue, and nothing loads numpy: the API imports this module.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import Invalid, UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import PLACES_12, exact
from nightdesk.core.pages import Page
from nightdesk.market.fees import FeeRow, VenueFacts, fee, half_spread, venues
from nightdesk.market.instruments import Rules, TradingStatus
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:
    from nightdesk.market.candles import Candles
    from nightdesk.market.ports import CandleStore, RulesStore

EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
"""The first block of the first coin: no candle is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueView:
    """A venue, and whether this desk trades there."""

    facts: VenueFacts
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentView:
    """An instrument's rules, and what trading it costs at the base tier."""

    rules: Rules
    stale: bool
    """Whether the rules are too old for entries."""
    half_spread_bps: Decimal
    fee: FeeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One closed candle as exact figures: prices in quote currency, volume in base units."""

    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Closes without a candle: from the first missing open time up to the next one there is."""

    since: datetime
    until: datetime
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The stored candles with ``since <= open_time < until``, oldest first, and what lacks.

    `complete`: every candle of the range that was asked for is here.
    """

    instrument_id: InstrumentId
    timeframe: Timeframe
    since: datetime
    until: datetime
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ListVenues:
    """Show the venues that this desk knows."""

    enabled: Sequence[str]

    def __call__(self) -> Sequence[VenueView]:
        """Return them by name."""
        return [
            VenueView(facts=facts, enabled=name in self.enabled) for name, facts in venues().items()
        ]


@dataclass(frozen=True, slots=True)
class ListFees:
    """Show what venues charge."""

    def __call__(self, venue: str | None) -> Sequence[FeeRow]:
        """Return the dated rows of one venue or all, as they are kept. Raises Invalid."""
        return [row for name in _venues(venue) for row in venues()[name].fees]


@dataclass(frozen=True, slots=True)
class ListInstruments:
    """Show what can be traded."""

    rules: "RulesStore"

    def __call__(
        self,
        *,
        venue: str | None,
        quote: str | None,
        status: TradingStatus | None,
        limit: int,
        after: str | None,
    ) -> Page[Rules]:
        """Return the instruments behind instrument id `after`, venue by venue; None is any.

        Raises Invalid `UNKNOWN_VENUE`.
        """
        found: list[Rules] = []
        for rules in self._from(_venues(venue), after):
            if quote not in {None, rules.instrument.quote} or status not in {None, rules.status}:
                continue
            if len(found) == limit:
                return Page(found, found[-1].instrument.id)
            found.append(rules)
        return Page(found)

    def _from(self, venues_: Sequence[str], after: str | None) -> Iterator[Rules]:
        """Yield what comes behind `after`; a venue is read when it is reached."""
        start = after.partition("@")[2] if after else ""
        for venue in venues_:
            if venue < start:
                continue
            for rules in self.rules.list(venue):
                if after is None or venue > start or rules.instrument.id > after:
                    yield rules


@dataclass(frozen=True, slots=True)
class ReadInstrument:
    """Show one instrument."""

    rules: "RulesStore"

    def __call__(self, instrument_id: InstrumentId, *, as_of: datetime) -> InstrumentView:
        """Return it with its costs. Raises Invalid `UNKNOWN_INSTRUMENT`."""
        rules = _known(self.rules, instrument_id)
        return InstrumentView(
            rules=rules,
            stale=rules.stale(as_of),
            half_spread_bps=half_spread(rules.instrument),
            fee=fee(rules.instrument.venue, rules.quote_class, as_of),
        )


@dataclass(frozen=True, slots=True)
class ReadCandles:
    """Show stored candles."""

    candles: "CandleStore"
    rules: "RulesStore"

    def __call__(
        self,
        instrument_id: InstrumentId,
        timeframe: str,
        *,
        since: datetime | None,
        until: datetime | None,
        limit: int,
        as_of: datetime,
    ) -> Chart:
        """Return the first `limit` closes from `since` on, else the newest `limit`.

        Raises Invalid `UNKNOWN_TIMEFRAME`, `UNKNOWN_INSTRUMENT`, `BAD_RANGE`.
        """
        length = _timeframe(timeframe)
        check_range(since, until, as_of)
        _known(self.rules, instrument_id)
        end = length.floor(as_of)
        if until is not None:
            end = min(end, _ceil(length, until))
        if since is None:
            found = self.candles.load(instrument_id, length, as_of=end, limit=limit)
            start = found.first_open if len(found) else end
            stop = end
        else:
            start = _ceil(length, since)
            stop = max(start, min(end, start + limit * length.length))
            found = self.candles.between(instrument_id, length, start, stop)
        gaps = tuple(_gaps(found, start, stop))
        return Chart(
            instrument_id=instrument_id,
            timeframe=length,
            since=start,
            until=stop,
            bars=tuple(_bars(found)),
            gaps=gaps,
            complete=not gaps and stop >= end,
        )


def _venues(only: str | None) -> Sequence[str]:
    known = sorted(venues())
    if only is None:
        return known
    if only not in known:
        raise Invalid("UNKNOWN_VENUE", "there is no such venue", field="venue", allowed=known)
    return [only]


def _known(store: "RulesStore", instrument_id: InstrumentId) -> Rules:
    try:
        return store.get(instrument_id)
    except UnknownInstrument as error:
        raise Invalid(
            "UNKNOWN_INSTRUMENT", "this desk has no such instrument", field="instrument"
        ) from error


def _timeframe(text: str) -> Timeframe:
    try:
        return Timeframe(text)
    except ValueError as error:
        allowed = [one.value for one in Timeframe]
        raise Invalid(
            "UNKNOWN_TIMEFRAME", "there is no such timeframe", field="tf", allowed=allowed
        ) from error


def check_range(since: datetime | None, until: datetime | None, as_of: datetime) -> None:
    """Refuse a range that is empty or reaches out of history. Raises Invalid `BAD_RANGE`."""
    for name, moment in (("from", since), ("to", until)):
        if moment is not None and moment > as_of:
            raise Invalid("BAD_RANGE", "the range reaches into the future", field=name)
        if moment is not None and moment < EARLIEST:
            raise Invalid("BAD_RANGE", "no coin traded before 2009", field=name)
    if since is not None and since >= (until or as_of):
        raise Invalid("BAD_RANGE", "the range ends where it begins, or before", field="from")


def _ceil(timeframe: Timeframe, moment: datetime) -> datetime:
    """Return the first open time at or after `moment`."""
    return timeframe.floor(moment - timedelta(microseconds=1)) + timeframe.length


def _gaps(candles: "Candles", start: datetime, stop: datetime) -> Iterator[Gap]:
    length = candles.timeframe.ms
    expected = millis(start)
    for opened in (*candles.open_time.tolist(), millis(stop)):
        if opened > expected:
            missing = (opened - expected) // length
            yield Gap(since=from_millis(expected), until=from_millis(opened), missing=missing)
        expected = opened + length


def _bars(candles: "Candles") -> Iterator[Bar]:
    """Yield exact figures: summed volumes lose the noise of their float additions."""
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    for opened, *values in zip(
        candles.open_time.tolist(), *(column.tolist() for column in columns), strict=True
    ):
        prices = [exact(value, PLACES_12) for value in values]
        yield Bar(
            open_time=from_millis(opened),
            open=prices[0],
            high=prices[1],
            low=prices[2],
            close=prices[3],
            volume=prices[4],
        )
