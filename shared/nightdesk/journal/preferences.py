"""What an owner sets for the journal, and the places in which they kept their days."""

from dataclasses import dataclass
from decimal import Decimal

from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO
from nightdesk.journal.place import Place
from nightdesk.market.timeframe import Timeframe

BREAKEVEN_MOST = Decimal("0.5")
COOLDOWN_MOST = 1_440
THIN_LEAST, THIN_MOST = 5, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Settings of the journal. `cooldown_minutes` 0: no cool-down; `places` oldest first.

    `breakeven_r` is in R, exclusive; `thin_n` trades make a group worth comparing.
    """

    owner: UserId
    breakeven_r: Decimal = Decimal("0.1")
    cooldown_minutes: int = 0
    thin_n: int = 10
    default_timeframe: Timeframe = Timeframe.M15
    places: tuple[Place, ...] = ()
    version: int = 0

    def __post_init__(self) -> None:
        if not ZERO <= self.breakeven_r <= BREAKEVEN_MOST:
            raise ValueError(f"breakeven_r is 0 to {BREAKEVEN_MOST}, was {self.breakeven_r}")
        if not 0 <= self.cooldown_minutes <= COOLDOWN_MOST:
            raise ValueError(f"a cool-down is 0 to {COOLDOWN_MOST} minutes")
        if not THIN_LEAST <= self.thin_n <= THIN_MOST:
            raise ValueError(f"thin_n is {THIN_LEAST} to {THIN_MOST}, was {self.thin_n}")
