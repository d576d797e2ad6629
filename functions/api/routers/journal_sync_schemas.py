"""Bodies and answers of the sync routes."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from functions.api.routers.journal_cash_schemas import UnplacedOut
from functions.api.routers.journal_schemas import one_line
from functions.api.schemas import Answer, Moment, Request
from nightdesk.journal.hand_fills import MAX_ACCOUNT
from nightdesk.journal.synced import LEAST_DAYS, MOST_DAYS, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.journal.synced import RowError, Sync
    from nightdesk.journal.unplaced import Unplaced


class SyncIn(Request):
    """Which account, as the journal calls it (`kraken:main:live`); left out: all with a ready key.

    `days` is how far back to look; left out: from a day before the last sync, at first 90 days.
    """

    account: Annotated[str, one_line(MAX_ACCOUNT)] | None = Field(
        default=None, min_length=1, max_length=MAX_ACCOUNT
    )
    days: int | None = Field(default=None, ge=LEAST_DAYS, le=MOST_DAYS)


class SyncCountsOut(Answer):
    """Rows that were fetched; records that are new; known ones that this account now tells too.

    `skipped` were known from it, or are the desk's own; `errors` could not be taken.
    """

    fetched: int
    new: int
    updated: int
    skipped: int
    errors: int


class SyncOut(Answer):
    """A sync. `progress` in percent of the parts known so far; `reason` says why it has failed."""

    id: str
    account: str
    venue: str
    status: Status
    scheduled: bool
    days: int | None
    until: Moment
    progress: int
    counts: SyncCountsOut
    reason: str
    created_at: Moment
    updated_at: Moment

    @classmethod
    def from_domain(cls, one: "Sync") -> Self:
        """Show one."""
        return cls(**_shown(one))


class SyncErrorOut(Answer):
    """A row of the venue that was not taken: its id there, the field, what to do."""

    part: str
    ref: str
    column: str
    value: str
    code: str
    hint: str

    @classmethod
    def from_domain(cls, one: "RowError") -> Self:
        """Show one."""
        return cls(
            part=one.part,
            ref=one.ref,
            column=one.column,
            value=one.value,
            code=one.code,
            hint=one.hint,
        )


class SyncDetailOut(SyncOut):
    """A sync with the first 200 rows that it could not take.

    `unplaced` is what is in no trade now, of the instruments in which it brought anything.
    """

    errors: list[SyncErrorOut]
    unplaced: list[UnplacedOut]

    @classmethod
    def of(cls, one: "Sync", unplaced: "Sequence[Unplaced]") -> Self:
        """Show one."""
        return cls(
            **_shown(one),
            errors=[SyncErrorOut.from_domain(error) for error in one.errors],
            unplaced=[UnplacedOut.from_domain(row) for row in unplaced],
        )


class SyncsBegunOut(Answer):
    """The syncs that run now, one for each account."""

    items: list[SyncOut]


def _shown(one: "Sync") -> dict[str, object]:
    whole = one.status is Status.DONE
    progress = 100 if whole else 100 * one.at // (len(one.parts) + 1)
    return {
        "id": one.sync_id,
        "account": one.account,
        "venue": one.venue,
        "status": one.status,
        "scheduled": one.scheduled,
        "days": one.days or None,
        "until": one.until,
        "progress": progress,
        "counts": SyncCountsOut(**one.counts),
        "reason": one.reason,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }
