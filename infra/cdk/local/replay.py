"""Drive the deployed cycle through recorded time: one execution per close."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.cdk.local.cloud import CYCLE, Cloud

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LENGTHS = {
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
}


class CycleFailed(Exception):
    """A cycle of the replay did not end well."""


@dataclass
class Replayed:
    """What a replay came to."""

    cycles: int = 0
    fills: int = 0
    entries: int = 0
    denied: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, output: Sequence[dict[str, Any]]) -> None:
        """Count one cycle."""
        self.cycles += 1
        for batch in output:
            if batch.get("skipped"):
                self.skipped.append(str(batch.get("error")))
                continue
            trade = batch["trade"]
            self.fills += trade["fills"]
            self.entries += trade["entries"]
            self.denied += trade["denied"]
            self.failed += trade["failed"]


def closes(timeframes: Sequence[str], since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield every moment in ``since <= moment <= until`` at which one of these candles closes."""
    step = min(LENGTHS[timeframe] for timeframe in timeframes)
    moment = EPOCH + -(-(since - EPOCH) // step) * step
    while moment <= until:
        yield moment
        moment += step


def replay(
    cloud: Cloud,
    moments: Sequence[datetime],
    *,
    progress: Callable[[datetime, Replayed], None],
    speed: float | None = None,
) -> Replayed:
    """Run the machine once per moment, in order. Raises CycleFailed, TimeoutError.

    `speed` is the most cycles per second, to watch it happen; none is as fast as it goes.
    """
    total = Replayed()
    for moment in moments:
        began = time.monotonic()
        text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        run = cloud.run(CYCLE, {"as_of": text, "now": text})
        if not run.succeeded:
            raise CycleFailed(f"{moment:%Y-%m-%d %H:%M}: {run.status} {run.error} {run.cause}")
        total.add(run.output if isinstance(run.output, list) else [])
        progress(moment, total)
        if speed:
            time.sleep(max(0.0, 1 / speed - (time.monotonic() - began)))
    return total
