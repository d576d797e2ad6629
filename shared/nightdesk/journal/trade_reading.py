"""One trade beside its neighbours, in its market, and with tags put on and taken off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nightdesk.core.errors import Invalid, Missing, StaleWrite
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry_writing import known_tags
from nightdesk.journal.labelling import LabelChanges, changed
from nightdesk.journal.merged import MergedTrades
from nightdesk.journal.playbook import Playbook, kept_from
from nightdesk.journal.ports.trades import By, Trades
from nightdesk.journal.ports.writing import Playbooks, Tags
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check, JournalTrade, Labels, Status
from nightdesk.market.reading import EARLIEST, Chart, ReadCandles
from nightdesk.market.timeframe import Timeframe

INSTANT = timedelta(milliseconds=1)
TRIES = 4
AT_ONCE = 200
"""Trades that are read together to pass over hidden ones."""
MARGIN = 40
"""Candles before the entry and after the exit that a chart shows."""
MOST = 500
"""Candles of one chart; a longer trade is shown from its entry on, or in longer candles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A trade whole, and the trades entered just before and just after it.

    `ids` are its own and those that it had before, `former` what was written of trades that went
    into it and is not all in its own labels.
    """

    played: Played
    ids: tuple[TradeId, ...]
    former: tuple[Labels, ...]
    prev: TradeId | None
    next: TradeId | None


@dataclass(frozen=True, slots=True)
class ReadTrade:
    """Show one trade."""

    trades: Trades
    tags: Tags

    def __call__(self, owner: UserId, trade_id: TradeId) -> Beside:
        """Return it, a hidden one too; one that moved under its new id. Raises Missing."""
        played = MergedTrades(self.trades, self.tags).get(owner, trade_id)
        former = self._former(played.trade)
        return Beside(
            played=played,
            ids=self._ids(played.trade, former),
            former=tuple(one for one in former if not one.blank),
            prev=self._neighbour(played.trade, newest_first=True),
            next=self._neighbour(played.trade, newest_first=False),
        )

    def played(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return it alone. Raises Missing."""
        return self.trades.get(owner, trade_id)

    def ids(self, owner: UserId, trade_id: TradeId) -> tuple[TradeId, ...]:
        """Return what entries call it: its id and those that it had; of none, the id asked for."""
        try:
            trade = self.trades.get(owner, trade_id).trade
        except Missing:
            return (trade_id,)
        return self._ids(trade, self._former(trade))

    def _former(self, trade: JournalTrade) -> tuple[Labels, ...]:
        kept = self.trades.stored(trade.owner, [trade.id]).get(trade.id)
        return kept.former if kept else ()

    def _ids(self, trade: JournalTrade, former: Sequence[Labels]) -> tuple[TradeId, ...]:
        """Return them without one under which there is a trade again."""
        names = list(dict.fromkeys(one.trade_id for one in former))
        there = self.trades.stored(trade.owner, names) if names else {}
        moved = [one for one in names if one not in there or there[one].moved_to is not None]
        return (trade.id, *moved)

    def _neighbour(self, trade: JournalTrade, *, newest_first: bool) -> TradeId | None:
        at = trade.opened_at
        same = [one.trade.id for one in self.trades.opened(trade.owner, at, at + INSTANT)]
        if trade.id in same:
            beside = same.index(trade.id) + (-1 if newest_first else 1)
            if 0 <= beside < len(same):
                return same[beside]
        after, limit = None, 1
        while True:  # hidden ones make pages short, even empty
            page = self.trades.page(
                trade.owner,
                by=By.OPENED,
                limit=limit,
                after=after,
                since=None if newest_first else at + INSTANT,
                until=at if newest_first else None,
                newest_first=newest_first,
            )
            if page.items or page.next_key is None:
                return page.items[0].trade.id if page.items else None
            after, limit = page.next_key, AT_ONCE


