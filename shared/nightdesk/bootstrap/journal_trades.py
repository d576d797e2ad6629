"""Use cases of the journal's trades as their owners ask for them: lists, by hand, cash."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_capture import follow_later
from nightdesk.bootstrap.market import read_candles
from nightdesk.bootstrap.parts import candles, clock, started, stored_series

if TYPE_CHECKING:
    from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.core.ids import UserId
    from nightdesk.journal.behaviour.answering import ReadTradeFindings
    from nightdesk.journal.cash import ListCash, ReconcileCash, RemoveCash, WriteCash
    from nightdesk.journal.manual_trade import (
        ByHand,
        CloseTrade,
        EditTrade,
        EnterTrade,
        HideTrade,
        RestoreTrade,
    )
    from nightdesk.journal.ports.trades import PreferencesOf
    from nightdesk.journal.preferences import Preferences
    from nightdesk.journal.trade_listing import ListTrades
    from nightdesk.journal.trade_reading import CheckLabels, ReadTrade, ReadTradeChart, TagTrade
    from nightdesk.journal.unplaced_reading import ReadUnplaced


@cache
def list_trades() -> "ListTrades":
    """Wire ListTrades."""
    from nightdesk.journal.trade_listing import ListTrades

    return ListTrades(_trades(), _tags())


@cache
def read_trade() -> "ReadTrade":
    """Wire ReadTrade."""
    from nightdesk.journal.trade_reading import ReadTrade

    return ReadTrade(_trades(), _tags())


@cache
def read_trade_findings() -> "ReadTradeFindings":
    """Wire ReadTradeFindings."""
    from nightdesk.adapters.dynamo.journal_findings import DynamoFindings
    from nightdesk.journal.behaviour.answering import ReadTradeFindings

    return ReadTradeFindings(_trades(), DynamoFindings())


@cache
def read_trade_chart() -> "ReadTradeChart":
    """Wire ReadTradeChart."""
    from nightdesk.journal.trade_reading import ReadTradeChart

    return ReadTradeChart(_trades(), read_candles())


@cache
def check_labels() -> "CheckLabels":
    """Wire CheckLabels."""
    from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
    from nightdesk.journal.trade_reading import CheckLabels

    return CheckLabels(_tags(), DynamoPlaybooks())


@cache
def tag_trade() -> "TagTrade":
    """Wire TagTrade."""
    from nightdesk.journal.trade_reading import TagTrade

    return TagTrade(_trades(), _tags())


@cache
def enter_trade() -> "EnterTrade":
    """Wire EnterTrade."""
    from nightdesk.journal.manual_trade import EnterTrade

    return EnterTrade(_by_hand())


@cache
def edit_trade() -> "EditTrade":
    """Wire EditTrade."""
    from nightdesk.journal.manual_trade import EditTrade

    return EditTrade(_by_hand())


@cache
def close_trade() -> "CloseTrade":
    """Wire CloseTrade."""
    from nightdesk.journal.manual_trade import CloseTrade

    return CloseTrade(_by_hand())


@cache
def hide_trade() -> "HideTrade":
    """Wire HideTrade."""
    from nightdesk.journal.manual_trade import HideTrade

    return HideTrade(_by_hand())


@cache
def restore_trade() -> "RestoreTrade":
    """Wire RestoreTrade."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.journal.manual_trade import RestoreTrade

    return RestoreTrade(_by_hand(), DynamoExternalRecords())


@cache
def list_cash() -> "ListCash":
    """Wire ListCash."""
    from nightdesk.journal.cash import ListCash

    return ListCash(_cash())


@cache
def write_cash() -> "WriteCash":
    """Wire WriteCash."""
    from nightdesk.journal.cash import WriteCash

    return WriteCash(_cash())


@cache
def remove_cash() -> "RemoveCash":
    """Wire RemoveCash."""
    from nightdesk.journal.cash import RemoveCash

    return RemoveCash(_cash())


@cache
def reconcile_cash() -> "ReconcileCash":
    """Wire ReconcileCash."""
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.bootstrap.journal_syncs import venue_balances
    from nightdesk.journal.cash import ReconcileCash

    return ReconcileCash(
        cash=_cash(),
        records=DynamoExternalRecords(),
        trades=_trades(),
        balances=venue_balances(),
        preferences=own_preferences(),
    )


@cache
def read_unplaced() -> "ReadUnplaced":
    """Wire ReadUnplaced."""
    from nightdesk.adapters.dynamo.journal_unplaced import DynamoUnplaced
    from nightdesk.journal.unplaced_reading import ReadUnplaced

    started(settings.ApiSettings)
    return ReadUnplaced(DynamoUnplaced())


@cache
def own_preferences() -> "PreferencesOf":
    """Return an owner's preferences as they are now, for the API."""
    from nightdesk.bootstrap.journal_writing import read_preferences

    read = read_preferences()

    def preferences(owner: "UserId") -> "Preferences":
        return read(owner, clock().now())

    return preferences


@cache
def _by_hand() -> "ByHand":
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.journal.closes import Closes
    from nightdesk.journal.manual_trade import ByHand
    from nightdesk.journal.measuring import MeasureTrade
    from nightdesk.journal.planned import TellPlanned
    from nightdesk.journal.rates import CandleRates

    found = started(settings.ApiSettings)
    preferences = own_preferences()
    return ByHand(
        trades=_trades(),
        tags=_tags(),
        measure=MeasureTrade(stored_series(), _trades(), preferences),
        rates=CandleRates(Closes(candles(), clock()), tuple(found.enabled_venues)),
        preferences=preferences,
        planned=TellPlanned(DynamoPlans(), _tags(), preferences),
        follow=follow_later(settings.ApiSettings),
    )


@cache
def _cash() -> "DynamoCashRows":
    from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows

    started(settings.ApiSettings)
    return DynamoCashRows()


@cache
def _tags() -> "DynamoTags":
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags

    started(settings.ApiSettings)
    return DynamoTags()


@cache
def _trades() -> "DynamoTrades":
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades

    started(settings.ApiSettings)
    return DynamoTrades()
