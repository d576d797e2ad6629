"""Keeping playbooks: an edit is the next version, and a version never changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.ids import UserId, ulid
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import RuleStats, stats
from nightdesk.journal.discipline import discipline
from nightdesk.journal.playbook import LIMIT, BookStatus, Playbook, Rule
from nightdesk.journal.ports.writing import Playbooks, WrittenTrades
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.spans import in_range
from nightdesk.journal.trade import Check
from nightdesk.journal.versions import expect
from nightdesk.performance.figure import Figure


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
        """Return newest versions by id, active ones alone unless `archived`."""
        found = [
            one
            for one in self.playbooks.list(owner)
            if (archived or one.status is BookStatus.ACTIVE) and one.id > (after or "")
        ]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def one(self, owner: UserId, book_id: str, version: int | None = None) -> Playbook:
        """Return a version, the newest unless it is named. Raises Missing."""
        if version is None:
            return newest_of(self.playbooks, owner, book_id)
        for book in self.playbooks.versions(owner, book_id):
            if book.version == version:
                return book
        raise Missing("no such version")


@dataclass(frozen=True, slots=True)
class ReadBookStats:
    """Say what keeping each rule was worth, and how often rules were kept at all."""

    playbooks: Playbooks
    trades: WrittenTrades
    place: ReadPlace

    def __call__(
        self, owner: UserId, book_id: str, since: datetime, until: datetime, *, now: datetime
    ) -> tuple[Sequence[RuleStats], Figure]:
        """Return the figures of each rule over trades closed in the span, and the discipline.

        Raises Missing, Invalid `BAD_RANGE`.
        """
        in_range(since, until)
        versions = self.playbooks.versions(owner, book_id)
        if not versions:
            raise Missing("no such playbook")
        played = self.trades.closed(owner, since, until)
        found = stats(versions, played, self.place(owner, now))
        kept, broken = (sum(one.kept for one in found), sum(one.broken for one in found))
        return found, discipline([Check.KEPT] * kept + [Check.BROKEN] * broken)


def newest_of(playbooks: Playbooks, owner: UserId, book_id: str) -> Playbook:
    """Return the newest version of a playbook. Raises Missing."""
    versions = playbooks.versions(owner, book_id)
    if not versions:
        raise Missing("no such playbook")
    return versions[-1]
