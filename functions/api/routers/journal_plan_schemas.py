"""Bodies and answers of the plans routes."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from functions.api.routers.journal_schemas import Ident, Version, several_lines
from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request, SignedDecimalText
from nightdesk.core.ids import INSTRUMENT_ID, InstrumentId
from nightdesk.journal.plan import (
    MAX_NAMES,
    MAX_TEXT,
    MAX_TRADES,
    LockedBy,
    LossUnit,
    MaxLoss,
    Wish,
)
from nightdesk.journal.trade import Check
from nightdesk.journal.verdict import Naming, State
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.journal.planning import ShownPlan
    from nightdesk.journal.verdict import Item, Verdict

Text = Annotated[str, Field(max_length=MAX_TEXT), several_lines(MAX_TEXT)]
Instrument = Annotated[str, Field(pattern=INSTRUMENT_ID.pattern)]


class MaxLossIn(Request):
    """The most that may be lost: in your accounting currency or in R."""

    amount: Annotated[DecimalText, Field(gt=0)]
    unit: Lax[LossUnit] = LossUnit.MONEY


class PlanIn(Request):
    """What a plan says. What is left out is not limited; `version` is 0 for a new one."""

    version: Version = 0
    max_trades: int | None = Field(default=None, ge=0, le=MAX_TRADES)
    max_loss: MaxLossIn | None = None
    instruments: list[Instrument] = Field(default_factory=list, max_length=MAX_NAMES)
    setups: list[Ident] = Field(default_factory=list, max_length=MAX_NAMES)
    intent: Text = ""
    market_view: Text = ""

    @model_validator(mode="after")
    def _once(self) -> Self:
        for names in (self.instruments, self.setups):
            if len(set(names)) != len(names):
                raise ValueError("each instrument and each setup once")
        return self

    def to_domain(self) -> Wish:
        """Build the noun."""
        limit = self.max_loss
        return Wish(
            max_trades=self.max_trades,
            max_loss=MaxLoss(amount=limit.amount, unit=limit.unit) if limit else None,
            instruments=tuple(InstrumentId(one) for one in self.instruments),
            setups=tuple(self.setups),
            intent=self.intent,
            market_view=self.market_view,
        )


class NoteIn(Request):
    """What is added to a plan, locked or not."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT), several_lines(MAX_TEXT)]


class MaxLossOut(Answer):
    """The most that may be lost."""

    amount: DecimalText
    unit: LossUnit


class PlanNoteOut(Answer):
    """One note."""

    at: Moment
    text: str


class ItemOut(Answer):
    """One item of a plan: kept, broken by these trades, or unknown for a reason."""

    name: str
    check: Check
    trades: list[str]
    reason: str | None

    @classmethod
    def from_domain(cls, item: "Item") -> Self:
        """Show one."""
        return cls(name=item.name, check=item.check, trades=list(item.trades), reason=item.reason)


class DayVerdictOut(Answer):
    """How the day stood against its plan; `net` is realised, in your accounting currency.

    `named`: a winning day that broke its limit is `luck`, a losing day that kept it `discipline`.
    `mode`: live trades are judged, paper ones on a day without any live; null until it is judged.
    """

    state: State
    mode: Mode | None
    items: list[ItemOut]
    net: SignedDecimalText | None
    named: Naming | None

    @classmethod
    def from_domain(cls, verdict: "Verdict") -> Self:
        """Show one."""
        return cls(
            state=verdict.state,
            mode=verdict.mode,
            items=[ItemOut.from_domain(one) for one in verdict.items],
            net=verdict.net,
            named=verdict.named,
        )


class WrittenPlanOut(Answer):
    """What a plan says."""

    max_trades: int | None
    max_loss: MaxLossOut | None
    instruments: list[str]
    setups: list[str]
    intent: str
    market_view: str


class DayPlanOut(Answer):
    """A day with its plan, null where none was written; what locked it, and the verdict."""

    day: date
    begins: Moment | None
    ends: Moment | None
    plan: WrittenPlanOut | None
    notes: list[PlanNoteOut]
    written_at: Moment | None
    locked_by: LockedBy | None
    locked_at: Moment | None
    verdict: DayVerdictOut
    version: int

    @classmethod
    def from_domain(cls, shown: "ShownPlan") -> Self:
        """Show a day."""
        plan = shown.plan
        return cls(
            day=shown.day,
            begins=plan.begins if plan else None,
            ends=plan.ends if plan else None,
            plan=_wish(plan.wish) if plan else None,
            notes=[PlanNoteOut(at=one.at, text=one.text) for one in (plan.notes if plan else ())],
            written_at=plan.written_at if plan else None,
            locked_by=shown.locked,
            locked_at=shown.locked_at,
            verdict=DayVerdictOut.from_domain(shown.verdict),
            version=plan.version if plan else 0,
        )


def _wish(wish: Wish) -> WrittenPlanOut:
    limit = wish.max_loss
    return WrittenPlanOut(
        max_trades=wish.max_trades,
        max_loss=MaxLossOut(amount=limit.amount, unit=limit.unit) if limit else None,
        instruments=list(wish.instruments),
        setups=list(wish.setups),
        intent=wish.intent,
        market_view=wish.market_view,
    )
