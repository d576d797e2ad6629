"""How long all detectors take over ten thousand trades, shuffles and bars included."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter

import numpy as np

from bench.figures import Section, Spread, Table, Target
from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId, TradeId
from nightdesk.journal.behaviour.bars import Bars
from nightdesk.journal.behaviour.history import DayLimits, History, Surroundings
from nightdesk.journal.behaviour.making import InForce, in_use
from nightdesk.journal.behaviour.reporting import rows_of
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shuffles import SHUFFLES
from nightdesk.journal.trade import ExitReason, Outcome, Side
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

TRADES = 10_000
RUNS = 7
LIMIT_SECONDS = 1.0
INSTRUMENTS = tuple(InstrumentId(f"COIN{n}/USDT@binance") for n in range(5))
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
EVERY = 52.0
"""Minutes between entries, on average: ten thousand in a year."""
DECIMALS = 3


def measure(*, quick: bool = False) -> Section:
    """Judge the trades of a very busy year, from trades in memory to claims."""
    trades, around = traded(500 if quick else TRADES)
    detectors = list(in_use({}))
    whole, parts = [], {one.detector.id.value: [0.0] for one in detectors}
    for _ in range(2 if quick else RUNS):
        history = History(trades, around)
        began = perf_counter()
        rows_of(history, detectors)
        whole.append(perf_counter() - began)
    for one in detectors:
        parts[one.detector.id.value] = [alone(trades, around, one)]
    rows = tuple(
        (name, f"{Spread.of(times).middle * 1_000:.1f}") for name, times in sorted(parts.items())
    )
    spread = Spread.of(whole)
    return Section(
        name="behaviour",
        title="Behaviour",
        how=(
            f"All detectors over {len(trades):,} trades of one year in {len(INSTRUMENTS)} "
            f"instruments, each with its quarter of an hour's bars: observations with evidence, "
            f"claims, and {SHUFFLES:,} shuffles that three detectors share. Each alone is timed "
            "with what it needs of the history, so that the parts are more than the whole."
        ),
        tables=(Table(heads=("detector", "alone, ms"), rows=rows),),
        targets=(
            Target(
                name=f"all detectors, {len(trades):,} trades",
                value=round(spread.middle, DECIMALS),
                limit=LIMIT_SECONDS,
                unit="s",
            ),
        ),
        notes=(f"All at once, seconds: {spread.show(2)} (p10 to p90 of {spread.runs} runs).",),
    )


def alone(trades: Sequence[SeenTrade], around: Surroundings, one: InForce) -> float:
    """Return the seconds of one detector by itself."""
    history = History(trades, around)
    began = perf_counter()
    rows_of(history, [one])
    return perf_counter() - began


def traded(count: int) -> tuple[list[SeenTrade], Surroundings]:
    """Return a trader's trades and what stood around them; the same each time."""
    chance = np.random.default_rng(1)
    waits, holds = chance.exponential(EVERY, count), chance.exponential(40, count)
    nets, sizes = chance.normal(0, 100, count).round(2), chance.lognormal(7, 0.4, count).round(2)
    minutes = np.cumsum(waits)
    bars = {str(name): walk(name, n, float(minutes[-1])) for n, name in enumerate(INSTRUMENTS)}
    trades = []
    for i in range(count):
        opened = BEGIN + timedelta(days=14, minutes=float(minutes[i]))
        name = str(INSTRUMENTS[int(chance.integers(len(INSTRUMENTS)))])
        net, price = float(nets[i]), bars[name].price(millis(opened)) or 0.0
        trades.append(
            SeenTrade(
                id=TradeId(f"jt_{i:026d}"),
                instrument=name,
                side=Side.LONG if chance.random() < 0.5 else Side.SHORT,
                opened_at=opened,
                closed_at=opened + timedelta(minutes=float(holds[i])),
                outcome=Outcome.WIN if net > 0 else Outcome.LOSS,
                net=net,
                gross=net + 1,
                costs=1.0,
                size=float(sizes[i]),
                r=net / 100,
                planned=bool(chance.random() < 0.5),
                setup=f"setup {chance.integers(6)}",
                entry_price=price * float(chance.normal(1, 0.005)),
                stops=(price * 0.98, price * (0.99 if chance.random() < 0.9 else 0.97)),
                stop_recorded_after_seconds=float(chance.integers(0, 70)),
                exit_reason=ExitReason.MANUAL if chance.random() < 0.5 else ExitReason.STOP,
                gross_quote=net + 1,
                mfe_quote=abs(net) * 2,
                mfe_r=abs(net) / 50,
            )
        )
    days = {(BEGIN + timedelta(days=n)).date() for n in range(430)}
    limits = {day: DayLimits(max_trades=100, max_loss=1_000.0) for day in days}
    moods = {"mood": {day: float(chance.integers(1, 11)) for day in sorted(days)}}
    around = Surroundings(
        limits=limits, cooldown_minutes=10, equity=[(BEGIN, 40_000.0)], bars=bars, moods=moods
    )
    return trades, around


def walk(name: InstrumentId, seed: int, minutes: float) -> Bars:
    """Return a random walk of bars from two weeks before the first trade to the last."""
    count = int((minutes + 14 * 1_440) / 15) + 10
    chance = np.random.default_rng(100 + seed)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.003, count)))
    opens = np.concatenate((close[:1], close[:-1]))
    return Bars(
        Candles(
            instrument_id=name,
            timeframe=Timeframe.M15,
            open_time=millis(BEGIN) + Timeframe.M15.ms * np.arange(count, dtype=np.int64),
            open=opens,
            high=np.maximum(opens, close) * 1.001,
            low=np.minimum(opens, close) * 0.999,
            close=close,
            volume=np.ones(count),
        )
    )
