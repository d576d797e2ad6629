"""A small file of trades, without a job."""

from dataclasses import dataclass

from nightdesk.core.ids import UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export import trades_csv
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.export_source import ExportSource

MOST = 5_000
"""Trades that a file made at once may hold."""


@dataclass(frozen=True, slots=True)
class TradesAtOnce:
    """Make trades.csv while somebody waits."""

    source: ExportSource

    def __call__(self, owner: UserId, options: ExportOptions) -> bytes | None:
        """Return the file, or None where there are more than 5,000 trades."""
        found: list[Played] = []
        for page in self.source.played(owner, options):
            found += page
            if len(found) > MOST:
                return None
        return b"".join(trades_csv(found, self.source.words(owner, options), options))
