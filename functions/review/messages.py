"""What starts `review`: the schedule each hour, and a queue with one task in each message."""

from typing import Annotated, Literal

from pydantic import Field

from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment
from nightdesk.journal import review_task as nouns
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.reviewing.calling import Called

Owner = Annotated[UserId, Field(min_length=1)]


class Hour(Message):
    """The hourly pass: hand out what is due."""

    kind: Literal["hour"]


class Due(Message):
    """An owner's next review of a kind is due."""

    kind: Literal["due"]
    owner: Owner
    review: ReviewKind

    def to_domain(self) -> nouns.Due:
        """Build the noun."""
        return nouns.Due(owner=self.owner, kind=self.review)


class Asked(Message):
    """An owner has asked for a version of a review."""

    kind: Literal["asked"]
    owner: Owner
    review: ReviewKind
    label: str = Field(min_length=1)
    version: int = Field(ge=1)
    asked_at: Moment

    def to_domain(self) -> nouns.Asked:
        """Build the noun."""
        return nouns.Asked(
            owner=self.owner,
            kind=self.review,
            label=self.label,
            version=self.version,
            asked_at=self.asked_at,
        )


class Expect(Message):
    """These owners shall have their appointments."""

    kind: Literal["expect"]
    owners: list[Owner] = Field(min_length=1, max_length=nouns.Expect.MOST)

    def to_domain(self) -> nouns.Expect:
        """Build the noun."""
        return nouns.Expect(owners=tuple(self.owners))


class Input(Message):
    """One pass or task; `as_of` is its hour, or when it was handed out."""

    as_of: Moment
    task: Annotated[Hour | Due | Asked | Expect, Field(discriminator="kind")]


class Passed(Message):
    """What a pass handed out."""

    due: int
    owners: int

    @classmethod
    def from_domain(cls, called: Called) -> "Passed":
        """Show it."""
        return cls(due=called.due, owners=called.owners)
