"""Step-up: the password once more, and for ten minutes this session may do what is marked so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Action, Origin, entries
from nightdesk.accounts.ports import AuditTrail, Sessions
from nightdesk.accounts.proof import Proof, Prove
from nightdesk.accounts.tokens import owner_of
from nightdesk.core.ids import SessionId

ELEVATED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StepUp:
    """Let one session do more for a while. Other sessions of the owner gain nothing."""

    sessions: Sessions
    prove: Prove
    audit: AuditTrail

    def __call__(
        self, session_id: SessionId, proof: Proof, origin: Origin, now: datetime
    ) -> datetime:
        """Return until when. Raises Refused 401 as Prove does, TooMany, Missing."""
        owner = owner_of(session_id)
        self.prove(owner, proof, origin, now)
        until = now + ELEVATED
        self.sessions.elevate(session_id, until)
        self.audit.record(entries(Action.STEPPED_UP, origin, now, owner=owner))
        return until
