"""The only place that joins ports to adapters: a cached factory per use case.

Imports stand inside the factories, so that a function loads only what it uses; the environment is
read on the first call, never at import.
"""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from nightdesk import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from nightdesk.accounts.idempotency import Begin, Finish
    from nightdesk.accounts.login import Login
    from nightdesk.accounts.session import (
        Authenticate,
        ListSessions,
        Logout,
        LogoutEverywhere,
        Refresh,
    )
    from nightdesk.accounts.user import Invite, ReadAccount, Register
    from nightdesk.adapters.dynamo.accounts import DynamoUsers
    from nightdesk.adapters.dynamo.bots import DynamoBots
    from nightdesk.adapters.dynamo.desk import DynamoDesk
    from nightdesk.adapters.dynamo.market import DynamoCandles
    from nightdesk.adapters.dynamo.rules import DynamoRules
    from nightdesk.adapters.dynamo.strategies import DynamoDefinitions
    from nightdesk.adapters.secrets.pepper import Pepper
    from nightdesk.adapters.secrets.tokens import JwtSigner
    from nightdesk.analysis.taking import LookAtMarket, TakeSnapshots
    from nightdesk.bots.creation import CreateBot
    from nightdesk.bots.due import MarketBots
    from nightdesk.bots.editing import ChangeMode, UpdateBot
    from nightdesk.bots.reading import BotHistory, BotLimitsUsed, ListBots, ReadBot
    from nightdesk.bots.retiring import RetireBot
    from nightdesk.bots.switching import LeaveMarket, PauseAll, PauseBot, ResumeAll, StartBot
    from nightdesk.bots.versions import Versions
    from nightdesk.core.clock import Clock
    from nightdesk.core.ids import BotId, InstrumentId, UserId
    from nightdesk.core.pages import Cursors
    from nightdesk.market.candles import Candles
    from nightdesk.market.instruments import Quote
    from nightdesk.market.ports import CandleVenues
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
    from nightdesk.strategies.showing import ReadSignals
    from nightdesk.strategies.versions import (
        ArchiveStrategy,
        CreateStrategy,
        EditStrategy,
        ListStrategies,
        ReadStrategy,
        ValidateStrategy,
    )
    from nightdesk.trading.assumptions import Assumptions
    from nightdesk.trading.explaining import ExplainDecision
    from nightdesk.trading.holding import ListPositions, ReadPosition
    from nightdesk.trading.plan import PlanCycle
    from nightdesk.trading.ports import Exchange
    from nightdesk.trading.proving import VerifyLedger
    from nightdesk.trading.reading import (
        ListDecisions,
        ListFills,
        ListOrders,
        ListPostings,
        ReadOrder,
    )
    from nightdesk.trading.settle import Settle
    from nightdesk.trading.standing import ReadPortfolio
    from nightdesk.trading.trade_bots import TradeBots
    from nightdesk.trading.watch import Watch

RECORDED = "recorded"
"""The replay folder's name for the product's own recordings."""

S = TypeVar("S", bound=settings.Settings)


@cache
def clock() -> "Clock":
    """Return the present."""
    from nightdesk.adapters.clock import WallClock

    return WallClock()


def started(kind: type[S]) -> S:
    """Read a function's settings and name its tables. Raises Misconfigured."""
    from nightdesk.adapters.dynamo import tables

    found: S = settings.load(kind)
    for name, bind in {
        "desk_table": tables.bind_desk,
        "market_table": tables.bind_market,
        "runtime_table": tables.bind_runtime,
        "audit_table": tables.bind_audit,
    }.items():
        if table := getattr(found, name, None):
            bind(table)
    return found


# market


@cache
def venues(kind: "type[settings.VenueSettings]") -> "CandleVenues":
    """Return the venues: recorded ones where a replay folder is set, else those enabled."""
    found = started(kind)
    if found.replay_folder is not None:
        from pathlib import Path

        from nightdesk.adapters.venues.replay.venue import ReplayVenues

        own = found.replay_folder == RECORDED
        return ReplayVenues(None if own else Path(found.replay_folder))
    from nightdesk.adapters.venues.ccxt import CcxtVenues

    return CcxtVenues(
        enabled=found.enabled_venues, stored=_rules(), timeout_seconds=found.venue_timeout
    )


