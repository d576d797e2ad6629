"""What holds of round trips whatever the fills are (journal, 10)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.exactly import EXACTLY
from nightdesk.journal.excursions import measured
from nightdesk.journal.fill import Contract, JournalFill
from nightdesk.journal.round_trips import Built, build
from nightdesk.journal.trade import Action, JournalTrade
from tests.builders.journal_trades import AT, a_book, a_contract, a_fill, a_perp

D = Decimal
CLOSE = D("1e-12")
BNB = D("600.5")
quantities = st.integers(1, 40).map(lambda lots: D(lots) * D("0.05"))
prices = st.integers(5_000, 20_000).map(lambda cents: D(cents) / 100)
fee_parts = st.integers(-2, 20).map(lambda bps: D(bps) / 10_000)


@st.composite
def some_fills(
    draw: st.DrawFn, assets: tuple[str, ...] = ("USDT", "BTC", "BNB"), *, stops: bool = False
) -> list[JournalFill]:
    """Fills in order, a few to an order, with fees of all kinds."""
    found: list[JournalFill] = []
    order = 0
    for place in range(draw(st.integers(1, 9))):
        side = draw(st.sampled_from(Action))
        if not found or side is not found[-1].side or draw(st.booleans()):
            order += 1
        quantity, price = draw(quantities), draw(prices)
        asset = draw(st.sampled_from(assets))
        in_quote = quantity * price * draw(fee_parts)
        worth = {"USDT": D(1), "BTC": price, "BNB": BNB}[asset]
        fee = (in_quote / worth).quantize(D("1e-8"))
        stop = price * (1 - side.sign * D("0.02")) if stops and draw(st.booleans()) else None
        found.append(
            a_fill(
                f"f{place}",
                side,
                str(quantity),
                str(price),
                at=AT + timedelta(minutes=draw(st.integers(0, 2)) + 3 * place),
                seq=place,
                order=f"o{order}",
                fee=fee,
                fee_asset=asset,
                fee_price=BNB if asset == "BNB" else None,
                stop=stop,
            )
        )
    return found


contracts = st.sampled_from([a_contract(), a_perp()])


def figures(built: Built) -> list[list[object]]:
    """Return all that is told of the trades, ids of fills aside."""
    return [
        [trade.side, trade.status, trade.opened_at, trade.closed_at, trade.outcome]
        + [getattr(trade.quantity, name) for name in type(trade.quantity).__slots__]
        + [getattr(trade.money, name) for name in type(trade.money).__slots__]
        + [trade.risk.initial_risk, trade.risk.r, trade.risk.planned_rr]
        for trade in built.trades
    ]


def alike(one: list[list[object]], other: list[list[object]]) -> bool:
    """Tell whether figures agree but for the last places of a quotient."""
    if [len(row) for row in one] != [len(row) for row in other]:
        return False
    pairs = [pair for rows in zip(one, other, strict=True) for pair in zip(*rows, strict=True)]
    return all(
        abs(a - b) <= CLOSE * (1 + abs(a))
        if isinstance(a, Decimal) and isinstance(b, Decimal)
        else a == b
        for a, b in pairs
    )


@given(fills=some_fills(stops=True), contract=contracts, data=st.data())
def test_any_order_and_duplication_of_fills_gives_the_same_trades(
    fills: list[JournalFill], contract: Contract, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(fills), max_size=5))
    mixed = data.draw(st.permutations([*fills, *again]))
    once, twice = build(fills, a_book(contract)), build(mixed, a_book(contract))
    assert twice.trades == once.trades
    assert twice.dust == once.dust


@given(fills=some_fills(stops=True), contract=contracts, data=st.data())
def test_cutting_a_fill_within_its_order_gives_the_same_figures(
    fills: list[JournalFill], contract: Contract, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(fills) - 1))
    whole = fills[place]
    share = D(data.draw(st.integers(1, 9))) / 10
    quantity, fee = whole.quantity * share, whole.fee * share
    parts = [
        replace(whole, id=f"{whole.id}a", quantity=quantity, fee=fee),
        replace(whole, id=f"{whole.id}b", quantity=whole.quantity - quantity, fee=whole.fee - fee),
    ]
    cut = [*fills[:place], *parts, *fills[place + 1 :]]
    one, other = build(fills, a_book(contract)), build(cut, a_book(contract))
    assert alike(figures(one), figures(other))


@given(fills=some_fills(), contract=contracts)
def test_net_adds_up_to_the_change_of_the_balances(
    fills: list[JournalFill], contract: Contract
) -> None:
    """Quote moved = net of all trades, less what is held and dust cost, and unmatched sales."""
    built = build(fills, a_book(contract))
    with localcontext(EXACTLY):
        in_quote = sum((-f.side.sign * f.price * f.quantity for f in fills), D(0))
        in_quote -= sum((f.fee for f in fills if f.fee_asset == "USDT"), D(0))
        third = sum((f.fee * BNB for f in fills if f.fee_asset == "BNB"), D(0))
        net = sum((trade.money.net or D(0) for trade in built.trades), D(0))
        for dust in built.dust:
            net -= dust.side.direction * dust.cost
        net -= sum((held_cost(trade) for trade in built.trades), D(0))
        net += unmatched(built, fills, contract)
        assert abs(in_quote - third - net) <= D("1e-15") * len(fills)


def held_cost(trade: JournalTrade) -> Decimal:
    """Return what was paid for what is held still; received, for a short."""
    if trade.closed_at is not None:
        return D(0)
    paid = sum((leg.price * leg.quantity for leg in trade.legs if leg.entry), D(0))
    got = sum((leg.price * leg.quantity for leg in trade.legs if not leg.entry), D(0))
    direction = trade.side.direction
    shares = got - direction * sum((leg.realised for leg in trade.legs), D(0))
    return direction * (trade.quantity.cost_carried + paid - shares)


def unmatched(built: Built, fills: list[JournalFill], contract: Contract) -> Decimal:
    """Return what sales brought that no trade has, fees deducted in proportion."""
    by_id = {fill.id: fill for fill in fills}
    total = D(0)
    for warning in built.warnings:
        if warning.code == "UNMATCHED_SELL":
            told = dict(warning.details)
            fill = by_id[told["fill"]]
            part = D(told["qty"]) / fill.effect(contract)
            value = fill.fee_value(contract)
            assert value is not None
            total += part * (fill.price * fill.effect(contract) - value)
    return total


@given(fills=some_fills(assets=("USDT",), stops=True))
def test_selling_at_mirrored_prices_mirrors_r_mae_and_mfe(fills: list[JournalFill]) -> None:
    """A price p becomes 300 - p and each side the other: gains stay gains. Fees are none."""
    top = D(300)
    free = [replace(fill, fee=D(0)) for fill in fills]
    mirrored = [
        replace(
            fill,
            side=Action.SELL if fill.side is Action.BUY else Action.BUY,
            price=top - fill.price,
            stop=None if fill.stop is None else top - fill.stop,
        )
        for fill in free
    ]
    perp = a_book(a_perp())
    for one, other in zip(build(free, perp).trades, build(mirrored, perp).trades, strict=True):
        assert one.side is not other.side
        here, there = measured(one, ()), measured(other, ())
        assert (here.money.gross, here.risk.initial_risk) == (
            there.money.gross,
            there.risk.initial_risk,
        )
        assert here.risk.r == there.risk.r
        for name in ("mae", "mfe", "mae_r", "mfe_r", "capture", "given_back"):
            assert getattr(here.excursion, name) == getattr(there.excursion, name), name


@given(fills=some_fills(assets=("USDT",), stops=True))
def test_scaling_prices_a_thousandfold_leaves_every_ratio(fills: list[JournalFill]) -> None:
    scaled = [
        replace(
            fill,
            price=fill.price * 1_000,
            fee=fill.fee * 1_000,
            stop=None if fill.stop is None else fill.stop * 1_000,
        )
        for fill in fills
    ]
    perp = a_book(a_perp())
    for one, other in zip(build(fills, perp).trades, build(scaled, perp).trades, strict=True):
        here, there = measured(one, ()), measured(other, ())
        assert here.outcome == there.outcome
        ratios = [
            (here.risk.r, there.risk.r),
            (here.risk.planned_rr, there.risk.planned_rr),
            (here.money.return_on_notional, there.money.return_on_notional),
            *(
                (getattr(here.excursion, name), getattr(there.excursion, name))
                for name in ("mae_r", "mfe_r", "capture", "entry_efficiency", "total_efficiency")
            ),
        ]
        assert alike([[a for a, _ in ratios]], [[b for _, b in ratios]])


@given(fills=some_fills(stops=True), contract=contracts)
def test_trades_of_one_book_do_not_overlap_and_have_each_an_id(
    fills: list[JournalFill], contract: Contract
) -> None:
    trades = build(fills, a_book(contract)).trades
    assert len({trade.id for trade in trades}) == len(trades)
    for earlier, later in pairwise(trades):
        assert earlier.closed_at is not None
        assert earlier.closed_at <= later.opened_at
