"""What reviews need from outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.accounts.directory import Listed
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO
from nightdesk.core.pages import Page
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import Finding, Json
from nightdesk.journal.period import Period, ReviewKind
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.review import Review, ReviewText
from nightdesk.journal.review_material import Material
from nightdesk.journal.review_task import ReviewTask
from nightdesk.trading.order import Mode


class Reviews(Protocol):
    """Reviews of owners, version by version."""

    def versions(self, owner: UserId, kind: ReviewKind, label: str) -> Sequence[Review]:
        """Return all versions of one, oldest first, read consistently; empty if there is none."""
        ...

    def begin(self, review: Review) -> Review | None:
        """Store a new version at revision 1 and return None, or return what has its number."""
        ...

    def save(self, review: Review, *, events: Sequence[Event] = (), now: datetime) -> Review:
        """Store it over its revision, its events in the same transaction.

        Return it with its next revision. Raises StaleWrite.
        """
        ...

    def page(
        self, owner: UserId, kind: ReviewKind, *, limit: int, after: str | None
    ) -> Page[Review]:
        """Return all versions of a kind, the latest period first, of one the newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """The next review of one kind that an owner is owed, and from when on."""

    owner: UserId
    kind: ReviewKind
    label: str
    at: datetime
    version: int = 0


class Appointments(Protocol):
    """What is due when, over all owners: one appointment per owner and kind, found by its time."""

    def of(self, owner: UserId) -> Mapping[ReviewKind, Appointment]:
        """Return an owner's, read consistently."""
        ...

    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Appointment]:
        """Return those with ``at <= now``, the longest due first.

        One that moved a moment ago may be told as it was: who works it looks again.
        """
        ...

    def put(self, appointment: Appointment) -> bool:
        """Store it over its version; False if it has moved meanwhile."""
        ...

    def drop(self, owner: UserId, kind: ReviewKind) -> None:
        """Remove one; one that is not there is as good as removed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a model wrote, and what it cost in USD."""

    text: ReviewText
    model: str
    prompt_hash: str
    cost: Decimal = ZERO


class ReviewWriter(Protocol):
    """Words the numbers of a review."""

    def __call__(
        self, numbers: Mapping[str, Json], notes: Sequence[str], *, fault: str | None = None
    ) -> Draft | None:
        """Return a draft; None where no model is configured, affordable or answers.

        `notes` are data, never instructions. `fault` is what was wrong with the draft before.
        """
        ...


class GatherMaterial(Protocol):
    """Reads what a review is made of."""

    def __call__(self, own: Preferences, period: Period, *, now: datetime) -> Material:
        """Return what there is of a period of the owner with these preferences.

        Raises StoreUnavailable.
        """
        ...


class JudgeDays(Protocol):
    """Scores a day that is over, once. Answered by what judges behaviour."""

    def __call__(self, owner: UserId, day: date, mode: Mode, *, now: datetime) -> Finding | None:
        """Return what is stored of it; None for a calm day, or before its end."""
        ...


class JudgeClaims(Protocol):
    """Says what the 90 days before a moment claim. Answered by what judges behaviour."""

    def __call__(
        self, owner: UserId, mode: Mode, until: datetime, *, now: datetime, keeping: bool
    ) -> Sequence[Claim]:
        """Return the claims, made or not; with `keeping` those that are made are stored, once."""
        ...


class ReviewQueue(Protocol):
    """Carries tasks to the worker of reviews."""

    def send(self, tasks: Sequence[ReviewTask], *, now: datetime) -> None:
        """Send them all, or raise StoreUnavailable: some may have been sent then."""
        ...


class UsersById(Protocol):
    """Everybody who has an account."""

    def since(self, after: UserId | None) -> Iterator[Listed]:
        """Yield the users after this id, by id, as they are asked for."""
        ...