@cache
def sync_market() -> "SyncMarket":
    """Wire SyncMarket."""
    import time

    from nightdesk.market.second import OtherVenues
    from nightdesk.market.sync import SyncMarket

    asked = venues(settings.SyncMarketSettings)
    return SyncMarket(
        venues=asked,
        candles=_candles(),
        rules=_rules(),
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
        candles=_candles(),
        second=OtherVenues(venues=asked),
        markets=_markets_in_use,
    )


@cache
def refresh_rules() -> "RefreshRules":
    """Wire RefreshRules."""
    from nightdesk.market.upkeep import RefreshRules

    asked = venues(settings.SyncMarketSettings)
    return RefreshRules(venues=asked, rules=_rules(), markets=_markets_in_use)


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
    return ListInstruments(_rules())


@cache
def read_instrument() -> "ReadInstrument":
    """Wire ReadInstrument."""
    from nightdesk.market.reading import ReadInstrument

    started(settings.ApiSettings)
    return ReadInstrument(_rules())


@cache
def read_candles() -> "ReadCandles":
    """Wire ReadCandles."""
    from nightdesk.market.reading import ReadCandles

    started(settings.ApiSettings)
    return ReadCandles(_candles(), _rules())


def _markets_in_use() -> "Sequence[tuple[InstrumentId, Timeframe]]":
    found = _bots().markets()
    return sorted((instrument, tf) for instrument, tfs in found.items() for tf in tfs)


def _quotes(
    kind: "type[settings.VenueSettings]",
) -> "Callable[[InstrumentId, datetime], Quote]":
    asked = venues(kind)
    return lambda instrument, at: asked(instrument.partition("@")[2]).quote(instrument, at)


@cache
def _candles() -> "DynamoCandles":
    from nightdesk.adapters.dynamo.market import DynamoCandles

    return DynamoCandles(clock=clock())


@cache
def _rules() -> "DynamoRules":
    from nightdesk.adapters.dynamo.rules import DynamoRules

    return DynamoRules(clock=clock())


# analysis and strategies


@cache
def analyse() -> "TakeSnapshots":
    """Wire TakeSnapshots."""
    from nightdesk.adapters.dynamo.snapshots import DynamoSnapshots
    from nightdesk.analysis.taking import TakeSnapshots

    started(settings.AnalyseSettings)
    return TakeSnapshots(look=_look(), snapshots=DynamoSnapshots(clock()))


@cache
def _look() -> "LookAtMarket":
    from nightdesk.analysis.taking import LookAtMarket

    return LookAtMarket(_candles())


@cache
def versions() -> "Versions":
    """Wire Versions."""
    from nightdesk.bots.versions import Versions

    return Versions(definitions=_definitions())


@cache
def list_strategies() -> "ListStrategies":
    """Wire ListStrategies."""
    from nightdesk.strategies.versions import ListStrategies

    started(settings.ApiSettings)
    return ListStrategies(_definitions())


@cache
def read_strategy() -> "ReadStrategy":
    """Wire ReadStrategy."""
    from nightdesk.strategies.versions import ReadStrategy

    started(settings.ApiSettings)
    return ReadStrategy(_definitions())


@cache
def create_strategy() -> "CreateStrategy":
    """Wire CreateStrategy."""
    from nightdesk.strategies.versions import CreateStrategy

    started(settings.ApiSettings)
    return CreateStrategy(_definitions())


@cache
def edit_strategy() -> "EditStrategy":
    """Wire EditStrategy."""
    from nightdesk.strategies.versions import EditStrategy

    started(settings.ApiSettings)
    return EditStrategy(_definitions())


@cache
def archive_strategy() -> "ArchiveStrategy":
    """Wire ArchiveStrategy."""
    from nightdesk.bots.versions import PinnedBots
    from nightdesk.strategies.versions import ArchiveStrategy

    started(settings.ApiSettings)
    return ArchiveStrategy(_definitions(), PinnedBots(_bots()))


@cache
def validate_strategy() -> "ValidateStrategy":
    """Wire ValidateStrategy."""
    from nightdesk.strategies.versions import ValidateStrategy

    return ValidateStrategy()


@cache
def read_signals() -> "ReadSignals":
    """Wire ReadSignals."""
    from nightdesk.strategies.showing import ReadSignals

    return ReadSignals(read_strategy(), _look())


def strategy_grammar() -> "Callable[[], dict[str, Any]]":
    """Return what shows the grammar of definitions."""
    from nightdesk.strategies.grammar import grammar

    return grammar


