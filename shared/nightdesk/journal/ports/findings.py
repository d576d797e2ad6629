"""What judging behaviour needs from outside."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from nightdesk.core.events import Event
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.finding import DetectorId, DetectorSetting, Finding
from nightdesk.trading.order import Mode


class Findings(Protocol):
    """Findings of owners, by the moment that they speak of. What is found is never rewritten."""

    def add(self, finding: Finding, told: Event | None) -> bool:
        """Store it, and `told` in the same transaction, unless it is there; whether it was new."""
        ...

    def get(self, owner: UserId, finding_id: str) -> Finding:
        """Return one, read consistently. Raises Missing."""
        ...

    def of_trade(self, owner: UserId, trade_id: TradeId, opened_at: datetime) -> Sequence[Finding]:
        """Return those that judge this trade, by detector id and version, shadows among them."""
        ...

    def between(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Finding]:
        """Return those with ``since <= at < until`` by (at, id), to whole milliseconds."""
        ...

    def each(self, owner: UserId, since: datetime | None, until: datetime) -> Iterator[Finding]:
        """Yield the same one by one, from the first on where `since` is None."""
        ...

    def page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Finding]:
        """Return those with ``since <= at < until``, newest first."""
        ...

    def answer(self, finding: Finding) -> Finding:
        """Store its answer over the version that was read, and nothing else of it.

        Return it with its new version. Raises StaleWrite.
        """
        ...


class DetectorSettings(Protocol):
    """What owners set of detectors; a detector that is not named stands as it is declared."""

    def all(self, owner: UserId) -> Mapping[DetectorId, DetectorSetting]:
        """Return all that are stored, read consistently."""
        ...

    def save(self, setting: DetectorSetting) -> DetectorSetting:
        """Store it over its version and return it with the next one. Raises StaleWrite."""
        ...


class TradesToJudge(Protocol):
    """Trades with what was written of them. Void ones are not among them."""

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return one. Raises Missing."""
        ...

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those entered with ``since <= opened_at < until``, by (opened_at, id)."""
        ...


class EquityOf(Protocol):
    """What an owner's accounts of one mode were worth, in account currency."""

    def __call__(
        self, owner: UserId, mode: Mode, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """Return points with ``since <= at < until`` oldest first; none where nobody knows."""
        ...


class Moods(Protocol):
    """How an owner rated days in entries."""

    def __call__(
        self, owner: UserId, since: date, until: date
    ) -> Mapping[str, Mapping[date, float]]:
        """Return `mood`, `confidence` and `discipline`, each the mean by day, days both included.

        A day without the rating is left out.
        """
        ...
