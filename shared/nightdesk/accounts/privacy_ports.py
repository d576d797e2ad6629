"""What exports and deletions need from outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.audit import Entry, Json, Record
from nightdesk.accounts.departure import Deletion, Erased
from nightdesk.accounts.exported import Export, Found, Place, Scope
from nightdesk.accounts.identity import Profile, Security
from nightdesk.accounts.tokens import TokenId
from nightdesk.core.events import Event
from nightdesk.core.ids import SessionId, UserId


class Workflows(Protocol):
    """Long work that runs by itself."""

    def start(self, workflow: str, name: str, state: Mapping[str, Json]) -> None:
        """Run it under this name, once: a name that has run is left alone.

        Raises StoreUnavailable, Misconfigured.
        """
        ...


class Exports(Protocol):
    """Exports of owners; one of an owner runs at a time."""

    def get(self, owner: UserId, export_id: str) -> Export | None:
        """Return one by a consistent read, or None."""
        ...

    def begin(self, export: Export, *, entries: Sequence[Entry]) -> None:
        """Store a running export with its entries.

        Raises Conflict `EXPORT_RUNNING` while another one runs at `asked_at`.
        """
        ...

    def save(self, export: Export, *, events: Sequence[Event] = (), now: datetime) -> None:
        """Store it over a running one. Raises StaleWrite if it has ended."""
        ...


class OwnedItems(Protocol):
    """Every item of an owner that an export shows, partition by partition."""

    def start(self, owner: UserId, scope: Scope) -> Place:
        """Return where a walk begins."""
        ...

    def after(self, owner: UserId, place: Place, *, limit: int) -> Found:
        """Return up to `limit` rows behind `place`; audit entries are none of them."""
        ...

    def records(
        self, owner: UserId, place: Place, *, limit: int
    ) -> tuple[Sequence[Record], Place | None]:
        """Return up to `limit` records of the chain in which `place` is, and where it goes on."""
        ...


class ExportFiles(Protocol):
    """Parts and archives. Each raises StoreUnavailable, Misconfigured."""

    def put(self, export: Export, step: int, files: Mapping[str, bytes]) -> None:
        """Store what a step collected, in place of what an earlier try of it did."""
        ...

    def pack(self, export: Export, heads: Mapping[str, bytes], single: Mapping[str, bytes]) -> int:
        """Join the parts of each file behind its head, and make the archive.

        `single` are whole files. Return the size in bytes. The parts are gone then.
        """
        ...

    def link(self, export: Export, seconds: int) -> str:
        """Return an address under which the archive is fetched, for so long."""
        ...


class OwnedFiles(Protocol):
    """Files of owners, of one kind or of all."""

    def destroy(self, owner: UserId) -> int:
        """Delete all of an owner; return how many there were. Cut off, the rest goes next time."""
        ...


class Deletions(Protocol):
    """Deletions of accounts, each change with all that follows from it in one transaction."""

    def get(self, owner: UserId) -> Deletion | None:
        """Return the newest of an owner by a consistent read, or None."""
        ...

    def begin(
        self,
        deletion: Deletion,
        profile: Profile,
        security: Security,
        *,
        ended: Sequence[SessionId],
        revoked: Sequence[TokenId],
        witness: UserId | None,
        entries: Sequence[Entry],
        events: Sequence[Event] = (),
    ) -> None:
        """Store it and the account as it is from now on; shut the gate, end sessions and tokens.

        `security` is stored over the version that was read. `witness` must be an administrator
        who may act. Raises StaleWrite if anything moved meanwhile.
        """
        ...

    def cancel(
        self,
        deletion: Deletion,
        profile: Profile,
        security: Security,
        *,
        entries: Sequence[Entry],
        now: datetime,
    ) -> None:
        """Store it as cancelled and the account as it is again, the gate opened. Raises StaleWrite.

        A gate that a block or a stop has shut stays shut.
        """
        ...

    def commence(self, deletion: Deletion) -> None:
        """Store it as under way: it is not cancelled any more. Raises StaleWrite if it was."""
        ...

    def unlist(self, deletion: Deletion) -> None:
        """Free e-mail address and username, and name the owner by the pseudonym in the list."""
        ...

    def finish(self, deletion: Deletion, *, entries: Sequence[Entry]) -> None:
        """Store it as done and the account as deleted, its last secrets gone. Raises StaleWrite."""
        ...


class OwnersErasing(Protocol):
    """Does with an owner's items what their kinds say."""

    def step(self, owner: UserId, place: Place | None, *, limit: int) -> Erased:
        """Work on up to `limit` items behind `place`; None: on the first ones.

        Done twice it is as if done once.
        """
        ...


class Holdings(Protocol):
    """What an owner holds with real money. Answered by the rooms that know the books."""

    def live(self, owner: UserId) -> Sequence[str]:
        """Return the bots that hold a live position or have a live order open."""
        ...


class Retirement(Protocol):
    """Ends bots of an owner who leaves."""

    def __call__(self, owner: UserId, now: datetime) -> int:
        """Retire every bot, whatever it holds on paper; return how many were retired now."""
        ...
