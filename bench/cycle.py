"""A whole cycle: on the deployed machine for its time, in this process for what it consumes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from bench.capacity import Meter, Use, metered
from bench.captured import Captured, captured
from bench.figures import Section, Spread, Table, Target
from bench.local import CHILD, RESULTS, Called, LocalDesk
from bench.recordings import MARKETS, START
from infra.cdk.local.cloud import CYCLE
from nightdesk.core.clock import iso

HOUR = timedelta(hours=1)
SIZES = (10, 100, 500)
RUNS = 3
COUNTED = {10: 24, 100: 4, 500: 2}
"""Cycles that are counted in this process, by number of bots: of few a day, so that the candles'
tail is packed once; of many fewer."""
CYCLE_SECONDS = 15.0
BOT_WRITE, BOT_READ = 8.0, 6.0
MARKET_WRITE, MARKET_READ = 6.0, 10.0
MARKET_STEPS = ("sync_market", "analyse")
BOT_STEPS = ("trade_bots", "settle")


Units: TypeAlias = tuple[float, float]
"""Write and read."""


@dataclass(slots=True)
class Counted:
    """What some cycles in this process came to; `cycles` of them, over all markets and bots."""

    bots: int
    cycles: int = 0
    quiet: list[Units] = field(default_factory=list)
    """Write and read units of each bot-cycle without a trade."""
    trading: list[Units] = field(default_factory=list)
    """The same of those that committed something to the book."""
    proofs: list[Units] = field(default_factory=list)
    """What the proof of a book against its ledger reads, once a UTC day for each bot."""
    owners: Units = (0.0, 0.0)
    """What all of these read of their owners' other bots and gates."""
    fills: int = 0
    market: list[Units] = field(default_factory=list)
    """Write and read units of each market-cycle: sync and analyse."""
    shared: list[Units] = field(default_factory=list)
    """What trade and settle use by market and not by bot, for each market-cycle."""
    plan: list[Units] = field(default_factory=list)
    calls: dict[str, list[int]] = field(default_factory=dict)
    """Calls of DynamoDB by function, one figure for each invocation."""
    called: dict[str, list[Called]] = field(default_factory=dict)
    captured: Captured = field(default_factory=Captured)
    """The way of these cycles' events into the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Cycles of the deployed machine with so many bots."""

    bots: int
    spread: Spread
    first: float
    """Seconds of the first cycle, with cold workers or new bots, which is not counted."""
    standard: int
    """States that the Standard machine entered, and the children that it started."""
    children: int
    child_states: int


def measure(desk: LocalDesk, client: Any) -> tuple[Section, list[Counted], list[Deployed]]:
    """Run cycles with more and more bots, hour after hour of one replay.

    What is counted comes first: `counts.check` works the same bots in the same hours.
    """
    hours = moments()
    desk.refresh_rules(START)
    deployed, counted = [], []
    for bots in SIZES:
        desk.populate(bots, next(hours))
        counted.append(counted_cycles(desk, client, bots, hours))
        deployed.append(deployed_cycles(desk, bots, hours))
    return section(deployed, counted), counted, deployed


def moments() -> Iterator[datetime]:
    """Yield the hours of the replay."""
    at = START
    while True:
        at += HOUR
        yield at


def deployed_cycles(desk: LocalDesk, bots: int, hours: Iterator[datetime]) -> Deployed:
    """Run the machine at the next hours. Raises RuntimeError when a batch is skipped."""
    seconds = []
    for _ in range(RUNS + 1):
        desk.rest()
        text = iso(next(hours))
        run = desk.cloud.run(CYCLE, {"as_of": text, "now": text})
        if not run.succeeded or any(batch["skipped"] for batch in run.output):
            raise RuntimeError(f"the cycle of {text} went wrong: {run}")
        worked = sum(batch["trade"]["bots"] for batch in run.output)
        if worked != bots:
            raise RuntimeError(f"the cycle of {text} worked {worked} bots of {bots}")
        found = desk.cloud.step_functions.describe_execution(executionArn=run.arn)
        seconds.append((found["stopDate"] - found["startDate"]).total_seconds())
    children = executions(desk, run.arn)
    entered = states(desk, run.arn)
    return Deployed(
        bots=bots,
        spread=Spread.of(seconds[1:]),
        first=seconds[0],
        standard=entered + len(children),
        children=len(children),
        child_states=len(CHILD) + 2,
    )


