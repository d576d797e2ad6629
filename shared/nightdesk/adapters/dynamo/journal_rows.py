"""What lists and figures read of a trade: one short line of values, quick to read by thousands.

Values stand between bars in an order that is frozen; later ones are appended. It is no JSON: in the
JSON of an answer each quote would be escaped, and a line that is cut at its bars is read in a
fraction of the time. Nothing between two bars is None. Bodies of whole trades are bigger and
slower, and are read one by one.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from nightdesk.core.clock import iso
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.money import fixed
from nightdesk.core.quick import quick
from nightdesk.journal.trade import (
    Action,
    After,
    Context,
    Excursion,
    ExitReason,
    JournalTrade,
    Kind,
    Leg,
    Longer,
    Money,
    Origin,
    Outcome,
    Quantities,
    Risk,
    Session,
    Side,
    Source,
    Status,
    StopMark,
    VolatilityBucket,
)
from nightdesk.trading.order import Mode

BAR, INNER, MARK = "|", ",", "%"
_Value = str | int | None
E = TypeVar("E", bound=StrEnum)


def _by_value(kind: type[E]) -> dict[str, E]:
    return {one.value: one for one in kind}


def _or_none(kind: type[E]) -> dict[str, E | None]:
    return {"": None, **_by_value(kind)}


# a lookup costs a tenth of a call of the enum, and ten thousand rows make a hundred thousand
_MODES, _KINDS, _SOURCES = _by_value(Mode), _by_value(Kind), _by_value(Source)
_ORIGINS, _SIDES, _STATUSES = _by_value(Origin), _by_value(Side), _by_value(Status)
_ACTIONS, _OUTCOMES, _REASONS = _by_value(Action), _or_none(Outcome), _or_none(ExitReason)
_SESSIONS, _AFTERS, _BUCKETS = _or_none(Session), _or_none(After), _or_none(VolatilityBucket)


def row_of(trade: JournalTrade) -> str:
    """Return the row of a trade."""
    values = [*_identity(trade), *_quantities(trade), *_money(trade), *_risk(trade)]
    values += [*_excursion(trade), *_context(trade), *_first(trade.legs[0])]
    return BAR.join(map(_written, values))


def _written(value: _Value) -> str:
    """Return a value as it stands between bars; the bars of a text are told by their numbers."""
    if value is None:
        return ""
    if value == "":
        return MARK
    text = str(value)
    if MARK in text or BAR in text:
        text = text.replace(MARK, "%25").replace(BAR, "%7C")
    return text


def _word(text: str) -> str | None:
    """Return a text that may hold bars, None for nothing."""
    if MARK not in text:
        return text or None
    return text.replace("%7C", BAR).replace("%25", MARK) if text != MARK else ""


_TRADE = quick(
    JournalTrade,
    (
        *("id", "owner", "account", "mode", "instrument", "base", "quote", "kind", "source"),
        *("origin", "bot_id", "strategy_version", "version", "side", "status", "opened_at"),
        *("closed_at", "outcome", "exit_reason", "incomplete"),
        *("quantity", "money", "risk", "excursion", "context", "legs"),
    ),
)


def trade_of(owner: UserId, trade_id: TradeId, row: str) -> JournalTrade:
    """Return what a row says, with the first leg alone."""
    values = row.split(BAR)
    account, mode, instrument, kind, source, origin, bot, strategy, version = values[:9]
    side, status, opened, closed, outcome, reason, incomplete = values[9:16]
    return _TRADE(
        trade_id,
        owner,
        _word(account) or "",
        _MODES[mode],
        *_market(instrument),
        _KINDS[kind],
        _SOURCES[source],
        _ORIGINS[origin],
        bot or None,
        _word(strategy),
        int(version),
        _SIDES[side],
        _STATUSES[status],
        _read(opened),
        _read(closed) if closed else None,
        _OUTCOMES[outcome],
        _REASONS[reason],
        tuple(incomplete.split(INNER)) if incomplete else (),
        _QUANTITY(*_amounts(values[16:25]), int(values[25]), int(values[26])),
        _MONEYS(*_amounts(values[27:36])),
        _risk_of(values[36:44]),
        _excursion_of(values[44:55]),
        _context_of(values[55:61]),
        (_first_of(values[61:67]),),
    )


@lru_cache(maxsize=1_000)
def _market(text: str) -> tuple[InstrumentId, str, str]:
    """Return an instrument, its base and its quote: the same few stand in all rows."""
    instrument = InstrumentId(_word(text) or "")
    base, _, rest = instrument.partition("/")
    return instrument, base, rest.partition("@")[0].partition(":")[0]


def _identity(trade: JournalTrade) -> list[_Value]:
    return [
        trade.account,
        trade.mode.value,
        trade.instrument,
        trade.kind.value,
        trade.source.value,
        trade.origin.value,
        trade.bot_id,
        trade.strategy_version,
        trade.version,
        trade.side.value,
        trade.status.value,
        iso(trade.opened_at),
        None if trade.closed_at is None else iso(trade.closed_at),
        trade.outcome and trade.outcome.value,
        trade.exit_reason and trade.exit_reason.value,
        INNER.join(trade.incomplete) or None,
    ]


_QUANTITIES = (
    *("qty_entered", "qty_exited", "qty_open", "qty_carried", "cost_carried", "peak_qty"),
    *("avg_entry", "avg_exit", "size"),
)
_QUANTITY = quick(Quantities, (*_QUANTITIES, "scale_ins", "partial_exits"))


def _quantities(trade: JournalTrade) -> list[_Value]:
    amounts = [_text(getattr(trade.quantity, name)) for name in _QUANTITIES]
    return [*amounts, trade.quantity.scale_ins, trade.quantity.partial_exits]


_MONEY = (
    *("gross", "fees", "funding", "net", "return_on_notional", "net_account"),
    *("gross_account", "fees_account", "slippage"),
)
_MONEYS = quick(Money, _MONEY)


def _money(trade: JournalTrade) -> list[_Value]:
    return [_text(getattr(trade.money, name)) for name in _MONEY]


_RISK = ("initial_stop", "target", "initial_risk", "r", "planned_rr", "planned_risk")
_RISKS = quick(Risk, (*_RISK, "stops", "stop_recorded_after_seconds"))
_STOP = quick(StopMark, ("at", "price"))


def _risk(trade: JournalTrade) -> list[_Value]:
    risk = trade.risk
    stops = INNER.join(f"{iso(mark.at)}@{fixed(mark.price)}" for mark in risk.stops)
    amounts = [_text(getattr(risk, name)) for name in _RISK]
    return [*amounts, stops or None, risk.stop_recorded_after_seconds]


def _risk_of(values: Sequence[str]) -> Risk:
    stops, recorded = values[6:]
    return _RISKS(
        *_amounts(values[:6]),
        tuple([_stop(one) for one in stops.split(INNER)]) if stops else (),
        int(recorded) if recorded else None,
    )


def _stop(text: str) -> StopMark:
    at, _, price = text.partition("@")
    return _STOP(_read(at), Decimal(price))


_EXCURSION = (
    *("mae", "mfe", "mae_r", "mfe_r", "given_back", "capture"),
    *("entry_efficiency", "exit_efficiency", "total_efficiency"),
)
_EXCURSIONS = quick(Excursion, (*_EXCURSION, "excursion_resolution", "after_exit"))
_LONGER = quick(Longer, ("minutes", "per_unit", "r"))


def _excursion(trade: JournalTrade) -> list[_Value]:
    one = trade.excursion
    after = INNER.join(
        f"{each.minutes}@{fixed(each.per_unit)}@{_text(each.r) or ''}" for each in one.after_exit
    )
    amounts = [_text(getattr(one, name)) for name in _EXCURSION]
    return [*amounts, one.excursion_resolution, after or None]


def _excursion_of(values: Sequence[str]) -> Excursion:
    resolution, after = values[9:]
    return _EXCURSIONS(
        *_amounts(values[:9]),
        resolution or None,
        tuple([_longer(one) for one in after.split(INNER)]) if after else (),
    )


def _longer(text: str) -> Longer:
    minutes, per_unit, r = text.split("@")
    return _LONGER(int(minutes), Decimal(per_unit), Decimal(r) if r else None)


_CONTEXT = quick(
    Context, ("regime", "session", "nth_of_day", "after", "volatility_bucket", "volatility")
)


def _context(trade: JournalTrade) -> list[_Value]:
    one = trade.context
    bucket = one.volatility_bucket and one.volatility_bucket.value
    return [
        one.regime,
        one.session and one.session.value,
        one.nth_of_day,
        one.after and one.after.value,
        bucket,
        _text(one.volatility),
    ]


def _context_of(values: Sequence[str]) -> Context:
    regime, session, nth, after, bucket, volatility = values
    return _CONTEXT(
        _word(regime),
        _SESSIONS[session],
        int(nth) if nth else None,
        _AFTERS[after],
        _BUCKETS[bucket],
        Decimal(volatility) if volatility else None,
    )


_LEG = quick(Leg, ("entry", "fill_id", "order", "at", "action", "quantity", "price"))
_ENTRY = True


def _first(leg: Leg) -> list[_Value]:
    quantity, price = fixed(leg.quantity), fixed(leg.price)
    return [leg.fill_id, leg.order, iso(leg.at), leg.action.value, quantity, price]


def _first_of(values: Sequence[str]) -> Leg:
    fill_id, order, at, action, quantity, price = values
    return _LEG(
        _ENTRY,
        _word(fill_id) or "",
        _word(order) or "",
        _read(at),
        _ACTIONS[action],
        Decimal(quantity),
        Decimal(price),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else fixed(amount)


def _amounts(texts: Sequence[str]) -> list[Any]:
    """Return amounts, None where there is none: the noun that takes them knows which may be."""
    return [Decimal(text) if text else None for text in texts]


_read = datetime.fromisoformat
"""Reads what `iso` wrote; it always ends with Z, and that is UTC."""
