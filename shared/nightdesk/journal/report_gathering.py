"""Filling a report from a stored journal.

Trades pass by page by page: what stays of each are its values, and what groups it stands in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from nightdesk.core.ids import UserId
from nightdesk.journal import report_parts as parts
from nightdesk.journal.account import Account, ReadAccount
from nightdesk.journal.columns import Counted, Tally
from nightdesk.journal.discipline import discipline
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.export_source import ExportSource
from nightdesk.journal.place import Place
from nightdesk.journal.planning import ReadPlan, ShownPlan
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.report import Line, PlanDay, Quantity, Report
from nightdesk.journal.report_habits import ReportHabits
from nightdesk.journal.report_passing import Bare, Passing
from nightdesk.journal.report_reasons import sentences
from nightdesk.journal.saved_metric import Basis, Unit
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check
from nightdesk.journal.verdict import State
from nightdesk.performance import units
from nightdesk.performance.figure import known
from nightdesk.trading.order import Mode

TITLE = "Journal of trades"
PLANS_AT_ONCE = 5
"""Their days lie together, and all trades of the time between are read for them."""
MOST_PLANS = 60
MOST_RULES = 20
CONVENTIONS = (
    "Results count on the close; open trades are not counted.",
    "Hours, weekdays and sessions are those of the entry, on the clock named on the first page.",
    "R is the result over the risk of the first stop, costs not in that risk.",
    "A trade without a stop recorded within 60 seconds of its first fill has no R.",
    "Figures of the account come from its equity by day, deposits and withdrawals taken out.",
    "365 days a year, standard deviations of samples, risk-free rate 0.",
    "Figures of trades come from closed trades. The two are never mixed.",
    "Win rates have Wilson intervals, means Student intervals, of 95 %.",
    "Groups of few trades are grey and never ranked.",
    "Better and worse are said only where proven: Welch, then Benjamini and Hochberg at 10 %.",
    "MAE and MFE: how far a trade went against and for its trader until its close, before fees.",
    "A dash with a letter is a figure without a value; the last page says why.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherReport:
    """Read trades, account, plans and habits of a span and lay them out."""

    source: ExportSource
    account: ReadAccount
    plans: ReadPlan
    habits: ReportHabits

    def __call__(self, owner: UserId, options: ExportOptions, *, now: datetime) -> Report:
        """Return the report. `now`: a day that was not over then has no verdict yet."""
        place, preferences = self.source.place(owner, options), self.source.preferences(owner)
        modes = [mode for mode in Mode if mode in options.filters.get("mode", ())]
        tally, passing = Tally(Bare()), Passing(self.source.every_book(owner), place)
        for page in self.source.played(owner, options):
            tally.take(page)
            passing.take(page)
        whole = tally.counted(modes=modes, currency=place.currency)
        account = self._account(owner, options, place, whole.modes, now)
        unit, basis = units.Unit(options.unit), units.Basis(options.basis)
        trades = parts.Told.of(whole, unit, basis, account.capital_in(whole.currency), place)
        plans = list(self._plans(owner, options, place, now))
        days, tags = parts.Days.of(account), self.source.book(owner)
        return Report(
            title=TITLE,
            since=parts.first_day(options.since, trades, days, whole=options.whole),
            until=place.day(options.until - timedelta(microseconds=1)),
            zone=place.zone,
            currency=whole.currency or place.currency,
            account_currency=account.currency or place.currency,
            unit=options.unit,
            numbers=options.numbers,
            scope=scope(whole, account, options, trades, tags),
            conventions=CONVENTIONS,
            changes=_changes(preferences, options),
            summary=parts.summary(trades),
            metrics=parts.lines(trades.metrics(units.Unit.MONEY), parts.OF_TRADES),
            account=parts.lines(days.figures, parts.OF_DAYS),
            equity=days.equity,
            falls=days.falls,
            months=parts.months(trades, days, preferences.thin_n),
            r_values=parts.r_values(trades),
            excursions=parts.excursions(trades),
            hours=parts.hours(trades),
            breakdowns=parts.breakdowns(trades, tags, preferences.thin_n),
            habits=self.habits(
                owner, passing.judged(whole.modes), whole.modes, until=options.until
            ),
            discipline=_discipline(passing, whole.modes, plans),
            plans=tuple(_planned(one) for one in plans[:MOST_PLANS]),
            costs=parts.costs(trades),
            trades=parts.listed(passing.listed(whole.modes), trades, tags),
            trades_in_all=whole.columns.count,
            reasons=sentences(),
        )

    def _account(
        self,
        owner: UserId,
        options: ExportOptions,
        place: Place,
        modes: Sequence[Mode],
        now: datetime,
    ) -> Account:
        """Return the account of the same modes: of other filters bots and accounts are its own."""
        return self.account(
            owner,
            options.since,
            min(options.until, now),  # a day that has begun counts as far as it went
            place=place,
            modes=modes,
            only=sorted(options.filters.get("bot_id", ())),
            accounts=sorted(options.filters.get("account", ())),
        )

    def _plans(
        self, owner: UserId, options: ExportOptions, place: Place, now: datetime
    ) -> Iterator[ShownPlan]:
        """Yield the plans of the span, newest first."""
        first = place.day(options.since)
        last = place.day(options.until - timedelta(microseconds=1))
        after: str | None = None
        while True:
            page = self.plans.page(owner, first, last, now=now, limit=PLANS_AT_ONCE, after=after)
            yield from page.items
            after = page.next_key
            if after is None:
                return


def _discipline(
    passing: Passing, modes: Sequence[Mode], plans: Sequence[ShownPlan]
) -> tuple[Line, ...]:
    """Return what was kept of rules and plans."""
    rules = passing.rules(modes)
    items = [item.check for one in plans for item in one.verdict.items]
    checks = [*items]
    for counts in rules.values():
        checks += [Check.KEPT] * counts[True] + [Check.BROKEN] * counts[False]
    found = [
        Line(name="discipline, 0 to 100", figure=discipline(checks), quantity=Quantity.COUNT),
        Line(
            name="items of plans kept, 0 to 100",
            figure=discipline(items),
            quantity=Quantity.COUNT,
        ),
    ]
    shares = {"planned trades": passing.planned(modes)}
    shares |= {f"rule kept: {text}": counts for text, counts in [*rules.items()][:MOST_RULES]}
    for name, counts in shares.items():
        if n := counts.total():
            share = known(counts[True] / n, n)
            found.append(Line(name=name, figure=share, quantity=Quantity.SHARE))
    return tuple(found)


def _planned(one: ShownPlan) -> PlanDay:
    items = one.verdict.items
    broken = [item.name for item in items if item.check is Check.BROKEN]
    state = one.verdict.state.value.replace("_", " ")
    if one.verdict.state is State.JUDGED:
        state = "broken" if broken else "kept"
        if any(item.check is Check.UNKNOWN for item in items):
            state = "broken" if broken else "unknown"
        state += " on paper" if one.verdict.mode is Mode.PAPER else ""
    named = f" ({one.verdict.named.value})" if one.verdict.named else ""
    trades = {name for item in items for name in item.trades}
    return PlanDay(
        day=one.day,
        trades=len(trades),
        state=f"{state}{named}",
        broken=", ".join(name.replace("_", " ") for name in broken),
    )


def _changes(preferences: Preferences, options: ExportOptions) -> tuple[tuple[date, str], ...]:
    """Return where the owner's zone or currency changed within the span: a line in charts."""
    return tuple(
        (one.day(one.since), f"{one.zone}, {one.currency}")
        for one in preferences.places
        if one.since is not None and options.since <= one.since < options.until
    )


