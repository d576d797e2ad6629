"""Trades by hand: entered, edited, closed, hidden and brought back; and labels of any trade.

The builder is the same as for every other source. A trade of the desk or of a synced account
keeps its fills: what may be changed of it is what a person writes.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext
from types import MappingProxyType

from nightdesk.core.clock import utc
from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite
from nightdesk.core.ids import TradeId, UserId, journal_trade_id
from nightdesk.core.money import ZERO
from nightdesk.journal.book_stats import Played
from nightdesk.journal.exactly import EXACTLY
from nightdesk.journal.fill import FEE_EXCEEDS_FILL, Book, JournalFill
from nightdesk.journal.hand_fills import (
    FillDraft,
    TradeDraft,
    about_fills,
    apart,
    book_of,
    closing_id,
    drafted_book,
    drafted_fills,
    duplicate,
    given,
)
from nightdesk.journal.keeping import hidden
from nightdesk.journal.labelling import LabelChanges, changed
from nightdesk.journal.measuring import MeasureTrade
from nightdesk.journal.merged import labels_counting
from nightdesk.journal.place import in_force
from nightdesk.journal.planned import TellPlanned
from nightdesk.journal.ports.trades import By, FollowLater, PreferencesOf, Rates, Trades
from nightdesk.journal.ports.writing import Tags
from nightdesk.journal.rating import with_rates
from nightdesk.journal.round_trips import UNMATCHED_SELL, build
from nightdesk.journal.stored import HIDDEN_FOR, Stored, built_from, taking_in
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import (
    Action,
    ExitReason,
    JournalTrade,
    Labels,
    Side,
    Source,
    Status,
    StopMark,
)
from nightdesk.trading.external import ExternalRecords

AT_ONCE = 1_000
"""Trades that are read together to find those by hand."""
OWN_WRITING = frozenset({Source.MANUAL, Source.IMPORT})
"""Only trades of these may be hidden."""
_REFUSED = MappingProxyType(
    {
        FEE_EXCEEDS_FILL: "A fee in coins leaves nothing of its fill.",
        UNMATCHED_SELL: "A spot trade cannot sell more than it bought.",
    }
)
"""What building only warns of, where a person may still write it otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What the use cases of this page share: building, measuring and storing one trade."""

    trades: Trades
    tags: Tags
    measure: MeasureTrade
    rates: Rates
    preferences: PreferencesOf
    planned: TellPlanned
    follow: FollowLater

    def built(
        self,
        book: Book,
        fills: Sequence[JournalFill],
        known: Sequence[Stored],
        now: datetime,
        *,
        stops: Sequence[StopMark] = (),
    ) -> tuple[JournalTrade, tuple[JournalFill, ...]]:
        """Return the one trade of these fills, and the fills with their rates.

        `stops` were recorded beside the fills. Raises Invalid `UNMATCHED_SELL` for a spot sale of
        what was not bought, `FEE_EXCEEDS_FILL` for a fee in coins that leaves nothing of its fill,
        `NOT_ONE_TRADE` where the position returns to zero before the last fill.
        """
        preferences = self.preferences(book.owner)
        currency = in_force(preferences.places, now).currency
        rated = tuple(with_rates(fills, known, currency, book, self.rates))
        made = build(rated, book, stops=stops, breakeven_r=preferences.breakeven_r)
        for code, text in _REFUSED.items():
            if any(one.code == code for one in made.warnings):
                raise Invalid(code, text, field="fills")
        if len(made.trades) != 1:
            text = "These fills are not one trade: the position is zero in between."
            raise Invalid("NOT_ONE_TRADE", text, field="fills")
        return made.trades[0], rated

    def single(
        self, book: Book, fills: Sequence[JournalFill], trade_ids: Collection[TradeId]
    ) -> None:
        """Refuse an id of a fill that another trade by hand has; `trade_ids` are no others.

        An id that nobody gave tells what the fill says: two trades may end alike. Raises Conflict
        `DUPLICATE_FILL`.
        """
        named = given(fills)
        if not named:
            return
        others = [one for one in self._beside(book, named.values()) if one not in trade_ids]
        for stored in self.trades.stored(book.owner, others).values():
            if not named.keys().isdisjoint(stored.trade.fill_ids):
                raise duplicate()

    def _beside(self, book: Book, moments: Collection[datetime]) -> Iterator[TradeId]:
        """Yield the trades by hand of a book that stood at some of these moments.

        A fill is of one time, so no others have it. The index of books is for workers alone.
        """
        where, after = (book.account, book.contract.instrument), None
        while True:
            page = self.trades.page(
                book.owner, by=By.CLOSED, limit=AT_ONCE, after=after, since=min(moments)
            )
            for one in (played.trade for played in page.items):
                here = (one.account, one.instrument) == where and one.source is Source.MANUAL
                if here and one.opened_at <= max(moments):
                    yield one.id
            if (after := page.next_key) is None:
                return

    def stored(self, owner: UserId, trade_id: TradeId) -> Stored:
        """Return one as it is kept. Raises Missing, also for another owner's."""
        found = self.trades.stored(owner, [trade_id]).get(trade_id)
        if found is None:
            raise Missing(f"no trade {trade_id!r}")
        return self.stored(owner, found.moved_to) if found.moved_to else found

    def shown(self, trade: JournalTrade, labels: Labels) -> Played:
        """Return a trade with the tags that count."""
        tags = TagBook(trade.owner, self.tags.all(trade.owner))
        return Played(trade=trade, labels=labels_counting(labels, tags))

    def save(
        self,
        trade: JournalTrade,
        fills: tuple[JournalFill, ...],
        before: Stored | None,
        now: datetime,
        *,
        voided_at: datetime | None = None,
        labels: Labels | None = None,
        moved: Stored | None = None,
    ) -> Stored:
        """Measure and store a trade, and ask for what follows from it; a hidden one stays so.

        That is asked for right before it is stored: measuring may take longer than who looks waits.
        `moved` is what it was under another id, of which `labels` say all that was written.
        """
        nearby = self.measure.nearby(trade.owner, [trade])
        kept = Stored(
            trade=self.measure(trade, nearby),
            fills_hash=built_from(trade),
            fills=fills,
            former=before.former if before else (),
        )
        if moved is not None:
            kept = taking_in(kept, moved, Labels(owner=trade.owner, trade_id=moved.trade.id))
        if voided_at is not None:
            kept = hidden(kept, voided_at)
        self.follow(trade.owner, [trade.id], now=now)
        return self.trades.save(kept, before, labels=labels)