@cache
def _definitions() -> "DynamoDefinitions":
    from nightdesk.adapters.dynamo.strategies import DynamoDefinitions

    return DynamoDefinitions()


# trading


@cache
def plan_cycle() -> "PlanCycle":
    """Wire PlanCycle."""
    from nightdesk.adapters.dynamo.cycles import DynamoCycles
    from nightdesk.trading.plan import PlanCycle

    started(settings.PlanSettings)
    return PlanCycle(bots=_due(), cycles=DynamoCycles(clock=clock()))


@cache
def trade_bots() -> "TradeBots":
    """Wire TradeBots."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.gates import DynamoGates
    from nightdesk.adapters.dynamo.leases import DynamoLeases
    from nightdesk.adapters.dynamo.pool import DynamoPool
    from nightdesk.trading.costs import expected_costs
    from nightdesk.trading.trade_bots import TradeBots

    kind = settings.TradeBotsSettings
    started(kind)
    return TradeBots(
        desk=_desk(),
        leases=DynamoLeases(clock=clock()),
        bots=_due(),
        decisions=DynamoDecisions(clock=clock()),
        equity=DynamoEquity(),
        gates=DynamoGates(),
        pools=DynamoPool(),
        rules=_rules(),
        look=_look(),
        quotes=_quotes(kind),
        costs=lambda rules, at: expected_costs(rules, at, _assumptions()),
        exchange=_simulated,
    )


@cache
def watch() -> "Watch":
    """Wire Watch."""
    from nightdesk.trading.watch import Watch

    kind = settings.WatchSettings
    started(kind)
    return Watch(desk=_desk(), bots=_due(), quotes=_quotes(kind))


@cache
def settle() -> "Settle":
    """Wire Settle."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.settle import Settle

    started(settings.SettleSettings)
    return Settle(
        desk=_desk(),
        bots=_due(),
        equity=DynamoEquity(),
        candles=_candles(),
        rules=_rules(),
        leave=leave_market(),
    )


@cache
def list_orders() -> "ListOrders":
    """Wire ListOrders."""
    from nightdesk.trading.reading import ListOrders

    started(settings.ApiSettings)
    return ListOrders(_desk())


@cache
def read_order() -> "ReadOrder":
    """Wire ReadOrder."""
    from nightdesk.trading.reading import ReadOrder

    started(settings.ApiSettings)
    return ReadOrder(_desk(), _bots_of)


@cache
def list_fills() -> "ListFills":
    """Wire ListFills."""
    from nightdesk.trading.reading import ListFills

    started(settings.ApiSettings)
    return ListFills(_desk())


@cache
def list_positions() -> "ListPositions":
    """Wire ListPositions."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.holding import ListPositions

    started(settings.ApiSettings)
    return ListPositions(_desk(), DynamoEquity())


@cache
def read_position() -> "ReadPosition":
    """Wire ReadPosition."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.holding import ReadPosition

    started(settings.ApiSettings)
    return ReadPosition(_desk(), DynamoEquity())


@cache
def read_portfolio() -> "ReadPortfolio":
    """Wire ReadPortfolio."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.pool import DynamoPool
    from nightdesk.trading.standing import ReadPortfolio

    started(settings.ApiSettings)
    return ReadPortfolio(_desk(), DynamoEquity(), DynamoPool())


@cache
def list_postings() -> "ListPostings":
    """Wire ListPostings."""
    from nightdesk.trading.reading import ListPostings

    started(settings.ApiSettings)
    return ListPostings(_desk(), _bots_of)


@cache
def verify_ledger() -> "VerifyLedger":
    """Wire VerifyLedger."""
    from nightdesk.trading.proving import VerifyLedger

    started(settings.ApiSettings)
    return VerifyLedger(_desk())


@cache
def list_decisions() -> "ListDecisions":
    """Wire ListDecisions."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.trading.reading import ListDecisions

    started(settings.ApiSettings)
    return ListDecisions(DynamoDecisions(clock=clock()), _desk(), _bots_of)


