"""Items of journal trades: the whole trade, its row for lists, and what was written of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import SCHEMA, Body, deflated, packed, unpacked
from nightdesk.adapters.dynamo.journal_rows import row_of, trade_of
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.quick import altered
from nightdesk.journal.stored import HIDDEN_FOR, Stored
from nightdesk.journal.trade import JournalTrade, Labels, Source

PART_BYTES = 350_000
"""An item holds 400 KB: a trade of many thousand fills is cut into parts."""
_WITH_TRADE, _WITH_VERSION = altered(Stored, "trade"), altered(JournalTrade, "version")
_OF_LABELS = frozenset({"owner", "trade_id", "version"})


class TradeItem(DeskItem, discriminator="JOURNAL_TRADE"):
    """One trade whole, found by its id. `version` guards row and labels, too."""

    privacy = destroyed("journal_trades")

    schema = IntegerAttribute(default=SCHEMA)
    version = IntegerAttribute()
    deflated = BinaryAttribute(legacy_encoding=False)
    parts = IntegerAttribute(default=1)

    @classmethod
    def of(cls, stored: Stored) -> "tuple[Self, list[TradePartItem]]":
        """Build the item and its further parts, if it needs some."""
        trade = stored.trade
        partition = keys.owner(trade.owner)
        content = packed(stored)
        whole = content if isinstance(content, bytes) else deflated(content.encode())
        cuts = [whole[n : n + PART_BYTES] for n in range(0, len(whole), PART_BYTES)]
        item = cls(
            partition,
            keys.journal_trade(trade.id),
            version=trade.version,
            deflated=cuts[0],
            parts=len(cuts),
            expires_at=expiry(stored),
        )
        more = [
            TradePartItem(
                partition,
                keys.journal_part(trade.id, number),
                part=cut,
                expires_at=expiry(stored),
            )
            for number, cut in enumerate(cuts[1:], 1)
        ]
        return item, more

    def to_domain(self, more: "Sequence[TradePartItem]" = ()) -> Stored:
        """Build the noun from this and its further parts, in order."""
        whole = b"".join([self.deflated, *(one.part for one in more)])
        return unpacked(Stored, whole)

    def further(self) -> Iterator[tuple[str, str]]:
        """Yield the keys of the further parts."""
        trade_id = TradeId(self.sk.removeprefix(keys.TRADE_DETAILS))
        for number in range(1, self.parts):
            yield self.pk, keys.journal_part(trade_id, number)


class TradePartItem(DeskItem, discriminator="JOURNAL_PART"):
    """A further part of a trade with very many fills; it says nothing by itself."""

    privacy = destroyed()

    part = BinaryAttribute(legacy_encoding=False)


class TradeRowItem(DeskItem, discriminator="JOURNAL_ROW"):
    """What lists show of a trade: by opening, in `by_owner` by close, in `by_market` by book."""

    privacy = destroyed()

    row = UnicodeAttribute()

    @classmethod
    def of(cls, stored: Stored) -> Self:
        """Build the row."""
        trade = stored.trade
        sort = keys.journal_row(trade.opened_at, trade.id)
        item = cls(keys.owner(trade.owner), sort, row=row_of(trade))
        place(item, stored)
        return item


class LabelsItem(Body, DeskItem, discriminator="JOURNAL_LABELS"):
    """What a person wrote of a trade, right after its row wherever that is listed."""

    privacy = destroyed("journal_labels")

    version = IntegerAttribute()

    @classmethod
    def of(cls, labels: Labels, stored: Stored) -> Self:
        """Build the item of the version after the one in `labels`."""
        trade = stored.trade
        row = keys.journal_row(trade.opened_at, trade.id)
        item = cls(keys.owner(trade.owner), keys.labels_beside(row), version=labels.version + 1)
        item.hold(labels, without=_OF_LABELS)
        place(item, stored, beside=True)
        return item

    def to_domain(self) -> Labels:
        """Build the noun."""
        owner = UserId(self.pk.removeprefix("U#"))
        return self.held(Labels, owner=owner, trade_id=trade_in(self.sk), version=self.version)


def labels_in(owner: UserId, row: Mapping[str, Any]) -> Labels:
    """Build the noun from a row as DynamoDB has it: what `LabelsItem.to_domain` does, sooner."""
    body = row["body"]["S"] if "body" in row else row["deflated"]["B"]
    trade_id, version = trade_in(row["sk"]["S"]), int(row["version"]["N"])
    return unpacked(Labels, body, owner=owner, trade_id=trade_id, version=version)


def place(item: DeskItem, stored: Stored, *, beside: bool = False) -> None:
    """Set where the indexes show an item of this trade, and until when it is kept."""
    trade = stored.trade
    hidden = stored.voided_at is not None
    feed = keys.hidden_feed(trade.owner) if hidden else keys.trades_feed(trade.owner)
    sort = place_in_feed(stored)
    item.feed, item.feed_sk = feed, keys.labels_beside(sort) if beside else sort
    book = keys.feed(trade.opened_at, trade.id)
    item.market = keys.trades_of_book(trade.owner, trade.account, trade.instrument)
    item.market_sk = keys.labels_beside(book) if beside else book
    item.expires_at = expiry(stored)


def place_in_feed(stored: Stored) -> str:
    """Return where a trade stands in its feed."""
    trade = stored.trade
    if stored.voided_at is not None:
        return keys.feed(trade.opened_at, trade.id)
    if trade.closed_at is None:
        return keys.open_place(trade.opened_at, trade.id)
    return keys.feed(trade.closed_at, trade.id)


def expiry(stored: Stored) -> datetime | None:
    """Return until when a hidden trade is kept: one by hand a while, others for good.

    Fills of others are kept elsewhere: without the hidden trade they would make it anew, and
    shown. One whose fills are gone keeps what was written.
    """
    if stored.voided_at is None or stored.trade.source is not Source.MANUAL:
        return None
    return stored.voided_at + HIDDEN_FOR


def trade_in(sort: str) -> TradeId:
    """Return whose row or labels stand at this key, of table or index."""
    return TradeId(sort.removesuffix("#L").rpartition("#")[2])


def listed(owner: UserId, sort: str, row: str) -> JournalTrade:
    """Return what a row says of a trade."""
    return trade_of(owner, trade_in(sort), row)


def renewed(stored: Stored, version: int) -> Stored:
    """Return a trade as it is kept under this version."""
    return _WITH_TRADE(stored, _WITH_VERSION(stored.trade, version))
