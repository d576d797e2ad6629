"""What SIZE_ESCALATION and OVERCONFIDENCE share: a size after a run, against the usual size."""

from collections.abc import Iterator
from dataclasses import dataclass

from nightdesk.journal.behaviour.history import Baseline, History


@dataclass(frozen=True, slots=True)
class AfterRun:
    """An entry after a run of wins or losses, with its size against the usual one."""

    place: int
    run: int
    ids: tuple[str, ...]
    size: float
    usual: Baseline
    ratio: float


def after_runs(history: History, sign: int, length: int, factor: float) -> Iterator[AfterRun]:
    """Yield the judged entries after at least `length` wins (1) or losses (-1), that large."""
    for place in history.judged:
        run = history.run(place, sign)
        if run < length:
            continue
        size, usual = history.trades[place].size, history.usual_size(place)
        if size is None or usual is None or usual.median <= 0 or size < factor * usual.median:
            continue
        ids = history.run_trades(place, run)
        yield AfterRun(place, run, ids, size, usual, size / usual.median)
