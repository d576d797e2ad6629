"""Bodies and answers of the cash routes."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from functions.api.queries import UtcMoment
from functions.api.routers.journal_schemas import one_line, optional_line
from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request, SignedDecimalText
from nightdesk.journal.cash_row import MAX_NOTE, CashKind
from nightdesk.journal.hand_fills import MAX_ACCOUNT

if TYPE_CHECKING:
    from nightdesk.journal.cash import Flow, Reconciled
    from nightdesk.journal.cash_row import CashRow
    from nightdesk.journal.unplaced import Unplaced


class CashIn(Request):
    """A deposit, withdrawal or correction; `amount` is positive, a correction's may be negative.

    `equity_before` is what the account was worth just before, in your currency. Day metrics take
    it for the truth: a day with such flows alone has an exact return, and what the journal does
    not know of counts from it on.
    """

    account: Annotated[str, one_line(MAX_ACCOUNT)] = Field(min_length=1, max_length=MAX_ACCOUNT)
    at: UtcMoment
    asset: str = Field(pattern=r"^[A-Z0-9]{1,15}$")
    amount: SignedDecimalText
    kind: Lax[CashKind]
    equity_before: DecimalText | None = None
    note: Annotated[str, optional_line(MAX_NOTE)] = Field(default="", max_length=MAX_NOTE)


class CashOut(Answer):
    """A row of cash; `moved` is what it adds to the balance."""

    id: str
    account: str
    at: Moment
    asset: str
    amount: SignedDecimalText
    moved: SignedDecimalText
    kind: CashKind
    equity_before: DecimalText | None
    note: str
    created_at: Moment

    @classmethod
    def from_domain(cls, row: "CashRow") -> Self:
        """Show one."""
        return cls(
            id=row.id,
            account=row.account,
            at=row.at,
            asset=row.asset,
            amount=row.amount,
            moved=row.moved,
            kind=row.kind,
            equity_before=row.equity_before,
            note=row.note,
            created_at=row.created_at,
        )


class FlowOut(Answer):
    """One change of a balance: `fill`, `fee`, or the kind of a movement, and what told it."""

    at: Moment
    amount: SignedDecimalText
    what: str
    ref: str

    @classmethod
    def from_domain(cls, flow: "Flow") -> Self:
        """Show one."""
        return cls(at=flow.at, amount=flow.amount, what=flow.what, ref=flow.ref)


class ReconciledOut(Answer):
    """One asset of an account: what the journal adds up to, and the venue says.

    `venue` is null where nobody keeps its balances. `flows` lie around the first differing day.
    """

    asset: str
    journal: SignedDecimalText
    venue: SignedDecimalText | None
    difference: SignedDecimalText | None
    first_differing_day: date | None
    flows: list[FlowOut]

    @classmethod
    def from_domain(cls, one: "Reconciled") -> Self:
        """Show one."""
        return cls(
            asset=one.asset,
            journal=one.journal,
            venue=one.venue,
            difference=one.difference,
            first_differing_day=one.first_differing_day,
            flows=[FlowOut.from_domain(flow) for flow in one.flows],
        )


class UnplacedOut(Answer):
    """Fills or payments that are in no trade now, for one reason.

    `UNMATCHED_SELL`: more was sold than is known to be held, `amount` base units of it;
    `FEE_EXCEEDS_FILL`: a fee in coins left nothing; `UNASSIGNED_FUNDING`: paid (negative) or
    received while no trade was open. `refs` are the first 20 of `count`, by time.
    """

    account: str
    instrument: str
    code: str
    asset: str
    amount: SignedDecimalText
    count: int
    first_at: Moment
    last_at: Moment
    refs: list[str]

    @classmethod
    def from_domain(cls, one: "Unplaced") -> Self:
        """Show one."""
        return cls(
            account=one.account,
            instrument=one.instrument,
            code=one.code,
            asset=one.asset,
            amount=one.amount,
            count=one.count,
            first_at=one.first_at,
            last_at=one.last_at,
            refs=list(one.refs),
        )


class ReconciliationOut(Answer):
    """An account, asset by asset, and what of its fills and payments is in no trade."""

    account: str
    assets: list[ReconciledOut]
    unplaced: list[UnplacedOut]
