"""Findings on a trade, as an entry beside it mentions them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightdesk.journal.insight import Seen
from nightdesk.journal.ports.findings import Findings
from nightdesk.journal.trade import JournalTrade


@dataclass(frozen=True, slots=True)
class FindingsOfTrade:
    """The port FoundOfTrade: what an owner is told of, without shadows."""

    findings: Findings

    def __call__(self, trade: JournalTrade) -> Sequence[Seen]:
        """Return them by detector id and version."""
        return [
            Seen(detector=one.detector.value, severity=one.severity.value, text=one.text)
            for one in self.findings.of_trade(trade.owner, trade.id, trade.opened_at)
            if not one.shadow
        ]
