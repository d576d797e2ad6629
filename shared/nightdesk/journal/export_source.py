"""What exports are made from: an owner's journal, read a stretch at a time, always in one order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.cash_row import CashRow
from nightdesk.journal.entry import JournalEntry
from nightdesk.journal.export import TradeWords, found_of
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.merged import book_counting, labels_counting
from nightdesk.journal.movement import KINDS, Movement
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.playbook import Playbook, checked
from nightdesk.journal.ports.findings import Findings
from nightdesk.journal.ports.trades import CashRows, PreferencesOf, Trades
from nightdesk.journal.ports.writing import Entries, Playbooks, Tags
from nightdesk.journal.recorded import movement_of
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check
from nightdesk.journal.trade_filters import TradeFilters, filters_of
from nightdesk.trading.external import ExternalRecords

TRADES_AT_ONCE = 500
WHOLE_AT_ONCE = 100
ENTRIES_AT_ONCE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """Reads for exports. Nothing that grows with the journal is held but what a page holds."""

    trades: Trades
    tags: Tags
    findings: Findings
    books: Playbooks
    entries: Entries
    cash: CashRows
    records: ExternalRecords
    preferences: PreferencesOf

    def played(self, owner: UserId, options: ExportOptions) -> Iterator[Sequence[Played]]:
        """Yield pages of the trades that are wanted, with their first leg alone.

        By close, (closed_at, id), open ones behind them; or by opening.
        """
        wanted, tags = trades_wanted(options), self.book(owner)
        after: str | None = None
        while True:
            page: Page[Played] = self.trades.page(
                owner,
                by=wanted.by,
                limit=TRADES_AT_ONCE,
                after=after,
                since=wanted.since,
                until=wanted.until,
                newest_first=False,
            )
            yield [one for one in page.items if wanted.pass_(one, tags)]
            after = page.next_key
            if after is None:
                return

    def whole(self, owner: UserId, page: Sequence[Played]) -> Iterator[Played]:
        """Yield trades with all their legs; one that went meanwhile is left out."""
        for start in range(0, len(page), WHOLE_AT_ONCE):
            part = page[start : start + WHOLE_AT_ONCE]
            stored = self.trades.stored(owner, [one.trade.id for one in part])
            for one in part:
                if one.trade.id in stored:
                    yield Played(trade=stored[one.trade.id].trade, labels=one.labels)

    def words(self, owner: UserId, options: ExportOptions) -> TradeWords:
        """Return what lines of trades say in words."""
        place, tags = self.place(owner, options), self.book(owner)
        books = {
            (book.id, book.version): book_counting(book, tags) for book in self.every_book(owner)
        }

        def checks(one: Played) -> Mapping[str, Check]:
            labels = labels_counting(one.labels, tags)
            book = books.get((labels.playbook_id or "", labels.playbook_version or 0))
            return labels.checklist if book is None else checked(book, one.trade, labels, place)

        return TradeWords(
            tags=tags,
            found=found_of(self.findings.each(owner, None, options.until)),
            checks=checks,
        )

    def written(self, owner: UserId, options: ExportOptions) -> Iterator[JournalEntry]:
        """Yield the entries of the span, by (occurred_at, id)."""
        places = sorted(
            (one.occurred_at, one.id)
            for one in self.entries.all(owner)
            if options.since <= one.occurred_at < options.until
        )
        for start in range(0, len(places), ENTRIES_AT_ONCE):
            names = [name for _, name in places[start : start + ENTRIES_AT_ONCE]]
            yield from self.entries.some(owner, names)

    def moved(
        self, owner: UserId, options: ExportOptions
    ) -> tuple[Sequence[CashRow], Iterator[Movement]]:
        """Return what was written of cash by hand in the span, and what was told from outside."""
        rows = [one for one in self.cash.of(owner) if options.since <= one.at < options.until]
        return rows, (
            movement_of(one)
            for one in self.records.between(owner, options.since, options.until)
            if one.kind in KINDS and one.at < options.until
        )

    def every_book(self, owner: UserId) -> Sequence[Playbook]:
        """Return all versions of all playbooks."""
        return [
            version
            for book in self.books.list(owner)
            for version in self.books.versions(owner, book.id)
        ]

    def book(self, owner: UserId) -> TagBook:
        """Return an owner's tags."""
        return TagBook(owner, self.tags.all(owner))

    def place(self, owner: UserId, options: ExportOptions) -> Place:
        """Return what the owner counts in at the end of the span, in the zone that is wanted."""
        there = in_force(self.preferences(owner).places, options.until)
        return Place(zone=options.zone, currency=there.currency)


def trades_wanted(options: ExportOptions) -> TradeFilters:
    """Return which trades an export holds."""
    return filters_of(options.filters, options.since, None if options.open_too else options.until)
