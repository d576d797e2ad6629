"""FOMO_SCATTER: several fresh instruments within half an hour, none of them planned."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from math import inf, isinf

from nightdesk.journal.behaviour.detector import Detector, Flag, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries that make up such a scatter."""
    rests = _rests(history, used["quiet_hours"] * 3_600)
    opened = history.opened.tolist()
    for place in history.judged:
        if rests[place] is None:
            continue
        first = bisect_left(opened, opened[place] - used["window_minutes"] * 60)
        found = [i for i in range(first, place + 1) if rests[i] is not None]
        instruments: list[Json] = [history.trades[i].instrument for i in found]
        if len(found) < used["instruments"]:
            continue
        rested = [_hours(rests[i]) for i in found]
        known = [one for one in rested if one is not None]
        yield Flag(
            trade=history.trades[place],
            severity=Severity.LOW,
            text=(
                f"{len(found)} instruments within {used['window_minutes']:.0f} min that were not "
                "traded the day before, none with a plan."
            ),
            measured={"instruments": len(found), "window_minutes": _minutes(opened, found)}
            | ({"quiet_hours": min(known)} if known else {}),
            figures={"instruments": instruments, "rested_hours": [*rested]},
            also=tuple(history.trades[i].id for i in found[:-1]),
        )


def _minutes(opened: list[float], found: list[int]) -> float:
    return (opened[found[-1]] - opened[found[0]]) / 60


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None or isinf(seconds) else seconds / 3_600


def _rests(history: History, quiet: float) -> list[float | None]:
    """Return for how many seconds the instrument of each unplanned entry had not been traded.

    None for planned entries and where it was less than `quiet`; infinite where nothing is known.
    """
    touched: dict[str, list[float]] = defaultdict(list)
    for place, trade in enumerate(history.trades):
        touched[trade.instrument] += [float(history.opened[place]), float(history.closed[place])]
    for times in touched.values():
        times.sort()
    rests: list[float | None] = []
    before = set[tuple[str, float]]()
    for place, trade in enumerate(history.trades):
        at = float(history.opened[place])
        times = touched[trade.instrument]
        earlier = bisect_left(times, at)
        rest = at - times[earlier - 1] if earlier else inf
        twin = (trade.instrument, at) in before  # entered twice at one moment
        rests.append(rest if rest > quiet and not twin and trade.planned is False else None)
        before.add((trade.instrument, at))
    return rests


DETECTOR = Detector(
    id=DetectorId.FOMO_SCATTER,
    rule=(
        "The entry is at least the third distinct instrument within 30 minutes that was not "
        "traded in the 24 hours before, none of them planned."
    ),
    base="None: an observation.",
    limits="A basket that was planned elsewhere looks scattered.",
    scope=Scope.TRADE,
    severity=(Severity.LOW,),
    thresholds=(
        Threshold(name="instruments", default=3, low=2, high=20, unit="instruments", whole=True),
        Threshold(name="window_minutes", default=30, low=5, high=240, unit="minutes"),
        Threshold(name="quiet_hours", default=24, low=1, high=168, unit="hours"),
    ),
    flags=flags,
)
