"""What a step of an export is handed, and what it hands on: the same."""

from typing import Self

from pydantic import Field

from nightdesk.accounts import exported
from nightdesk.accounts.export import Collected
from nightdesk.core.ids import UserId
from nightdesk.core.wire import Message, Moment


class Place(Message):
    """How far the walk has come."""

    table: str
    partition: str
    after: str = ""


class Input(Message):
    """Where to go on. `failed`: the steps are given up, and the owner may ask again."""

    as_of: Moment
    owner: UserId = Field(min_length=1)
    export_id: str = Field(min_length=1)
    step: int = Field(default=0, ge=0)
    place: Place | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    done: bool = False
    failed: bool = False
    journal: bool = False
    """Whether a file of the journal is to be made, which takes one step."""

    def to_domain(self) -> Collected:
        """Build the state."""
        place = self.place
        return Collected(
            owner=self.owner,
            export_id=self.export_id,
            as_of=self.as_of,
            step=self.step,
            place=exported.Place(**place.model_dump()) if place else None,
            counts=self.counts,
            done=self.done,
        )


class Output(Input):
    """The state after a step."""

    @classmethod
    def from_domain(cls, state: Collected) -> Self:
        """Read the state."""
        return cls.model_validate(state.state)
