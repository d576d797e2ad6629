"""What lists and figures read of a trade: one short list of values, quick to read by thousands.

The order of the values is frozen; later ones are appended. Bodies of whole trades are bigger and
slower, and are read one by one.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.core.clock import from_iso, iso
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
        mode=Mode(who[1]),
        instrument=instrument,
        base=base,
        quote=rest.partition("@")[0].partition(":")[0],
        kind=Kind(who[3]),
        source=Source(who[4]),
        origin=Origin(who[5]),
        bot_id=who[6] and BotId(who[6]),
        strategy_version=who[7],
        version=who[8],
        side=Side(who[9]),
        status=Status(who[10]),
        opened_at=from_iso(who[11]),
        closed_at=_moment(who[12]),
        outcome=who[13] and Outcome(who[13]),
        exit_reason=who[14] and ExitReason(who[14]),
        incomplete=tuple(who[15]),
        quantity=_quantities_of(quantity),
        money=Money(**dict(zip(_MONEY, map(_amount, money), strict=True))),  # type: ignore[arg-type]
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
    *amounts, scale_ins, partial_exits = values
    found: dict[str, Any] = dict(zip(_QUANTITIES, map(_amount, amounts), strict=True))
    return Quantities(**found, scale_ins=scale_ins, partial_exits=partial_exits)


_MONEY = (
    *("gross", "fees", "funding", "net", "return_on_notional", "net_account"),
    *("gross_account", "fees_account", "slippage"),
)


def _money(trade: JournalTrade) -> list[_Value]:
    return [_text(getattr(trade.money, name)) for name in _MONEY]


_RISK = ("initial_stop", "target", "initial_risk", "r", "planned_rr", "planned_risk")


def _risk(trade: JournalTrade) -> list[_Value]:
    risk = trade.risk
    stops = [[iso(mark.at), fixed(mark.price)] for mark in risk.stops]
    amounts = [_text(getattr(risk, name)) for name in _RISK]
    return [*amounts, stops, risk.stop_recorded_after_seconds]


def _risk_of(values: list[Any]) -> Risk:
    *amounts, stops, seconds = values
    found: dict[str, Any] = dict(zip(_RISK, map(_amount, amounts), strict=True))
    marks = tuple(StopMark(at=from_iso(at), price=Decimal(price)) for at, price in stops)
    return Risk(**found, stops=marks, stop_recorded_after_seconds=seconds)


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
    *amounts, resolution, after = values
    found: dict[str, Any] = dict(zip(_EXCURSION, map(_amount, amounts), strict=True))
    longer = tuple(Longer(minutes=n, per_unit=Decimal(per), r=_amount(r)) for n, per, r in after)
    return Excursion(**found, excursion_resolution=resolution, after_exit=longer)


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
        session=session and Session(session),
        nth_of_day=nth,
        after=after and After(after),
        volatility_bucket=bucket and VolatilityBucket(bucket),
        volatility=_amount(volatility),
    )


def _first(leg: Leg) -> list[_Value]:
    quantity, price = fixed(leg.quantity), fixed(leg.price)
    return [leg.fill_id, leg.order, iso(leg.at), leg.action.value, quantity, price]


def _first_of(values: list[Any]) -> Leg:
    fill_id, order, at, action, quantity, price = values
    return Leg(
        fill_id=fill_id,
        order=order,
        at=from_iso(at),
        action=Action(action),
        entry=True,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else fixed(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)
