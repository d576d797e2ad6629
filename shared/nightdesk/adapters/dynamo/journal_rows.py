"""What lists and figures read of a trade: one short list of values, quick to read by thousands.

The order of the values is frozen; later ones are appended. Bodies of whole trades are bigger and
slower, and are read one by one.
"""

import json
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from nightdesk.core.clock import iso
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.core.money import fixed
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

_Value = str | int | list[Any] | None
E = TypeVar("E", bound=StrEnum)


def _by_value(kind: type[E]) -> dict[str, E]:
    return {one.value: one for one in kind}


# a lookup costs a tenth of a call of the enum, and ten thousand rows make a hundred thousand
_MODES, _KINDS, _SOURCES = _by_value(Mode), _by_value(Kind), _by_value(Source)
_ORIGINS, _SIDES, _STATUSES = _by_value(Origin), _by_value(Side), _by_value(Status)
_OUTCOMES, _REASONS, _ACTIONS = _by_value(Outcome), _by_value(ExitReason), _by_value(Action)
_SESSIONS, _AFTERS = _by_value(Session), _by_value(After)
_BUCKETS = _by_value(VolatilityBucket)


def row_of(trade: JournalTrade) -> str:
    """Return the row of a trade."""
    parts = [_identity(trade), _quantities(trade), _money(trade), _risk(trade)]
    parts += [_excursion(trade), _context(trade), _first(trade.legs[0])]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def trade_of(owner: UserId, trade_id: TradeId, row: str) -> JournalTrade:
    """Return what a row says, with the first leg alone."""
    who, quantity, money, risk, excursion, context, first = json.loads(row)
    instrument = InstrumentId(who[2])
    base, _, rest = instrument.partition("/")
    return JournalTrade(
        id=trade_id,
        owner=owner,
        account=who[0],
        mode=_MODES[who[1]],
        instrument=instrument,
        base=base,
        quote=rest.partition("@")[0].partition(":")[0],
        kind=_KINDS[who[3]],
        source=_SOURCES[who[4]],
        origin=_ORIGINS[who[5]],
        bot_id=who[6] and BotId(who[6]),
        strategy_version=who[7],
        version=who[8],
        side=_SIDES[who[9]],
        status=_STATUSES[who[10]],
        opened_at=_read(who[11]),
        closed_at=who[12] and _read(who[12]),
        outcome=who[13] and _OUTCOMES[who[13]],
        exit_reason=who[14] and _REASONS[who[14]],
        incomplete=tuple(who[15]),
        quantity=_quantities_of(quantity),
        money=_money_of(money),
        risk=_risk_of(risk),
        excursion=_excursion_of(excursion),
        context=_context_of(context),
        legs=(_first_of(first),),
    )


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
        list(trade.incomplete),
    ]


_QUANTITIES = (
    *("qty_entered", "qty_exited", "qty_open", "qty_carried", "cost_carried", "peak_qty"),
    *("avg_entry", "avg_exit", "size"),
)


def _quantities(trade: JournalTrade) -> list[_Value]:
    amounts = [_text(getattr(trade.quantity, name)) for name in _QUANTITIES]
    return [*amounts, trade.quantity.scale_ins, trade.quantity.partial_exits]


def _quantities_of(values: list[Any]) -> Quantities:
    entered, exited, still, carried, cost, peak, entry, out, size = _amounts(values[:9])
    return Quantities(
        qty_entered=entered,
        qty_exited=exited,
        qty_open=still,
        qty_carried=carried,
        cost_carried=cost,
        peak_qty=peak,
        avg_entry=entry,
        avg_exit=out,
        size=size,
        scale_ins=values[9],
        partial_exits=values[10],
    )


_MONEY = (
    *("gross", "fees", "funding", "net", "return_on_notional", "net_account"),
    *("gross_account", "fees_account", "slippage"),
)


