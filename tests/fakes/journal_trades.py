"""Trades of the journal in memory: as strict about versions and hidden ones as the table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from nightdesk.core.clock import iso
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.cash_row import CashRow
from nightdesk.journal.owed import Owed
from nightdesk.journal.place import Place
from nightdesk.journal.ports.trades import By
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import JournalTrade, Labels, Rate, Status
from nightdesk.journal.unplaced import Unplaced

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class FakeTrades:
    """The port Trades."""

    kept: dict[tuple[UserId, TradeId], Stored] = field(default_factory=dict)
    written: dict[tuple[UserId, TradeId], Labels] = field(default_factory=dict)
    saves: int = 0

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        found = self.kept.get((owner, trade_id))
        if found is None:
            raise Missing(trade_id)
        if found.moved_to is not None:
            return self.get(owner, found.moved_to)
        return Played(trade=found.trade, labels=self.labels(owner, trade_id))

    def stored(self, owner: UserId, trade_ids: Sequence[TradeId]) -> Mapping[TradeId, Stored]:
        return {one: self.kept[owner, one] for one in trade_ids if (owner, one) in self.kept}

    def of_book(self, owner: UserId, account: str, instrument: InstrumentId) -> Sequence[Played]:
        found = self._of(owner, void=True)
        book = (account, instrument)
        return self._short(
            sorted((one for one in found if (one.account, one.instrument) == book), key=_opening)
        )

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        found = [one for one in self._of(owner) if since <= one.opened_at < until]
        return self._short(sorted(found, key=_opening))

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        found = [one for one in self._of(owner) if one.closed_at and since <= one.closed_at < until]
        return self._short(sorted(found, key=_place))

    def page(
        self,
        owner: UserId,
        *,
        by: By,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
    ) -> Page[Played]:
        place: Callable[[JournalTrade], tuple[str, ...]] = _opening
        if by is By.CLOSED:
            place = _place

        def moment(one: JournalTrade) -> datetime | None:
            return one.closed_at if by is By.CLOSED else one.opened_at

        found = [
            one
            for one in self._of(owner)
            if (until is None or (moment(one) or _NEVER) < until)
            and (since is None or (moment(one) or _NEVER) >= since)
        ]
        return self._paged(sorted(found, key=place, reverse=newest_first), limit, after)

    def hidden(self, owner: UserId, *, limit: int, after: str | None) -> Page[Played]:
        found = [one for one in self._of(owner, void=True) if one.status is Status.VOID]
        ordered = sorted(found, key=_opening, reverse=True)
        return self._paged(ordered, limit, after)

    def save(
        self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
    ) -> Stored:
        key = (stored.trade.owner, stored.trade.id)
        there = self.kept.get(key)
        version = before.trade.version if before else 0
        if (there.trade.version if there else 0) != version:
            raise StaleWrite(stored.trade.id)
        self.saves += 1
        after = replace(stored, trade=replace(stored.trade, version=version + 1))
        self.kept[key] = after
        if after.moved_to is not None:
            self.written.pop(key, None)
        if labels is not None:
            if key in self.written:
                raise StaleWrite(stored.trade.id)
            self.written[key] = replace(labels, version=labels.version + 1)
        return after

    def add(self, many: Sequence[Stored]) -> None:
        for one in many:
            self.saves += 1
            key = (one.trade.owner, one.trade.id)
            self.kept[key] = replace(one, trade=replace(one.trade, version=1))

    def labels(self, owner: UserId, trade_id: TradeId) -> Labels:
        blank = Labels(owner=owner, trade_id=trade_id)
        return self.written.get((owner, trade_id), blank)

    def save_labels(self, labels: Labels) -> Labels:
        key = (labels.owner, labels.trade_id)
        there = self.kept.get(key)
        if there is None or there.moved_to is not None:
            raise Missing(labels.trade_id)
        if self.labels(*key).version != labels.version:
            raise StaleWrite(labels.trade_id)
        self.written[key] = replace(labels, version=labels.version + 1)
        return self.written[key]

    def _of(self, owner: UserId, *, void: bool = False) -> list[JournalTrade]:
        return [
            one.trade
            for (of, _), one in self.kept.items()
            if of == owner
            and one.moved_to is None
            and (void or one.trade.status is not Status.VOID)
        ]

    def _short(self, trades: Iterable[JournalTrade]) -> list[Played]:
        """Return what lists show: the first leg alone, as much of it as they know."""
        return [Played(trade=_listed(one), labels=self.labels(one.owner, one.id)) for one in trades]

    def _paged(
        self, ordered: Sequence[JournalTrade], limit: int, after: str | None
    ) -> Page[Played]:
        start = 0
        if after is not None:
            start = 1 + [one.id for one in ordered].index(TradeId(after))
        shown = ordered[start : start + limit]
        more = shown[-1].id if len(ordered) > start + limit else None
        return Page(self._short(shown), more)


def _listed(trade: JournalTrade) -> JournalTrade:
    first = trade.legs[0]
    leg = replace(first, fee=Decimal(0), fee_asset=None, stop=None, target=None, rate=None)
    return replace(
        trade,
        decision_ids=(),
        import_ids=(),
        legs=(leg,),
        charges=(),
        reasons=MappingProxyType({}),
    )


def _opening(trade: JournalTrade) -> tuple[str, str]:
    return iso(trade.opened_at), trade.id


def _place(trade: JournalTrade) -> tuple[str, str, str]:
    if trade.closed_at is None:
        return "~", iso(trade.opened_at), trade.id
    return "", iso(trade.closed_at), trade.id


@dataclass
class FakeCashRows:
    """The port CashRows."""

    rows: dict[tuple[UserId, str], CashRow] = field(default_factory=dict)

    def get(self, owner: UserId, row_id: str) -> CashRow:
        if (owner, row_id) not in self.rows:
            raise Missing(row_id)
        return self.rows[owner, row_id]

    def of(self, owner: UserId, account: str | None = None) -> Sequence[CashRow]:
        found = [row for (of, _), row in self.rows.items() if of == owner]
        wanted = [row for row in found if account in {None, row.account}]
        return sorted(wanted, key=lambda row: (row.at, row.id))

    def put(self, row: CashRow) -> None:
        self.rows[row.owner, row.id] = row

    def remove(self, owner: UserId, row_id: str) -> None:
        self.get(owner, row_id)
        del self.rows[owner, row_id]


@dataclass
class FakeUnplaced:
    """The port UnplacedStore."""

    books: dict[tuple[UserId, str, InstrumentId], tuple[Unplaced, ...]] = field(
        default_factory=dict
    )

    def of(self, owner: UserId) -> Sequence[Unplaced]:
        rows = [row for (of, *_), some in self.books.items() if of == owner for row in some]
        return sorted(rows, key=lambda row: (row.account, row.instrument, row.code))

    def keep(
        self, owner: UserId, account: str, instrument: InstrumentId, rows: Sequence[Unplaced]
    ) -> None:
        self.books[owner, account, instrument] = tuple(rows)


@dataclass
class FakeRates:
    """The port Rates: what is set, by pair; par where both are the same."""

    of: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    asked: int = 0

    def __call__(self, quote: str, currency: str, at: datetime) -> Rate | None:
        self.asked += 1
        value = Decimal(1) if quote == currency else self.of.get((quote, currency))
        return None if value is None else Rate(value=value, source="fake", at=at)


@dataclass
class FakePreferencesOf:
    """The port PreferencesOf: everybody lives in one place."""

    place: Place = field(default_factory=lambda: Place(zone="UTC", currency="USDT"))
    breakeven_r: Decimal = Decimal("0.1")

    def __call__(self, owner: UserId) -> Preferences:
        return Preferences(owner=owner, breakeven_r=self.breakeven_r, places=(self.place,))


@dataclass
class FakeLater:
    """The ports MeasureLater and FollowLater: remembers what was asked."""

    asked: list[TradeId] = field(default_factory=list)

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId], *, now: datetime) -> None:
        self.asked += trade_ids


@dataclass
class FakeOwedLooks:
    """The port OwedLooks."""

    kept: dict[tuple[UserId, str], Owed] = field(default_factory=dict)

    def put(self, owed: Owed) -> None:
        self.kept[owed.owner, owed.what] = owed

    def drop(self, owed: Owed) -> None:
        self.kept.pop((owed.owner, owed.what), None)

    def due(self, now: datetime, *, limit: int, after: str | None = None) -> Page[Owed]:
        found = sorted(
            (one for one in self.kept.values() if one.at <= now),
            key=lambda one: (one.at, one.owner, one.what),
        )
        start = int(after or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(found[start : start + limit], more)
