"""Building an account's trades in one instrument anew, from all that was told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from itertools import accumulate, groupby

from nightdesk.core.errors import StaleWrite, UnknownInstrument
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.money import ZERO
from nightdesk.journal.book_stats import Played
from nightdesk.journal.fill import Book
from nightdesk.journal.keeping import TRIES, KeepTrades, joined
from nightdesk.journal.place import in_force
from nightdesk.journal.ports.trades import PreferencesOf, Rates, Trades, UnplacedStore
from nightdesk.journal.ports.writing import Tags
from nightdesk.journal.rating import charges_with_rates, with_rates
from nightdesk.journal.recorded import history
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import MAX_NOTE, MAX_TAGS, JournalTrade, Labels, Source
from nightdesk.journal.unplaced_building import unplaced_of
from nightdesk.market.ports import RulesStore
from nightdesk.trading.external import ExternalRecord, ExternalRecords
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildAccount:
    """The port RebuildTrades: what imports and syncs call once their records are stored."""

    records: ExternalRecords
    trades: Trades
    keep: KeepTrades
    rates: Rates
    preferences: PreferencesOf
    rules: RulesStore
    tags: Tags
    unplaced: UnplacedStore

    def __call__(
        self, owner: UserId, account: str, instrument: InstrumentId, *, now: datetime
    ) -> None:
        """Store what the records make now; again it changes nothing. Raises StaleWrite."""
        for left in reversed(range(TRIES)):
            try:
                self._rebuilt(owner, account, instrument, now)
            except StaleWrite:
                if not left:
                    raise
            else:
                return

    def _rebuilt(
        self, owner: UserId, account: str, instrument: InstrumentId, now: datetime
    ) -> None:
        told = list(self.records.fills(owner, account, instrument))
        found = history(instrument, told)
        contract = replace(found.contract, min_quantity=self._least(instrument))
        book = Book(owner=owner, account=account, mode=Mode.LIVE, contract=contract)
        played = self._played(book)
        known = dict(self.trades.stored(owner, list(played)))
        preferences = self.preferences(owner)
        currency = in_force(preferences.places, now).currency
        built = build(
            with_rates(found.fills, known.values(), currency, book, self.rates),
            book,
            funding=charges_with_rates(found.funding, known.values(), currency, book, self.rates),
            stops=[mark for one in played.values() for mark in one.labels.stops],
            breakeven_r=preferences.breakeven_r,
        )
        if played:
            known |= self._returned(owner, built.trades, known)
        kept = self.keep(owner, built.trades, known, now=now)
        self._label(owner, kept.new, built.trades, played, told=told, now=now)
        left = unplaced_of(account, instrument, built.warnings, found.fills, found.funding)
        self.unplaced.keep(owner, account, instrument, left)

    def _played(self, book: Book) -> dict[TradeId, Played]:
        """Return the trades of the book but those by hand, which have fills of their own."""
        found = self.trades.of_book(book.owner, book.account, book.contract.instrument)
        return {one.trade.id: one for one in found if one.trade.source is not Source.MANUAL}

    def _returned(
        self, owner: UserId, built: Sequence[JournalTrade], known: Mapping[TradeId, Stored]
    ) -> Mapping[TradeId, Stored]:
        """Return trades that had moved into others and now begin with their own fills again."""
        return self.trades.stored(owner, [one.id for one in built if one.id not in known])

    def _least(self, instrument: InstrumentId) -> Decimal:
        try:
            return self.rules.get(instrument).min_quantity
        except UnknownInstrument:
            return ZERO

    def _label(
        self,
        owner: UserId,
        new: Iterable[TradeId],
        trades: Sequence[JournalTrade],
        played: Mapping[TradeId, Played],
        *,
        told: Sequence[ExternalRecord],
        now: datetime,
    ) -> None:
        """Write on trades what their rows said beside the fills, where no person wrote since.

        Not on new ones alone: whoever is cut off after they were stored finds none that is new.
        """
        said = {one.fingerprint: one for one in told if one.setup or one.tags or one.note}
        if not said:
            return
        fresh = set(new)
        tags = TagBook(owner, self.tags.all(owner))
        for trade in trades:
            rows = [said[name] for name in trade.fill_ids if name in said]
            shown = played.get(trade.id)
            if not rows or (shown and worded(shown.labels, rows, tags, now) == shown.labels):
                continue  # most say all already: nothing is read for them
            there = self.trades.labels(owner, trade.id)
            wanted = worded(there, rows, tags, now, fresh=trade.id in fresh)
            if wanted != there:
                self.trades.save_labels(wanted)


def worded(
    there: Labels,
    rows: Sequence[ExternalRecord],
    tags: TagBook,
    now: datetime,
    *,
    fresh: bool = False,
) -> Labels:
    """Return labels with what rows say, where they say what an import wrote, or nothing yet.

    Imports follow each other, so what stands there may be what the first of them said. All else a
    person has written; only a `fresh` trade, to which it was moved, gets the rows' words as well.
    """
    blank = Labels(
        owner=there.owner,
        trade_id=there.trade_id,
        planned=there.planned,
        updated_at=there.updated_at,
        version=there.version,
    )
    imports = groupby(sorted(rows, key=_import), key=_import)
    told = [labels_of(there, list(some), tags, now) for _, some in imports]
    _, *steps = accumulate(told, joined, initial=blank)
    if there in steps:
        return steps[-1]
    if fresh or there.updated_at is None:
        return reduce(joined, told, there)
    return there


def _import(row: ExternalRecord) -> str:
    return row.sources[0]


def labels_of(
    there: Labels, rows: Sequence[ExternalRecord], tags: TagBook, now: datetime
) -> Labels:
    """Return what rows of a file say of a trade. A name that is no tag goes into the note."""
    unknown: list[str] = []

    def known(name: str) -> list[str]:
        tag = tags.named(name)
        if tag is None:
            unknown.append(name)
        return [tag.id] if tag else []

    setups = [found for row in rows if row.setup for found in known(row.setup)]
    named = [found for row in rows for name in row.tags for found in known(name)]
    notes = [row.note for row in rows if row.note]
    notes += [f"#{name}" for name in unknown]
    return Labels(
        owner=there.owner,
        trade_id=there.trade_id,
        setup_id=setups[0] if setups else None,
        tags=tuple(dict.fromkeys(named))[:MAX_TAGS],
        note="\n".join(dict.fromkeys(notes))[:MAX_NOTE],
        updated_at=now,
    )
