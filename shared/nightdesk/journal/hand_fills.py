"""Fills as a person writes them down, and whose they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nightdesk.core.clock import iso, utc
from nightdesk.core.errors import Conflict, Invalid
from nightdesk.core.ids import InstrumentId, UserId, digest, instrument_id
from nightdesk.core.money import ZERO, fixed
from nightdesk.journal.fill import Book, Contract, JournalFill
from nightdesk.journal.labelling import LabelChanges
from nightdesk.journal.trade import Action, JournalTrade, Kind, Side, Source
from nightdesk.journal.wording import line
from nightdesk.trading.order import Mode

EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=5)
"""Clocks differ: a fill may lie this far in the future, and no further."""
MAX_FILLS = 500
MAX_ACCOUNT = 60
MADE = "hand_"
"""Ids of fills that were given none begin with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillDraft:
    """One fill as it is written down. `fee` is in quote currency unless `fee_asset` says."""

    at: datetime
    side: Action
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    fee_asset: str | None = None
    fee_price: Decimal | None = None
    order: str | None = None
    id: str | None = None
    said_as: str | None = None
    """What goes before its fields where a refusal names one; None: its place among the fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeDraft:
    """A trade to be entered. `stop` and `target` are what stood at the first fill."""

    account: str
    instrument: str
    kind: Kind
    fills: tuple[FillDraft, ...]
    mode: Mode = Mode.LIVE
    stop: Decimal | None = None
    target: Decimal | None = None
    labels: LabelChanges = field(default_factory=LabelChanges)


def from_entry_and_exit(
    side: Side, entry: FillDraft, out: FillDraft | None
) -> tuple[FillDraft, ...]:
    """Return the fills of a trade given by its two ends; their sides follow from the trade's."""
    first, last = (Action.BUY, Action.SELL) if side is Side.LONG else (Action.SELL, Action.BUY)
    fills = (replace(entry, side=first, said_as="entry."),)
    return fills if out is None else (*fills, replace(out, side=last, said_as="exit."))


def book_of(trade: JournalTrade) -> Book:
    """Return whose fills a trade by hand was built from."""
    return Book(
        owner=trade.owner,
        account=trade.account,
        mode=trade.mode,
        contract=Contract(
            instrument=trade.instrument,
            kind=trade.kind,
            base=trade.base,
            quote=trade.quote,
            allows_short=trade.kind is not Kind.SPOT,
        ),
    )


def drafted_book(owner: UserId, draft: TradeDraft) -> Book:
    """Return whose trade it is. Raises Invalid `UNKNOWN_INSTRUMENT`, `VALIDATION_FAILED`."""
    try:
        instrument: InstrumentId = instrument_id(draft.instrument)
    except ValueError as error:
        raise Invalid("UNKNOWN_INSTRUMENT", str(error), field="instrument") from error
    try:
        account = line(draft.account, MAX_ACCOUNT)
    except ValueError as error:
        raise Invalid("VALIDATION_FAILED", str(error), field="account") from error
    pair = instrument.partition("@")[0]
    base, _, quote = pair.partition("/")
    if base == quote:
        text = "A pair has two assets."
        raise Invalid("UNKNOWN_INSTRUMENT", text, field="instrument")
    contract = Contract(
        instrument=instrument,
        kind=draft.kind,
        base=base,
        quote=quote,
        allows_short=draft.kind is not Kind.SPOT,
    )
    return Book(owner=owner, account=account, mode=draft.mode, contract=contract)


