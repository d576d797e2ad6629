"""Keeping built trades: what is the same stays, what moved takes along what was written of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.measuring import MeasureTrade
from nightdesk.journal.nearby import Nearby, entered_after
from nightdesk.journal.ports.trades import FollowLater, MeasureLater, Trades
from nightdesk.journal.stored import FILLS_GONE, Stored, built_from, taking_in, written
from nightdesk.journal.trade import MAX_NOTE, MAX_TAGS, JournalTrade, Labels, Origin, Status

TRIES = 5
MANY = 5
"""More trades than this at once are measured by a worker of their own."""
AT_ONCE = 250
"""So many are stored within the time after which a worker looks for them."""
MOST_NEIGHBOURS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping came to: trades that are new, another than before, moved or hidden."""

    new: tuple[TradeId, ...] = ()
    changed: tuple[TradeId, ...] = ()
    moved: tuple[TradeId, ...] = ()
    voided: tuple[TradeId, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.new or self.changed or self.moved or self.voided)


@dataclass(frozen=True, slots=True)
class KeepTrades:
    """Store what was built, once; doing it again, or with what is older, changes nothing."""

    trades: Trades
    measure: MeasureTrade
    later: MeasureLater
    follow: FollowLater

    def __call__(
        self,
        owner: UserId,
        built: Sequence[JournalTrade],
        known: Mapping[TradeId, Stored],
        *,
        now: datetime,
        regimes: Mapping[TradeId, str] | None = None,
    ) -> Kept:
        """Put `built` over what was `known` of the same fills.

        A known trade whose first fill is in another one now hands over what was written of it; so
        does one whose first fill is gone, to the trade of its first entry that is left. One whose
        entries are all gone is hidden: nothing that a person wrote is lost. Raises
        StaleWrite when somebody else writes the same trades: read anew and build again.
        """
        regimes = regimes or {}
        wanted = [trade for trade in built if not _same(known.get(trade.id), trade)]
        if len(wanted) > MANY:
            return self._many(owner, built, wanted, known, now)
        new: list[TradeId] = []
        changed: list[TradeId] = []
        told: list[JournalTrade] = []
        nearby = self.measure.nearby(owner, wanted)
        for trade in wanted:
            before = known.get(trade.id)
            complete = self.measure(trade, nearby, regime=regimes.get(trade.id) or _seen(before))
            if followed(trade):
                self.follow(owner, [trade.id], now=now)
            stored = self.trades.save(_over(before, complete, trade), before)
            nearby.put(stored.trade)
            told.append(stored.trade)
            (changed if before else new).append(trade.id)
        self.neighbours(owner, told, new)
        ids = {trade.id for trade in built}
        gone = [one for one in known.values() if one.trade.id not in ids and not one.moved_to]
        moved, voided = self._gone(gone, built, now)
        return Kept(
            new=tuple(new), changed=tuple(changed), moved=tuple(moved), voided=tuple(voided)
        )

    def _many(
        self,
        owner: UserId,
        built: Sequence[JournalTrade],
        wanted: Sequence[JournalTrade],
        known: Mapping[TradeId, Stored],
        now: datetime,
    ) -> Kept:
        """Store many; what candles and neighbours tell of them comes a little later.

        That is asked for before they are stored, some at a time: whoever is cut off finds those
        that it stored unchanged, and would ask no more.
        """
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            self.later(owner, [trade.id for trade in some], now=now)
            for trade in some:
                if (before := known.get(trade.id)) is not None:
                    self.trades.save(_over(before, trade, trade), before)
            self.trades.add([_over(None, one, one) for one in some if one.id not in known])
        ids = {trade.id for trade in built}
        gone = [one for one in known.values() if one.trade.id not in ids and not one.moved_to]
        moved, voided = self._gone(gone, built, now)
        return Kept(
            new=tuple(trade.id for trade in wanted if trade.id not in known),
            changed=tuple(trade.id for trade in wanted if trade.id in known),
            moved=tuple(moved),
            voided=tuple(voided),
        )

    def neighbours(
        self, owner: UserId, told: Sequence[JournalTrade], new: Iterable[TradeId]
    ) -> None:
        """Tell those entered after these anew what came before them; `new`: not there before."""
        ids = entered_after(self.trades, owner, told, new, most=MOST_NEIGHBOURS)
        found = self.trades.stored(owner, ids) if ids else {}
        nearby = self.measure.nearby(owner, [one.trade for one in found.values()])
        for stored in sorted(found.values(), key=lambda one: (one.trade.opened_at, one.trade.id)):
            placed = self.measure.placed(stored.trade, nearby)
            if placed.context != stored.trade.context:
                try:
                    self.trades.save(replace(stored, trade=placed), stored)
                except StaleWrite:
                    continue  # whoever writes it has placed it

    def measured_again(self, stored: Stored, nearby: Nearby) -> Stored:
        """Tell a stored trade's excursions and context anew. Raises StaleWrite."""
        if stored.voided_at is not None:
            return stored
        after = self.measure(stored.trade, nearby, regime=stored.trade.context.regime)
        if after == stored.trade:
            return stored
        return self.trades.save(replace(stored, trade=after), stored)

    def _gone(
        self, gone: Iterable[Stored], built: Sequence[JournalTrade], now: datetime
    ) -> tuple[list[TradeId], list[TradeId]]:
        moved: list[TradeId] = []
        voided: list[TradeId] = []
        holds = {fill: trade.id for trade in reversed(built) for fill in trade.fill_ids}
        for one in gone:
            left = (holds.get(leg.fill_id) for leg in one.trade.legs if leg.entry)
            heir = next(filter(None, left), None)
            if heir is not None:
                self._hand_over(one, heir)
                self.trades.save(replace(one, moved_to=heir), one)
                moved.append(one.trade.id)
            elif one.voided_at is None:
                self.trades.save(hidden(replace(one, fills_hash=FILLS_GONE), now), one)
                voided.append(one.trade.id)
        return moved, voided

    def _hand_over(self, one: Stored, heir: TradeId) -> None:
        """Write what a person wrote of one trade on another; what stands there already wins.

        Where something does, the labels that are handed over are kept whole beside it: a note has
        an end, a trade one setup. Either way its new trade knows the id that it had.
        """
        owner = one.trade.owner
        labels = self.trades.labels(owner, one.trade.id)
        there = self._joined(labels, heir)
        first = written(there).blank
        left = Labels(owner=owner, trade_id=one.trade.id) if first else labels
        kept = self.trades.stored(owner, [heir])[heir]
        after = taking_in(kept, one, left)
        if after != kept:
            self.trades.save(after, kept)

    def _joined(self, labels: Labels, heir: TradeId) -> Labels:
        """Write labels on a trade and return what stood there before."""
        for _ in range(TRIES):
            there = self.trades.labels(labels.owner, heir)
            both = joined(there, labels)
            if labels.blank or both == there:
                return there
            try:
                self.trades.save_labels(both)
            except StaleWrite:
                continue  # the owner writes at this moment: read again what stands
            return there
        raise StaleWrite(f"labels of {labels.trade_id} could not be moved to {heir}")


