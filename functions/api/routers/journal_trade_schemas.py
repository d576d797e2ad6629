"""Answers of the trades routes."""

from typing import TYPE_CHECKING, Self

from functions.api.routers.journal_entry_schemas import JournalEntryOut
from functions.api.routers.journal_finding_schemas import TradeFindingOut
from functions.api.routers.market_schemas import CandleOut, GapOut
from functions.api.schemas import Answer, DecimalText, Moment, PageOut, SignedDecimalText
from nightdesk.journal.trade import (
    Action,
    After,
    Check,
    Emotion,
    ExitReason,
    Kind,
    MarketCondition,
    Origin,
    Outcome,
    Session,
    Side,
    Source,
    Status,
    VolatilityBucket,
)
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.journal.behaviour.answering import ShownFinding
    from nightdesk.journal.book_stats import Played
    from nightdesk.journal.entry_writing import ShownEntry
    from nightdesk.journal.trade import Charge, Labels, Leg, Longer, StopMark
    from nightdesk.journal.trade_listing import Totals
    from nightdesk.journal.trade_reading import Beside, ChartOfTrade


class LabelsOut(Answer):
    """What you wrote of a trade."""

    setup_id: str | None
    playbook_id: str | None
    playbook_version: int | None
    checklist: dict[str, Check]
    planned: bool | None
    tags: list[str]
    emotions: list[Emotion]
    market_condition: MarketCondition | None
    note: str
    no_stop_declared: bool

    @classmethod
    def from_domain(cls, labels: "Labels") -> Self:
        """Show them."""
        return cls(
            setup_id=labels.setup_id,
            playbook_id=labels.playbook_id,
            playbook_version=labels.playbook_version,
            checklist=dict(labels.checklist),
            planned=labels.planned,
            tags=list(labels.tags),
            emotions=list(labels.emotions),
            market_condition=labels.market_condition,
            note=labels.note,
            no_stop_declared=labels.no_stop_declared,
        )


class StopMarkOut(Answer):
    """A stop, and when it was recorded."""

    at: Moment
    price: DecimalText

    @classmethod
    def from_domain(cls, mark: "StopMark") -> Self:
        """Show one."""
        return cls(at=mark.at, price=mark.price)


class FormerLabelsOut(LabelsOut):
    """What you wrote of a trade that went into another, as it stood then."""

    trade_id: str
    exit_reason: ExitReason | None
    stops: list[StopMarkOut]
    target: DecimalText | None

    @classmethod
    def from_domain(cls, labels: "Labels") -> Self:
        """Show them."""
        return cls(
            **dict(LabelsOut.from_domain(labels)),
            trade_id=labels.trade_id,
            exit_reason=labels.exit_reason,
            stops=[StopMarkOut.from_domain(one) for one in labels.stops],
            target=labels.target,
        )


class JournalTradeOut(Answer):
    """A trade in short. Money is quote currency, `…_account` your own; net and gross so far.

    Quantities are base units, prices quote currency per base unit. `r` is net in units of
    the initial risk, `hold_seconds` null while it is open. `version` rises with every change.
    """

    id: str
    account: str
    mode: Mode
    instrument: str
    base: str
    quote: str
    kind: Kind
    source: Source
    origin: Origin
    bot_id: str | None
    side: Side
    status: Status
    opened_at: Moment
    closed_at: Moment | None
    hold_seconds: int | None
    outcome: Outcome | None
    exit_reason: ExitReason | None
    incomplete: list[str]
    qty_entered: DecimalText
    qty_open: DecimalText
    avg_entry: DecimalText
    avg_exit: DecimalText | None
    gross: SignedDecimalText
    fees: SignedDecimalText | None
    funding: SignedDecimalText
    net: SignedDecimalText | None
    net_account: SignedDecimalText | None
    r: SignedDecimalText | None
    regime: str | None
    session: Session | None
    labels: LabelsOut
    version: int

    @classmethod
    def from_domain(cls, played: "Played") -> Self:
        """Show one."""
        trade, labels = played.trade, played.labels
        return cls(
            id=trade.id,
            account=trade.account,
            mode=trade.mode,
            instrument=trade.instrument,
            base=trade.base,
            quote=trade.quote,
            kind=trade.kind,
            source=trade.source,
            origin=trade.origin,
            bot_id=trade.bot_id,
            side=trade.side,
            status=trade.status,
            opened_at=trade.opened_at,
            closed_at=trade.closed_at,
            hold_seconds=trade.hold_seconds,
            outcome=trade.outcome,
            exit_reason=labels.exit_reason or trade.exit_reason,
            incomplete=list(trade.incomplete),
            qty_entered=trade.quantity.qty_entered,
            qty_open=trade.quantity.qty_open,
            avg_entry=trade.quantity.avg_entry,
            avg_exit=trade.quantity.avg_exit,
            gross=trade.money.gross,
            fees=trade.money.fees,
            funding=trade.money.funding,
            net=trade.money.net,
            net_account=trade.money.net_account,
            r=trade.risk.r,
            regime=trade.context.regime,
            session=trade.context.session,
            labels=LabelsOut.from_domain(labels),
            version=trade.version + labels.version,
        )


