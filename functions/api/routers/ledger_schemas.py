"""Answers of the ledger routes."""

from typing import TYPE_CHECKING, Self

from functions.api.schemas import Answer, Moment, SignedDecimalText

if TYPE_CHECKING:
    from nightdesk.trading.proving import Proof
    from nightdesk.trading.reading import PostingView


class LineOut(Answer):
    """One side of a posting, or a balance: `amount` of `asset` on `account`."""

    account: str
    asset: str
    amount: SignedDecimalText


class PostingOut(Answer):
    """One change of money; its lines sum to zero in each asset. The id names the cause."""

    posting_id: str
    bot_id: str
    at: Moment
    lines: list[LineOut]

    @classmethod
    def from_domain(cls, view: "PostingView") -> Self:
        """Show a posting."""
        posting = view.posting
        return cls(
            posting_id=posting.posting_id,
            bot_id=view.bot_id,
            at=posting.at,
            lines=[
                LineOut(account=line.account, asset=line.asset, amount=line.amount)
                for line in posting.lines
            ],
        )


class InvariantOut(Answer):
    """One thing that must be true of a ledger; `findings` say what contradicts it."""

    number: int
    rule: str
    holds: bool
    findings: list[str]


class ProofOut(Answer):
    """Whether a bot's ledger follows from its postings and fills, and which balances it has.

    `book_version` counts the writes of the book that was checked.
    """

    bot_id: str
    ok: bool
    book_version: int
    postings: int
    fills: int
    balances: list[LineOut]
    invariants: list[InvariantOut]

    @classmethod
    def from_domain(cls, proof: "Proof") -> Self:
        """Show what was checked and found."""
        return cls(
            bot_id=proof.book.bot_id,
            ok=not proof.broken,
            book_version=proof.book.version,
            postings=proof.postings,
            fills=proof.fills,
            balances=[
                LineOut(account=account, asset=asset, amount=amount)
                for (account, asset), amount in sorted(proof.book.balances.amounts.items())
            ],
            invariants=[
                InvariantOut(
                    number=one.number,
                    rule=one.rule,
                    holds=not one.findings,
                    findings=list(one.findings),
                )
                for one in proof.invariants
            ],
        )
