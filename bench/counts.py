"""Whether a change makes the desk dearer: what ten bots' cycles consume, beside what they did."""

import json
from pathlib import Path
from typing import Any

from bench.cycle import Counted, counted_cycles, mean, moments
from bench.figures import Section, Target
from bench.local import LocalDesk
from bench.recordings import START

COMMITTED = Path(__file__).parent / "counts.json"
BOTS = 10
RISE = 1.1
"""More than a tenth above the committed figures is a rise that somebody has to want."""


def counts(found: Counted) -> dict[str, float]:
    """Return mean capacity units by name. The replay is the same each time, and so are they."""
    means = {
        "quiet bot": mean(found.quiet),
        "trading bot": mean(found.trading),
        "market": mean(found.market),
        "trading, by market": mean(found.shared),
        "plan": mean(found.plan),
        "captured trade": mean(found.captured.units),
    }
    return {
        f"{name}, {side}": round(units, 4)
        for name, both in means.items()
        for side, units in zip(("write", "read"), both, strict=True)
    }


def save(found: Counted, path: Path = COMMITTED) -> None:
    """Write the figures that later changes are held against."""
    path.write_text(json.dumps(counts(found), indent=2) + "\n", encoding="utf-8")


def held(now: dict[str, float], committed: dict[str, float]) -> tuple[Target, ...]:
    """Return each figure with the most that it may be. Raises KeyError for an unknown one."""
    return tuple(
        Target(name=name, value=units, limit=committed[name] * RISE) for name, units in now.items()
    )


def check(desk: LocalDesk, client: Any, path: Path = COMMITTED) -> Section:
    """Count ten bots' cycles on a new desk."""
    hours = moments()
    desk.refresh_rules(START)
    desk.populate(BOTS, next(hours))
    found = counted_cycles(desk, client, BOTS, hours)
    committed = json.loads(path.read_text(encoding="utf-8"))
    return Section(
        name="counts",
        title="Capacity units of ten bots' cycles",
        how="At most a tenth above the committed figures; `make bench` commits new ones.",
        tables=(),
        targets=held(counts(found), committed),
    )
