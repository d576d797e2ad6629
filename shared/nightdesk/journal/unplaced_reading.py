"""Showing what stands in no trade: of an account, or of what a sync or an import touched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.ports.trades import UnplacedStore
from nightdesk.journal.unplaced import Unplaced


@dataclass(frozen=True, slots=True)
class ReadUnplaced:
    """Tell an owner what is in no trade now; later fills and files may place it."""

    store: UnplacedStore

    def __call__(self, owner: UserId, account: str) -> Sequence[Unplaced]:
        """Return it for one account, by instrument and code."""
        return [one for one in self.store.of(owner) if one.account == account]

    def touched(
        self, owner: UserId, books: Iterable[tuple[str, InstrumentId]]
    ) -> Sequence[Unplaced]:
        """Return it for these accounts and instruments, by account, instrument and code."""
        wanted = set(books)
        if not wanted:
            return []
        return [one for one in self.store.of(owner) if (one.account, one.instrument) in wanted]
