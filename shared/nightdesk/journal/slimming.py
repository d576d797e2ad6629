"""Trades with only what figures read: a hundred thousand of them are held at once."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from nightdesk.core.money import ZERO
from nightdesk.journal.book_stats import Played
from nightdesk.journal.trade import Context, Excursion, JournalTrade, Money, Quantities

NOTHING: Mapping[str, str] = MappingProxyType({})


def slim(one: Played) -> Played:
    """Return a listed trade without quantities left, efficiencies, what came after, and notes."""
    return Played(trade=_trade(one.trade), labels=replace(one.labels, note=""))


def _trade(trade: JournalTrade) -> JournalTrade:
    quantity, seen, context = trade.quantity, trade.excursion, trade.context
    money = trade.money
    same = money.net_account == money.net and money.gross_account == money.gross
    return replace(
        trade,
        quantity=Quantities(
            qty_entered=quantity.qty_entered,
            qty_exited=quantity.qty_entered,
            qty_open=ZERO,
            qty_carried=ZERO,
            peak_qty=quantity.qty_entered,
            avg_entry=quantity.avg_entry,
            avg_exit=quantity.avg_exit,
            scale_ins=quantity.scale_ins,
            partial_exits=quantity.partial_exits,
            size=quantity.size,
        ),
        money=Money(
            gross=money.gross,
            fees=money.fees,
            funding=money.funding,
            net=money.net,
            net_account=money.net if same else money.net_account,
            gross_account=money.gross if same else money.gross_account,
            fees_account=money.fees if money.fees_account == money.fees else money.fees_account,
        ),
        excursion=Excursion(
            mfe=seen.mfe,
            mae_r=seen.mae_r,
            mfe_r=seen.mfe_r,
            given_back=seen.given_back,
            capture=seen.capture,
        ),
        context=Context(
            regime=context.regime,
            session=context.session,
            nth_of_day=context.nth_of_day,
            after=context.after,
            volatility_bucket=context.volatility_bucket,
        ),
        incomplete=(),
        decision_ids=(),
        import_ids=(),
        legs=trade.legs[:1],
        charges=(),
        reasons=NOTHING,
    )