class TotalsOut(Answer):
    """What the trades of one page come to, in your currency and in R, of those that have it.

    They are of these modes; `others` of another mode are not counted.
    """

    modes: list[Mode]
    others: int
    trades: int
    closed: int
    wins: int
    losses: int
    net_account: SignedDecimalText
    fees_account: SignedDecimalText
    r: SignedDecimalText
    with_r: int

    @classmethod
    def from_domain(cls, totals: "Totals") -> Self:
        """Show them."""
        return cls(
            modes=list(totals.modes),
            others=totals.others,
            trades=totals.trades,
            closed=totals.closed,
            wins=totals.wins,
            losses=totals.losses,
            net_account=totals.net_account,
            fees_account=totals.fees_account,
            r=totals.r,
            with_r=totals.with_r,
        )


class TradesOut(PageOut[JournalTradeOut]):
    """A page of trades, and what these come to; figures of a range are analytics."""

    totals: TotalsOut


class LegOut(Answer):
    """A fill, or the part of one that belongs to the trade; `fee` is its value in quote."""

    fill_id: str
    order: str
    at: Moment
    action: Action
    entry: bool
    quantity: DecimalText
    price: DecimalText
    fee: SignedDecimalText | None
    fee_asset: str | None
    realised: SignedDecimalText
    stop: DecimalText | None
    target: DecimalText | None

    @classmethod
    def from_domain(cls, leg: "Leg") -> Self:
        """Show one."""
        return cls(
            fill_id=leg.fill_id,
            order=leg.order,
            at=leg.at,
            action=leg.action,
            entry=leg.entry,
            quantity=leg.quantity,
            price=leg.price,
            fee=leg.fee,
            fee_asset=leg.fee_asset,
            realised=leg.realised,
            stop=leg.stop,
            target=leg.target,
        )


class ChargeOut(Answer):
    """Funding or interest of one moment, in quote currency: positive was received."""

    at: Moment
    amount: SignedDecimalText

    @classmethod
    def from_domain(cls, charge: "Charge") -> Self:
        """Show one."""
        return cls(at=charge.at, amount=charge.amount)


class LongerOut(Answer):
    """What holding so many minutes longer would have added, per base unit and in R."""

    minutes: int
    per_unit: SignedDecimalText
    r: SignedDecimalText | None

    @classmethod
    def from_domain(cls, longer: "Longer") -> Self:
        """Show it."""
        return cls(minutes=longer.minutes, per_unit=longer.per_unit, r=longer.r)


class QuantitiesOut(Answer):
    """How much, in base units; `size` is the first entry order's notional in your currency."""

    qty_exited: DecimalText
    qty_carried: DecimalText
    peak_qty: DecimalText
    scale_ins: int
    partial_exits: int
    size: DecimalText | None


class TradeMoneyOut(Answer):
    """What it brought and cost beside the short form; `slippage` was lost, negative is a gain."""

    return_on_notional: SignedDecimalText | None
    gross_account: SignedDecimalText | None
    fees_account: SignedDecimalText | None
    slippage: SignedDecimalText | None


class TradeRiskOut(Answer):
    """What was risked; `initial_risk` without costs, `planned_risk` as the desk sized it."""

    initial_stop: DecimalText | None
    target: DecimalText | None
    stops: list[StopMarkOut]
    initial_risk: DecimalText | None
    planned_rr: SignedDecimalText | None
    planned_risk: DecimalText | None
    stop_recorded_after_seconds: int | None


class ExcursionOut(Answer):
    """How far it went against (`mae`) and for you (`mfe`) before fees; null while it is open."""

    mae: DecimalText | None
    mfe: DecimalText | None
    mae_r: DecimalText | None
    mfe_r: DecimalText | None
    given_back: SignedDecimalText | None
    capture: SignedDecimalText | None
    entry_efficiency: SignedDecimalText | None
    exit_efficiency: SignedDecimalText | None
    total_efficiency: SignedDecimalText | None
    resolution: str | None
    after_exit: list[LongerOut]


class SurroundingsOut(Answer):
    """In what it was entered, beside regime and session."""

    nth_of_day: int | None
    after: After | None
    volatility_bucket: VolatilityBucket | None


