"""Keeping playbooks: an edit is the next version, and a version never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.ids import UserId, ulid
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.book_stats import Played, RuleStats, stats
from nightdesk.journal.discipline import discipline
from nightdesk.journal.modes import modes_of
from nightdesk.journal.playbook import LIMIT, BookStatus, Playbook, Rule
from nightdesk.journal.ports.trades import By
from nightdesk.journal.ports.writing import Playbooks, Tags, WrittenTrades
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.spans import FIRST, in_range
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check, Status
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.journal.versions import expect
from nightdesk.performance.figure import Figure
from nightdesk.trading.order import Mode

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookText:
    """What a trader writes of a playbook."""

    name: str
    description: str = ""
    status: BookStatus = BookStatus.ACTIVE
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class CreatePlaybook:
    """Make a playbook at version 1."""

    playbooks: Playbooks

    def __call__(self, owner: UserId, text: BookText, *, cause: str, now: datetime) -> Playbook:
        """Return it; the same cause gives the same one.

        Raises Conflict `NAME_TAKEN`; `PLAYBOOK_LIMIT`: two requests at once may make one more.
        """
        book_id = f"book_{ulid(now, owner, 'playbook', cause).lower()}"
        versions = self.playbooks.versions(owner, book_id)
        if versions:
            return versions[0]
        if len(self.playbooks.list(owner)) >= LIMIT:
            raise Conflict("PLAYBOOK_LIMIT", f"There are {LIMIT} playbooks.")
        book = Playbook(
            owner=owner,
            id=book_id,
            version=1,
            name=text.name,
            description=text.description,
            status=text.status,
            rules=text.rules,
            created_at=now,
        )
        self.playbooks.put(book, None)
        return book


@dataclass(frozen=True, slots=True)
class ChangePlaybook:
    """Store the next version; trades keep the one that was in force at their entry."""

    playbooks: Playbooks

    def __call__(
        self, owner: UserId, book_id: str, text: BookText, *, version: int, now: datetime
    ) -> Playbook:
        """Return it, or the newest itself when nothing has changed.

        Raises Missing, Conflict `STALE_VERSION`, `NAME_TAKEN`, StaleWrite when two edits race.
        """
        newest = newest_of(self.playbooks, owner, book_id)
        expect(newest.version, version)
        book = replace(
            newest,
            version=newest.version + 1,
            name=text.name,
            description=text.description,
            status=text.status,
            rules=text.rules,
            created_at=now,
        )
        if replace(book, version=newest.version, created_at=newest.created_at) == newest:
            return newest
        self.playbooks.put(book, newest)
        return book


@dataclass(frozen=True, slots=True)
class ArchivePlaybook:
    """Take a playbook out of use; its versions stay for the trades that keep them."""

    playbooks: Playbooks

    def __call__(self, owner: UserId, book_id: str, *, now: datetime) -> None:
        """Archive it; a repeat changes nothing. Raises Missing, StaleWrite."""
        newest = newest_of(self.playbooks, owner, book_id)
        if newest.status is BookStatus.ARCHIVED:
            return
        status = BookStatus.ARCHIVED
        book = replace(newest, version=newest.version + 1, status=status, created_at=now)
        self.playbooks.put(book, newest)


@dataclass(frozen=True, slots=True)
class ReadPlaybooks:
    """Show playbooks."""

    playbooks: Playbooks

    def __call__(
        self, owner: UserId, *, limit: int, after: str | None, archived: bool
    ) -> Page[Playbook]:
        """Return newest versions by id, active ones alone unless `archived`.

        Raises BadCursor for a key of the other list.
        """
        shown = "all" if archived else "active"
        mark, _, last = (after or f"{shown}~").partition("~")
        if mark != shown:
            raise BadCursor("the cursor belongs to another list")
        found = [
            one
            for one in self.playbooks.list(owner)
            if (archived or one.status is BookStatus.ACTIVE) and one.id > last
        ]
        more = f"{mark}~{found[limit - 1].id}" if len(found) > limit else None
        return Page(found[:limit], more)

    def one(self, owner: UserId, book_id: str, version: int | None = None) -> Playbook:
        """Return a version, the newest unless it is named. Raises Missing."""
        if version is None:
            return newest_of(self.playbooks, owner, book_id)
        for book in self.playbooks.versions(owner, book_id):
            if book.version == version:
                return book
        raise Missing("no such version")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookStats:
    """What a playbook was worth over `n` closed trades of these modes that keep it.

    `others` of another mode keep it, too, and are not counted.
    """

    rules: Sequence[RuleStats]
    discipline: Figure
    n: int
    modes: tuple[Mode, ...]
    others: int


@dataclass(frozen=True, slots=True)
class ReadBookStats:
    """Say what keeping each rule was worth, and how often rules were kept at all."""

    playbooks: Playbooks
    trades: WrittenTrades
    tags: Tags
    place: ReadPlace

    def __call__(
        self, owner: UserId, book_id: str, filters: TradeFilters, *, now: datetime
    ) -> BookStats:
        """Return the figures of each rule over the trades that pass, and the discipline.

        Without `since` a year up to `until`, without `until` up to `now`. Raises Missing, Invalid
        `BAD_RANGE`.
        """
        until = filters.until or now
        since = filters.since or max(until, FIRST + YEAR) - YEAR
        in_range(since, until)
        versions = self.playbooks.versions(owner, book_id)
        if not versions:
            raise Missing("no such playbook")
        there = [
            one
            for one in self._read(owner, filters, since, until)
            if one.labels.playbook_id == book_id and one.trade.status is Status.CLOSED
        ]
        modes = modes_of((one.trade for one in there), filters.modes)
        played = [one for one in there if one.trade.mode in modes]
        found = stats(versions, played, self.place(owner, now))
        kept, broken = (sum(one.kept for one in found), sum(one.broken for one in found))
        return BookStats(
            rules=found,
            discipline=discipline([Check.KEPT] * kept + [Check.BROKEN] * broken),
            n=len(played),
            modes=modes,
            others=len(there) - len(played),
        )

    def _read(
        self, owner: UserId, filters: TradeFilters, since: datetime, until: datetime
    ) -> Sequence[Played]:
        read = self.trades.closed if filters.by is By.CLOSED else self.trades.opened
        tags = TagBook(owner, self.tags.all(owner))
        return [one for one in read(owner, since, until) if filters.pass_(one, tags)]


def newest_of(playbooks: Playbooks, owner: UserId, book_id: str) -> Playbook:
    """Return the newest version of a playbook. Raises Missing."""
    versions = playbooks.versions(owner, book_id)
    if not versions:
        raise Missing("no such playbook")
    return versions[-1]
