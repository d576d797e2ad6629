"""Use cases that capture the desk's own trades: events are routed, tasks are worked."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from nightdesk import settings
from nightdesk.bootstrap.parts import candles, clock, desk, started, stored_series

if TYPE_CHECKING:
    from nightdesk.accounts.identity import Profile
    from nightdesk.adapters.workflows.journal_queue import SqsFollowLater, SqsJournalQueue
    from nightdesk.core.events import Event
    from nightdesk.core.ids import UserId
    from nightdesk.journal.capture import CaptureTrip
    from nightdesk.journal.keeping import KeepTrades
    from nightdesk.journal.ports.trades import PreferencesOf
    from nightdesk.journal.preferences import Preferences
    from nightdesk.journal.rates import CandleRates
    from nightdesk.journal.task import RouteEvents

_Worker = (
    type[settings.JournalSettings]
    | type[settings.ImportTradesSettings]
    | type[settings.SyncAccountsSettings]
)
_Owned = _Worker | type[settings.ReviewSettings] | type[settings.ExportSettings]


@cache
def route_events() -> "RouteEvents":
    """Wire RouteEvents."""
    from nightdesk.journal.task import RouteEvents

    return RouteEvents(journal_queue(settings.NotifySettings))


def events_of(images: Sequence[Mapping[str, Any]]) -> "Sequence[Event]":
    """Return the events among new items of the desk table, which are in DynamoDB's own JSON."""
    from nightdesk.adapters.dynamo.outbox import event_of

    found = map(event_of, images)
    return [event for event in found if event is not None]


@cache
def capture_trip() -> "CaptureTrip":
    """Wire CaptureTrip."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.capture import CaptureTrip

    kind = settings.JournalSettings
    return CaptureTrip(
        desk=desk(),
        decisions=DynamoDecisions(clock=clock()),
        trades=DynamoTrades(),
        keep=keep_trades(kind),
        rates=candle_rates(kind),
        preferences=preferences_of(kind),
    )


@cache
def keep_trades(kind: _Worker) -> "KeepTrades":
    """Wire KeepTrades for a worker."""
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.keeping import KeepTrades
    from nightdesk.journal.measuring import MeasureTrade

    trades = DynamoTrades()
    measure = MeasureTrade(stored_series(), trades, preferences_of(kind))
    return KeepTrades(trades, measure, journal_queue(kind), follow_later(kind))


@cache
def follow_later(kind: "_Worker | type[settings.ApiSettings]") -> "SqsFollowLater":
    """Wire what asks the journal's worker to do what follows from trades."""
    from nightdesk.adapters.workflows.journal_queue import SqsFollowLater
    from nightdesk.adapters.workflows.sqs import SqsQueue

    return SqsFollowLater(SqsQueue(started(kind).journal_queue))


@cache
def candle_rates(kind: _Worker) -> "CandleRates":
    """Return rates of currencies by the candles of the enabled venues."""
    from nightdesk.journal.closes import Closes
    from nightdesk.journal.rates import CandleRates

    return CandleRates(Closes(candles(), clock()), tuple(started(kind).enabled_venues))


@cache
def preferences_of(kind: _Owned) -> "PreferencesOf":
    """Return an owner's preferences as they are now."""
    from nightdesk.adapters.dynamo.journal_plans import DynamoPreferences
    from nightdesk.journal.preferring import ReadPreferences

    started(kind)
    read = ReadPreferences(DynamoPreferences(), _profile)

    def preferences(owner: "UserId") -> "Preferences":
        return read(owner, clock().now())

    return preferences


def _profile(owner: "UserId") -> "Profile":
    """Return a profile: a worker has no pepper, and needs none to read one."""
    from nightdesk.adapters.dynamo import keys
    from nightdesk.adapters.dynamo.accounts import ProfileItem, found_at
    from nightdesk.core.errors import Missing

    found = found_at(ProfileItem, keys.owner(owner), keys.PROFILE)
    if found is None:
        raise Missing("no such account")
    return found.to_domain()


@cache
def journal_queue(kind: "_Worker | type[settings.NotifySettings]") -> "SqsJournalQueue":
    """Wire the queue of the journal's worker."""
    from nightdesk.adapters.workflows.journal_queue import SqsJournalQueue
    from nightdesk.adapters.workflows.sqs import SqsQueue

    return SqsJournalQueue(SqsQueue(started(kind).journal_queue))