def _money(trade: JournalTrade) -> list[_Value]:
    return [_text(getattr(trade.money, name)) for name in _MONEY]


def _money_of(values: list[Any]) -> Money:
    gross, fees, funding, net, on_notional, net_account, gross_account, fees_account, slippage = (
        _amounts(values)
    )
    return Money(
        gross=gross,
        fees=fees,
        funding=funding,
        net=net,
        return_on_notional=on_notional,
        net_account=net_account,
        gross_account=gross_account,
        fees_account=fees_account,
        slippage=slippage,
    )


_RISK = ("initial_stop", "target", "initial_risk", "r", "planned_rr", "planned_risk")


def _risk(trade: JournalTrade) -> list[_Value]:
    risk = trade.risk
    stops = [[iso(mark.at), fixed(mark.price)] for mark in risk.stops]
    amounts = [_text(getattr(risk, name)) for name in _RISK]
    return [*amounts, stops, risk.stop_recorded_after_seconds]


def _risk_of(values: list[Any]) -> Risk:
    stop, target, risk, r, planned_rr, planned_risk = _amounts(values[:6])
    return Risk(
        initial_stop=stop,
        target=target,
        initial_risk=risk,
        r=r,
        planned_rr=planned_rr,
        planned_risk=planned_risk,
        stops=tuple([StopMark(at=_read(at), price=Decimal(price)) for at, price in values[6]]),
        stop_recorded_after_seconds=values[7],
    )


_EXCURSION = (
    *("mae", "mfe", "mae_r", "mfe_r", "given_back", "capture"),
    *("entry_efficiency", "exit_efficiency", "total_efficiency"),
)


def _excursion(trade: JournalTrade) -> list[_Value]:
    one = trade.excursion
    after = [[each.minutes, fixed(each.per_unit), _text(each.r)] for each in one.after_exit]
    amounts = [_text(getattr(one, name)) for name in _EXCURSION]
    return [*amounts, one.excursion_resolution, after]


def _excursion_of(values: list[Any]) -> Excursion:
    mae, mfe, mae_r, mfe_r, given, capture, entered, left, both = _amounts(values[:9])
    return Excursion(
        mae=mae,
        mfe=mfe,
        mae_r=mae_r,
        mfe_r=mfe_r,
        given_back=given,
        capture=capture,
        entry_efficiency=entered,
        exit_efficiency=left,
        total_efficiency=both,
        excursion_resolution=values[9],
        after_exit=tuple([_longer(*one) for one in values[10]]),
    )


def _longer(minutes: int, per_unit: str, r: str | None) -> Longer:
    in_r = None if r is None else Decimal(r)
    return Longer(minutes=minutes, per_unit=Decimal(per_unit), r=in_r)


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


def _context_of(values: list[Any]) -> Context:
    regime, session, nth, after, bucket, volatility = values
    return Context(
        regime=regime,
        session=session and _SESSIONS[session],
        nth_of_day=nth,
        after=after and _AFTERS[after],
        volatility_bucket=bucket and _BUCKETS[bucket],
        volatility=volatility and Decimal(volatility),
    )


def _first(leg: Leg) -> list[_Value]:
    quantity, price = fixed(leg.quantity), fixed(leg.price)
    return [leg.fill_id, leg.order, iso(leg.at), leg.action.value, quantity, price]


def _first_of(values: list[Any]) -> Leg:
    fill_id, order, at, action, quantity, price = values
    return Leg(
        fill_id=fill_id,
        order=order,
        at=_read(at),
        action=_ACTIONS[action],
        entry=True,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else fixed(amount)


def _amounts(texts: list[Any]) -> list[Any]:
    """Return amounts, None where there is none: the noun that takes them knows which may be."""
    return [None if text is None else Decimal(text) for text in texts]


def _read(text: str) -> datetime:
    """Read what `iso` wrote; it always ends with Z, and that is UTC."""
    return datetime.fromisoformat(text)
