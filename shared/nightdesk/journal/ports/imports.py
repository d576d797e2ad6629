"""What imports need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nightdesk.core.events import Event
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.imported import Import, Planned, SavedMap, Step, Summary, Upload
from nightdesk.journal.importing.issue import Issue


class Imports(Protocol):
    """Imports of owners, and the maps they keep."""

    def create(self, one: Import) -> Import:
        """Store a new one; the same id again answers what is stored."""
        ...

    def get(self, owner: UserId, import_id: str) -> Import:
        """Return it, read consistently. Raises Missing."""
        ...

    def save(self, one: Import, *, events: Sequence[Event] = (), now: datetime) -> Import:
        """Store over the version that was read, its events in the same transaction.

        Return it as stored. Raises StaleWrite.
        """
        ...

    def page(self, owner: UserId, *, limit: int, after: str | None) -> Page[Import]:
        """Return imports, newest first."""
        ...

    def keep(self, one: SavedMap) -> None:
        """Store a map, in place of one with its id."""
        ...

    def maps(self, owner: UserId) -> Sequence[SavedMap]:
        """Return the maps, oldest first."""
        ...

    def forget(self, owner: UserId, map_id: str) -> None:
        """Remove a map. Raises Missing."""
        ...


class ImportFiles(Protocol):
    """The uploaded file and the report of its check, each part written whole, under its owner."""

    def upload(self, owner: UserId, import_id: str, *, most: int) -> Upload:
        """Return a form by which a browser may post one file of at most so many bytes."""
        ...

    def size(self, owner: UserId, import_id: str) -> int | None:
        """Return the bytes of the file, None if nothing was uploaded."""
        ...

    def content(self, owner: UserId, import_id: str, *, most: int) -> bytes:
        """Return up to `most` bytes from the front of the file. Raises Missing."""
        ...

    def put_part(
        self, owner: UserId, import_id: str, part: int, planned: Sequence[Planned]
    ) -> None:
        """Store one batch of the report, in place of what an earlier check wrote there."""
        ...

    def part(self, owner: UserId, import_id: str, part: int) -> Sequence[Planned]:
        """Return one batch. Raises Missing."""
        ...

    def put_issues(self, owner: UserId, import_id: str, part: int, issues: Sequence[Issue]) -> None:
        """Store some issues."""
        ...

    def issues(self, owner: UserId, import_id: str, part: int) -> Sequence[Issue]:
        """Return them. Raises Missing."""
        ...

    def put_summary(self, owner: UserId, import_id: str, summary: Summary) -> None:
        """Store what the check found of the whole."""
        ...

    def summary(self, owner: UserId, import_id: str) -> Summary:
        """Return it. Raises Missing."""
        ...

    def destroy(self, owner: UserId) -> int:
        """Delete all that is an owner's; return how many files that were."""
        ...


class ImportQueue(Protocol):
    """Asks a worker for a step; asked twice it may be done twice, which changes nothing."""

    def send(self, owner: UserId, import_id: str, step: Step, now: datetime) -> None:
        """Ask. Raises StoreUnavailable."""
        ...


class RebuildTrades(Protocol):
    """Builds the trades of one account in one instrument anew, from all fills that are known."""

    def __call__(
        self, owner: UserId, account: str, instrument: InstrumentId, *, now: datetime
    ) -> None:
        """Store what the fills make now. Again it changes nothing."""
        ...