@cache
def explain_decision() -> "ExplainDecision":
    """Wire ExplainDecision."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.adapters.dynamo.snapshots import DynamoSnapshots
    from nightdesk.trading.explaining import ExplainDecision

    started(settings.ApiSettings)
    return ExplainDecision(
        decisions=DynamoDecisions(clock=clock()),
        desk=_desk(),
        snapshots=DynamoSnapshots(clock()),
        rules=_rules(),
    )


def _bots_of(owner: "UserId") -> "Sequence[BotId]":
    return [bot.bot_id for bot in _bots().list(owner)]


@cache
def _desk() -> "DynamoDesk":
    from nightdesk.adapters.dynamo.desk import DynamoDesk

    return DynamoDesk(clock=clock())


@cache
def _simulated(timeframe: "Timeframe") -> "Exchange":
    """Return the simulated exchange over stored candles of one timeframe."""
    from nightdesk.trading.simulated import SimulatedExchange

    candles = _candles()

    def history(instrument_id: "InstrumentId", since: "datetime", until: "datetime") -> "Candles":
        # open times before this moment belong to candles closed by `until`
        before = until - timeframe.length + timedelta(milliseconds=1)
        return candles.between(instrument_id, timeframe, since, before)

    return SimulatedExchange(
        quotes=_quotes(settings.TradeBotsSettings),
        history=history,
        assumptions=_assumptions(),
    )


@cache
def _assumptions() -> "Assumptions":
    from nightdesk.trading.assumptions import Assumptions

    return Assumptions(seed="paper")


# bots


@cache
def _bots() -> "DynamoBots":
    from nightdesk.adapters.dynamo.bots import DynamoBots

    return DynamoBots(clock())


@cache
def _due() -> "MarketBots":
    from nightdesk.bots.due import MarketBots

    return MarketBots(index=_bots(), holders=_desk(), versions=versions())


@cache
def create_bot() -> "CreateBot":
    """Wire CreateBot."""
    from nightdesk.bots.creation import CreateBot

    started(settings.ApiSettings)
    return CreateBot(bots=_bots(), rules=_rules(), versions=versions())


@cache
def read_bot() -> "ReadBot":
    """Wire ReadBot."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.reading import ReadBot

    started(settings.ApiSettings)
    return ReadBot(bots=_bots(), desk=_desk(), equity=DynamoEquity())