def drafted_fills(
    book: Book,
    drafts: Sequence[FillDraft],
    *,
    now: datetime,
    stop: Decimal | None = None,
    target: Decimal | None = None,
    start: int = 0,
) -> list[JournalFill]:
    """Return fills in the order given, each with the one id of what it says and where.

    `start` counts the fills that the trade has already; `stop` and `target` stood at the first.
    Raises Invalid `NEGATIVE_QUANTITY`, `CLOSE_BEFORE_OPEN`, `VALIDATION_FAILED`; Conflict
    `DUPLICATE_FILL` for an id given twice.
    """
    if not 1 <= start + len(drafts) <= MAX_FILLS:
        raise Invalid("VALIDATION_FAILED", f"1 to {MAX_FILLS} fills.", field="fills")
    found: list[JournalFill] = []
    for place, draft in enumerate(drafts, start):
        fill = _fill(book, draft, place, now)
        if any(one.id == fill.id for one in found):
            raise duplicate()
        found.append(fill)
    if any(fill.at < found[0].at for fill in found):
        text = "No fill lies before the first one."
        raise Invalid("CLOSE_BEFORE_OPEN", text, field="fills")
    try:
        found[0] = replace(found[0], stop=stop, target=target)
    except ValueError as error:
        raise Invalid("VALIDATION_FAILED", str(error), field="stop") from error
    return found


def _fill(book: Book, draft: FillDraft, place: int, now: datetime) -> JournalFill:
    where = f"fills.{place}." if draft.said_as is None else draft.said_as
    for name, amount in (("quantity", draft.quantity), ("price", draft.price)):
        if amount <= ZERO:
            text = "Quantity and price are above zero."
            raise Invalid("NEGATIVE_QUANTITY", text, field=where + name)
    if not EARLIEST <= utc(draft.at) <= now + AHEAD:
        text = "A fill lies between 2009 and now."
        raise Invalid("VALIDATION_FAILED", text, field=where + "at")
    fill_id = draft.id or _fill_id(book, draft, place)
    try:
        return JournalFill(
            id=fill_id,
            at=utc(draft.at),
            seq=place,
            order=draft.order or fill_id,
            side=draft.side,
            quantity=draft.quantity,
            price=draft.price,
            fee=draft.fee,
            fee_asset=draft.fee_asset,
            fee_price=draft.fee_price,
            source=Source.MANUAL,
        )
    except ValueError as error:
        raise Invalid("VALIDATION_FAILED", str(error), field=where + "fee_price") from error


def _fill_id(book: Book, draft: FillDraft, place: int) -> str:
    told = (book.owner, book.account, book.contract.instrument, iso(draft.at), draft.side)
    return _made(*told, fixed(draft.quantity), fixed(draft.price), str(place))


def closing_id(trade: JournalTrade, cause: str) -> str:
    """Return the one id of the fill by which this command closes a trade, or a part of it."""
    return _made("close", trade.owner, trade.id, cause)


def _made(*parts: str) -> str:
    return MADE + digest(*parts).hex()[:24]


def given(fills: Iterable[JournalFill]) -> dict[str, datetime]:
    """Return the ids that a person gave these fills, and when they were."""
    return {fill.id: fill.at for fill in fills if not fill.id.startswith(MADE)}


def about_fills(changes: LabelChanges) -> bool:
    """Tell whether they are about what the fills of a trade by hand say."""
    return bool(changes.stop or changes.target or changes.cleared & {"stop", "target"})


def apart(
    trade: JournalTrade, changes: LabelChanges, drafts: tuple[FillDraft, ...] | None
) -> tuple[LabelChanges, LabelChanges]:
    """Return what changes of the first fill of a trade by hand, and what beside its fills.

    A stop is of the first fill where fills are given anew, and of a trade that has ended without
    any. Else it is recorded now: a move never changes what was risked (journal, 1.9).
    """
    first = drafts is not None or (trade.closed_at is not None and not trade.risk.stops)
    beside = replace(
        changes,
        stop=None if first else changes.stop,
        target=None,
        cleared=changes.cleared - {"target"},
    )
    return (changes if first else replace(changes, stop=None)), beside


def duplicate() -> Conflict:
    """Return what a fill meets that is there already."""
    return Conflict("DUPLICATE_FILL", "A fill of this trade is in the journal already.")
