"""Whether trades were planned: noted beside each of a person's, so that lists and detectors tell.

What a plan says is told from the plan as it stood at the first fill, so it may be told late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.merged import labels_counting, plan_counting
from nightdesk.journal.period import ReviewKind, containing
from nightdesk.journal.plan import persons, planned
from nightdesk.journal.ports.trades import PreferencesOf, Trades
from nightdesk.journal.ports.writing import Plans, Tags
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import JournalTrade, Labels, Origin

TRIES = 5


@dataclass(frozen=True, slots=True)
class TellPlanned:
    """Tell of one trade whether it was planned. Plans are a person's: of a bot's it tells none."""

    plans: Plans
    tags: Tags
    preferences: PreferencesOf

    def __call__(self, trade: JournalTrade, labels: Labels) -> Labels:
        """Return its labels with `planned`; a merged setup is the one it went into."""
        if trade.origin is not Origin.HUMAN:
            return labels
        places = self.preferences(trade.owner).places
        day = containing(ReviewKind.DAY, trade.opened_at, places).first
        plan = self.plans.get(trade.owner, day)
        counted = labels
        if plan is not None and plan.wish.setups:
            tags = TagBook(trade.owner, self.tags.all(trade.owner))
            plan, counted = plan_counting(plan, tags), labels_counting(labels, tags)
        return replace(labels, planned=planned(plan, trade, counted))


@dataclass(frozen=True, slots=True)
class NotePlanned:
    """Note of stored trades whether they were planned, once for each."""

    trades: Trades
    tell: TellPlanned

    def __call__(self, owner: UserId, trades: Sequence[JournalTrade]) -> int:
        """Return of how many it was noted now. Raises StaleWrite."""
        return sum(self._noted(owner, trade) for trade in persons(trades))

    def _noted(self, owner: UserId, trade: JournalTrade) -> bool:
        for left in reversed(range(TRIES)):
            labels = self.trades.labels(owner, trade.id)
            if labels.planned is not None:
                return False
            try:
                self.trades.save_labels(self.tell(trade, labels))
            except StaleWrite:
                if not left:
                    raise
                continue  # its owner writes at this moment: read again what stands
            return True
        raise AssertionError  # the last try returns or raises
