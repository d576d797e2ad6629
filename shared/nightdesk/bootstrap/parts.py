"""What several use cases share: the clock, the settings, and one adapter of each kind.

Imports stand inside the factories here as everywhere in bootstrap, so that a function loads only
what it uses; the environment is read on the first call, never at import.
"""

from functools import cache
from typing import TYPE_CHECKING, TypeVar

from nightdesk import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from nightdesk.accounts.ports import Mailer
    from nightdesk.accounts.throttle import Throttle
    from nightdesk.adapters.dynamo.accounts import DynamoUsers
    from nightdesk.adapters.dynamo.api_tokens import DynamoApiTokens
    from nightdesk.adapters.dynamo.audit import DynamoAudit
    from nightdesk.adapters.dynamo.bots import DynamoBots
    from nightdesk.adapters.dynamo.desk import DynamoDesk
    from nightdesk.adapters.dynamo.market import DynamoCandles
    from nightdesk.adapters.dynamo.rules import DynamoRules
    from nightdesk.adapters.dynamo.sessions import DynamoSessions
    from nightdesk.adapters.dynamo.strategies import DynamoDefinitions
    from nightdesk.adapters.secrets.pepper import Pepper
    from nightdesk.adapters.secrets.tokens import JwtSigner
    from nightdesk.analysis.taking import LookAtMarket
    from nightdesk.bots.due import MarketBots
    from nightdesk.bots.switching import LeaveMarket
    from nightdesk.bots.versions import Versions
    from nightdesk.core.clock import Clock
    from nightdesk.core.ids import BotId, InstrumentId, UserId
    from nightdesk.market.instruments import Quote
    from nightdesk.market.ports import CandleVenues
    from nightdesk.market.stored_series import StoredSeries
    from nightdesk.trading.proving import ProveAccount

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
        enabled=found.enabled_venues, stored=rules(), timeout_seconds=found.venue_timeout
    )


def quotes(
    kind: "type[settings.VenueSettings]",
) -> "Callable[[InstrumentId, datetime], Quote]":
    """Return the price of any instrument at a moment."""
    asked = venues(kind)
    return lambda instrument, at: asked(instrument.partition("@")[2]).quote(instrument, at)


@cache
def candles() -> "DynamoCandles":
    """Return the stored candles."""
    from nightdesk.adapters.dynamo.market import DynamoCandles

    return DynamoCandles(clock=clock())


@cache
def stored_series() -> "StoredSeries":
    """Return the stored candles for who asks often for what is not stored."""
    from nightdesk.market.stored_series import StoredSeries

    return StoredSeries(candles(), clock())


@cache
def rules() -> "DynamoRules":
    """Return the stored rules."""
    from nightdesk.adapters.dynamo.rules import DynamoRules

    return DynamoRules(clock=clock())


@cache
def look() -> "LookAtMarket":
    """Wire LookAtMarket."""
    from nightdesk.analysis.taking import LookAtMarket

    return LookAtMarket(candles())


@cache
def versions() -> "Versions":
    """Wire Versions."""
    from nightdesk.bots.versions import Versions

    return Versions(definitions=definitions())


@cache
def definitions() -> "DynamoDefinitions":
    """Return traders' strategies."""
    from nightdesk.adapters.dynamo.strategies import DynamoDefinitions

    return DynamoDefinitions()


def bots_of(owner: "UserId") -> "Sequence[BotId]":
    """Return an owner's bots, retired ones too."""
    return [bot.bot_id for bot in bots().list(owner)]


@cache
def desk() -> "DynamoDesk":
    """Return books, orders and ledger."""
    from nightdesk.adapters.dynamo.desk import DynamoDesk

    return DynamoDesk(clock=clock())


@cache
def prove_account() -> "ProveAccount":
    """Return what adds up the bots of an account."""
    from nightdesk.adapters.dynamo.pool import DynamoPool
    from nightdesk.trading.proving import ProveAccount

    return ProveAccount(desk(), DynamoPool())


@cache
def bots() -> "DynamoBots":
    """Return the stored bots."""
    from nightdesk.adapters.dynamo.bots import DynamoBots

    return DynamoBots(clock(), audit_log)


@cache
def due() -> "MarketBots":
    """Wire MarketBots."""
    from nightdesk.bots.due import MarketBots

    return MarketBots(index=bots(), holders=desk(), versions=versions())


@cache
def token_signer() -> "JwtSigner":
    """Return what signs and verifies access tokens."""
    from nightdesk.adapters.secrets.ring import KeyRing
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.adapters.secrets.tokens import JwtSigner

    found = started(settings.ApiSettings)
    return JwtSigner(KeyRing(StoredSecret(found.signing_secret)), f"nightdesk-{found.stage}")


@cache
def users() -> "DynamoUsers":
    """Return the stored users."""
    from nightdesk.adapters.dynamo.accounts import DynamoUsers

    started(settings.ApiSettings)
    return DynamoUsers(pepper(), audit_log())


@cache
def sessions() -> "DynamoSessions":
    """Return the stored sessions."""
    from nightdesk.adapters.dynamo.sessions import DynamoSessions

    return DynamoSessions(audit_log())


@cache
def api_tokens() -> "DynamoApiTokens":
    """Return the stored API tokens."""
    from nightdesk.adapters.dynamo.api_tokens import DynamoApiTokens

    return DynamoApiTokens(audit_log())


@cache
def throttle() -> "Throttle":
    """Wire Throttle."""
    from nightdesk.accounts.throttle import Throttle
    from nightdesk.adapters.dynamo.throttle import DynamoNetworks, DynamoThrottle

    audit = audit_log()
    return Throttle(
        tallies=DynamoThrottle(audit),
        networks=DynamoNetworks(audit),
        digests=pepper(),
        audit=audit,
    )


@cache
def audit_log(kind: type[settings.Settings] = settings.ApiSettings) -> "DynamoAudit":
    """Return the audit log. A function without the key of the vault can seal no words."""
    from nightdesk.adapters.dynamo.audit import DynamoAudit
    from nightdesk.adapters.dynamo.audit_keys import DynamoAuditKeys
    from nightdesk.adapters.secrets.audit_words import KmsSealer

    found = started(kind)
    key = getattr(found, "vault_key", "")
    return DynamoAudit(KmsSealer(key_id=key, keys=DynamoAuditKeys(), clock=clock()), clock())


@cache
def pepper() -> "Pepper":
    """Return the digests under the desk pepper."""
    from nightdesk.adapters.secrets.pepper import Pepper
    from nightdesk.adapters.secrets.store import KeptSecret, StoredSecret

    found = started(settings.ApiSettings)
    return Pepper(KeptSecret(StoredSecret(found.pepper_secret)))


@cache
def leave_market() -> "LeaveMarket":
    """Wire LeaveMarket."""
    from nightdesk.bots.switching import LeaveMarket

    return LeaveMarket(bots=bots(), desk=desk())


@cache
def mailer() -> "Mailer":
    """Return what sends letters; without an address to send from, nothing does."""
    from nightdesk.adapters.mail.ses import NoMail, SesMailer

    sender = started(settings.ApiSettings).mail_from
    return SesMailer(sender) if sender else NoMail()
