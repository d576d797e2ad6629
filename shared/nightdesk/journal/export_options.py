"""What an export is asked to hold, and how it writes numbers and moments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from nightdesk.core.cells import CONTINENTAL, PLAIN, Dialect
from nightdesk.core.clock import iso, utc
from nightdesk.core.ids import digest
from nightdesk.journal.saved_metric import FILTERS, Basis, Unit

LONGEST = timedelta(days=3_653)
"""Ten years."""


class Numbers(StrEnum):
    """The language of numbers: `de-AT` has `;` between cells and a decimal comma."""

    PLAIN = "plain"
    DE_AT = "de-AT"

    @property
    def dialect(self) -> Dialect:
        """Return how lines of CSV are written in it."""
        return PLAIN if self is Numbers.PLAIN else CONTINENTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What is wanted: ``since <= moment < until``, trades by their close or their opening.

    `filters` are those of the lists, by name; they narrow trades, not what was written besides.
    CSV files have net and gross, money and R side by side: `unit` and `basis` are for reports.
    Raises ValueError.
    """

    since: datetime
    until: datetime
    zone: str = "UTC"
    numbers: Numbers = Numbers.PLAIN
    unit: Unit = Unit.MONEY
    basis: Basis = Basis.NET
    open_too: bool = False
    """Whether trades that are still open come behind those closed; by opening they always do."""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if utc(self.since) >= utc(self.until):
            raise ValueError("an export begins before it ends")
        if self.until - self.since > LONGEST:
            raise ValueError("an export holds at most ten years")
        ZoneInfo(self.zone)
        if unknown := self.filters.keys() - FILTERS:
            raise ValueError(f"there is no filter {min(unknown)!r}")

    @property
    def whole(self) -> bool:
        """Whether it reaches back as far as it can: no beginning was asked for."""
        return self.until - self.since == LONGEST

    @property
    def clock(self) -> ZoneInfo:
        """Return the owner's zone."""
        return ZoneInfo(self.zone)

    def local(self, moment: datetime | None) -> str | None:
        """Return a moment on the owner's clock, ISO 8601 with its offset; None for none."""
        return None if moment is None else utc(moment).astimezone(self.clock).isoformat()

    @property
    def key(self) -> str:
        """Return what two exports share that ask for the same."""
        said = [f"{name}={','.join(sorted(wanted))}" for name, wanted in self.filters.items()]
        words = (iso(self.since), iso(self.until), self.zone, self.numbers, self.unit, self.basis)
        return digest(*words, str(self.open_too), *sorted(said)).hex()