def followed(trade: JournalTrade) -> bool:
    """Tell whether anything follows from a trade: it has ended, or a person entered it."""
    return trade.closed_at is not None or trade.origin is Origin.HUMAN


def hidden(stored: Stored, now: datetime) -> Stored:
    """Return a trade as void."""
    return replace(
        stored, trade=replace(stored.trade, status=Status.VOID), voided_at=stored.voided_at or now
    )


def joined(there: Labels, other: Labels) -> Labels:
    """Return labels with what the other ones add; doing it twice adds nothing."""
    note = there.note
    if other.note and other.note not in note:
        note = f"{note}\n\n{other.note}".strip()[:MAX_NOTE]
    return replace(
        there,
        setup_id=there.setup_id or other.setup_id,
        playbook_id=there.playbook_id or other.playbook_id,
        playbook_version=there.playbook_version if there.playbook_id else other.playbook_version,
        checklist=MappingProxyType({**other.checklist, **there.checklist}),
        planned=there.planned if there.planned is not None else other.planned,
        tags=tuple(dict.fromkeys((*there.tags, *other.tags)))[:MAX_TAGS],
        emotions=tuple(dict.fromkeys((*there.emotions, *other.emotions))),
        market_condition=there.market_condition or other.market_condition,
        note=note,
        no_stop_declared=there.no_stop_declared or other.no_stop_declared,
        stops=tuple(dict.fromkeys((*there.stops, *other.stops))),
        target=there.target or other.target,
        exit_reason=there.exit_reason or other.exit_reason,
        updated_at=there.updated_at or other.updated_at,
    )


def _same(before: Stored | None, trade: JournalTrade) -> bool:
    if before is None or before.moved_to is not None:
        return False
    return before.fills_hash == built_from(trade)


def _over(before: Stored | None, complete: JournalTrade, built: JournalTrade) -> Stored:
    """Return what is kept from now on; what an owner has hidden stays hidden."""
    fresh = Stored(trade=complete, fills_hash=built_from(built))
    if before is None:
        return fresh
    fresh = replace(fresh, former=before.former)
    if before.fills_hash == FILLS_GONE or before.voided_at is None:
        return fresh
    return hidden(fresh, before.voided_at)


def _seen(before: Stored | None) -> str | None:
    return None if before is None else before.trade.context.regime


@dataclass(frozen=True, slots=True)
class MeasureStored:
    """Measure stored trades: those of an import, and those whose candles came later."""

    keep: KeepTrades

    def __call__(self, owner: UserId, trade_ids: Sequence[TradeId]) -> int:
        """Return how many became others. Again, nothing does. One that moves is left to the next.

        One at a time, by opening, so that each finds what came before it.
        """
        stored = self.keep.trades.stored(owner, trade_ids).values()
        found = sorted(stored, key=lambda one: (one.trade.opened_at, one.trade.id))
        nearby = self.keep.measure.nearby(owner, [one.trade for one in found])
        told = 0
        for before in found:
            if before.moved_to is None:
                try:
                    after = self.keep.measured_again(before, nearby)
                except StaleWrite:
                    continue  # whoever wrote it has measured it
                nearby.put(after.trade)
                told += after != before
        trades = [one.trade for one in found if one.moved_to is None]
        self.keep.neighbours(owner, trades, [one.id for one in trades])
        return told