@dataclass(frozen=True, slots=True)
class EnterTrade:
    """Store a trade that an owner writes down."""

    by_hand: ByHand

    def __call__(self, owner: UserId, draft: TradeDraft, *, now: datetime) -> Played:
        """Return it.

        One that is hidden comes back by it, with what was written of it and is not written anew.
        Raises Invalid `UNKNOWN_INSTRUMENT`, `NEGATIVE_QUANTITY`, `VALIDATION_FAILED`,
        `CLOSE_BEFORE_OPEN`, and as `ByHand.built`; Conflict `DUPLICATE_FILL` where it is there, or
        a fill of it in another trade.
        """
        book = drafted_book(owner, draft)
        fills = drafted_fills(book, draft.fills, stop=draft.stop, target=draft.target, now=now)
        name = journal_trade_id(owner, book.account, book.contract.instrument, fills[0].id)
        trades = self.by_hand.trades
        there = trades.stored(owner, [name]).get(name)
        labels = trades.labels(owner, name) if there else Labels(owner=owner, trade_id=name)
        known = () if there is None else (there,)
        trade, rated = self.by_hand.built(book, fills, known, now, stops=labels.stops)
        new = there is None or there.moved_to is not None
        if not new and not _hidden_by_hand(there):
            raise duplicate()
        self.by_hand.single(book, fills, [name])
        labels = self.by_hand.planned(trade, changed(labels, replace(draft.labels, stop=None), now))
        try:
            if new:
                stored = self.by_hand.save(trade, rated, there, now, labels=labels)
                labels = replace(labels, version=1)
            else:
                labels = trades.save_labels(labels)
                stored = self.by_hand.save(trade, rated, there, now)
        except StaleWrite as error:
            raise duplicate() from error
        return self.by_hand.shown(stored.trade, labels)


