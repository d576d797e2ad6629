"""From the market list of ccxt to our rules: canonical codes, exact steps, nothing odd."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from nightdesk.core.ids import INSTRUMENT_ID, InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.market import fees
from nightdesk.market.currencies import canonical, quote_class
from nightdesk.market.instruments import Instrument, Rules, TradingStatus, versioned

DECIMAL_PLACES = 2  # ccxt's numbers for what a precision means
TICK_SIZE = 4

STATUS: Mapping[str, TradingStatus] = {
    "online": TradingStatus.TRADING,
    "trading": TradingStatus.TRADING,
    "active": TradingStatus.TRADING,
    "live": TradingStatus.TRADING,
    "enabled": TradingStatus.TRADING,
    "true": TradingStatus.TRADING,
    "cancel_only": TradingStatus.CANCEL_ONLY,
    "post_only": TradingStatus.HALTED,
    "limit_only": TradingStatus.HALTED,
    "reduce_only": TradingStatus.HALTED,
    "maintenance": TradingStatus.HALTED,
    "break": TradingStatus.HALTED,
    "halt": TradingStatus.HALTED,
    "suspend": TradingStatus.HALTED,
    "disabled": TradingStatus.HALTED,
    "false": TradingStatus.HALTED,
    "end_of_day": TradingStatus.HALTED,
    "delisted": TradingStatus.DELISTED,
}
STATUS_FIELDS = ("status", "state", "trading_status", "trading", "enableTrading")

LEVERAGED = re.compile(r"^(?P<asset>[A-Z0-9]+?)(?P<kind>[2-5][LS]|UP|DOWN|BULL|BEAR)$")


def to_rules(
    venue: str, markets: Sequence[Mapping[str, Any]], precision_mode: int, as_of: datetime
) -> list[Rules]:
    """Return the rules of all spot markets that can be read, by instrument id.

    Dropped are derivatives, dark-pool twins, leveraged tokens, codes that no id can hold, unknown
    statuses, and markets without a step for price or quantity.
    """
    spot = [market for market in markets if market.get("spot") and not _twin(market)]
    bases = {canonical(str(market["base"])) for market in spot}
    found: dict[InstrumentId, Rules] = {}
    for market in spot:
        rules = _rules(venue, market, precision_mode, as_of)
        if rules is not None and not _leveraged(rules.instrument.base, bases):
            found.setdefault(rules.instrument.id, rules)
    return [found[instrument_id] for instrument_id in sorted(found)]


def _rules(
    venue: str, market: Mapping[str, Any], precision_mode: int, as_of: datetime
) -> Rules | None:
    base, quote = canonical(str(market["base"])), canonical(str(market["quote"]))
    name = f"{base}/{quote}@{venue}"
    status = _status(market)
    precision: Mapping[str, Any] = market.get("precision") or {}
    info: Mapping[str, Any] = market.get("info") or {}
    tick = _amount(info.get("tick_size")) or _step(precision.get("price"), precision_mode)
    lot = _step(precision.get("amount"), precision_mode)
    if not INSTRUMENT_ID.fullmatch(name) or status is None or tick is None or lot is None:
        return None
    limits: Mapping[str, Any] = market.get("limits") or {}
    amount, cost = limits.get("amount") or {}, limits.get("cost") or {}
    kind = quote_class(quote)
    rules = Rules(
        instrument=Instrument(id=InstrumentId(name), symbol=str(market["id"])),
        version="",
        status=status,
        tick=tick,
        lot=lot,
        min_quantity=_amount(amount.get("min")) or ZERO,
        min_notional=_amount(cost.get("min")) or ZERO,
        max_quantity=_amount(amount.get("max")),
        max_notional=_amount(cost.get("max")),
        fee_asset=fees.fee(venue, kind, as_of).fee_asset,
        quote_class=kind,
        observed_at=as_of,
        source=f"{venue} market list",
    )
    return versioned(rules)


def _status(market: Mapping[str, Any]) -> TradingStatus | None:
    """Read the venue's own word, else ccxt's flag; None for a word that nobody here knows."""
    info: Mapping[str, Any] = market.get("info") or {}
    for name in STATUS_FIELDS:
        if name in info:
            return STATUS.get(str(info[name]).lower())
    active = market.get("active")
    if active is None:
        return None
    return TradingStatus.TRADING if active else TradingStatus.HALTED


def _step(precision: object, mode: int) -> Decimal | None:
    """Return a step from a tick or a number of decimals; zero and nothing mean that none is known.

    A precision in significant digits is no step.
    """
    if precision is None:
        return None
    if mode == TICK_SIZE:
        return _amount(precision)
    if mode == DECIMAL_PLACES:
        return Decimal(1).scaleb(-int(str(precision)))
    return None


def _amount(value: object) -> Decimal | None:
    """Return a positive finite amount, read from text; None for anything else."""
    if value is None:
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > ZERO else None


def _twin(market: Mapping[str, Any]) -> bool:
    info: Mapping[str, Any] = market.get("info") or {}
    names = (market.get("id"), market.get("symbol"), info.get("altname"))
    return any(str(name).endswith(".d") for name in names)


def _leveraged(base: str, bases: set[str]) -> bool:
    """Tell BTCUP and ETH3L from JUP: what is left without the ending is an asset of its own."""
    found = LEVERAGED.fullmatch(base)
    return found is not None and found["asset"] in bases
