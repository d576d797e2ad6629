"""What names tags that were merged since, as it counts now.

A merge is one write: labels, plans and rules keep the tag that they were given. They are read
through these, so that one side of a comparison never has a name that the other has no more. A
name that leads nowhere stays as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.plan import SessionPlan, Wish
from nightdesk.journal.playbook import Playbook, Rule, setups_asked
from nightdesk.journal.ports.writing import Plans, Playbooks, Tags, WrittenTrades
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Labels


def counting(tag_ids: Iterable[str], tags: TagBook) -> tuple[str, ...]:
    """Return the ids that count for these, each once, in their order."""
    return tuple(dict.fromkeys(tags.of(one) or one for one in tag_ids))


def labels_counting(labels: Labels, tags: TagBook) -> Labels:
    """Return labels with the setup and the tags that count."""
    setup = tags.of(labels.setup_id) or labels.setup_id if labels.setup_id else None
    named = counting(labels.tags, tags)
    if (setup, named) == (labels.setup_id, labels.tags):
        return labels
    return replace(labels, setup_id=setup, tags=named)


def played_counting(played: Sequence[Played], tags: TagBook) -> Sequence[Played]:
    """Return trades with labels that count; as they are where nothing was merged."""
    if not tags.merged:
        return played
    return [Played(trade=one.trade, labels=labels_counting(one.labels, tags)) for one in played]


def wish_counting(wish: Wish, tags: TagBook) -> Wish:
    """Return what a plan says with the setups that count."""
    return replace(wish, setups=counting(wish.setups, tags))


def plan_counting(plan: SessionPlan, tags: TagBook) -> SessionPlan:
    """Return a plan with the setups that count."""
    return replace(plan, wish=wish_counting(plan.wish, tags))


def book_counting(book: Playbook, tags: TagBook) -> Playbook:
    """Return a version of a playbook of which the rules ask for the setups that count."""
    return replace(book, rules=tuple(_rule(one, tags) for one in book.rules))


def _rule(rule: Rule, tags: TagBook) -> Rule:
    asked = setups_asked(rule)
    if rule.predicate is None or not asked:
        return rule
    return replace(rule, predicate=replace(rule.predicate, values=counting(asked, tags)))


@dataclass(frozen=True, slots=True)
class MergedTrades:
    """The port WrittenTrades, labels as they count now."""

    trades: WrittenTrades
    tags: Tags

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return one. Raises Missing."""
        (found,) = played_counting([self.trades.get(owner, trade_id)], self._book(owner))
        return found

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those entered with ``since <= opened_at < until``, by (opened_at, id)."""
        return played_counting(self.trades.opened(owner, since, until), self._book(owner))

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those closed with ``since <= closed_at < until``, by (closed_at, id)."""
        return played_counting(self.trades.closed(owner, since, until), self._book(owner))

    def _book(self, owner: UserId) -> TagBook:
        return TagBook(owner, self.tags.all(owner))


@dataclass(frozen=True, slots=True)
class MergedPlans:
    """The port Plans, setups as they count now."""

    plans: Plans
    tags: Tags

    def get(self, owner: UserId, day: date) -> SessionPlan | None:
        """Return one, read consistently, or None."""
        plan = self.plans.get(owner, day)
        return plan_counting(plan, self._book(owner)) if plan and plan.wish.setups else plan

    def save(self, plan: SessionPlan) -> SessionPlan:
        """Store it and return it with its new version. Raises StaleWrite."""
        return self.plans.save(plan)

    def page(
        self,
        owner: UserId,
        since: date | None,
        until: date | None,
        *,
        limit: int,
        after: str | None,
    ) -> Page[SessionPlan]:
        """Return plans with ``since <= day <= until``, newest first."""
        found = self.plans.page(owner, since, until, limit=limit, after=after)
        tags = self._book(owner)
        return Page([plan_counting(one, tags) for one in found.items], found.next_key)

    def _book(self, owner: UserId) -> TagBook:
        return TagBook(owner, self.tags.all(owner))


@dataclass(frozen=True, slots=True)
class MergedPlaybooks:
    """The port Playbooks, rules as they count now."""

    playbooks: Playbooks
    tags: Tags

    def versions(self, owner: UserId, book_id: str) -> Sequence[Playbook]:
        """Return all versions, oldest first, read consistently; empty if there is none."""
        return self._counting(owner, self.playbooks.versions(owner, book_id))

    def list(self, owner: UserId) -> Sequence[Playbook]:
        """Return the newest version of each, by id."""
        return self._counting(owner, self.playbooks.list(owner))

    def put(self, book: Playbook, before: Playbook | None) -> None:
        """Store the version after `before` and take its name. Raises Conflict, StaleWrite."""
        self.playbooks.put(book, before)

    def _counting(self, owner: UserId, books: Sequence[Playbook]) -> Sequence[Playbook]:
        if not any(setups_asked(rule) for book in books for rule in book.rules):
            return books
        tags = TagBook(owner, self.tags.all(owner))
        return [book_counting(one, tags) for one in books]