def executions(desk: LocalDesk, arn: str) -> list[str]:
    """Return the children of an execution."""
    machine = desk.cloud.step_functions
    runs = machine.list_map_runs(executionArn=arn)["mapRuns"]
    return [
        child["executionArn"]
        for run in runs
        for child in machine.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    ]


def states(desk: LocalDesk, arn: str) -> int:
    """Return how many states an execution entered: what a Standard machine is paid by."""
    return sum(event["type"].endswith("StateEntered") for event in desk.cloud.history(arn))


def counted_cycles(desk: LocalDesk, client: Any, bots: int, hours: Iterator[datetime]) -> Counted:
    """Run the same handlers here, each call of DynamoDB weighed; the first cycle only warms up."""
    found = Counted(bots=bots)
    with desk.stream_held(), metered(client) as meter:
        counted_cycle(desk, meter, next(hours), Counted(bots=bots))
        for _ in range(COUNTED[bots]):
            counted_cycle(desk, meter, next(hours), found)
        found.captured = captured(desk, meter)
    return found


def counted_cycle(desk: LocalDesk, meter: Meter, at: datetime, found: Counted) -> None:
    """Do what the state machine does, step by step."""
    plan = step(desk, meter, "plan", {"as_of": iso(at), "now": iso(at)}, found)
    found.plan.append(total(meter.uses))
    for batch in plan.answer["batches"]:
        child(desk, meter, batch, found)
    found.cycles += 1


def child(desk: LocalDesk, meter: Meter, batch: Mapping[str, Any], found: Counted) -> None:
    """Run one child and tell apart what its markets and its bots used."""
    state, uses = {**batch, "worker": "bench"}, dict[str, list[Use]]()
    for name in CHILD:
        called = step(desk, meter, name, state, found)
        state[RESULTS[name]] = called.answer
        uses[name] = list(meter.uses)
    own, seen = apart(uses["trade_bots"])
    by_kind = sorted_out([*own, *uses["settle"]])
    markets = len(batch["markets"])
    synced = total([use for name in MARKET_STEPS for use in uses[name]])
    found.market += [share(synced, markets)] * markets
    found.shared += [share(total(by_kind["market"]), markets)] * markets
    by_bot: dict[str, list[Use]] = {}
    for use in by_kind["bot"]:
        by_bot.setdefault(bot_of(use), []).append(use)
    asked = share(total(by_kind["index"]), len(by_bot))
    for of_bot in by_bot.values():
        proof = [use for use in of_bot if use.operation == "Query"]
        found.proofs += [total(proof)] if proof else []
        own = [use for use in of_bot if use not in proof]
        units = added(total(own), asked)
        trades = any(use.operation.startswith("Transact") for use in own)
        (found.trading if trades else found.quiet).append(units)
    found.owners = added(found.owners, total([*by_kind["owner"], *seen]))
    found.fills += state["trade"]["fills"]


def step(
    desk: LocalDesk, meter: Meter, name: str, event: Mapping[str, Any], found: Counted
) -> Called:
    """Call one function; the meter holds what it used."""
    meter.clear()
    called = desk.call(name, event)
    found.calls.setdefault(name, []).append(meter.calls)
    found.called.setdefault(name, []).append(called)
    return called


def apart(uses: list[Use]) -> tuple[list[Use], list[Use]]:
    """Tell what trading uses of the bots that it works from what an entry looks at besides.

    An entry reads the books and the last points of all its owner's bots. Of a bot that is worked
    itself only a second reading of its book is that.
    """
    leased = {bot_of(use) for use in uses if use.key.endswith(" LEASE")}
    own: list[Use] = []
    besides: list[Use] = []
    known: set[str] = set()
    for use in uses:
        looks = use.operation == "BatchGetItem" and (
            " EQUITY#" in use.key or (use.key.endswith(" POSITION") and use.key in known)
        )
        known.add(use.key)
        foreign = "#BOT#" in use.key and bot_of(use) not in leased
        (besides if looks or foreign else own).append(use)
    return own, besides


def bot_of(use: Use) -> str:
    """Return the partition that it was of."""
    return use.key.partition(" ")[0]


