"""What a window of trades shows: observations, claims with their base, tilt, times and setups."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from nightdesk.core.collecting import uncollected
from nightdesk.core.errors import Invalid
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.agreement import agrees
from nightdesk.journal.behaviour.best_setups import setups
from nightdesk.journal.behaviour.detector import ALPHA, LEAST, Detector, Flag
from nightdesk.journal.behaviour.gathering import GatherHistory, Wanted
from nightdesk.journal.behaviour.groups import Group, compared
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.judging import tilts
from nightdesk.journal.behaviour.making import InForce, in_use
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.shuffles import Shuffled, shuffled
from nightdesk.journal.behaviour.tilt import Tilt
from nightdesk.journal.behaviour.wording import chance, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.context import session
from nightdesk.journal.finding import Chance, DetectorId, DetectorSetting, DetectorStatus, Severity
from nightdesk.journal.period import DAY, begins
from nightdesk.journal.ports.findings import DetectorSettings
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.trading.order import Mode

DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS = 90, 7, 730
TILT_DAYS = 92


class Buckets(StrEnum):
    """What times are grouped by."""

    HOUR = "hour"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One detector over a window: its observations and what they come to.

    `n` are the entries looked at, `agreeing` of `labelled` observations carry an own emotion label
    that says the same.
    """

    detector: Detector
    used: Mapping[str, float]
    shadow: bool
    n: int
    flags: tuple[Flag, ...] = ()
    claim: Claim | None = None
    labelled: int = 0
    agreeing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All detectors over one window of `trades`."""

    wanted: Wanted
    trades: frozenset[TradeId]
    rows: tuple[Row, ...]


def shuffle_claim(one: InForce, found: Shuffled, flags: Sequence[Flag]) -> Claim:
    """Return what counting against shuffles comes to."""
    detector = one.detector.id
    by_chance = Chance(
        x=found.count, n=found.n, base=found.base if found.n else None, p=found.p, seed=found.seed
    )
    weighty = [flag.trade.id for flag in flags if flag.severity.told]
    if found.n < LEAST:
        standing, text = Standing.NOT_ENOUGH_DATA, f"{found.n} of {LEAST} closed entries."
    elif found.p < ALPHA:
        standing = Standing.FIRES
        text = (
            f"{found.count} of {found.n} entries ({percent(found.count / found.n)}); the same "
            f"trades in other orders show {found.expected:.1f} on average ({chance(found.p)})."
        )
    else:
        standing = Standing.SILENT
        text = (
            f"{found.count} of {found.n} entries; the same trades in other orders show "
            f"{found.expected:.1f} on average: no more than chance would."
        )
    return Claim(
        detector=detector,
        standing=standing,
        severity=Severity.MEDIUM,
        text=text,
        chance=by_chance,
        trades=tuple(weighty),
        figures={"expected_by_chance": found.expected, "shuffles": int(found.by_chance.size)},
    )


def rows_of(history: History, detectors: Sequence[InForce]) -> tuple[Row, ...]:
    """Run detectors over a window: each over its trades, shuffles once for all of them."""
    settled = history.settled
    with uncollected():
        countings = {
            one.detector.id: one.detector.counting(settled, one.used)
            for one in detectors
            if one.detector.counting is not None and len(settled.judged) >= LEAST
        }
        against = shuffled(settled, countings) if countings else {}
        return tuple(_row(history, one, against) for one in detectors if _has_window(one.detector))


def _has_window(detector: Detector) -> bool:
    return any((detector.flags, detector.claim, detector.counting))


def _row(history: History, one: InForce, against: Mapping[DetectorId, Shuffled]) -> Row:
    detector = one.detector
    flags = tuple(detector.flags(history, one.used)) if detector.flags else ()
    claim = None
    if detector.id in against:
        claim = shuffle_claim(one, against[detector.id], flags)
    elif detector.claim is not None:
        claim = detector.claim(history, one.used)
    said = [agrees(detector.id, flag.trade.emotions) for flag in flags]
    return Row(
        detector=detector,
        used=one.used,
        shadow=one.shadow,
        n=len(history.judged),
        flags=flags,
        claim=claim,
        labelled=sum(word is not None for word in said),
        agreeing=sum(word is True for word in said),
    )


@dataclass(frozen=True, slots=True)
class ReportWindow:
    """Say what a window shows of people's trades, or of one bot's."""

    gather: GatherHistory
    settings: DetectorSettings

    def __call__(self, wanted: Wanted) -> Report:
        """Return all detectors that are on or in shadow; of a bot those that judge bots.

        Raises Invalid `OUT_OF_RANGE` for a window of under 7 or over 730 days.
        """
        checked(wanted)
        detectors = [
            one
            for one in in_use(self.settings.all(wanted.owner))
            if wanted.bot_id is None or one.detector.bots
        ]
        history = self.gather.window(wanted)
        entered = frozenset(one.id for one in history.entries)
        return Report(wanted=wanted, trades=entered, rows=rows_of(history, detectors))


def checked(wanted: Wanted) -> None:
    """Raise Invalid `OUT_OF_RANGE` unless the window has 7 to 730 days."""
    if not timedelta(LEAST_DAYS) <= wanted.until - wanted.since <= timedelta(MOST_DAYS):
        raise Invalid(
            "OUT_OF_RANGE",
            f"A window has {LEAST_DAYS} to {MOST_DAYS} days.",
            field="days",
            allowed={"min": LEAST_DAYS, "max": MOST_DAYS},
        )


@dataclass(frozen=True, slots=True)
class ReadTilt:
    """Show the tilt of days, the present one among them; none unless TILT is on."""

    gather: GatherHistory
    preferences: PreferencesOf
    settings: DetectorSettings

    def __call__(self, owner: UserId, mode: Mode, since: date, until: date) -> Mapping[date, Tilt]:
        """Return the days of ``since <= day <= until`` on which something was traded.

        Raises Invalid `BAD_RANGE` for more than 92 days, or unless ``since <= until``.
        """
        if not timedelta(0) <= until - since < timedelta(days=TILT_DAYS):
            raise Invalid("BAD_RANGE", f"At most {TILT_DAYS} days at once.", field="from")
        detectors = list(in_use(self.settings.all(owner)))
        if not any(one.detector.id is DetectorId.TILT and not one.shadow for one in detectors):
            return {}
        places = self.preferences(owner).places
        begin, end = begins(since, places), begins(until + DAY, places)
        history = self.gather.window(Wanted(owner=owner, mode=mode, since=begin, until=end))
        return tilts(history, since, until, detectors)


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """Compare hours, or sessions, of entry."""

    gather: GatherHistory
    settings: DetectorSettings

    def __call__(self, wanted: Wanted, by: Buckets) -> Sequence[Group]:
        """Return the groups by name, with p where OPTIMAL_HOURS tests them. Raises Invalid."""
        checked(wanted)
        own = _own(self.settings, wanted.owner, DetectorId.OPTIMAL_HOURS)
        used = DETECTORS[own.detector].used(own.thresholds)
        history = self.gather(wanted)
        results: dict[str, list[float]] = defaultdict(list)
        for trade in history.trades:
            if trade.r is not None:
                hourly, hour = by is Buckets.HOUR, history.local(trade.opened_at).hour
                name = f"{hour:02}" if hourly else session(trade.opened_at).value
                results[name].append(trade.r)
        least = int(used["trades"])
        return _told(wanted, own, compared(results, least=least, rest=least, q=used["q"]))


@dataclass(frozen=True, slots=True)
class ReadSetups:
    """Compare the own setups."""

    gather: GatherHistory
    settings: DetectorSettings

    def __call__(self, wanted: Wanted) -> Sequence[Group]:
        """Return the setups of enough trades, best expectancy first. Raises Invalid.

        With p where BEST_SETUPS tests them.
        """
        checked(wanted)
        own = _own(self.settings, wanted.owner, DetectorId.BEST_SETUPS)
        used = DETECTORS[own.detector].used(own.thresholds)
        return _told(wanted, own, setups(self.gather(wanted), used))


def _own(settings: DetectorSettings, owner: UserId, detector: DetectorId) -> DetectorSetting:
    own = settings.all(owner).get(detector)
    return own or DetectorSetting(owner=owner, detector=detector)


def _told(wanted: Wanted, own: DetectorSetting, groups: Sequence[Group]) -> Sequence[Group]:
    """Return groups as figures alone unless their detector is on, and judges these trades."""
    judges = wanted.bot_id is None or DETECTORS[own.detector].bots
    if judges and own.status is DetectorStatus.ON:
        return groups
    return [replace(one, p=None, against=None, kept=False) for one in groups]
