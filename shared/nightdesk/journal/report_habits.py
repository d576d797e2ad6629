"""What a report says of behaviour: each detector over the newest entries, with its base rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.core.ids import UserId
from nightdesk.journal.behaviour.gathering import PAST, GatherHistory, Wanted
from nightdesk.journal.behaviour.making import in_use
from nightdesk.journal.behaviour.reporting import MOST_DAYS, Row, rows_of
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.claim import Standing
from nightdesk.journal.ports.findings import DetectorSettings
from nightdesk.journal.report import Habit
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True)
class ReportHabits:
    """Run the detectors over the trades of a report."""

    gather: GatherHistory
    settings: DetectorSettings

    def __call__(
        self, owner: UserId, trades: Sequence[SeenTrade], modes: Sequence[Mode], *, until: datetime
    ) -> tuple[Habit, ...]:
        """Return what was seen of people's trades, what fires first; none where there are none.

        Of `trades`, by entry, those of the last two years count; older ones are their past.
        """
        since = until - timedelta(days=MOST_DAYS)
        entries = [one for one in trades if one.opened_at >= since]
        if not entries:
            return ()
        wanted = Wanted(
            owner=owner,
            mode=Mode.LIVE if Mode.LIVE in modes else Mode.PAPER,
            since=entries[0].opened_at - PAST,
            until=until,
        )
        history = self.gather.around(wanted, trades, frozenset(one.id for one in entries))
        rows = rows_of(history, list(in_use(self.settings.all(owner))))
        told = [_habit(row) for row in sorted(rows, key=_weight) if not row.shadow]
        return tuple(one for one in told if one is not None)


def _weight(row: Row) -> tuple[bool, int, str]:
    fires = row.claim is not None and row.claim.standing is Standing.FIRES
    return not fires, -len(row.flags), row.detector.id.value


def _habit(row: Row) -> Habit | None:
    """Return a detector's line; None where it saw nothing and claims nothing."""
    name = row.detector.id.value.replace("_", " ").lower()
    if row.claim is not None:
        chance = row.claim.chance
        fires = row.claim.standing is Standing.FIRES
        return Habit(
            name=name,
            severity=row.claim.severity.value if fires else row.claim.standing.replace("_", " "),
            text=row.claim.text,
            x=None if chance is None else chance.x,
            n=None if chance is None else chance.n,
            base=None if chance is None else chance.base,
            p=None if chance is None else chance.p,
        )
    if not row.flags:
        return None
    heaviest = max((flag.severity for flag in row.flags), key=lambda one: one.rank)
    return Habit(
        name=name,
        severity=heaviest.value,
        text=f"Seen {len(row.flags)} times among {row.n} entries; no base rate is known.",
        x=len(row.flags),
        n=row.n,
    )