class JournalTradeDetailOut(JournalTradeOut):
    """A trade whole, with what was written and found of it, and the trades entered beside it.

    `reasons` say by the name of a field why it is null. One that has moved is shown under its
    present id, with the entries of all its ids; `former` is what was written of trades that went
    into it and does not fit beside what is written of it.
    """

    strategy_version: str | None
    decision_ids: list[str]
    import_ids: list[str]
    fill_ids: list[str]
    quantities: QuantitiesOut
    money: TradeMoneyOut
    risk: TradeRiskOut
    excursion: ExcursionOut
    context: SurroundingsOut
    legs: list[LegOut]
    charges: list[ChargeOut]
    reasons: dict[str, str]
    former: list[FormerLabelsOut]
    entries: list[JournalEntryOut]
    findings: list[TradeFindingOut]
    prev: str | None
    next: str | None

    @classmethod
    def of(
        cls,
        beside: "Beside",
        entries: "Sequence[ShownEntry]",
        findings: "Sequence[ShownFinding]",
    ) -> Self:
        """Show all of a trade."""
        trade = beside.played.trade
        quantity, money = trade.quantity, trade.money
        return cls(
            **dict(JournalTradeOut.from_domain(beside.played)),
            strategy_version=trade.strategy_version,
            decision_ids=list(trade.decision_ids),
            import_ids=list(trade.import_ids),
            fill_ids=list(trade.fill_ids),
            quantities=QuantitiesOut(
                qty_exited=quantity.qty_exited,
                qty_carried=quantity.qty_carried,
                peak_qty=quantity.peak_qty,
                scale_ins=quantity.scale_ins,
                partial_exits=quantity.partial_exits,
                size=quantity.size,
            ),
            money=TradeMoneyOut(
                return_on_notional=money.return_on_notional,
                gross_account=money.gross_account,
                fees_account=money.fees_account,
                slippage=money.slippage,
            ),
            risk=_risk(beside),
            excursion=_excursion(beside),
            context=SurroundingsOut(
                nth_of_day=trade.context.nth_of_day,
                after=trade.context.after,
                volatility_bucket=trade.context.volatility_bucket,
            ),
            legs=[LegOut.from_domain(one) for one in trade.legs],
            charges=[ChargeOut.from_domain(one) for one in trade.charges],
            reasons=dict(trade.reasons),
            former=[FormerLabelsOut.from_domain(one) for one in beside.former],
            entries=[JournalEntryOut.from_domain(one) for one in entries],
            findings=[TradeFindingOut.from_domain(one) for one in findings],
            prev=beside.prev,
            next=beside.next,
        )


def _risk(beside: "Beside") -> TradeRiskOut:
    risk, labels = beside.played.trade.risk, beside.played.labels
    stops = sorted({*risk.stops, *labels.stops}, key=lambda mark: (mark.at, mark.price))
    return TradeRiskOut(
        initial_stop=risk.initial_stop,
        target=labels.target or risk.target,
        stops=[StopMarkOut.from_domain(one) for one in stops],
        initial_risk=risk.initial_risk,
        planned_rr=risk.planned_rr,
        planned_risk=risk.planned_risk,
        stop_recorded_after_seconds=risk.stop_recorded_after_seconds,
    )


def _excursion(beside: "Beside") -> ExcursionOut:
    found = beside.played.trade.excursion
    return ExcursionOut(
        mae=found.mae,
        mfe=found.mfe,
        mae_r=found.mae_r,
        mfe_r=found.mfe_r,
        given_back=found.given_back,
        capture=found.capture,
        entry_efficiency=found.entry_efficiency,
        exit_efficiency=found.exit_efficiency,
        total_efficiency=found.total_efficiency,
        resolution=found.excursion_resolution,
        after_exit=[LongerOut.from_domain(one) for one in found.after_exit],
    )


class MarkOut(Answer):
    """A fill on the chart."""

    at: Moment
    action: Action
    entry: bool
    quantity: DecimalText
    price: DecimalText
    fill_id: str


class TradeChartOut(Answer):
    """The candles around a trade, oldest first, with its fills.

    No candles of an instrument that this desk does not keep; `complete`: none is cut off.
    """

    trade_id: str
    instrument: str
    timeframe: Timeframe | None
    candles: list[CandleOut]
    gaps: list[GapOut]
    complete: bool
    marks: list[MarkOut]

    @classmethod
    def from_domain(cls, shown: "ChartOfTrade") -> Self:
        """Show it."""
        trade, chart = shown.played.trade, shown.chart
        return cls(
            trade_id=trade.id,
            instrument=trade.instrument,
            timeframe=chart.timeframe if chart else None,
            candles=[CandleOut.from_domain(bar) for bar in chart.bars] if chart else [],
            gaps=[GapOut.from_domain(gap) for gap in chart.gaps] if chart else [],
            complete=chart.complete if chart else False,
            marks=[
                MarkOut(
                    at=leg.at,
                    action=leg.action,
                    entry=leg.entry,
                    quantity=leg.quantity,
                    price=leg.price,
                    fill_id=leg.fill_id,
                )
                for leg in trade.legs
            ],
        )
