"""Answers of the decisions routes."""

from typing import TYPE_CHECKING, Any, Self

from functions.api.routers.order_schemas import OrderDetailOut
from functions.api.routers.position_schemas import HeldOut
from functions.api.schemas import Answer, DecimalText, Moment, SignedDecimalText
from nightdesk.core.money import PLACES_8, nearest
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.verdict import Outcome
from nightdesk.strategies.signal import Action
from nightdesk.trading.order import Mode
from nightdesk.trading.telling import told

if TYPE_CHECKING:
    from nightdesk.analysis.record import SnapshotRecord
    from nightdesk.risk.verdict import Check, Verdict
    from nightdesk.trading.decision import Decision, SignalRecord
    from nightdesk.trading.explaining import Explanation
    from nightdesk.trading.position import RoundTrip


class DecisionOut(Answer):
    """What a bot decided at the close of one candle.

    `signal` is what the strategy said, `action` what was to be done; `code` says why nothing or
    less was done, or why a position is left. `gate` is what kept every entry out meanwhile, an
    emergency stop above all. `outcome` is risk's answer to an entry. `summary` is
    for people: it may change.
    """

    decision_id: str
    bot_id: str
    instrument: str
    timeframe: Timeframe
    mode: Mode
    as_of: Moment
    candle: Moment
    strategy: str
    regime: str
    signal: Action
    action: Action
    code: str | None
    gate: str | None
    outcome: Outcome | None
    reference: DecimalText
    order_ids: list[str]
    summary: str

    @classmethod
    def from_domain(cls, decision: "Decision") -> Self:
        """Show a decision by itself."""
        return cls(
            decision_id=decision.decision_id,
            bot_id=decision.bot_id,
            instrument=decision.instrument_id,
            timeframe=decision.timeframe,
            mode=decision.mode,
            as_of=decision.as_of,
            candle=decision.candle,
            strategy=decision.strategy,
            regime=decision.regime,
            signal=decision.signal.action,
            action=decision.action,
            code=decision.code,
            gate=decision.gate,
            outcome=None if decision.verdict is None else decision.verdict.outcome,
            reference=decision.reference,
            order_ids=list(decision.order_ids),
            summary=told(decision),
        )


class SnapshotOut(Answer):
    """What was known of the market: evidence, by the hash of its content.

    `content` holds the last prices, the panel of indicators at 8 significant digits (null while
    they warm up), the regime, the weekly gate and findings about the data; null once it is gone.
    """

    hash: str
    content: dict[str, Any] | None

    @classmethod
    def from_domain(cls, content_hash: str, record: "SnapshotRecord | None") -> Self:
        """Show the evidence, or its hash alone."""
        return cls(hash=content_hash, content=None if record is None else dict(record.content))


class SignalOut(Answer):
    """What the strategy said. `conditions` are those that were true, with their values.

    `stop` and `target` are the strategy's own, before regime, limits and tick.
    """

    action: Action
    strength: DecimalText
    conditions: list[str]
    stop: DecimalText | None
    target: DecimalText | None

    @classmethod
    def from_domain(cls, signal: "SignalRecord") -> Self:
        """Show a signal."""
        return cls(
            action=signal.action,
            strength=signal.strength,
            conditions=list(signal.reason),
            stop=signal.stop,
            target=signal.target,
        )


class CheckOut(Answer):
    """One of risk's checks: its figures beside its limit.

    Failing a check that `reduces` makes the size smaller; failing another denies the entry.
    """

    number: int
    code: str
    passed: bool
    reduces: bool
    figures: dict[str, str]
    limit: str | None
    text: str

    @classmethod
    def from_domain(cls, check: "Check") -> Self:
        """Show a check."""
        return cls(
            number=check.number,
            code=check.code,
            passed=check.passed,
            reduces=check.reduces,
            figures=dict(check.figures),
            limit=check.limit,
            text=check.text,
        )


class VerdictOut(Answer):
    """Risk's answer to an entry: how much may be bought, and every check in its order.

    `first_quantity` is the size before caps and `factors`, base units; `reserve` what is set aside
    at `price_bound`; `planned_risk` (1 R) the loss at the first stop, costs included.
    """

    outcome: Outcome
    reason: str | None
    quantity: DecimalText
    first_quantity: DecimalText
    price_bound: DecimalText
    reserve: DecimalText
    planned_risk: DecimalText
    factors: dict[str, DecimalText]
    checks: list[CheckOut]

    @classmethod
    def from_domain(cls, verdict: "Verdict") -> Self:
        """Show a verdict."""
        return cls(
            outcome=verdict.outcome,
            reason=verdict.reason,
            quantity=verdict.quantity,
            first_quantity=verdict.first_quantity,
            price_bound=verdict.price_bound,
            reserve=verdict.reserve,
            planned_risk=verdict.planned_risk,
            factors=dict(verdict.factors),
            checks=[CheckOut.from_domain(check) for check in verdict.checks],
        )


class TripOut(Answer):
    """A position from first buy to last sale, in quote currency. `r` is net over planned risk."""

    position_id: str
    opened_at: Moment
    closed_at: Moment
    exit_reason: str
    quantity: DecimalText
    gross: SignedDecimalText
    fees: DecimalText
    net: SignedDecimalText
    slippage: SignedDecimalText
    planned_risk: DecimalText
    r: SignedDecimalText
    order_ids: list[str]

    @classmethod
    def from_domain(cls, trip: "RoundTrip") -> Self:
        """Show a closed round trip."""
        return cls(
            position_id=trip.position_id,
            opened_at=trip.opened_at,
            closed_at=trip.closed_at,
            exit_reason=trip.exit_reason,
            quantity=trip.quantity,
            gross=trip.gross,
            fees=trip.fees,
            net=trip.net,
            slippage=trip.slippage,
            planned_risk=trip.planned_risk,
            r=nearest(trip.r, PLACES_8),
            order_ids=list(trip.orders),
        )


class ExplanationOut(Answer):
    """A decision in full: what was seen, said, judged, ordered, and what became of it.

    `protective_orders` are the stops and targets of the position that this decision opened;
    `position` stands there while it is open, `round_trip` once it is closed.
    """

    summary: str
    decision: DecisionOut
    definition_hash: str
    snapshot: SnapshotOut
    signal: SignalOut
    verdict: VerdictOut | None
    orders: list[OrderDetailOut]
    protective_orders: list[OrderDetailOut]
    position: HeldOut | None
    round_trip: TripOut | None

    @classmethod
    def from_domain(cls, explained: "Explanation") -> Self:
        """Show the whole story."""
        decision, position, trip = explained.decision, explained.position, explained.trip
        return cls(
            summary=explained.summary,
            decision=DecisionOut.from_domain(decision),
            definition_hash=decision.definition_hash,
            snapshot=SnapshotOut.from_domain(decision.snapshot_hash, explained.snapshot),
            signal=SignalOut.from_domain(decision.signal),
            verdict=None if decision.verdict is None else VerdictOut.from_domain(decision.verdict),
            orders=[OrderDetailOut.from_domain(one) for one in explained.orders],
            protective_orders=[OrderDetailOut.from_domain(one) for one in explained.protective],
            position=None if position is None else HeldOut.from_domain(position),
            round_trip=None if trip is None else TripOut.from_domain(trip),
        )
