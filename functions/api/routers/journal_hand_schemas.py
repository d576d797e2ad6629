"""Bodies of the trades routes: trades by hand, and labels of any trade."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from functions.api.queries import UtcMoment
from functions.api.routers.journal_schemas import Ident, Version, one_line, several_lines
from functions.api.schemas import DecimalText, Lax, Request, SignedDecimalText
from nightdesk.core.money import ZERO
from nightdesk.journal.hand_fills import (
    MAX_ACCOUNT,
    MAX_FILLS,
    FillDraft,
    TradeDraft,
    from_entry_and_exit,
)
from nightdesk.journal.labelling import CLEARED, LabelChanges
from nightdesk.journal.manual_trade import Closing
from nightdesk.journal.playbook import MAX_RULES, RULE_ID
from nightdesk.journal.trade import (
    MAX_NOTE,
    MAX_TAGS,
    Action,
    Check,
    Emotion,
    ExitReason,
    Kind,
    MarketCondition,
    Side,
)
from nightdesk.trading.order import Mode

Asset = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,15}$")]
Known = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{0,120}$", description='"" clears it.')]
RuleId = Annotated[str, Field(pattern=f"^{RULE_ID.pattern}$")]


class EndIn(Request):
    """One end of a trade. `quantity` in base units, `price` in quote currency per base unit.

    `fee` is in quote currency unless `fee_asset` says otherwise; negative for a rebate.
    `fee_price` is the price of a third asset in quote currency at that moment.
    """

    at: UtcMoment
    quantity: DecimalText
    price: DecimalText
    fee: SignedDecimalText = ZERO
    fee_asset: Asset | None = None
    fee_price: Annotated[DecimalText, Field(gt=0)] | None = None

    def draft(self, side: Action) -> FillDraft:
        """Build the noun."""
        return FillDraft(
            at=self.at,
            side=side,
            quantity=self.quantity,
            price=self.price,
            fee=self.fee,
            fee_asset=self.fee_asset,
            fee_price=self.fee_price,
        )


class HandFillIn(EndIn):
    """One fill; fills of one `order` are one entry or exit."""

    side: Lax[Action]
    order: Ident | None = None
    id: Ident | None = None

    def to_domain(self) -> FillDraft:
        """Build the noun."""
        return FillDraft(
            at=self.at,
            side=self.side,
            quantity=self.quantity,
            price=self.price,
            fee=self.fee,
            fee_asset=self.fee_asset,
            fee_price=self.fee_price,
            order=self.order,
            id=self.id,
        )


Fills = Annotated[list[HandFillIn], Field(min_length=1, max_length=MAX_FILLS)]


class LabelsIn(Request):
    """What you write of a trade. What is left out stays; null clears, as "" and [] do."""

    setup_id: Known | None = None
    playbook_id: Known | None = None
    playbook_version: int | None = Field(default=None, ge=1, le=10**6)
    checklist: dict[RuleId, Lax[Check]] | None = Field(default=None, max_length=MAX_RULES)
    tags: list[Ident] | None = Field(default=None, max_length=MAX_TAGS)
    emotions: list[Lax[Emotion]] | None = Field(default=None, max_length=len(Emotion))
    market_condition: Lax[MarketCondition] | None = None
    note: Annotated[str, several_lines(MAX_NOTE)] | None = Field(default=None, max_length=MAX_NOTE)
    no_stop_declared: bool | None = None
    exit_reason: Lax[ExitReason] | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        for names in (self.tags or [], self.emotions or []):
            if len(set(names)) != len(names):
                raise ValueError("each emotion and each tag once")
        return self

    def changes(self) -> LabelChanges:
        """Build the noun."""
        said = {name: getattr(self, name) for name in self.model_fields_set & set(CLEARED)}
        return LabelChanges(
            setup_id=self.setup_id or None,
            playbook_id=self.playbook_id or None,
            playbook_version=self.playbook_version,
            checklist=self.checklist,
            tags=None if self.tags is None else tuple(self.tags),
            emotions=None if self.emotions is None else tuple(self.emotions),
            market_condition=self.market_condition,
            note=self.note,
            no_stop_declared=self.no_stop_declared,
            exit_reason=self.exit_reason,
            cleared=frozenset(name for name, value in said.items() if value in (None, "")),
        )


class TradeIn(Request):
    """A trade by hand: `fills`, or `side` with `entry` and perhaps `exit`.

    `stop` and `target` are what stood at the first fill.
    """

    account: Annotated[str, one_line(MAX_ACCOUNT)] = Field(min_length=1, max_length=MAX_ACCOUNT)
    instrument: str = Field(
        max_length=60, description="BASE/QUOTE@venue.", examples=["BTC/USD@bitstamp"]
    )
    kind: Lax[Kind] = Kind.SPOT
    mode: Lax[Mode] = Mode.LIVE
    fills: Fills | None = None
    side: Lax[Side] | None = None
    entry: EndIn | None = None
    exit: EndIn | None = None
    stop: Annotated[DecimalText, Field(gt=0)] | None = None
    target: Annotated[DecimalText, Field(gt=0)] | None = None
    labels: LabelsIn = LabelsIn()

    @model_validator(mode="after")
    def _either(self) -> Self:
        ends = (self.side is not None, self.entry is not None)
        if self.fills is not None and (any(ends) or self.exit is not None):
            raise ValueError("either fills, or side with entry and exit")
        if self.fills is None and not all(ends):
            raise ValueError("fills, or side with entry, are needed")
        return self

    @property
    def entered_at(self) -> datetime:
        """Return when its first fill was."""
        first = self.fills[0] if self.fills else self.entry
        assert first is not None  # noqa: S101 - checked above
        return first.at

    def draft(self, labels: LabelChanges) -> TradeDraft:
        """Build the noun with labels that were checked."""
        if self.fills is not None:
            fills = tuple(one.to_domain() for one in self.fills)
        else:
            assert self.side is not None  # noqa: S101 - checked above
            assert self.entry is not None  # noqa: S101 - checked above
            out = self.exit.draft(Action.SELL) if self.exit else None
            fills = from_entry_and_exit(self.side, self.entry.draft(Action.BUY), out)
        return TradeDraft(
            account=self.account,
            instrument=self.instrument,
            kind=self.kind,
            mode=self.mode,
            fills=fills,
            stop=self.stop,
            target=self.target,
            labels=labels,
        )


class TradePatch(LabelsIn):
    """What is to change of a trade, against the version that was read.

    `fills` take the place of all fills of a trade by hand; other trades keep theirs. Null as
    `stop` takes back the stops that you recorded, of a trade by hand that of its first fill.
    """

    version: Version
    stop: Annotated[DecimalText, Field(gt=0)] | None = None
    target: Annotated[DecimalText, Field(gt=0)] | None = None
    fills: Fills | None = None

    def drafts(self) -> tuple[FillDraft, ...] | None:
        """Build the nouns of its fills."""
        return None if self.fills is None else tuple(one.to_domain() for one in self.fills)


class CloseIn(Request):
    """How a trade by hand is closed. Without `quantity` all that is open is."""

    at: UtcMoment
    price: DecimalText
    quantity: DecimalText | None = None
    fee: SignedDecimalText = ZERO
    fee_asset: Asset | None = None

    def to_domain(self) -> Closing:
        """Build the noun."""
        return Closing(
            at=self.at,
            price=self.price,
            quantity=self.quantity,
            fee=self.fee,
            fee_asset=self.fee_asset,
        )
