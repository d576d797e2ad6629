"""What a window of trades says about the trader, beside what was seen of single trades."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from nightdesk.journal.finding import Chance, DetectorId, Json, Severity


class Standing(StrEnum):
    """What a window says of a claim."""

    FIRES = "fires"
    SILENT = "silent"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a window of trades says about the trader: made, not made, or not to be judged yet.

    `text` is the sentence where the claim fires; else it says why there is none.
    """

    detector: DetectorId
    standing: Standing
    severity: Severity
    text: str
    chance: Chance | None = None
    trades: tuple[str, ...] = ()
    measured: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    figures: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