def _called(tags: TagBook, wanted: Sequence[str]) -> Sequence[str]:
    """Return the names of tags, a merged one as what it became; an unknown id as it is."""
    counting = (tags.of(one) or one for one in wanted)
    return [tags.every[one].name if one in tags.every else one for one in dict.fromkeys(counting)]


def _told_of(account: Account) -> Iterator[str]:
    """Yield what the account is of, and what is not known of it."""
    kept = account.kept
    if account.days:
        of = ", ".join(kept.accounts) or "bots"
        yield f"The account: {of} in {account.currency}, {len(account.days):,} days."
    else:
        yield "There is no equity by day: the account has no curve."
    if account.left_out:
        yield f"Left out of the account, in other money: {', '.join(account.left_out)}."
    if kept.untold:
        yield f"Left out, since what was paid in is not known: {', '.join(kept.untold)}."
    if kept.stale:
        yield f"At an older price, for want of candles: {', '.join(kept.stale)}."
    if kept.unpriced:
        yield f"Counted as nothing, for want of any price: {', '.join(kept.unpriced)}."


def scope(
    whole: Counted, account: Account, options: ExportOptions, trades: parts.Told, tags: TagBook
) -> tuple[str, ...]:
    """Return what the report counts and what not, in sentences."""
    modes = " and ".join(mode.value for mode in whole.modes)
    said = [f"{whole.columns.count:,} closed trades of {modes} accounts."]
    if whole.others:
        said.append(f"{whole.others:,} trades of another mode are not counted.")
    if whole.unvalued:
        said.append(f"{whole.unvalued:,} are counted without an amount: a price is missing.")
    left = whole.columns.count - trades.shown.columns.count
    if left:
        said.append(f"{left:,} have no amount in the unit of this report.")
    said += _told_of(account)
    for name, wanted in sorted(options.filters.items()):
        if name != "by":
            shown = _called(tags, wanted) if name in {"setup", "tag"} else wanted
            said.append(f"Only where {name.replace('_', ' ')} is {' or '.join(shown)}.")
    named = {Unit.MONEY: "money", Unit.R: "R", Unit.PERCENT: "percent of the start capital"}
    costs = "after fees and funding" if options.basis is Basis.NET else "before fees and funding"
    said.append(f"Results are in {named[options.unit]}, {costs}.")
    return tuple(said)
