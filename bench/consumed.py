"""From what was counted on the emulator to what the same work would consume on AWS."""

from statistics import mean
from typing import Any

from bench.captured import SQS_REQUESTS, Captured
from bench.cost import GIGABYTE, Measured, Work
from bench.cycle import BOT_STEPS, MARKET_STEPS, Counted, Deployed, moments
from bench.cycle import mean as mean_units
from bench.local import LocalDesk
from bench.recordings import MARKETS
from nightdesk.core.clock import iso

WHOLE_CORE_MIB = 1_769
"""Memory at which a Lambda function has one core; with less it has that share of one."""
CALL_SECONDS = 0.004
"""A call of DynamoDB from Lambda in its region; on the emulator it is mostly processor time."""
VENUE_SECONDS = 0.25
"""One candle call to a venue, for each market and close; recorded candles need none."""
STATE_SECONDS = 0.05
"""What Step Functions adds to a child for each of its steps."""
EXPRESS_GB = 64 / 1_024
"""The least memory that an Express execution is charged for; ours carry a few KB."""
PLATFORM_LOG_BYTES = 400
"""What Lambda itself writes around an invocation."""
MARKETS_OF_CHILD = 2


def consumed(counted: list[Counted], deployed: list[Deployed], between: Work) -> Measured:
    """Put the parts of a cycle together. `counted` has the fewest bots first, the most last."""
    few, most = counted[0], counted[-1]
    quiet = mean_units([units for one in counted for units in one.quiet])
    trading = mean_units([units for one in counted for units in one.trading])
    trades = sum(len(one.trading) for one in counted)
    # as if a bot traded each hour: at five minutes it is proven once in more cycles
    proven = sum(units[1] for one in counted for units in one.proofs)
    proven /= max(1, trades + sum(len(one.quiet) for one in counted))
    owners = [sum(one.owners[n] for one in counted) / max(1, trades) for n in (0, 1)]
    market = mean_units([units for one in counted for units in one.market])
    shared = mean_units(few.shared)
    # an order looks at its market's candles again: with many bots that outweighs the rest
    again = (mean_units(most.shared)[1] - shared[1]) * len(most.shared) / max(1, len(most.trading))
    each = {name: slope(name, few, most) for name in BOT_STEPS}
    first = {name: seconds(name, few) - of_child(few) * each[name][0] for name in BOT_STEPS}
    synced = {name: mean(seconds(name, one) for one in counted) for name in MARKET_STEPS}
    logs = {name: mean(log_bytes(name, one) for one in counted) for name in MARKET_STEPS}
    bot_logs = {name: log_bytes(name, few) - of_child(few) * each[name][1] for name in BOT_STEPS}
    steps = len(MARKET_STEPS) + len(BOT_STEPS)
    plan = mean_units([units for one in counted for units in one.plan])
    machine = deployed[-1]
    return Measured(
        cycle=Work(
            write=plan[0],
            read=plan[1],
            gb_seconds=gb("plan", mean(seconds("plan", one) for one in counted)),
            requests=1,
            transitions=machine.standard - machine.children,
            log_gb=mean(log_bytes("plan", one) for one in counted) / GIGABYTE,
        ),
        child=Work(
            gb_seconds=sum(gb(name, first[name]) for name in BOT_STEPS),
            requests=steps,
            transitions=1,
            express_requests=1,
            express_gb_seconds=EXPRESS_GB * (steps * STATE_SECONDS + sum(first.values())),
            log_gb=sum(bot_logs.values()) / GIGABYTE,
        ),
        market=Work(
            write=market[0],
            read=market[1] + shared[1],
            gb_seconds=sum(gb(name, synced[name]) for name in synced) / MARKETS_OF_CHILD,
            express_gb_seconds=EXPRESS_GB * sum(synced.values()) / MARKETS_OF_CHILD,
            log_gb=sum(logs.values()) / MARKETS_OF_CHILD / GIGABYTE,
        ),
        bot=Work(
            write=quiet[0],
            read=quiet[1] + proven,
            gb_seconds=sum(gb(name, each[name][0]) for name in BOT_STEPS),
            express_gb_seconds=EXPRESS_GB * sum(one[0] for one in each.values()),
            log_gb=sum(one[1] for one in each.values()) / GIGABYTE,
        ),
        trade=Work(
            write=max(0.0, trading[0] + owners[0] - quiet[0]),
            read=max(0.0, trading[1] + owners[1] - quiet[1]) + max(0.0, again),
        ),
        trip=trip(most.captured),
        between=between,
    )


def trip(found: Captured) -> Work:
    """Return what a closed round trip takes on its way into the journal."""
    trips = found.trips or 1.0
    each = [(name, len(found.called[name])) for name in found.called]
    return Work(
        write=found.write / trips,
        read=found.read / trips,
        gb_seconds=sum(gb(name, seconds(name, found)) * times for name, times in each) / trips,
        requests=sum(times for _, times in each) / trips,
        sqs_requests=SQS_REQUESTS * found.tasks / trips,
        log_gb=sum(log_bytes(name, found) * times for name, times in each) / trips / GIGABYTE,
    )


def minute_between(desk: LocalDesk, meter: Any, bots: int) -> Work:
    """Count a minute on which no candle closes, with the desk as it stands."""
    hours = moments()
    at = next(hours).replace(minute=30)
    found = Counted(bots=bots)
    event: dict[str, Any] = {"as_of": iso(at), "now": iso(at)}
    write = read = spent = logged = 0.0
    for name in ("plan", "watch"):
        meter.clear()
        called = desk.call(name, event)
        event = called.answer
        found.calls[name], found.called[name] = [meter.calls], [called]
        write += sum(use.write for use in meter.uses)
        read += sum(use.read for use in meter.uses)
        spent += gb(name, seconds(name, found))
        logged += log_bytes(name, found)
    return Work(
        write=write,
        read=read,
        gb_seconds=spent,
        requests=2,
        transitions=4,
        log_gb=logged / GIGABYTE,
    )


def seconds(function: str, found: Counted | Captured) -> float:
    """Return what an invocation would last on Lambda: its processor time at its share, its calls.

    The middle invocation is taken: the first of a process reads its recordings and definitions.
    """
    share = min(1.0, memory(function) / WHOLE_CORE_MIB)
    each = sorted(
        called.cpu_seconds / share + calls * CALL_SECONDS
        for called, calls in zip(found.called[function], found.calls[function], strict=True)
    )
    asked = VENUE_SECONDS * MARKETS_OF_CHILD if function == "sync_market" else 0.0
    return each[len(each) // 2] + asked


def log_bytes(function: str, found: Counted | Captured) -> float:
    """Return the bytes of log of an invocation."""
    return mean(called.log_bytes for called in found.called[function]) + PLATFORM_LOG_BYTES


def slope(function: str, few: Counted, most: Counted) -> tuple[float, float]:
    """Return seconds and bytes of log that one bot more in a child adds."""
    more = of_child(most) - of_child(few)
    return (
        max(0.0, seconds(function, most) - seconds(function, few)) / more,
        max(0.0, log_bytes(function, most) - log_bytes(function, few)) / more,
    )


def of_child(found: Counted) -> float:
    """Return how many bots a child works."""
    return found.bots * MARKETS_OF_CHILD / len(MARKETS)


def gb(function: str, duration: float) -> float:
    """Return GB-seconds at the memory that a function is deployed with."""
    return duration * memory(function) / 1_024


def memory(function: str) -> int:
    """Return the MiB that a function is deployed with."""
    from infra.cdk.stacks.app_stack import SIZES  # the CDK takes seconds to import

    return SIZES[function][0]
