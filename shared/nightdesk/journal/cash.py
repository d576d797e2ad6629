"""Cash of accounts: what is written by hand, and the journal's balances beside the venue's."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

from nightdesk.core.clock import utc
from nightdesk.core.errors import Invalid
from nightdesk.core.ids import UserId, ulid
from nightdesk.core.money import ZERO, fixed
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.exactly import EXACTLY
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.hand_fills import AHEAD, EARLIEST, MAX_ACCOUNT
from nightdesk.journal.modes import modes_of
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.ports.trades import CashRows, PreferencesOf, Trades, VenueBalances
from nightdesk.journal.recorded import fill_of, movement_of
from nightdesk.journal.trade import Source
from nightdesk.journal.wording import line
from nightdesk.market.currencies import FIAT
from nightdesk.trading.external import ExternalRecord, ExternalRecords, Market, RecordKind
from nightdesk.trading.order import Mode

MAX_ASSET = 15
SAME = Decimal("1e-8")
"""Balances that lie closer together are equal: venues round."""
BOOKED = Decimal("5e-5")
"""Half of the last place that money is booked with (Kraken): each amount may be off by so much."""
AROUND = timedelta(days=1)
"""Flows of the day before and after the first differing day are shown with its own."""
MOST_SHOWN = 200
"""More of them are not: those nearest to the day itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One change of an account's balance of one asset, as the journal knows it."""

    at: datetime
    asset: str
    amount: Decimal
    what: str
    """`fill`, `fee`, or the kind of a movement."""
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """One asset of an account. `venue` is None where nobody says; `flows` lie around the day."""

    asset: str
    journal: Decimal
    venue: Decimal | None
    difference: Decimal | None
    first_differing_day: date | None
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class WriteCash:
    """Note a deposit, a withdrawal or a correction."""

    cash: CashRows

    def __call__(
        self,
        owner: UserId,
        *,
        account: str,
        at: datetime,
        asset: str,
        amount: Decimal,
        kind: CashKind,
        equity_before: Decimal | None = None,
        note: str = "",
        now: datetime,
    ) -> CashRow:
        """Return the row; the same one twice is one. Raises Invalid `VALIDATION_FAILED`."""
        if not EARLIEST <= utc(at) <= now + AHEAD:
            text = "Cash moved between 2009 and now."
            raise Invalid("VALIDATION_FAILED", text, field="at")
        try:
            name, code = line(account, MAX_ACCOUNT), line(asset, MAX_ASSET).upper()
            row = CashRow(
                id=ulid(at, owner, name, code, kind, fixed(amount), note),
                owner=owner,
                account=name,
                at=utc(at),
                asset=code,
                amount=amount,
                kind=kind,
                equity_before=equity_before,
                note=note,
                created_at=now,
            )
        except (TypeError, ValueError) as error:
            raise Invalid("VALIDATION_FAILED", str(error), field="amount") from error
        self.cash.put(row)
        return row


@dataclass(frozen=True, slots=True)
class ListCash:
    """Show what was written, newest first."""

    cash: CashRows

    def __call__(self, owner: UserId, account: str | None = None) -> Sequence[CashRow]:
        """Return the rows of an owner, or of one account."""
        return list(reversed(self.cash.of(owner, account)))

    def page(
        self, owner: UserId, account: str | None, *, limit: int, after: str | None
    ) -> Page[CashRow]:
        """Return a page of them. Raises BadCursor for a key of another account."""
        mark, _, last = (after or f"{account or ''}~").rpartition("~")
        if mark != (account or ""):
            raise BadCursor("the cursor belongs to another account")
        rows = self(owner, account)
        if last:
            rows = [row for row in rows if _place(row) < last]
        shown = rows[:limit]
        return Page(shown, f"{mark}~{_place(shown[-1])}" if len(rows) > limit else None)


def _place(row: CashRow) -> str:
    return f"{row.at.isoformat(timespec='microseconds')}|{row.id}"