@dataclass(frozen=True, slots=True)
class EditTrade:
    """Change what is written of a trade; of one by hand also its fills, stop and target."""

    by_hand: ByHand

    def __call__(
        self,
        owner: UserId,
        trade_id: TradeId,
        changes: LabelChanges,
        *,
        version: int,
        now: datetime,
        fills: tuple[FillDraft, ...] | None = None,
    ) -> Played:
        """Return it as it stands now; `version` is what `shown_version` said.

        Raises Missing; StaleWrite for another version; Conflict `DESK_TRADE` for fills of a trade
        that is not by hand; `DUPLICATE_FILL` and Invalid as EnterTrade.
        """
        before = self.by_hand.stored(owner, trade_id)
        trade, rated = before.trade, before.fills
        labels = self.by_hand.trades.labels(owner, trade.id)
        if version != shown_version(Played(trade=trade, labels=labels)):
            raise StaleWrite("the trade has moved meanwhile")
        if fills is not None and trade.source is not Source.MANUAL:
            raise _desk_trade(
                "Fills of the desk, of synced accounts and of imports stay as they are."
            )
        rebuilds = trade.source is Source.MANUAL and (fills is not None or about_fills(changes))
        if rebuilds:
            of_first, changes = apart(trade, changes, fills)
            marks = changed(labels, changes, now).stops
            trade, rated = self._built(before, fills, of_first, marks, now)
        moves = trade.id != before.trade.id
        if moves:
            trade = self._moved(before, trade, rated, now).trade
            labels = self.by_hand.trades.labels(owner, trade.id)
        wanted = changed(labels, changes, now)
        if wanted.setup_id != labels.setup_id or moves:
            wanted = self.by_hand.planned(trade, wanted)
        if wanted != labels:
            labels = self.by_hand.trades.save_labels(wanted)
        if rebuilds and not moves:  # last: the stops that it was built with are kept by then
            trade = self.by_hand.save(trade, rated, before, now, voided_at=before.voided_at).trade
        return self.by_hand.shown(trade, labels)

    def _built(
        self,
        before: Stored,
        drafts: tuple[FillDraft, ...] | None,
        of_first: LabelChanges,
        marks: Sequence[StopMark],
        now: datetime,
    ) -> tuple[JournalTrade, tuple[JournalFill, ...]]:
        """Build the trade of other fills, or of the same with another stop or target."""
        book = book_of(before.trade)
        first = before.fills[0]
        stop = of_first.stop or (None if "stop" in of_first.cleared else first.stop)
        target = of_first.target or (None if "target" in of_first.cleared else first.target)
        if drafts is None:
            fills = [replace(first, stop=stop, target=target), *before.fills[1:]]
        else:
            fills = drafted_fills(book, drafts, stop=stop, target=target, now=now)
        trade, rated = self.by_hand.built(book, fills, [before], now, stops=marks)
        self.by_hand.single(book, () if drafts is None else fills, [before.trade.id, trade.id])
        return trade, rated

    def _moved(
        self, before: Stored, trade: JournalTrade, rated: tuple[JournalFill, ...], now: datetime
    ) -> Stored:
        """Store the trade under its new id, with what was written of it, then leave the old one.

        Cut off in between, both are there: the same change again finds the first step done.
        """
        trades, owner = self.by_hand.trades, trade.owner
        wrote = trades.labels(owner, before.trade.id)
        # no version of the new id is one that was shown under the old one
        labels = replace(wrote, trade_id=trade.id, version=before.trade.version + wrote.version)
        stored = trades.stored(owner, [trade.id]).get(trade.id)
        if stored is None or stored.moved_to is not None:
            stored = self.by_hand.save(
                trade, rated, stored, now, voided_at=before.voided_at, labels=labels, moved=before
            )
        elif (
            stored.fills_hash != built_from(trade)
            or replace(trades.labels(owner, trade.id), version=labels.version) != labels
        ):
            raise duplicate()
        self.by_hand.follow(owner, [before.trade.id], now=now)
        trades.save(replace(before, moved_to=trade.id), before)
        return stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a trade by hand is closed; `quantity` None: all that is open."""

    at: datetime
    price: Decimal
    quantity: Decimal | None = None
    fee: Decimal = ZERO
    fee_asset: str | None = None


@dataclass(frozen=True, slots=True)
class CloseTrade:
    """Close a trade by hand, or a part of it."""

    by_hand: ByHand

    def __call__(
        self,
        owner: UserId,
        trade_id: TradeId,
        closing: Closing,
        *,
        cause: str | None = None,
        now: datetime,
    ) -> Played:
        """Return it. A `cause` is one close: said again, it finds that it was done.

        Raises Missing, Conflict `NOT_OPEN`, `DESK_TRADE`; Invalid `CLOSE_BEFORE_OPEN`,
        `NEGATIVE_QUANTITY`, `VALIDATION_FAILED` for more than is open.
        """
        before = self.by_hand.stored(owner, trade_id)
        trade = before.trade
        labels = self.by_hand.trades.labels(owner, trade.id)
        name = None if cause is None else closing_id(trade, cause)
        if any(fill.id == name for fill in before.fills):
            return self.by_hand.shown(trade, labels)
        if trade.source is not Source.MANUAL:
            raise _desk_trade("Trades of the desk and of accounts close with their own fills.")
        if trade.status not in {Status.OPEN, Status.PARTLY_CLOSED}:
            raise Conflict("NOT_OPEN", "This trade is not open.")
        if utc(closing.at) < trade.legs[-1].at:
            text = "A trade closes after its last fill."
            raise Invalid("CLOSE_BEFORE_OPEN", text, field="at")
        if closing.quantity is not None and closing.quantity > trade.quantity.qty_open:
            text = "More than is open."
            raise Invalid("VALIDATION_FAILED", text, field="quantity", allowed="what is open")
        draft = FillDraft(
            at=closing.at,
            side=Action.SELL if trade.side is Side.LONG else Action.BUY,
            quantity=_all_of(trade, closing) if closing.quantity is None else closing.quantity,
            price=closing.price,
            fee=closing.fee,
            fee_asset=closing.fee_asset,
            id=name,
            said_as="",
        )
        book = book_of(trade)
        (out,) = drafted_fills(book, (draft,), now=now, start=len(before.fills))
        if any(fill.id == out.id for fill in before.fills):
            raise duplicate()
        fills = [*before.fills, replace(out, reason=ExitReason.MANUAL)]
        built, rated = self.by_hand.built(book, fills, [before], now, stops=labels.stops)
        stored = self.by_hand.save(built, rated, before, now)
        return self.by_hand.shown(stored.trade, labels)


@dataclass(frozen=True, slots=True)
class HideTrade:
    """Hide a trade by hand or of an import; it can be brought back for 30 days."""

    by_hand: ByHand

    def __call__(self, owner: UserId, trade_id: TradeId, *, now: datetime) -> None:
        """Hide it; again, nothing happens. Raises Missing, Conflict `DESK_TRADE`."""
        before = self.by_hand.stored(owner, trade_id)
        if before.trade.source not in OWN_WRITING:
            raise _desk_trade("Only trades by hand and of imports can be deleted.")
        if before.voided_at is None:
            self.by_hand.follow(owner, [before.trade.id], now=now)
            self.by_hand.trades.save(hidden(before, now), before)


@dataclass(frozen=True, slots=True)
class RestoreTrade:
    """Bring a hidden trade back within 30 days."""

    by_hand: ByHand
    records: ExternalRecords

    def __call__(self, owner: UserId, trade_id: TradeId, *, now: datetime) -> Played:
        """Return it as it stood. One that is not hidden stays as it is.

        Its store may remove it later than it is due: for its owner it is gone by then. Raises
        Missing, Conflict `FILLS_GONE` for one whose import was undone meanwhile, `DUPLICATE_FILL`
        where another one has a fill of it by now.
        """
        before = self.by_hand.stored(owner, trade_id)
        if before.voided_at is not None and now >= before.voided_at + HIDDEN_FOR:
            raise Missing(f"no trade {trade_id!r}")
        labels = self.by_hand.trades.labels(owner, before.trade.id)
        if before.voided_at is None:
            return self.by_hand.shown(before.trade, labels)
        self._told(before.trade)
        self.by_hand.single(book_of(before.trade), before.fills, [before.trade.id])
        shown = replace(before.trade, status=standing(before.trade))
        self.by_hand.follow(owner, [before.trade.id], now=now)
        stored = self.by_hand.trades.save(replace(before, trade=shown, voided_at=None), before)
        return self.by_hand.shown(stored.trade, labels)

    def _told(self, trade: JournalTrade) -> None:
        """Refuse a trade of fills that nobody tells any more: no rebuild would make it again."""
        if trade.source not in {Source.IMPORT, Source.SYNC}:
            return
        fills = set(trade.fill_ids)
        if fills - self.records.taken(trade.owner, sorted(fills)):
            raise Conflict("FILLS_GONE", "Its fills were taken back: import them again.")


def _hidden_by_hand(stored: Stored | None) -> bool:
    return (
        stored is not None and stored.voided_at is not None and stored.trade.source is Source.MANUAL
    )


def _all_of(trade: JournalTrade, closing: Closing) -> Decimal:
    """Return what closes all that is open: a fee in coins is paid out of it."""
    left = trade.quantity.qty_open
    if closing.fee_asset != trade.base:
        return left
    with localcontext(EXACTLY):
        return left - trade.side.direction * closing.fee


def standing(trade: JournalTrade) -> Status:
    """Return the status that the fills of a trade give it, hidden or not."""
    if trade.closed_at is not None:
        return Status.CLOSED
    return Status.PARTLY_CLOSED if trade.quantity.qty_exited else Status.OPEN


def shown_version(played: Played) -> int:
    """Return what changes whenever the trade or what is written of it does."""
    return played.trade.version + played.labels.version


def _desk_trade(text: str) -> Conflict:
    return Conflict("DESK_TRADE", text)
