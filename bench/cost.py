"""The cost model: counts of one cycle, times dated prices, as money per bot and month."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

from bench.figures import Section, Table, Target

HERE = Path(__file__).parent
PRICES, MEASURED = HERE / "prices.json", HERE / "measured.json"

DAYS = 30
MINUTES = DAYS * 24 * 60
MARKETS_OF_CHILD = 2
GIGABYTE = 10**9

PRICED = {
    "write": "write_unit",
    "read": "read_unit",
    "gb_seconds": "lambda_gb_second",
    "requests": "lambda_request",
    "transitions": "transition",
    "express_requests": "express_request",
    "express_gb_seconds": "express_gb_second",
    "log_gb": "log_gb",
    "schedules": "schedule",
    "sqs_requests": "sqs_request",
}
"""Which price each count is multiplied by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What something consumes, in the units that AWS charges by."""

    write: float = 0.0
    read: float = 0.0
    gb_seconds: float = 0.0
    requests: float = 0.0
    transitions: float = 0.0
    express_requests: float = 0.0
    express_gb_seconds: float = 0.0
    log_gb: float = 0.0
    schedules: float = 0.0
    sqs_requests: float = 0.0

    def __add__(self, other: "Work") -> "Work":
        """Return both together."""
        return Work(**{name: getattr(self, name) + getattr(other, name) for name in PRICED})

    def __mul__(self, times: float) -> "Work":
        """Return it so many times."""
        return Work(**{name: getattr(self, name) * times for name in PRICED})

    def cost(self, prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return USD by count."""
        return {
            name: Decimal(str(getattr(self, name))) * prices[price]
            for name, price in PRICED.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the parts of a cycle consume, as `bench/measured.json` has it."""

    cycle: Work
    """Planning and the machine itself, once a cycle."""
    child: Work
    """One batch of two markets, whoever trades them."""
    market: Work
    """One market of a batch: sync, analysis, and the candles that trading reads."""
    bot: Work
    """One bot that does not trade."""
    trade: Work
    """What a bot-cycle with a trade takes beyond that."""
    trip: Work
    """The way of a closed round trip into the journal."""
    between: Work
    """A minute in which no candle closes: Plan, and one Watch."""

    @classmethod
    def load(cls, path: Path = MEASURED) -> "Measured":
        """Read the committed figures."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{field.name: Work(**found[field.name]) for field in fields(cls)})

    def save(self, path: Path = MEASURED) -> None:
        """Write them, five significant digits each, zeros left out."""
        table = {
            field.name: {
                name: float(f"{value:.5g}")
                for name in PRICED
                if (value := getattr(getattr(self, field.name), name))
            }
            for field in fields(self)
        }
        path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often bots decide. `trips` are round trips of a bot in a month."""

    name: str
    minutes: int
    trips: int

    @property
    def cycles(self) -> int:
        """Cycles in a month."""
        return MINUTES // self.minutes


FIVE_MINUTES = Cadence(name="5 minutes", minutes=5, trips=60)
ONE_HOUR = Cadence(name="1 hour", minutes=60, trips=10)
CADENCES = (FIVE_MINUTES, ONE_HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """So many bots on so many markets; `targets` in USD per bot-month by cadence."""

    bots: int
    markets: int
    targets: tuple[str, str]


DEPLOYMENTS = (
    Deployment(bots=10, markets=5, targets=("0.45", "0.05")),
    Deployment(bots=100, markets=20, targets=("0.20", "0.03")),
    Deployment(bots=500, markets=40, targets=("0.14", "0.02")),
    Deployment(bots=10_000, markets=400, targets=("0.12", "0.02")),
)
"""The deployments and targets of operations, part 9."""


def month(measured: Measured, at: Deployment, cadence: Cadence) -> Work:
    """Return what a deployment consumes in a month of closes; the minutes between are base."""
    children = -(-at.markets // MARKETS_OF_CHILD)
    cycle = (
        measured.cycle
        + measured.child * children
        + measured.market * at.markets
        + measured.bot * at.bots
    )
    trips = cadence.trips * at.bots
    return cycle * cadence.cycles + measured.trade * (2 * trips) + measured.trip * trips


def per_bot(
    measured: Measured, at: Deployment, cadence: Cadence, prices: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Return USD per bot and month, by count."""
    found = month(measured, at, cadence).cost(prices)
    return {name: usd / at.bots for name, usd in found.items()}


def load_prices(path: Path = PRICES) -> dict[str, Decimal]:
    """Return USD for one of each."""
    found = json.loads(path.read_text(encoding="utf-8"))["prices"]
    return {name: Decimal(one["usd"]) / one["per"] for name, one in found.items()}


def targets(measured: Measured, prices: Mapping[str, Decimal]) -> tuple[Target, ...]:
    """Return all targets of money with what they come to."""
    return tuple(
        Target(
            name=f"{at.bots:,} bots, {at.markets} markets, {cadence.name}",
            value=float(sum(per_bot(measured, at, cadence, prices).values())),
            limit=float(limit),
            unit="USD",
        )
        for at in DEPLOYMENTS
        for cadence, limit in zip(CADENCES, at.targets, strict=True)
    )


def measure() -> Section:
    """Price the committed counts."""
    measured, prices = Measured.load(), load_prices()
    return Section(
        name="cost",
        title="Cost",
        how="USD per bot-month at list prices, without models; the page on cost has the parts.",
        tables=(),
        targets=targets(measured, prices),
    )


def parts_table(measured: Measured, prices: Mapping[str, Decimal]) -> Table:
    """Return what the money goes to."""
    groups = {
        "DynamoDB": ("write", "read"),
        "Lambda": ("gb_seconds", "requests"),
        "Step Functions": ("transitions", "express_requests", "express_gb_seconds"),
        "SQS": ("sqs_requests",),
        "logs": ("log_gb",),
    }
    rows = []
    for at in DEPLOYMENTS:
        for cadence in CADENCES:
            found = per_bot(measured, at, cadence, prices)
            cells = [f"{sum(found[name] for name in names):.4f}" for names in groups.values()]
            whole = f"{sum(found.values()):.4f}"
            rows.append((f"{at.bots:,} on {at.markets}, {cadence.name}", *cells, whole))
    return Table(heads=("bots on markets", *groups, "together"), rows=tuple(rows))


def counts_table(measured: Measured) -> Table:
    """Return what the parts of a cycle consume."""
    shown = (
        *("write", "read", "gb_seconds", "requests", "sqs_requests", "transitions"),
        "express_gb_seconds",
    )
    rows = tuple(
        (
            field.name,
            *(f"{getattr(getattr(measured, field.name), name):.3g}" for name in shown),
            f"{getattr(measured, field.name).log_gb * GIGABYTE / 1_000:.2f}",
        )
        for field in fields(measured)
    )
    heads = (
        *("part", "write", "read", "Lambda GB-s", "requests", "SQS requests", "transitions"),
        "Express GB-s",
    )
    return Table(heads=(*heads, "log KB"), rows=rows)


def base(measured: Measured, prices: Mapping[str, Decimal]) -> Decimal:
    """Return USD a month for the minutes of a desk on which no candle closes, and the schedule."""
    every = Work(schedules=MINUTES) + measured.between * (MINUTES - FIVE_MINUTES.cycles)
    return sum(every.cost(prices).values(), Decimal(0))
