"""A small file of trades, without a job."""

import json
from dataclasses import dataclass

from nightdesk.core.ids import UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export import trades_csv
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.export_source import ExportSource

MOST = 5_000
"""Trades that a file made at once may hold."""
MOST_BYTES = 5_000_000
"""Of the file as an answer carries it: a JSON text in ASCII. A function's answer holds 6 MB."""


@dataclass(frozen=True, slots=True)
class TradesAtOnce:
    """Make trades.csv while somebody waits."""

    source: ExportSource

    def __call__(self, owner: UserId, options: ExportOptions) -> bytes | None:
        """Return the file, or None where there are more than 5,000 trades, or too many bytes."""
        found: list[Played] = []
        for page in self.source.played(owner, options):
            found += page
            if len(found) > MOST:
                return None
        lines: list[bytes] = []
        carried = 0
        for line in trades_csv(found, self.source.words(owner, options), options):
            carried += len(json.dumps(line.decode()))
            if carried > MOST_BYTES:
                return None
            lines.append(line)
        return b"".join(lines)
