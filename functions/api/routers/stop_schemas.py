"""Bodies and answers of the emergency stop."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from functions.api.routers.bot_schemas import SwitchedOut
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.accounts.emergency_stop import PHRASE, Standing
from nightdesk.accounts.stop import MAX_REASON, Level
from nightdesk.core.ids import SYSTEM, UserId

if TYPE_CHECKING:
    from nightdesk.bots.switching import Switched

Reason = Annotated[str, Field(max_length=MAX_REASON, pattern=r"^[^\x00-\x1f\x7f]*$")]
Why = Annotated[str, Field(min_length=3, max_length=MAX_REASON, pattern=r"^[^\x00-\x1f\x7f]*$")]
Scope = Annotated[str, Field(pattern=r"^(global|[0-7][0-9A-HJKMNP-TV-Z]{25})$")]
"""`global`, or a user's id."""


class StopIn(Request):
    """How far to go, and why. Neither is needed: what matters is that it stops."""

    level: Lax[Level] = Level.BLOCK
    reason: Reason = ""


class StopOthersIn(Request):
    """Whom to stop, how far, and why."""

    scope: Scope
    level: Lax[Level] = Level.BLOCK
    reason: Why


class ResumeIn(Request):
    """Why it is over. `confirm` is the phrase, letter by letter."""

    reason: Why
    confirm: str = Field(max_length=40, description=f"`{PHRASE}`")
    restart_bots: bool = False


class ResumeOthersIn(ResumeIn):
    """Whose stop to lift, and why."""

    scope: Scope


class StopOut(Answer):
    """Whether trading is stopped, by whom, and what came of it.

    While `enabled` nothing is entered, and every exit works. Figures are this account's; `by` is
    the trader's own id, or `administrator`.
    """

    enabled: bool
    trading_state: Literal["ACTIVE", "REDUCING"]
    scope: Literal["owner", "global"] | None
    stop_id: str | None
    level: Level | None
    reason: str | None
    by: str | None
    at: Moment | None
    bots_paused: int
    orders_cancelled: int
    positions_closed: int
    restarted: SwitchedOut | None = None

    @classmethod
    def from_domain(
        cls,
        standing: Standing,
        bots_paused: int,
        *,
        restarted: "Switched | None" = None,
    ) -> Self:
        """Show what stands at the gates of somebody."""
        stop = standing.stop
        done = standing.progress
        return cls(
            enabled=stop is not None,
            trading_state="ACTIVE" if stop is None else "REDUCING",
            scope=None if stop is None else "global" if stop.scope == SYSTEM else "owner",
            stop_id=stop and stop.stop_id,
            level=stop and stop.level,
            reason=stop and stop.reason,
            by=None if stop is None else "administrator" if stop.admin else stop.by,
            at=stop and stop.at,
            bots_paused=bots_paused,
            orders_cancelled=done.orders_cancelled,
            positions_closed=done.positions_closed,
            restarted=None if restarted is None else SwitchedOut.from_domain(restarted),
        )


def owner_of(scope: str) -> UserId:
    """Return whose gate a scope names."""
    return SYSTEM if scope == "global" else UserId(scope)
