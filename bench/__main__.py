"""Run the benchmarks, print what they find, write the pages.

Each section of docs/performance.md is written when it was measured, and stays until it is measured
anew; `measured.json` and `counts.json` with the cycle, docs/cost.md with the cost. `--quick` only
shows that what needs no desk can be measured.
"""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench import (
    analytics,
    behaviour,
    candles,
    consumed,
    cost,
    counts,
    cycle,
    decide,
    documents,
    door,
    exports,
    importing,
    imports,
    journal,
    pages,
    reviews,
    stop,
)
from bench.capacity import metered
from bench.figures import Section
from bench.local import local_desk
from bench.machine import Machine, machine, pace_ms
from bench.recordings import START
from infra.cdk.local.deploy import QUIET
from infra.cdk.local.ministack import LocalError

ALONE: dict[str, Callable[[bool], Section]] = {
    "imports": lambda quick: imports.measure(quick=quick),
    "decide": lambda quick: decide.measure(quick=quick),
    "behaviour": lambda quick: behaviour.measure(quick=quick),
    "analytics": lambda quick: analytics.measure(quick=quick),
    "journal": lambda quick: journal.measure(quick=quick),
    "importing": lambda quick: importing.measure(quick=quick),
    "documents": lambda quick: documents.measure(quick=quick),
    "exports": lambda quick: exports.measure(quick=quick),
}
DEPLOYED = ("candles", "door", "reviews", "stop")
NAMES = (*ALONE, "cycle", *DEPLOYED, "cost")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for."""
    options = parser().parse_args(arguments)
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", "No application metrics", UserWarning)
    os.environ.update(QUIET)
    told = Told(machine(), keeps=not options.quick)
    print(f"{told.machine}", flush=True)
    wanted = options.only or (list(ALONE) if options.quick else list(NAMES))
    try:
        if options.check:
            return checked()
        measure(wanted, told, quick=options.quick)
    except (LocalError, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if "cost" in wanted and not options.quick:
        pages.money()
    return 0


@dataclass(frozen=True, slots=True)
class Told:
    """Prints a section as it ends, and keeps it for its page."""

    machine: Machine
    keeps: bool

    def __call__(self, section: Section) -> None:
        """Tell of one."""
        shown(section)
        if self.keeps:
            now = replace(self.machine, pace_ms=pace_ms())
            pages.Pages(order=NAMES).take(section, now)


def measure(wanted: Sequence[str], told: Told, *, quick: bool) -> None:
    """Run benchmarks in their order."""
    for name, run in ALONE.items():
        if name in wanted:
            told(run(quick))
    if "cycle" in wanted:  # on a desk of its own: what others leave there is looked at each time
        with local_desk() as (desk, client):
            section, counted, deployed = cycle.measure(desk, client)
            told(section)
            counts.save(counted[0])
            with metered(client) as meter:
                between = consumed.minute_between(desk, meter, counted[-1].bots)
            consumed.consumed(counted, deployed, between).save()
    if any(name in wanted for name in DEPLOYED):
        with local_desk() as (desk, client):
            if "candles" in wanted:
                told(candles.measure(client))
            if "door" in wanted:
                told(door.measure(desk, client))
            if "reviews" in wanted:
                told(reviews.measure(desk, client))
            if "stop" in wanted:
                desk.refresh_rules(START)
                told(stop.measure(desk))
    if "cost" in wanted:
        told(cost.measure())


def checked() -> int:
    """Hold what a cycle consumes against the committed figures; return 1 for a rise."""
    with local_desk() as (desk, client):
        found = shown(counts.check(desk, client))
    return 0 if all(target.met for target in found.targets) else 1


def shown(section: Section) -> Section:
    """Print a section and hand it on."""
    print(f"\n{section.text()}", flush=True)
    return section


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = argparse.ArgumentParser(
        prog="make bench ARGS=…",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--only", nargs="+", choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    made.add_argument(
        "--quick", action="store_true", help="a few runs without the emulator; writes nothing"
    )
    made.add_argument(
        "--check",
        action="store_true",
        help="only count ten bots' cycles; fail when they consume a tenth more than committed",
    )
    return made


if __name__ == "__main__":
    sys.exit(main())
