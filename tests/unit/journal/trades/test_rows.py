"""Rows of trades: what lists and figures read comes back as it was, whatever stands in a name."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.adapters.dynamo.journal_rows import row_of, trade_of
from nightdesk.core.ids import BotId
from nightdesk.journal.trade import After, Context, Excursion, Longer, Risk, StopMark
from tests.builders.journal_trades import AT, a_trade

D = Decimal
NAMES = st.one_of(
    st.sampled_from(["", "%", "%7C", "|", "a|b%25", "binance:main:live"]), st.text(max_size=12)
)


@given(account=NAMES, order=NAMES, version=st.none() | NAMES, regime=st.none() | NAMES)
def test_names_come_back_as_they_were(
    account: str, order: str, version: str | None, regime: str | None
) -> None:
    trade = a_trade()
    leg = replace(trade.legs[0], order=order)
    trade = replace(
        trade,
        account=account,
        strategy_version=version,
        context=Context(regime=regime),
        legs=(leg, *trade.legs[1:]),
    )
    read = trade_of(trade.owner, trade.id, row_of(trade))
    assert (read.account, read.strategy_version, read.context.regime) == (account, version, regime)
    assert read.legs[0].order == order


def test_figures_come_back_as_they_were_and_none_is_none() -> None:
    later = AT + timedelta(minutes=5)
    whole = a_trade(
        bot_id=BotId("bot_1"),
        incomplete=("FEE_PRICE_MISSING", "RATE_MISSING"),
        risk=Risk(
            initial_stop=D("0.5"),
            r=D("-1.25"),
            stops=(StopMark(at=AT, price=D("0.5")), StopMark(at=later, price=D(7))),
            stop_recorded_after_seconds=0,
        ),
        excursion=Excursion(
            mae=D(0),
            excursion_resolution="15m",
            after_exit=(
                Longer(minutes=15, per_unit=D("-0.1"), r=D(2)),
                Longer(minutes=60, per_unit=D(3)),
            ),
        ),
        context=Context(nth_of_day=0, after=After.NONE),
    )
    read = trade_of(whole.owner, whole.id, row_of(whole))
    for part in ("quantity", "money", "risk", "excursion", "context", "incomplete", "bot_id"):
        assert getattr(read, part) == getattr(whole, part), part
    bare = replace(whole, risk=Risk(), excursion=Excursion(), context=Context(), incomplete=())
    read = trade_of(bare.owner, bare.id, row_of(bare))
    assert (read.risk, read.excursion, read.context) == (Risk(), Excursion(), Context())
    assert read.incomplete == ()
