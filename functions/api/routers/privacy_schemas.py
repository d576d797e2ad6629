"""Bodies and answers of the privacy routes."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from functions.api.schemas import Answer, Moment, Request

if TYPE_CHECKING:
    from nightdesk.accounts.departure import Deletion
    from nightdesk.accounts.exported import Export


class ExportBegunOut(Answer):
    """An export that is being made."""

    export_id: str


class ExportOut(Answer):
    """How an export stands. `url` is there while it is `ready`, and good for 10 minutes.

    `counts`: items by file. `size` in bytes.
    """

    export_id: str
    scope: str
    status: str
    asked_at: Moment
    finished_at: Moment | None
    kept_until: Moment
    size: int | None
    counts: dict[str, int]
    url: str | None

    @classmethod
    def from_domain(cls, export: "Export", url: str | None) -> Self:
        """Show an export and its link."""
        return cls(
            export_id=export.export_id,
            scope=export.scope.value,
            status=export.status.value,
            asked_at=export.asked_at,
            finished_at=export.finished_at,
            kept_until=export.until,
            size=export.size,
            counts=dict(export.counts),
            url=url,
        )


class DeletionIn(Request):
    """`confirm` is the username; `flatten` closes open live positions instead of refusing."""

    confirm: Annotated[str, Field(min_length=1, max_length=32)]
    flatten: bool = False


class DeletionOut(Answer):
    """When the account is erased. Until then a login offers to cancel that."""

    effective_at: Moment

    @classmethod
    def from_domain(cls, deletion: "Deletion") -> Self:
        """Show when it takes effect."""
        return cls(effective_at=deletion.effective_at)
