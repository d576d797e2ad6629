"""Use cases of the market room."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import bots, candles, clock, rules, started, venues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.core.ids import InstrumentId
    from nightdesk.market.reading import (
        ListFees,
        ListInstruments,
        ListVenues,
        ReadCandles,
        ReadInstrument,
    )
    from nightdesk.market.sync import SyncMarket
    from nightdesk.market.timeframe import Timeframe
    from nightdesk.market.upkeep import BackfillGaps, RefreshRules


@cache
def sync_market() -> "SyncMarket":
    """Wire SyncMarket."""
    import time

    from nightdesk.market.second import OtherVenues
    from nightdesk.market.sync import SyncMarket

    asked = venues(settings.SyncMarketSettings)
    return SyncMarket(
        venues=asked,
        candles=candles(),
        rules=rules(),
        second=OtherVenues(venues=asked),
        clock=clock(),
        pause=time.sleep,
    )


@cache
def backfill_gaps() -> "BackfillGaps":
    """Wire BackfillGaps."""
    from nightdesk.market.second import OtherVenues
    from nightdesk.market.upkeep import BackfillGaps

    asked = venues(settings.SyncMarketSettings)
    return BackfillGaps(
        venues=asked,
        candles=candles(),
        second=OtherVenues(venues=asked),
        markets=_markets_in_use,
    )


@cache
def refresh_rules() -> "RefreshRules":
    """Wire RefreshRules."""
    from nightdesk.market.upkeep import RefreshRules

    asked = venues(settings.SyncMarketSettings)
    return RefreshRules(venues=asked, rules=rules(), markets=_markets_in_use)


@cache
def list_venues() -> "ListVenues":
    """Wire ListVenues."""
    from nightdesk.market.reading import ListVenues

    found = started(settings.ApiSettings)
    recorded = found.replay_folder is not None
    return ListVenues(venues(settings.ApiSettings).names() if recorded else found.enabled_venues)


@cache
def list_fees() -> "ListFees":
    """Wire ListFees."""
    from nightdesk.market.reading import ListFees

    return ListFees()


@cache
def list_instruments() -> "ListInstruments":
    """Wire ListInstruments."""
    from nightdesk.market.reading import ListInstruments

    started(settings.ApiSettings)
    return ListInstruments(rules())


@cache
def read_instrument() -> "ReadInstrument":
    """Wire ReadInstrument."""
    from nightdesk.market.reading import ReadInstrument

    started(settings.ApiSettings)
    return ReadInstrument(rules())


@cache
def read_candles() -> "ReadCandles":
    """Wire ReadCandles."""
    from nightdesk.market.reading import ReadCandles

    started(settings.ApiSettings)
    return ReadCandles(candles(), rules())


def _markets_in_use() -> "Sequence[tuple[InstrumentId, Timeframe]]":
    found = bots().markets()
    return sorted((instrument, tf) for instrument, tfs in found.items() for tf in tfs)