def sorted_out(uses: list[Use]) -> dict[str, list[Use]]:
    """Return uses by whom they are for: a bot, its owner, the market, or the index of bots."""
    kinds: dict[str, list[Use]] = {"bot": [], "owner": [], "market": [], "index": []}
    for use in uses:
        if "#BOT#" in use.key:
            kinds["bot"].append(use)
        elif use.key.startswith(("U#", "SYSTEM")):
            kinds["owner"].append(use)
        elif use.key.startswith(("C#", "RULES#")):
            kinds["market"].append(use)
        else:
            kinds["index"].append(use)
    return kinds


def total(uses: list[Use]) -> Units:
    """Return write and read units of all."""
    return sum(use.write for use in uses), sum(use.read for use in uses)


def share(units: Units, parts: int) -> Units:
    """Return an equal part."""
    return units[0] / max(1, parts), units[1] / max(1, parts)


def added(one: Units, other: Units) -> Units:
    """Return both together."""
    return one[0] + other[0], one[1] + other[1]


def mean(units: list[Units]) -> Units:
    """Return the mean of write and of read units; of nothing, nothing."""
    count = max(1, len(units))
    return sum(one[0] for one in units) / count, sum(one[1] for one in units) / count


def section(deployed: list[Deployed], counted: list[Counted]) -> Section:
    """Put what was found into words and tables."""
    times = Table(
        title="The deployed machine",
        heads=("bots", "wall, s (p10 to p90)", "first, s", "transitions", "children"),
        rows=tuple(
            (
                str(one.bots),
                one.spread.show(2),
                f"{one.first:.1f}",
                f"{one.standard} + {one.children} x {one.child_states}",
                str(one.children),
            )
            for one in deployed
        ),
    )
    units = Table(
        title="Capacity units, the same handlers counted",
        heads=(
            "bots",
            "bot-cycles (trading)",
            "quiet bot: write",
            "read",
            "market: write",
            "read",
            "trading, by market: read",
            "DynamoDB calls per bot",
        ),
        rows=tuple(units_row(one) for one in counted),
    )
    quiet = [units for one in counted for units in one.quiet]
    proofs = [units for one in counted for units in one.proofs]
    worst = max(one[0] for one in quiet), max(one[1] for one in quiet)
    markets = mean([units for one in counted for units in one.market])
    most = max(deployed, key=lambda one: one.bots)
    return Section(
        name="cycle",
        title="The trading cycle",
        how=(
            f"Bots on {len(MARKETS)} instruments, hourly candles, the four built-in strategies in "
            f"turn. Wall time is the execution's own, start to stop, {RUNS} cycles after one that "
            "is not counted, each when what follows the one before is done. Transitions are "
            "states entered: of the Standard machine, a child counting one, and of the Express "
            "children, which are paid by time. Units come from "
            "the same handlers run in this process on the emulator's tables, each call weighed by "
            "DynamoDB's rules: a bot's own items, and its share of the index query; a "
            "market-cycle is sync and analysis. Once a UTC day a bot's book is proven against its "
            f"ledger, which reads {mean(proofs)[1]:.1f} units more (mean of {len(proofs)})."
        ),
        tables=(times, units),
        targets=(
            Target(
                name=f"cycle of {most.bots} bots, median",
                value=most.spread.middle,
                limit=CYCLE_SECONDS,
                unit="s",
            ),
            Target(
                name="bot-cycle without trade, most", value=worst[0], limit=BOT_WRITE, unit="WU"
            ),
            Target(name="bot-cycle without trade, most", value=worst[1], limit=BOT_READ, unit="RU"),
            Target(name="market-cycle, mean", value=markets[0], limit=MARKET_WRITE, unit="WU"),
            Target(name="market-cycle, mean", value=markets[1], limit=MARKET_READ, unit="RU"),
            Target(
                name="Standard transitions beyond one per child",
                value=max(one.standard - one.children for one in deployed),
                limit=5,
            ),
        ),
    )


def units_row(found: Counted) -> tuple[str, ...]:
    """Return one number of bots as a row."""
    quiet, market, shared = mean(found.quiet), mean(found.market), mean(found.shared)
    calls = sum(sum(found.calls[name]) for name in BOT_STEPS)
    return (
        str(found.bots),
        f"{len(found.quiet) + len(found.trading)} ({len(found.trading)})",
        f"{quiet[0]:.2f}",
        f"{quiet[1]:.2f}",
        f"{market[0]:.2f}",
        f"{market[1]:.2f}",
        f"{shared[1]:.2f}",
        f"{calls / (found.bots * found.cycles):.1f}",
    )
