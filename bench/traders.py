"""Made-up journals: trades with what was written of them, the same each time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from nightdesk.core.clock import from_millis, millis
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId, digest
from nightdesk.core.money import ZERO
from nightdesk.journal.book_stats import Played
from nightdesk.journal.trade import (
    FIRST_SETUPS,
    Action,
    After,
    Check,
    Context,
    Emotion,
    Excursion,
    ExitReason,
    JournalTrade,
    Kind,
    Labels,
    Leg,
    Longer,
    MarketCondition,
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
from nightdesk.market.candles import COLUMNS, Candles, no_candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.external import ExternalRecord, RecordKind, book_mark
from nightdesk.trading.order import Mode
from nightdesk.trading.order import Side as OrderSide

OWNER = UserId("01HBENCHBENCHBENCHBENCHBEN")
FIRST = datetime(2016, 1, 1, tzinfo=UTC)
COINS = ("BTC", "ETH", "SOL", "ADA", "DOT", "LTC", "XRP", "LINK", "AVAX", "ATOM")
VENUES = ("binance", "kraken", "kucoin", "bitstamp")
REGIMES = ("trend_up", "trend_down", "range", "volatile")
SESSIONS = (Session.ASIA, Session.EUROPE, Session.US)
TAGS = tuple(f"tag_{n:02d}" for n in range(30))
BOOK = "book_1"
RULES = ("wait", "size", "news")
LABELLED = 0.4
"""Share of the trades of which something was written."""
CENT, FINE = Decimal("0.01"), Decimal("0.000001")


def journal(count: int, *, years: float = 10.0) -> list[Played]:
    """Return closed trades by their entries, over `years` from 2016 on."""
    chance = np.random.default_rng(20_261_121)
    whole = years * 365 * 86_400_000
    opened = millis(FIRST) + np.sort(chance.uniform(0, whole, count)).astype(np.int64)
    holds = (chance.lognormal(8.5, 1.5, count) * 1_000).astype(np.int64)
    return [
        _played(chance, n, from_millis(at), timedelta(milliseconds=hold))
        for n, (at, hold) in enumerate(zip(opened.tolist(), holds.tolist(), strict=True))
    ]


def records(count: int, *, years: float) -> list[ExternalRecord]:
    """Return a deposit, and so many fills of one account in ten instruments after it."""
    chance = np.random.default_rng(20_261_122)
    step = timedelta(days=365 * years) / (count + 1)
    bought = [_amount(chance.lognormal(0, 1), FINE) for _ in range(0, count, 2)]
    deposit = ExternalRecord(
        owner=OWNER,
        fingerprint=digest("deposit").hex(),
        kind=RecordKind.DEPOSIT,
        account="mine",
        at=FIRST,
        asset="USDT",
        quantity=Decimal(100_000_000),
        sources=("import:1",),
    )
    fills = (
        _filled(n, FIRST + step * (n + 1), bought[n // 2], _amount(chance.lognormal(6, 0.1), FINE))
        for n in range(count)
    )
    return [deposit, *fills]


def _filled(n: int, at: datetime, quantity: Decimal, price: Decimal) -> ExternalRecord:
    """Return a fill: what one bought the next one sells."""
    instrument = InstrumentId(f"{COINS[n // 2 % len(COINS)]}/USDT@binance")
    return ExternalRecord(
        owner=OWNER,
        fingerprint=book_mark("mine", instrument) + digest("fill", str(n)).hex(),
        kind=RecordKind.FILL,
        account="mine",
        at=at,
        instrument=instrument,
        side=OrderSide.SELL if n % 2 else OrderSide.BUY,
        quantity=quantity,
        price=price,
        fee=CENT,
        fee_asset="USDT",
        order=f"o{n:08d}",
        ref=f"f{n:08d}",
        sources=("import:1",),
    )


class Hours:
    """The port CandleStore: hours of every instrument, held in memory, from 2016 on."""

    def __init__(self, years: float) -> None:
        n = int(365 * years * 24)
        prices = np.exp(np.random.default_rng(1).normal(0, 0.005, n).cumsum()) * 400
        times = millis(FIRST) + np.arange(n, dtype=np.int64) * Timeframe.H1.ms
        columns = {name: prices.copy() for name in COLUMNS}
        name = InstrumentId("BTC/USDT@binance")
        self._hours = Candles(
            instrument_id=name, timeframe=Timeframe.H1, open_time=times, **columns
        )

    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        """Return the newest ones."""
        return self._hours.closed(as_of).tail(limit)

    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        """Return those of a span; there are hours alone."""
        if timeframe is not Timeframe.H1:
            return no_candles(instrument_id, timeframe)
        first, last = np.searchsorted(self._hours.open_time, [millis(since), millis(until)])
        return self._hours.rows(int(first), int(last))

    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        """Return the last one's open time."""
        return self._hours.last_open if timeframe is Timeframe.H1 else None

    def put(self, candles: Candles) -> int:
        """Take none."""
        return 0

    def stored(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return which series there are."""
        return {InstrumentId(f"{coin}/USDT@binance"): (Timeframe.H1,) for coin in COINS}


def _played(chance: np.random.Generator, n: int, opened: datetime, hold: timedelta) -> Played:
    trade = _trade(chance, n, opened, hold)
    blank = Labels(owner=OWNER, trade_id=trade.id)
    written = chance.random() < LABELLED
    return Played(trade=trade, labels=_labels(chance, trade) if written else blank)


def _trade(chance: np.random.Generator, n: int, opened: datetime, hold: timedelta) -> JournalTrade:
    coin, venue = COINS[n % len(COINS)], VENUES[n % len(VENUES)]
    side, bot = (Side.LONG, Side.SHORT)[n % 5 == 0], chance.random() < 0.5
    price, quantity = _amount(chance.lognormal(6, 2), FINE), _amount(chance.lognormal(0, 1), FINE)
    risked = None if chance.random() < 0.1 else _amount(chance.lognormal(3.5, 0.6), CENT)
    gross = _amount(chance.standard_t(4) * float(risked or 30) * 0.8 + 1, CENT, least=None)
    fees, funding = abs(gross) / 50 + CENT, _amount(chance.normal(0, 0.05), CENT, least=None)
    net = gross - fees + funding
    r = None if risked is None else (net / risked).quantize(FINE)
    even = abs(r) < Decimal("0.1") if r is not None else abs(net) <= fees
    outcome = Outcome.BREAKEVEN if even else Outcome.WIN if net > ZERO else Outcome.LOSS
    action = Action.BUY if side is Side.LONG else Action.SELL
    leg = Leg(
        fill_id=f"f{n:08d}",
        order=f"o{n:08d}",
        at=opened,
        action=action,
        entry=True,
        quantity=quantity,
        price=price,
    )
    return JournalTrade(
        id=TradeId(f"jt_{n:026d}"),
        owner=OWNER,
        account=f"{venue}:main:live",
        mode=Mode.LIVE,
        instrument=InstrumentId(f"{coin}/USDT@{venue}"),
        base=coin,
        quote="USDT",
        kind=Kind.SPOT,
        source=Source.DESK if bot else Source.SYNC,
        origin=Origin.BOT if bot else Origin.HUMAN,
        bot_id=BotId(f"bot_{n % 50}") if bot else None,
        strategy_version=f"donchian@{n % 20}" if bot else None,
        side=side,
        status=Status.CLOSED,
        opened_at=opened,
        closed_at=opened + hold,
        outcome=outcome,
        exit_reason=tuple(ExitReason)[n % len(ExitReason)],
        quantity=Quantities(
            qty_entered=quantity,
            qty_exited=quantity,
            qty_open=ZERO,
            qty_carried=ZERO,
            peak_qty=quantity,
            avg_entry=price,
            avg_exit=price + FINE,
            size=(price * quantity).quantize(CENT),
        ),
        money=_money(gross, fees, funding, price * quantity),
        risk=_risk(opened, price, risked, r),
        excursion=_excursion(chance, gross, risked),
        context=_context(chance, n, opened),
        legs=(leg,),
    )


def _money(gross: Decimal, fees: Decimal, funding: Decimal, paid: Decimal) -> Money:
    net = gross - fees + funding
    return Money(
        gross=gross,
        fees=fees,
        funding=funding,
        net=net,
        return_on_notional=(net / paid).quantize(FINE),
        net_account=net,
        gross_account=gross,
        fees_account=fees,
    )


def _risk(opened: datetime, price: Decimal, risked: Decimal | None, r: Decimal | None) -> Risk:
    if risked is None:
        return Risk()
    stop = (price * Decimal("0.98")).quantize(FINE) or FINE
    return Risk(
        initial_stop=stop,
        target=(price * Decimal("1.04")).quantize(FINE),
        stops=(StopMark(at=opened, price=stop),),
        initial_risk=risked,
        r=r,
        planned_rr=Decimal(2),
        stop_recorded_after_seconds=0,
    )


def _excursion(chance: np.random.Generator, gross: Decimal, risked: Decimal | None) -> Excursion:
    mfe = max(gross, ZERO) + _amount(chance.exponential(10), CENT)
    mae = _amount(chance.exponential(15), CENT)
    return Excursion(
        mae=mae,
        mfe=mfe,
        mae_r=None if risked is None else (mae / risked).quantize(FINE),
        mfe_r=None if risked is None else (mfe / risked).quantize(FINE),
        given_back=mfe - gross,
        capture=(gross / mfe).quantize(FINE),
        entry_efficiency=_amount(chance.random(), FINE),
        exit_efficiency=_amount(chance.random(), FINE),
        total_efficiency=_amount(chance.random(), FINE),
        excursion_resolution="15m",
        after_exit=tuple(
            Longer(minutes=minutes, per_unit=_amount(chance.normal(), FINE, least=None))
            for minutes in (15, 60, 240, 1_440)
        ),
    )


def _context(chance: np.random.Generator, n: int, opened: datetime) -> Context:
    return Context(
        regime=REGIMES[n % len(REGIMES)],
        session=SESSIONS[opened.hour // 8],
        nth_of_day=1 + n % 10,
        after=tuple(After)[n % len(After)],
        volatility_bucket=tuple(VolatilityBucket)[n % len(VolatilityBucket)],
        volatility=_amount(chance.lognormal(-4, 0.5), FINE),
    )


def _labels(chance: np.random.Generator, trade: JournalTrade) -> Labels:
    tags, felt = chance.integers(len(TAGS)), chance.integers(len(Emotion))
    checks = (Check.KEPT, Check.KEPT, Check.BROKEN)
    return Labels(
        owner=OWNER,
        trade_id=trade.id,
        setup_id=FIRST_SETUPS[int(tags) % len(FIRST_SETUPS)],
        playbook_id=BOOK,
        playbook_version=1,
        checklist={rule: checks[int(chance.integers(3))] for rule in RULES},
        planned=bool(chance.random() < 0.7),
        tags=tuple(TAGS[(int(tags) + 7 * k) % len(TAGS)] for k in range(3)),
        emotions=(tuple(Emotion)[int(felt)],),
        market_condition=tuple(MarketCondition)[int(felt) % len(MarketCondition)],
        note="Waited for the close above the range, entered on the retest." if felt else "",
    )


def _amount(value: float, step: Decimal, *, least: Decimal | None = CENT) -> Decimal:
    """Return a made-up amount in whole steps, at least `least` where that is given."""
    amount = Decimal(value).quantize(step)
    return amount if least is None else max(amount, least)