@cache
def list_bots() -> "ListBots":
    """Wire ListBots."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.reading import ListBots

    started(settings.ApiSettings)
    return ListBots(bots=_bots(), desk=_desk(), equity=DynamoEquity())


@cache
def bot_history() -> "BotHistory":
    """Wire BotHistory."""
    from nightdesk.bots.reading import BotHistory

    started(settings.ApiSettings)
    return BotHistory(_bots())


@cache
def bot_limits_used() -> "BotLimitsUsed":
    """Wire BotLimitsUsed."""
    from nightdesk.bots.reading import BotLimitsUsed

    started(settings.ApiSettings)
    return BotLimitsUsed(_bots())


@cache
def update_bot() -> "UpdateBot":
    """Wire UpdateBot."""
    from nightdesk.bots.editing import UpdateBot

    started(settings.ApiSettings)
    return UpdateBot(bots=_bots(), desk=_desk(), versions=versions())


@cache
def change_mode() -> "ChangeMode":
    """Wire ChangeMode."""
    from nightdesk.bots.editing import ChangeMode

    started(settings.ApiSettings)
    return ChangeMode(_bots())


@cache
def start_bot() -> "StartBot":
    """Wire StartBot."""
    from nightdesk.bots.switching import StartBot, StartChecks

    started(settings.ApiSettings)
    checks = StartChecks(rules=_rules(), versions=versions())
    return StartBot(bots=_bots(), desk=_desk(), checks=checks)


@cache
def pause_bot() -> "PauseBot":
    """Wire PauseBot."""
    from nightdesk.bots.switching import PauseBot

    started(settings.ApiSettings)
    return PauseBot(bots=_bots(), desk=_desk())


@cache
def pause_all() -> "PauseAll":
    """Wire PauseAll."""
    from nightdesk.bots.switching import PauseAll

    return PauseAll(bots=_bots(), pause=pause_bot())


@cache
def resume_all() -> "ResumeAll":
    """Wire ResumeAll."""
    from nightdesk.bots.switching import ResumeAll

    return ResumeAll(bots=_bots(), start=start_bot())


@cache
def leave_market() -> "LeaveMarket":
    """Wire LeaveMarket."""
    from nightdesk.bots.switching import LeaveMarket

    return LeaveMarket(bots=_bots(), desk=_desk())


@cache
def retire_bot() -> "RetireBot":
    """Wire RetireBot."""
    from nightdesk.bots.retiring import RetireBot

    started(settings.ApiSettings)
    return RetireBot(bots=_bots(), desk=_desk())


# accounts


@cache
def register() -> "Register":
    """Wire Register."""
    from nightdesk.accounts.user import Register
    from nightdesk.adapters.dynamo.accounts import DynamoInvitations
    from nightdesk.adapters.secrets.operator_token import StoredOperatorToken
    from nightdesk.adapters.secrets.passwords import Argon2Hasher
    from nightdesk.adapters.secrets.store import StoredSecret

    found = started(settings.ApiSettings)
    return Register(
        users=_users(),
        invitations=DynamoInvitations(),
        hasher=Argon2Hasher(),
        operator_token=StoredOperatorToken(StoredSecret(found.operator_secret)),
    )


@cache
def invite() -> "Invite":
    """Wire Invite."""
    from nightdesk.accounts.user import Invite
    from nightdesk.adapters.dynamo.accounts import DynamoInvitations

    started(settings.ApiSettings)
    return Invite(DynamoInvitations())


@cache
def login() -> "Login":
    """Wire Login."""
    from nightdesk.accounts.login import Login
    from nightdesk.adapters.dynamo.sessions import DynamoSessions
    from nightdesk.adapters.secrets.passwords import Argon2Hasher

    return Login(
        users=_users(),
        sessions=DynamoSessions(),
        hasher=Argon2Hasher(),
        signer=token_signer(),
        digests=_pepper(),
    )


@cache
def authenticate() -> "Authenticate":
    """Wire Authenticate."""
    from nightdesk.accounts.session import Authenticate
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    return Authenticate(sessions=DynamoSessions(), signer=token_signer())


@cache
def refresh() -> "Refresh":
    """Wire Refresh."""
    from nightdesk.accounts.session import Refresh
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    return Refresh(sessions=DynamoSessions(), signer=token_signer(), digests=_pepper())


@cache
def logout() -> "Logout":
    """Wire Logout."""
    from nightdesk.accounts.session import Logout
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    started(settings.ApiSettings)
    return Logout(DynamoSessions())


@cache
def logout_everywhere() -> "LogoutEverywhere":
    """Wire LogoutEverywhere."""
    from nightdesk.accounts.session import LogoutEverywhere
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    return LogoutEverywhere(users=_users(), sessions=DynamoSessions())


@cache
def list_sessions() -> "ListSessions":
    """Wire ListSessions."""
    from nightdesk.accounts.session import ListSessions
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    started(settings.ApiSettings)
    return ListSessions(DynamoSessions())


@cache
def read_account() -> "ReadAccount":
    """Wire ReadAccount."""
    from nightdesk.accounts.user import ReadAccount

    return ReadAccount(_users())


@cache
def token_signer() -> "JwtSigner":
    """Return what signs and verifies access tokens."""
    from nightdesk.adapters.secrets.ring import KeyRing
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.adapters.secrets.tokens import JwtSigner

    found = started(settings.ApiSettings)
    return JwtSigner(KeyRing(StoredSecret(found.signing_secret)), f"nightdesk-{found.stage}")


@cache
def cursors() -> "Cursors":
    """Return what seals cursors."""
    return _pepper().cursors()


@cache
def begin_reply() -> "Begin":
    """Wire Begin."""
    from nightdesk.accounts.idempotency import Begin
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    return Begin(DynamoReplies())


@cache
def finish_reply() -> "Finish":
    """Wire Finish."""
    from nightdesk.accounts.idempotency import Finish
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    return Finish(DynamoReplies())


@cache
def readiness() -> "Mapping[str, Callable[[], object]]":
    """Return what a request needs, by name, each as a try that raises when it does not answer."""
    from nightdesk.adapters.dynamo.replies import DynamoReplies

    started(settings.ApiSettings)
    signer = token_signer()
    return {
        "desk table": _users().reachable,
        "runtime table": DynamoReplies().reachable,
        "signing keys": lambda: signer.public_keys(clock().now()),
    }


@cache
def _users() -> "DynamoUsers":
    from nightdesk.adapters.dynamo.accounts import DynamoUsers

    started(settings.ApiSettings)
    return DynamoUsers(_pepper())


@cache
def _pepper() -> "Pepper":
    from nightdesk.adapters.secrets.pepper import Pepper
    from nightdesk.adapters.secrets.store import KeptSecret, StoredSecret

    found = started(settings.ApiSettings)
    return Pepper(KeptSecret(StoredSecret(found.pepper_secret)))
