"""Reading findings, and the trader's word on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.behaviour.agreement import agrees
from nightdesk.journal.finding import MAX_NOTE, Answer, Finding, Opinion
from nightdesk.journal.insight import Seen
from nightdesk.journal.ports.findings import Findings, TradesToJudge
from nightdesk.journal.trade import Emotion


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """A finding on a trade beside the own labels; `agrees` None: they say nothing of it."""

    finding: Finding
    emotions: tuple[Emotion, ...] = ()
    agrees: bool | None = None


@dataclass(frozen=True, slots=True)
class ReadTradeFindings:
    """Show what was found of one trade."""

    trades: TradesToJudge
    findings: Findings

    def __call__(self, owner: UserId, trade_id: TradeId) -> Sequence[ShownFinding]:
        """Return what is not in shadow, by detector. Raises Missing."""
        one = self.trades.get(owner, trade_id)
        emotions = one.labels.emotions
        return [
            ShownFinding(finding=found, emotions=emotions, agrees=agrees(found.detector, emotions))
            for found in self.findings.of_trade(owner, one.trade.id, one.trade.opened_at)
            if not found.shadow
        ]


@dataclass(frozen=True, slots=True)
class FoundOfTrade:
    """The port of that name: findings as an entry mentions them."""

    trades: TradesToJudge
    findings: Findings

    def __call__(self, owner: UserId, trade_id: TradeId) -> Sequence[Seen]:
        """Return them by detector, without shadows. Raises Missing."""
        return [
            Seen(
                detector=one.finding.detector.value,
                severity=one.finding.severity.value,
                text=one.finding.text,
            )
            for one in ReadTradeFindings(self.trades, self.findings)(owner, trade_id)
        ]


@dataclass(frozen=True, slots=True)
class ReadFindings:
    """List what was found, newest first."""

    findings: Findings

    def __call__(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Finding]:
        """Return a page without shadows; so a page may be shorter than `limit`."""
        found = self.findings.page(owner, limit=limit, after=after, since=since, until=until)
        return Page([one for one in found.items if not one.shadow], found.next_key)


@dataclass(frozen=True, slots=True)
class AnswerFinding:
    """Take the trader's word on a finding. It changes nothing of what was found."""

    findings: Findings

    def __call__(
        self, owner: UserId, finding_id: str, opinion: Opinion, note: str, *, now: datetime
    ) -> Finding:
        """Return the finding with the answer; the last one counts, the same again changes nothing.

        Raises Missing, StaleWrite, Invalid `VALIDATION_FAILED` for a note without words, or one
        of more than 1,000 characters.
        """
        found = self.findings.get(owner, finding_id)
        if len(note) > MAX_NOTE or (opinion is Opinion.NOTE and not note.strip()):
            message = f"A note has 1 to {MAX_NOTE} characters."
            raise Invalid("VALIDATION_FAILED", message, field="note")
        before = found.answer
        if before is not None and (before.opinion, before.note) == (opinion, note):
            return found
        return self.findings.answer(found.answered(Answer(opinion=opinion, note=note, at=now)))
