"""Answers of the audit routes."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import WithJsonSchema

from functions.api.schemas import Answer
from nightdesk.accounts.audit import Action, ActorKind, Outcome, Severity, Source

if TYPE_CHECKING:
    from nightdesk.accounts.audit_log import Shown


# Written out where they stand: other rooms have an Action and an Outcome of their own, and in one
# document a name is one schema.
AnAction = Annotated[Action, WithJsonSchema({"type": "string", "enum": [*map(str, Action)]})]
AnOutcome = Annotated[Outcome, WithJsonSchema({"type": "string", "enum": [*map(str, Outcome)]})]


class ActorOut(Answer):
    """Who acted."""

    kind: ActorKind
    id: str


class TargetOut(Answer):
    """What it was done to."""

    kind: str
    id: str


class EntryOut(Answer):
    """One entry. `seq` is its place in `chain`, `hash` covers it and the hash before it.

    `words` is what names a person or was typed. It is kept under the owner's key: null once that
    is destroyed, and where the words are not for this reader.
    """

    chain: str
    seq: int
    event_id: str
    at: str
    action: AnAction
    severity: Severity
    actor: ActorOut
    target: TargetOut | None
    outcome: AnOutcome
    code: str | None
    source: Source
    request_id: str
    session_id: str
    details: dict[str, Any]
    words: dict[str, str] | None
    hash: str

    @classmethod
    def from_domain(cls, shown: "Shown") -> Self:
        """Show a record with its words."""
        return cls.model_validate(
            shown.record.content | {"hash": shown.record.hash, "words": shown.words}
        )