@dataclass(frozen=True, slots=True)
class RemoveCash:
    """Take a row back."""

    cash: CashRows

    def __call__(self, owner: UserId, row_id: str) -> None:
        """Remove it. Raises Missing."""
        self.cash.remove(owner, row_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileCash:
    """Hold what the journal adds up to against what the venue says, asset by asset."""

    cash: CashRows
    records: ExternalRecords
    trades: Trades
    balances: VenueBalances
    preferences: PreferencesOf

    def __call__(self, owner: UserId, account: str, *, now: datetime) -> Sequence[Reconciled]:
        """Return each asset by name, that either of the two knows."""
        place = in_force(self.preferences(owner).places, now)
        flows: dict[str, list[Flow]] = {}
        for flow in sorted(self._flows(owner, account, now), key=_place_of):
            flows.setdefault(flow.asset, []).append(flow)
        told = self.balances(owner, account)
        assets = flows.keys() | {asset for _, amounts in told for asset in amounts}
        said = {asset: [(at, amounts.get(asset, ZERO)) for at, amounts in told] for asset in assets}
        with localcontext(EXACTLY):
            return [
                reconciled(asset, flows.get(asset, ()), said[asset], place)
                for asset in sorted(assets)
            ]

    def _flows(self, owner: UserId, account: str, now: datetime) -> Iterator[Flow]:
        for row in self.cash.of(owner, account):
            yield Flow(
                at=row.at, asset=row.asset, amount=row.moved, what=row.kind.value, ref=row.id
            )
        records = [
            one for one in self.records.between(owner, EARLIEST, now) if one.account == account
        ]
        # a venue that books results of a position itself moves nothing else by its fills
        booked = {one.order for one in records if one.kind is RecordKind.PNL}
        for record in records:
            if record.market is Market.SPOT or record.ref not in booked:
                yield from told_by(record)
        yield from self._by_hand(owner, account, now, live=bool(records))

    def _by_hand(self, owner: UserId, account: str, now: datetime, *, live: bool) -> Iterator[Flow]:
        """Yield what trades by hand moved; their fills are kept with them alone.

        What was traded on paper moved nothing where the account is known to be live.
        """
        found = [
            one.trade
            for one in self.trades.opened(owner, EARLIEST, now + AHEAD)
            if one.trade.source is Source.MANUAL and one.trade.account == account
        ]
        modes = (Mode.LIVE,) if live else modes_of(found)
        ids = [one.id for one in found if one.mode in modes]
        for stored in self.trades.stored(owner, ids).values():
            for fill in stored.fills:
                yield from moved_by(fill, stored.trade.base, stored.trade.quote)


def told_by(record: ExternalRecord) -> Iterator[Flow]:
    """Yield what a record moved; a fill moves both sides of its pair."""
    if record.kind is RecordKind.FILL and record.instrument is not None:
        base, _, rest = record.instrument.partition("/")
        yield from moved_by(fill_of(record), base, rest.partition("@")[0])
        return
    movement = movement_of(record)
    paid = movement.amount - movement.fee
    yield Flow(
        at=movement.at,
        asset=movement.asset,
        amount=paid,
        what=movement.kind.value,
        ref=movement.id,
    )


def moved_by(fill: JournalFill, base: str, quote: str) -> Iterator[Flow]:
    """Yield what a fill moved, its fee apart."""
    with localcontext(EXACTLY):
        worth = fill.price * fill.quantity
    parts = [
        (base, fill.side.sign * fill.quantity, "fill"),
        (quote, -fill.side.sign * worth, "fill"),
        (fill.fee_asset or quote, -fill.fee, "fee"),
    ]
    for asset, amount, what in parts:
        if amount:
            yield Flow(at=fill.at, asset=asset, amount=amount, what=what, ref=fill.id)


def reconciled(
    asset: str,
    flows: Sequence[Flow],
    said: Sequence[tuple[datetime, Decimal]],
    place: Place,
) -> Reconciled:
    """Hold the flows of one asset, by time, against what the venue said, by time.

    The first differing day is that of the oldest balance said that the journal does not add up to,
    but for what the venue rounded: prices times quantities have more places than it books.
    """
    times = [flow.at for flow in flows]
    sums = list(_running(flows))
    rounded = BOOKED if asset in FIAT else ZERO

    def differs(at: datetime, amount: Decimal) -> bool:
        known = bisect_right(times, at)
        return abs(amount - sums[known]) > SAME + rounded * known

    differing = next((at for at, amount in said if differs(at, amount)), None)
    venue = said[-1][1] if said else None
    journal = sums[-1] if venue is None else sums[bisect_right(times, said[-1][0])]
    day = None if differing is None else place.day(differing)
    return Reconciled(
        asset=asset,
        journal=journal,
        venue=venue,
        difference=None if venue is None else journal - venue,
        first_differing_day=day,
        flows=() if day is None else tuple(_around(flows, day, place)),
    )


def _running(flows: Iterable[Flow]) -> Iterator[Decimal]:
    total = ZERO
    yield total
    for flow in flows:
        total += flow.amount
        yield total


def _around(flows: Sequence[Flow], day: date, place: Place) -> Sequence[Flow]:
    begin, end = place.bounds(day)
    near = [flow for flow in flows if begin - AROUND <= flow.at < end + AROUND]
    near.sort(key=lambda flow: max(begin - flow.at, flow.at - end, timedelta()))
    return sorted(near[:MOST_SHOWN], key=_place_of)


def _place_of(flow: Flow) -> tuple[datetime, str]:
    return flow.at, flow.ref
