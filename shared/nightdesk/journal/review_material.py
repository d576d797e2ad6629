"""What a review is made of, read once and handed over whole: nothing below looks anything up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from nightdesk.core.ids import UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.claim import Claim
from nightdesk.journal.experiment import Experiment
from nightdesk.journal.finding import DetectorId, Finding, Json, Scope
from nightdesk.journal.period import Period, ReviewKind
from nightdesk.journal.playbook import Playbook
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Origin
from nightdesk.journal.verdict import Verdict
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The equity of accounts of one mode over a period, in `currency`; None where unknown.

    `flows` are deposits less withdrawals, `moved` whether there was any; `returns` daily, all flows
    removed, oldest first. `left_out` are the currencies of bots that are not counted, `untold`
    accounts of which nobody said what was paid in.
    """

    currency: str | None = None
    start: Decimal | None = None
    end: Decimal | None = None
    flows: Decimal | None = None
    moved: bool = False
    returns: tuple[float, ...] = ()
    left_out: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    caveat: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """An earlier period and the trades that closed in it."""

    period: Period
    closed: tuple[Played, ...] = ()
    tried: Experiment | None = None
    """The experiment that its review proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What there is to say of a period of one owner, of accounts of one mode.

    `closed` and `opened` fell into the period, `held` are open now, and whole; `past` are earlier
    periods, newest first: 12 weeks, 6 months, none of a digest. `findings` are those of the period,
    of trades by their close, of a week those of its last four; `claims` what the 90 days before its
    end come to, made or not, none of a digest; `books` all versions of all playbooks, `tags` what
    setups are called.
    `verdicts` of the days with a plan or an entry, `tilts` the score by day, `moods` the mean of
    each rating by day: of the last four weeks where the period is a week. `other_modes` counts
    closed trades that are left out because paper and live are never summed.
    """

    owner: UserId
    period: Period
    mode: Mode
    closed: tuple[Played, ...] = ()
    opened: tuple[Played, ...] = ()
    held: tuple[Played, ...] = ()
    other_modes: int = 0
    past: tuple[Stretch, ...] = ()
    findings: tuple[Finding, ...] = ()
    claims: tuple[Claim, ...] = ()
    books: tuple[Playbook, ...] = ()
    tags: TagBook
    verdicts: Mapping[date, Verdict]
    entry_days: frozenset[date] = frozenset()
    tilts: Mapping[date, int]
    moods: Mapping[str, Mapping[date, float]]
    account: Account = Account()
    model_cost: Decimal | None = None
    experiments: tuple[Mapping[str, Json], ...] = ()
    """Of a month: the `follow_up` of each of its weekly reviews."""
    notes: tuple[str, ...] = ()
    """What the owner wrote on it, to be quoted to a model as data."""
    unheard: frozenset[DetectorId] = frozenset()
    """Detectors that are off or in shadow as this is read."""
    thin_n: int = 10

    @property
    def quiet(self) -> bool:
        """Whether nothing was closed."""
        return not self.closed

    @property
    def empty(self) -> bool:
        """Whether nothing happened at all: no entry, no close, no flow, no weighty finding."""
        weighty = any(one.severity.told for one in self.findings if not one.shadow)
        return not (self.closed or self.opened or self.account.moved or weighty)

    @property
    def tried(self) -> Experiment | None:
        """Return the experiment that was tried in this week."""
        if self.period.kind is not ReviewKind.WEEK or not self.past:
            return None
        return self.past[0].tried

    @property
    def last_day(self) -> date | None:
        """Return the period's last day if a person entered or closed a trade on it."""
        last = self.period.after - timedelta(days=1)
        begins = self.period.place.midnight(last)
        moments = (
            moment
            for one in (*self.closed, *self.opened)
            if one.trade.origin is Origin.HUMAN
            for moment in (one.trade.opened_at, one.trade.closed_at)
        )
        traded = any(one and begins <= one < self.period.until for one in moments)
        return last if traded else None

    @property
    def found(self) -> Sequence[Finding]:
        """Return the findings of the period alone: of a trade where it closed, not was entered."""
        closed, period = {one.trade.id for one in self.closed}, self.period
        return [
            one
            for one in self.findings
            if (one.scope is Scope.TRADE and one.trades[0] in closed)
            or (one.scope is not Scope.TRADE and period.since <= one.at < period.until)
        ]

    def judged(self, found: Finding) -> "Material":
        """Return it with what was found of its last day."""
        if any(one.id == found.id for one in self.findings):
            return self
        tilts = dict(self.tilts)
        if found.detector is DetectorId.TILT and not found.shadow:
            tilts[self.period.after - timedelta(days=1)] = int(str(found.figures["score"]))
        return replace(self, findings=(*self.findings, found), tilts=tilts)

    def within(self, day: date) -> bool:
        """Whether a day belongs to the period."""
        return self.period.first <= day < self.period.after
