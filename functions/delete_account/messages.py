"""What a step of a deletion is handed, and what it hands on: the same."""

from typing import Self

from pydantic import Field

from nightdesk.accounts import exported
from nightdesk.accounts.deletion import Departing, Next, Stage
from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment


class Place(Message):
    """How far the walk has come."""

    table: str
    partition: str
    after: str = ""


class Input(Message):
    """Where to go on."""

    as_of: Moment
    owner: UserId = Field(min_length=1)
    request_id: str = Field(min_length=1)
    effective_at: Moment
    stage: Stage = Stage.BEGIN
    place: Place | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    next: Next = Next.MORE

    def to_domain(self) -> Departing:
        """Build the state."""
        place = self.place
        return Departing(
            owner=self.owner,
            request_id=self.request_id,
            as_of=self.as_of,
            effective_at=self.effective_at,
            stage=self.stage,
            place=exported.Place(**place.model_dump()) if place else None,
            counts=self.counts,
            next=self.next,
        )


class Output(Input):
    """The state after a step; `next` says what the workflow does."""

    @classmethod
    def from_domain(cls, state: Departing) -> Self:
        """Read the state."""
        return cls.model_validate(state.state)
