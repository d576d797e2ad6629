"""The two pages that the benchmarks write: what was measured, and what it costs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import consumed, cost
from bench.figures import TARGET_HEADS, Section, Table
from bench.machine import Machine
from infra.cdk.assets.layout import ROOT

PERFORMANCE, COST = ROOT / "docs" / "performance.md", ROOT / "docs" / "cost.md"

SECTIONS = ROOT / "bench" / "sections.json"
HEAD = """\
# Performance

Written by `make bench`, each section when it was last measured. Times are medians with the tenth
and the ninetieth percentile; each stands beside a peer or a plainer way, taken in the same run."""
COUNTS = (
    "Units of DynamoDB are computed from the items that the cycle really reads and writes, by "
    "DynamoDB's own rules. *trade* is what a bot-cycle takes on top when it commits something; a "
    "round trip is two of them, and a bot is taken to make "
    f"{cost.FIVE_MINUTES.trips} a month on five minutes and {cost.ONE_HOUR.trips} on one hour. "
    "*trip* is the way of a round trip into the journal, three tasks: each event of its bot by "
    "itself through `notify`, each task by itself through the queue (sent, received, deleted) and "
    "`journal`. Lambda's reads of a table's stream cost nothing."
)
ESTIMATED = (
    "Lambda's seconds are **estimated** from local ones: processor time of the handler, divided "
    f"by its share of a core (memory / {consumed.WHOLE_CORE_MIB} MiB, a core taken to be as fast "
    f"as one here), plus {consumed.CALL_SECONDS * 1_000:.0f} ms for each call of DynamoDB, plus "
    f"{consumed.VENUE_SECONDS * 1_000:.0f} ms for each market's call to its venue. A child of the "
    f"map lasts as long as its steps and {consumed.STATE_SECONDS * 1_000:.0f} ms more for each."
)
LEFT_OUT = """\
* The base of a desk: the minutes in which no candle closes and their schedule ({base:.2f} USD a
  month with bots on 5 minutes), KMS and secrets, the SnapStart cache, metrics and alarms,
  storage, backups.
* The API, its users, and data sent to them.
* Cold starts, retries, traces (X-Ray samples 5 %).
* Models, live venues' guards, the price feed, static egress.
* Lambda's asking of empty queues; reviews, imports, syncs and exports of the journal.
* Work of later waves: notices, broadcast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The page of figures, section by section: each stays until it is measured anew."""

    order: Sequence[str]
    kept: Path = SECTIONS
    page: Path = PERFORMANCE

    def take(self, section: Section, machine: Machine) -> None:
        """Keep what was found, and write the page anew."""
        found = self._found() | {section.name: _told(section, machine)}
        known = {name: found[name] for name in self.order if name in found}
        text = json.dumps(known, indent=1, ensure_ascii=False)
        self.kept.write_text(text + "\n", encoding="utf-8")
        parts = [HEAD, *known.values()]
        self.page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")

    def _found(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.kept.read_text(encoding="utf-8"))
        return found


def _told(section: Section, machine: Machine) -> str:
    """Return a section that says what it was measured on."""
    title, rest = section.markdown().split("\n\n", 1)
    busy = " The machine was busy with other work: times are longer than need be."
    return f"{title}\n\n> {machine}.{busy if machine.busy else ''}\n\n{rest}"


def money(path: Path = COST) -> None:
    """Write the page of costs, from the committed counts and prices."""
    measured, prices = cost.Measured.load(), cost.load_prices()
    found = json.loads(cost.PRICES.read_text(encoding="utf-8"))
    rows = tuple(target.row() for target in cost.targets(measured, prices))
    heads = ("price", "USD", "per", "source")
    listed = tuple(
        (name, one["usd"], f"{one['per']:,}", one["source"])
        for name, one in found["prices"].items()
    )
    parts = [
        "# Cost",
        (
            "Written by `make bench` from `bench/measured.json`, the counts of a cycle, and "
            f"`bench/prices.json`, list prices of {found['region']} of {found['observed_on']}. "
            f"{found['note']} Money is USD, without models, taxes and free tiers."
        ),
        "## Per bot and month",
        Table(heads=TARGET_HEADS, rows=rows).markdown(),
        "## Where it goes",
        cost.parts_table(measured, prices).markdown(),
        "## Counts",
        COUNTS,
        cost.counts_table(measured).markdown(),
        ESTIMATED,
        "## What it leaves out",
        LEFT_OUT.format(base=cost.base(measured, prices)),
        "## Prices",
        Table(heads=heads, rows=listed).markdown(),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
