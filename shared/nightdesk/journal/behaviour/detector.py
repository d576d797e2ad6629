"""How a detector is declared, and what it says before it becomes a finding."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from nightdesk.core.errors import Invalid
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity

if TYPE_CHECKING:
    from nightdesk.journal.behaviour.history import History
    from nightdesk.journal.behaviour.shuffles import Counting

ALPHA = 0.05
"""A claim is made below this p; source: journal, part 6."""
LEAST = 20
"""A claim about shares is made from this many on."""
ROUNDING = 1e-9
"""Share of a line that sums of floats may miss it by."""


class Need(StrEnum):
    """What a detector reads beside the trades."""

    CANDLES = "candles"
    EQUITY = "equity"
    LIMITS = "limits"
    MOODS = "moods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One number that an owner may set between bounds; whole where so said."""

    name: str
    default: float
    low: float
    high: float
    unit: str
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name} is between {self.low} and {self.high}")

    def checked(self, value: float) -> float:
        """Return `value`. Raises Invalid `OUT_OF_RANGE`."""
        if self.low <= value <= self.high and (not self.whole or float(value).is_integer()):
            return float(value)
        kind = "a whole number" if self.whole else "a number"
        raise Invalid(
            "OUT_OF_RANGE",
            f"{self.name} is {kind} between {self.low:g} and {self.high:g}, was {value:g}",
            field=f"thresholds.{self.name}",
            allowed={"min": self.low, "max": self.high, "whole": self.whole},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """An observation of one trade. `also` are the other trades that it rests on."""

    trade: SeenTrade
    severity: Severity
    text: str
    measured: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    figures: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    also: tuple[str, ...] = ()


Thresholds: TypeAlias = Mapping[str, float]
Flags: TypeAlias = Callable[["History", Thresholds], Iterable[Flag]]
Claims: TypeAlias = Callable[["History", Thresholds], Claim]
Countings: TypeAlias = Callable[["History", Thresholds], "Counting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One rule.

    `rule` and `base` are texts for people: when it fires, and what it is compared with. With
    `bots` a bot's page may ask for it too; else it judges people's trades alone. `flags` are its
    observations of trades, `claim` what it says of a window; `counting` is what is counted in
    shuffles instead, where those are the base.
    """

    id: DetectorId
    version: int = 1
    rule: str
    base: str
    limits: str
    """What it cannot see."""
    scope: Scope
    severity: tuple[Severity, ...]
    needs: frozenset[Need] = frozenset()
    thresholds: tuple[Threshold, ...] = ()
    bots: bool = False
    flags: Flags | None = None
    claim: Claims | None = None
    counting: Countings | None = None

    def used(self, own: Thresholds | None = None) -> dict[str, float]:
        """Return all thresholds, the owner's before the defaults."""
        own = own or {}
        return {one.name: own.get(one.name, one.default) for one in self.thresholds}

    def checked(self, own: Mapping[str, float | None]) -> dict[str, float]:
        """Return what an owner sets, without what goes back to the default.

        Raises Invalid `VALIDATION_FAILED` for an unknown name, `OUT_OF_RANGE`.
        """
        known = {one.name: one for one in self.thresholds}
        for name in own:
            if name not in known:
                raise Invalid(
                    "VALIDATION_FAILED",
                    f"{self.id} has no threshold {name}",
                    field=f"thresholds.{name}",
                    allowed=sorted(known),
                )
        given = {name: value for name, value in own.items() if value is not None}
        return {name: known[name].checked(value) for name, value in given.items()}


def reaches(amount: float, line: float) -> bool:
    """Say whether an amount comes to a line; as floats it may miss it by a rounding."""
    return amount >= line * (1 - ROUNDING)


def capped(severity: Severity, *, thin: bool) -> Severity:
    """Return the severity that a thin baseline allows: at most medium."""
    return Severity.MEDIUM if thin and severity is Severity.HIGH else severity
