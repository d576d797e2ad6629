"""What a detector says: an observation of one trade or day, or a claim about a window of trades.

A single trade is an observation. A claim needs x of n, the base rate b and p (journal, part 6).
A finding keeps the version and thresholds that made it; a new version never rewrites it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import TypeAlias

from nightdesk.core.ids import BotId, TradeId, UserId, ulid

Json: TypeAlias = bool | int | float | str | list["Json"] | Mapping[str, "Json"] | None

MAX_NOTE = 1_000


class DetectorId(StrEnum):
    """What is looked for."""

    REVENGE = "REVENGE"
    RAPID_REENTRY = "RAPID_REENTRY"
    SIZE_ESCALATION = "SIZE_ESCALATION"
    FOMO_EXTENSION = "FOMO_EXTENSION"
    FOMO_CHASE = "FOMO_CHASE"
    FOMO_SCATTER = "FOMO_SCATTER"
    OVERTRADE_LIMIT = "OVERTRADE_LIMIT"
    OVERTRADE_BURST = "OVERTRADE_BURST"
    COST_DRAG = "COST_DRAG"
    DISPOSITION = "DISPOSITION"
    LOSER_HOLD = "LOSER_HOLD"
    LOSS_AVERSION = "LOSS_AVERSION"
    STOP_WIDENED = "STOP_WIDENED"
    EARLY_EXIT = "EARLY_EXIT"
    GIVE_BACK = "GIVE_BACK"
    OVERCONFIDENCE = "OVERCONFIDENCE"
    NO_STOP = "NO_STOP"
    COOLDOWN_BREAK = "COOLDOWN_BREAK"
    LIMIT_BREAK = "LIMIT_BREAK"
    TILT = "TILT"
    OPTIMAL_HOURS = "OPTIMAL_HOURS"
    MOOD_LINK = "MOOD_LINK"
    BEST_SETUPS = "BEST_SETUPS"


class Severity(StrEnum):
    """How much it weighs, lightest first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for the lightest."""
        return list(Severity).index(self)

    @property
    def told(self) -> bool:
        """Whether an event tells of it."""
        return self.rank >= Severity.MEDIUM.rank


class Scope(StrEnum):
    """What one finding speaks of."""

    TRADE = "trade"
    DAY = "day"
    WINDOW = "window"


class DetectorStatus(StrEnum):
    """Whether an owner wants to hear of a detector; in shadow it is kept and not shown."""

    ON = "on"
    SHADOW = "shadow"
    OFF = "off"


class Opinion(StrEnum):
    """What the trader says to a finding."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The trader's word on a finding. It never makes or unmakes one."""

    opinion: Opinion
    note: str = ""
    at: datetime

    def __post_init__(self) -> None:
        if len(self.note) > MAX_NOTE:
            raise ValueError(f"a note has at most {MAX_NOTE} characters")
        if self.opinion is Opinion.NOTE and not self.note.strip():
            raise ValueError("a note says something")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """`x` of `n` against the base rate; `p` is the chance of as much without the habit."""

    x: int
    n: int
    base: float | None
    p: float | None
    seed: int | None = None
    """What the shuffles began with, where there were some."""

    def __post_init__(self) -> None:
        if not 0 <= self.x <= self.n:
            raise ValueError(f"{self.x} of {self.n}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing seen. `at`: the entry, the day's begin or the window's end.

    `thresholds` are those used, `measured` the values that stood against them, by the same names;
    `figures` the rule's raw figures: together enough to recompute it by hand. `trades` begin with
    the one that is judged. `version` rises with each answer.
    """

    id: str
    owner: UserId
    detector: DetectorId
    detector_version: int
    scope: Scope
    severity: Severity
    at: datetime
    text: str
    trades: tuple[TradeId, ...]
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    measured: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    figures: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    chance: Chance | None = None
    bot_id: BotId | None = None
    shadow: bool = False
    answer: Answer | None = None
    found_at: datetime
    version: int = 0

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("a finding says what was seen")
        strange = set(self.measured) - set(self.thresholds)
        if strange:
            raise ValueError(f"measured against no threshold: {', '.join(sorted(strange))}")
        if not all(isfinite(one) for one in (*self.thresholds.values(), *self.measured.values())):
            raise ValueError("thresholds and what is measured against them are finite")
        if self.scope is Scope.TRADE and not self.trades:
            raise ValueError("a finding on a trade names it")

    def answered(self, answer: Answer) -> "Finding":
        """Return it with the trader's word, the last one counts."""
        return replace(self, answer=answer)


def finding_id(
    owner: UserId, detector: DetectorId, version: int, at: datetime, *subject: str
) -> str:
    """Return the one id of what this version says of this subject: a repeat finds it again.

    Ids sort by `at`: those of one moment share their first ten characters.
    """
    return ulid(at, owner, detector.value, str(version), *subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSetting:
    """What an owner has set of one detector; thresholds that are not named are the detector's."""

    owner: UserId
    detector: DetectorId
    status: DetectorStatus = DetectorStatus.ON
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    version: int = 0
