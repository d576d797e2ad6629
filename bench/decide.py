"""How long one decision takes, beside the parts of it and beside not sharing the snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from time import perf_counter

from bench.figures import Section, Spread, Table, Target
from bench.recordings import SOURCE, recorded
from nightdesk.adapters.venues.replay.venue import ReplayVenues
from nightdesk.analysis.snapshot import Snapshot, take_snapshot
from nightdesk.core.clock import from_millis
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import exact
from nightdesk.market.candles import Candles
from nightdesk.market.instruments import Rules
from nightdesk.market.resample import resample
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import Conditions
from nightdesk.strategies.catalogue import built_in, built_ins
from nightdesk.strategies.evaluation import evaluate
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.signal import Action
from nightdesk.strategies.strategy import read_ref
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.book import opened
from nightdesk.trading.costs import expected_costs
from nightdesk.trading.cycle import decide
from nightdesk.trading.exposure import exposure
from nightdesk.trading.mandate import Mandate, Portfolio
from nightdesk.trading.order import Mode

CANDLES = 500
CLOSES = 200
STEP = 60
"""Hours between the closes that are looked at: the whole record is walked through."""
BOTS = 5
DECIDE_MS = 2.0
OWNER = UserId("01BENCH")
CAPITAL = Decimal(5_000)


@dataclass(slots=True)
class Times:
    """Seconds of each run of one strategy."""

    warm: list[float]
    plain: list[float]
    cold: list[float]
    entries: int = 0


def measure(*, quick: bool = False) -> Section:
    """Decide for a few bots of each built-in at many closes, all on one market."""
    series = recorded()
    weeks = resample(resample(series, Timeframe.D1).whole(), Timeframe.W1).whole()
    rules = ReplayVenues()(SOURCE.partition("@")[2]).rules(SOURCE, series.last_open)
    found: dict[str, Times] = {}
    closes = 5 if quick else CLOSES
    for name in sorted(built_ins()):
        times = found[name] = Times(warm=[], plain=[], cold=[])
        mandates = [mandate(f"{name}@1", f"bot_{n}") for n in range(BOTS + 1)]
        for n in range(closes):
            end = 4_000 + n * STEP
            window = series.rows(end - CANDLES, end)
            as_of = from_millis(int(series.open_time[end]))
            at_close(times, mandates, {Timeframe.H1: window, Timeframe.W1: weeks}, rules, as_of)
    rows = tuple(
        (name, *(Spread.of(one).show(2, 1_000) for one in (times.warm, times.plain, times.cold)))
        for name, times in found.items()
    )
    heads = ("strategy", "decide, ms (p10 to p90)", "evaluate alone, ms", "unshared, ms")
    targets = tuple(
        Target(
            name=f"decide, {name}, warm, median",
            value=Spread.of(times.warm).middle * 1_000,
            limit=DECIDE_MS,
            unit="ms",
        )
        for name, times in found.items()
    )
    counts = ", ".join(f"{name} {times.entries}" for name, times in found.items())
    return Section(
        name="decide",
        title="Decisions",
        how=(
            f"`trading.cycle.decide` for {BOTS} bots of each built-in at {closes} closes of the "
            f"recorded hourly series, {CANDLES} candles each, after another bot has decided on "
            "the same snapshot. Entries go through risk's verdict. *Evaluate alone* is the "
            "strategy's part of it; *unshared* takes the snapshot anew for one bot alone."
        ),
        tables=(Table(heads=heads, rows=rows),),
        targets=targets,
        notes=(f"Entries among {BOTS * closes} decisions of each: {counts}.",),
    )


def at_close(
    times: Times,
    mandates: Sequence[Mandate],
    candles: dict[Timeframe, Candles],
    rules: Rules,
    as_of: datetime,
) -> None:
    """Time all bots at one close."""
    first, *others = mandates
    began = perf_counter()
    snapshot = take_snapshot(candles, timeframe=Timeframe.H1, as_of=as_of)
    decide(snapshot, first, portfolio(first, snapshot, rules), as_of)
    times.cold.append(perf_counter() - began)
    for one in others:
        standing = portfolio(one, snapshot, rules)
        began = perf_counter()
        decision = decide(snapshot, one, standing, as_of)
        times.warm.append(perf_counter() - began)
        times.entries += decision.action is Action.ENTER
        began = perf_counter()
        evaluate(one.definition, one.parameters, snapshot, strategy=one.strategy)
        times.plain.append(perf_counter() - began)


def mandate(strategy: str, bot_id: str) -> Mandate:
    """Return a bot that runs a built-in on the hourly series."""
    version = built_in(*read_ref(strategy))
    definition = version.definition.on(Timeframe.H1)
    return Mandate(
        owner=OWNER,
        bot_id=BotId(bot_id),
        bot_name=bot_id,
        instrument_id=SOURCE,
        timeframe=Timeframe.H1,
        strategy=strategy,
        definition=definition,
        definition_hash=version.definition.hash,
        parameters=resolve(definition, {}),
        limits=BotLimits(),
        owner_limits=OwnerLimits(),
        mode=Mode.PAPER,
    )


def portfolio(mandate: Mandate, snapshot: Snapshot, rules: Rules) -> Portfolio:
    """Return a funded bot without a position, alone with its owner."""
    empty = opened(
        owner=mandate.owner,
        bot_id=mandate.bot_id,
        mode=Mode.PAPER,
        instrument_id=mandate.instrument_id,
        timeframe=mandate.timeframe,
        at=snapshot.as_of,
    )
    book, _ = empty.funded("bench", CAPITAL, snapshot.as_of)
    reference = exact(snapshot.close, rules.tick)
    alone = exposure(
        book,
        reference=reference,
        books=[book],
        points={book.bot_id: None},
        pool=CAPITAL,
        orders=[],
        streak=mandate.owner_limits.loss_streak,
        as_of=snapshot.as_of,
    )
    return Portfolio(
        book=replace(book, version=1),
        rules=rules,
        costs=expected_costs(rules, snapshot.as_of, Assumptions(seed="bench")),
        reference=reference,
        conditions=Conditions(
            regime=snapshot.regime,
            weekly_gate=snapshot.weekly_gate,
            obey_weekly_gate=mandate.definition.weekly_gate,
        ),
        exposure=alone,
    )