@dataclass(frozen=True, slots=True)
class CheckLabels:
    """Refuse labels that name what is not the owner's."""

    tags: Tags
    playbooks: Playbooks

    def __call__(
        self,
        owner: UserId,
        changes: LabelChanges,
        *,
        entered_at: datetime,
        there: Labels | None = None,
    ) -> LabelChanges:
        """Return them with the tags that count, a playbook in the version in force at the entry.

        `there` are the labels that they change. Raises Missing for a setup, tag, playbook or
        version that is not there; Invalid `VALIDATION_FAILED` for a checklist of rules that the
        playbook does not have, for one or a version where the trade keeps none.
        """
        tags = TagBook(owner, self.tags.all(owner))
        if changes.setup_id:
            (setup,) = known_tags(tags, [changes.setup_id])
            changes = replace(changes, setup_id=setup)
        if changes.tags is not None:
            changes = replace(changes, tags=known_tags(tags, changes.tags))
        if changes.playbook_id:
            book = self._book(owner, changes.playbook_id, changes.playbook_version, entered_at)
            _asked(changes.checklist or {}, {rule.id for rule in book.rules})
            return replace(changes, playbook_version=book.version)
        if changes.checklist or changes.playbook_version:
            if there is None or there.playbook_id is None or "playbook_id" in changes.cleared:
                text = "The trade keeps no playbook: name one."
                raise Invalid("VALIDATION_FAILED", text, field="playbook_id")
            version = changes.playbook_version or there.playbook_version
            book = self._book(owner, there.playbook_id, version, entered_at)
            _asked(changes.checklist or {}, {rule.id for rule in book.rules})
        return changes

    def _book(
        self, owner: UserId, book_id: str, version: int | None, entered_at: datetime
    ) -> Playbook:
        """Return a playbook in this version, or in the one in force then. Raises Missing."""
        versions = self.playbooks.versions(owner, book_id)
        book = kept_from(versions, entered_at)
        if version:
            book = next((one for one in versions if one.version == version), None)
        if book is None:
            raise Missing("no such playbook")
        return book


def _asked(checklist: Mapping[str, Check], rules: set[str]) -> None:
    if strange := sorted(set(checklist) - rules):
        text = f"The playbook has no rule {strange[0]}."
        raise Invalid("VALIDATION_FAILED", text, field="checklist", allowed=sorted(rules))


@dataclass(frozen=True, slots=True)
class TagTrade:
    """Put a tag on a trade, or take it off: twice is once."""

    trades: Trades
    tags: Tags

    def __call__(
        self, owner: UserId, trade_id: TradeId, tag_id: str, *, now: datetime, on: bool
    ) -> None:
        """Do it. Raises Missing, StaleWrite; Invalid `VALIDATION_FAILED` beyond 20 tags."""
        trade = self.trades.get(owner, trade_id).trade
        book = TagBook(owner, self.tags.all(owner))
        (tag,) = known_tags(book, [tag_id])
        for left in reversed(range(TRIES)):
            labels = self.trades.labels(owner, trade.id)
            others = tuple(one for one in book.shown(labels.tags) if one != tag)
            if on == (tag in book.shown(labels.tags)):
                return
            wanted = changed(labels, LabelChanges(tags=(*others, tag) if on else others), now)
            try:
                self.trades.save_labels(wanted)
            except StaleWrite:  # somebody else wrote: what is there now is kept
                if not left:
                    raise
            else:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartOfTrade:
    """A trade in its market; `chart` is None where no candles of its instrument are kept."""

    played: Played
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class ReadTradeChart:
    """Show the candles around a trade."""

    trades: Trades
    candles: ReadCandles

    def __call__(
        self, owner: UserId, trade_id: TradeId, timeframe: Timeframe | None, *, now: datetime
    ) -> ChartOfTrade:
        """Return at most 500 candles from a little before the entry on.

        `timeframe` None: the shortest one in which the whole trade fits. Raises Missing, Invalid.
        """
        played = self.trades.get(owner, trade_id)
        trade = played.trade
        end = trade.closed_at or trade.legs[-1].at
        if trade.status in {Status.OPEN, Status.PARTLY_CLOSED}:
            end = now
        length = timeframe or _fitting(end - trade.opened_at)
        since = max(EARLIEST, trade.opened_at - MARGIN * length.length)
        until = min(now, end + MARGIN * length.length)
        try:
            chart = self.candles(
                trade.instrument, length.value, since=since, until=until, limit=MOST, as_of=now
            )
        except Invalid as error:
            if error.code != "UNKNOWN_INSTRUMENT":
                raise
            return ChartOfTrade(played=played, chart=None)
        return ChartOfTrade(played=played, chart=chart)


def _fitting(hold: timedelta) -> Timeframe:
    known = sorted(Timeframe, key=lambda one: one.ms)
    fits = [one for one in known if hold / one.length <= MOST - 2 * MARGIN]
    return fits[0] if fits else known[-1]
