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

BAR, INNER, MARK = "|", ",", "%"
_Value = str | int | None
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


def trade_of(owner: UserId, trade_id: TradeId, row: str) -> JournalTrade:
    """Return what a row says, with the first leg alone."""
    values = row.split(BAR)
    who, quantity, money = values[:16], values[16:27], values[27:36]
    risk, excursion, context, first = values[36:44], values[44:55], values[55:61], values[61:67]
    instrument = InstrumentId(_word(who[2]) or "")
    base, _, rest = instrument.partition("/")
    return JournalTrade(
        id=trade_id,
        owner=owner,
        account=_word(who[0]) or "",
        mode=_MODES[who[1]],
        instrument=instrument,
        base=base,
        quote=rest.partition("@")[0].partition(":")[0],
        kind=_KINDS[who[3]],
        source=_SOURCES[who[4]],
        origin=_ORIGINS[who[5]],
        bot_id=BotId(who[6]) if who[6] else None,
        strategy_version=_word(who[7]),
        version=int(who[8]),
        side=_SIDES[who[9]],
        status=_STATUSES[who[10]],
        opened_at=_read(who[11]),
        closed_at=_read(who[12]) if who[12] else None,
        outcome=_OUTCOMES[who[13]] if who[13] else None,
        exit_reason=_REASONS[who[14]] if who[14] else None,
        incomplete=tuple(who[15].split(INNER)) if who[15] else (),
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
        INNER.join(trade.incomplete) or None,
    ]


_QUANTITIES = (
    *("qty_entered", "qty_exited", "qty_open", "qty_carried", "cost_carried", "peak_qty"),
    *("avg_entry", "avg_exit", "size"),
)


def _quantities(trade: JournalTrade) -> list[_Value]:
    amounts = [_text(getattr(trade.quantity, name)) for name in _QUANTITIES]
    return [*amounts, trade.quantity.scale_ins, trade.quantity.partial_exits]


def _quantities_of(values: Sequence[str]) -> Quantities:
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
        scale_ins=int(values[9]),
        partial_exits=int(values[10]),
    )


_MONEY = (
    *("gross", "fees", "funding", "net", "return_on_notional", "net_account"),
    *("gross_account", "fees_account", "slippage"),
)


def _money(trade: JournalTrade) -> list[_Value]:
    return [_text(getattr(trade.money, name)) for name in _MONEY]


def _money_of(values: Sequence[str]) -> Money:
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
    stops = INNER.join(f"{iso(mark.at)}@{fixed(mark.price)}" for mark in risk.stops)
    amounts = [_text(getattr(risk, name)) for name in _RISK]
    return [*amounts, stops or None, risk.stop_recorded_after_seconds]


def _risk_of(values: Sequence[str]) -> Risk:
    stop, target, risk, r, planned_rr, planned_risk = _amounts(values[:6])
    return Risk(
        initial_stop=stop,
        target=target,
        initial_risk=risk,
        r=r,
        planned_rr=planned_rr,
        planned_risk=planned_risk,
        stops=tuple([_stop(one) for one in values[6].split(INNER)]) if values[6] else (),
        stop_recorded_after_seconds=int(values[7]) if values[7] else None,
    )


def _stop(text: str) -> StopMark:
    at, _, price = text.partition("@")
    return StopMark(at=_read(at), price=Decimal(price))


_EXCURSION = (
    *("mae", "mfe", "mae_r", "mfe_r", "given_back", "capture"),
    *("entry_efficiency", "exit_efficiency", "total_efficiency"),
)


def _excursion(trade: JournalTrade) -> list[_Value]:
    one = trade.excursion
    after = INNER.join(
        f"{each.minutes}@{fixed(each.per_unit)}@{_text(each.r) or ''}" for each in one.after_exit
    )
    amounts = [_text(getattr(one, name)) for name in _EXCURSION]
    return [*amounts, one.excursion_resolution, after or None]


def _excursion_of(values: Sequence[str]) -> Excursion:
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
        excursion_resolution=values[9] or None,
        after_exit=tuple([_longer(one) for one in values[10].split(INNER)]) if values[10] else (),
    )


def _longer(text: str) -> Longer:
    minutes, per_unit, r = text.split("@")
    in_r = Decimal(r) if r else None
    return Longer(minutes=int(minutes), per_unit=Decimal(per_unit), r=in_r)


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
    return Context(
        regime=_word(regime),
        session=_SESSIONS[session] if session else None,
        nth_of_day=int(nth) if nth else None,
        after=_AFTERS[after] if after else None,
        volatility_bucket=_BUCKETS[bucket] if bucket else None,
        volatility=Decimal(volatility) if volatility else None,
    )


def _first(leg: Leg) -> list[_Value]:
    quantity, price = fixed(leg.quantity), fixed(leg.price)
    return [leg.fill_id, leg.order, iso(leg.at), leg.action.value, quantity, price]


def _first_of(values: Sequence[str]) -> Leg:
    fill_id, order, at, action, quantity, price = values
    return Leg(
        fill_id=_word(fill_id) or "",
        order=_word(order) or "",
        at=_read(at),
        action=_ACTIONS[action],
        entry=True,
        quantity=Decimal(quantity),
        price=Decimal(price),
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else fixed(amount)


def _amounts(texts: Sequence[str]) -> list[Any]:
    """Return amounts, None where there is none: the noun that takes them knows which may be."""
    return [Decimal(text) if text else None for text in texts]


def _read(text: str) -> datetime:
    """Read what `iso` wrote; it always ends with Z, and that is UTC."""
    return datetime.fromisoformat(text)
