"""Judging: what detectors say of new trades, and of a day that is over, becomes findings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.gathering import PAST, GatherHistory, Wanted
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.making import Day, InForce, in_use, keep, of_day, of_flag, told
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.tilt import Band, Tilt, tilt
from nightdesk.journal.finding import DetectorId, Finding, Severity
from nightdesk.journal.period import DAY, begins
from nightdesk.journal.ports.findings import DetectorSettings, Findings
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.trade import JournalTrade, Origin, Status
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True)
class JudgeTrades:
    """Run the detectors of trades over new ones, in the light of what came before them."""

    gather: GatherHistory
    settings: DetectorSettings
    findings: Findings

    def __call__(
        self, owner: UserId, trades: Iterable[JournalTrade], *, now: datetime
    ) -> Sequence[Finding]:
        """Return what was found now; what was found before is left as it is.

        Trades of bots and void ones are not judged.
        """
        spans: dict[Mode, list[tuple[datetime, TradeId]]] = {}
        for trade in trades:
            if trade.origin is Origin.HUMAN and trade.status is not Status.VOID:
                spans.setdefault(trade.mode, []).append((trade.opened_at, trade.id))
        detectors = list(in_use(self.settings.all(owner))) if spans else []
        found: list[Finding] = []
        for mode, judged in spans.items():
            first, last = min(judged)[0], max(judged)[0]
            wanted = Wanted(
                owner=owner, mode=mode, since=first - PAST, until=last + timedelta(milliseconds=1)
            )
            history = self.gather(wanted, judge=frozenset(name for _, name in judged))
            for one in detectors:
                if one.detector.flags is not None:
                    flags = one.detector.flags(history, one.used)
                    found += [of_flag(owner, one, flag, now) for flag in flags]
        return keep(self.findings, found)


def tilts(
    history: History, first: date, last: date, detectors: Sequence[InForce]
) -> dict[date, Tilt]:
    """Return the tilt of each day from `first` to `last` on which something was traded.

    None of them where TILT is off. Flags are those of detectors that are shown.
    """
    own = next((one for one in detectors if one.detector.id is DetectorId.TILT), None)
    if own is None:
        return {}
    entered = {
        trade.id: day
        for trade, day in zip(history.trades, history.days, strict=True)
        if first <= day <= last
    }
    closed: dict[date, list[SeenTrade]] = defaultdict(list)
    for trade in history.trades:
        if trade.closed_at is not None and first <= history.day_of(trade.closed_at) <= last:
            closed[history.day_of(trade.closed_at)].append(trade)
    flagged: dict[date, list[tuple[DetectorId, Severity]]] = defaultdict(list)
    narrow = history.judging(entered)
    for one in detectors:
        if one.detector.flags is not None and not one.shadow:
            for flag in one.detector.flags(narrow, one.used):
                flagged[entered[flag.trade.id]].append((one.detector.id, flag.severity))
    return {
        day: tilt(
            closed.get(day, ()),
            flagged.get(day, ()),
            own.used,
            loss_limit=history.limits(day).max_loss,
            loss_limit_r=history.limits(day).max_loss_r,
        )
        for day in sorted({*entered.values(), *closed})
    }


@dataclass(frozen=True, slots=True)
class JudgeDay:
    """Score a day that is over."""

    gather: GatherHistory
    preferences: PreferencesOf
    settings: DetectorSettings
    findings: Findings

    def __call__(self, owner: UserId, day: date, mode: Mode, *, now: datetime) -> Finding | None:
        """Return the finding of an uncalm day, stored once; None for a calm one, or before its end.

        Findings of its trades and its result may still change while it lasts: `ReadTilt` shows it.
        """
        places = self.preferences(owner).places
        begin, end = begins(day, places), begins(day + DAY, places)
        if now < end:
            return None
        detectors = list(in_use(self.settings.all(owner)))
        history = self.gather.window(Wanted(owner=owner, mode=mode, since=begin, until=end))
        found = tilts(history, day, day, detectors).get(day)
        if found is None or found.band is Band.CALM:
            return None
        own = next(one for one in detectors if one.detector.id is DetectorId.TILT)
        trades = [
            one
            for one, entered in zip(history.trades, history.days, strict=True)
            if day in {entered, one.closed_at and history.day_of(one.closed_at)}
        ]
        whole = Day(owner=owner, mode=mode, day=day, begins=begin, trades=trades)
        finding = of_day(whole, own, found, now)
        self.findings.add(finding, told(finding))
        return self.findings.get(owner, finding.id)
