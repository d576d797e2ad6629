"""All that is an owner's, partition by partition: to be shown in an export, or erased."""

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from nightdesk.accounts.audit import Json, Record, account_chain, bot_chain
from nightdesk.accounts.departure import Erased
from nightdesk.accounts.exported import Found, Place, Row, Scope
from nightdesk.accounts.privacy import Fate, Handling, filled, without
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.audit import EntryItem
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.bookings import FillItem, PostingItem
from nightdesk.adapters.dynamo.bot_items import BotItem
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, delete_all, page, stretch
from nightdesk.adapters.dynamo.register import kind_of
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, Item, RuntimeItem
from nightdesk.core.cells import Cell
from nightdesk.core.clock import iso
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import fixed

DESK, RUNTIME, AUDIT = "desk", "runtime", "audit"
TABLES: Mapping[str, type[Item]] = {DESK: DeskItem, RUNTIME: RuntimeItem, AUDIT: AuditItem}

TECHNICAL = frozenset(
    {
        *("pk", "sk", "kind", "market", "market_sk", "feed", "feed_sk", "expires_at"),
        *("schema", "body", "deflated"),
    }
)
"""Attributes that say where an item lies and how, and nothing of its owner."""


class DynamoOwnedItems:
    """The port OwnedItems: the owner's partition, one of each bot, then the chains of the audit."""

    def start(self, owner: UserId, scope: Scope) -> Place:
        """Return where a walk begins."""
        if scope is Scope.AUDIT:
            return Place(table=AUDIT, partition=account_chain(owner))
        return Place(table=DESK, partition=keys.owner(owner))

    @translated()
    def after(self, owner: UserId, place: Place, *, limit: int) -> Found:
        """Return what is shown of up to `limit` items behind `place`."""
        found, more = stretch(DeskItem, place.partition, place.after, limit=limit)
        told = [row for one in found if (row := shown(one)) is not None]
        if more is not None:
            return Found(rows=told, place=_on(place, more))
        bot_id = _bot_after(owner, place.partition)
        if bot_id is not None:
            return Found(rows=told, place=Place(table=DESK, partition=keys.bot(owner, bot_id)))
        return Found(rows=told, place=self.start(owner, Scope.AUDIT))

    @translated()
    def records(
        self, owner: UserId, place: Place, *, limit: int
    ) -> tuple[Sequence[Record], Place | None]:
        """Return up to `limit` records of a chain, and where the walk goes on."""
        found, more = stretch(EntryItem, place.partition, place.after, limit=limit)
        records = [EntryItem.from_raw_data(row).to_domain() for row in found]
        if more is not None:
            return records, _on(place, more)
        chain = _chain_after(owner, place.partition)
        return records, Place(table=AUDIT, partition=chain) if chain else None


class DynamoErasing:
    """The port OwnersErasing: what is kept for a while, the owner's partition, those of bots."""

    @translated()
    def step(self, owner: UserId, place: Place | None, *, limit: int) -> Erased:
        """Do with up to `limit` items what their kinds say."""
        place = place or Place(table=RUNTIME, partition=keys.owner(owner))
        table = TABLES[place.table]
        found, more = stretch(table, place.partition, place.after, limit=limit, consistent=True)
        counts: Counter[str] = Counter()
        gone: list[tuple[str, str]] = []
        for row in found:
            name, kind = kind_of(row)
            counts[f"{kind.privacy.fate.value}.{name}"] += 1
            if kind.privacy.fate is Fate.DESTROYED:
                gone.append((row["pk"]["S"], row["sk"]["S"]))
            elif kind.privacy.fate is Fate.REPLACED:
                _replace(kind.from_raw_data(row), kind.privacy, owner)
        delete_all(table, gone)
        return Erased(counts=counts, place=_on(place, more) if more else _behind(owner, place))


def _on(place: Place, after: str) -> Place:
    return Place(table=place.table, partition=place.partition, after=after)


def _behind(owner: UserId, place: Place) -> Place | None:
    """Return the partition that is erased after this one."""
    if place.table == RUNTIME:
        return Place(table=DESK, partition=keys.owner(owner))
    bot_id = _bot_after(owner, place.partition)
    return Place(table=DESK, partition=keys.bot(owner, bot_id)) if bot_id else None


def _bot_after(owner: UserId, partition: str) -> BotId | None:
    """Return the owner's next bot, by id; the first one after the owner's own partition."""
    after = None
    if partition != keys.owner(owner):
        after = keys.bot_record(keys.bot_of(partition)[1])
    low, high = keys.BOTS, keys.BOTS + LAST
    items, _ = page(BotItem, keys.owner(owner), low, high, limit=1, after=after)
    return BotId(items[0].sk.removeprefix(keys.BOTS)) if items else None


def _chain_after(owner: UserId, chain: str) -> str | None:
    register = f"{keys.owner(owner)}#REGISTER"
    if chain == register:
        return None
    # chains of bots are named as their partitions are
    partition = keys.owner(owner) if chain == account_chain(owner) else chain
    bot_id = _bot_after(owner, partition)
    return bot_chain(owner, bot_id) if bot_id else register


def shown(row: dict[str, Any]) -> Row | None:
    """Return an item as its owner may see it, None if there is nothing to see."""
    _, kind = kind_of(row)
    handling = kind.privacy
    if handling.file is None:
        return None
    item = kind.from_raw_data(row)
    content = without(
        {"key": row["sk"]["S"], **_attributes(item, row), **_body(item)}, handling.secret
    )
    assert isinstance(content, dict)  # noqa: S101 - it was one
    return Row(
        file=handling.file,
        content=content,
        trade=_trade(item) if isinstance(item, FillItem) else None,
        postings=_lines(item) if isinstance(item, PostingItem) else (),
    )


def _attributes(item: Item, row: Mapping[str, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if "#BOT#" in row["pk"]["S"]:
        found["bot_id"] = keys.bot_of(row["pk"]["S"])[1]
    for name in item.get_attributes():
        value = getattr(item, name)
        if name not in TECHNICAL and value is not None and not isinstance(value, bytes):
            found[name] = _plain(value)
    return found


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return iso(value)
    plain: Json = fixed(value) if isinstance(value, Decimal) else value
    return plain


def _body(item: Item) -> dict[str, Json]:
    if not isinstance(item, Body):
        return {}
    body = item.body or (zlib.decompress(item.deflated) if item.deflated else "{}")
    return dict(json.loads(body))


def _trade(item: FillItem) -> Sequence[Cell]:
    """Return a fill as `export.TRADES` has it."""
    fill = item.to_domain()
    return (
        fill.fill_id,
        fill.at,
        fill.mode.value,
        fill.bot_id,
        fill.client_order_id,
        fill.instrument_id.partition("@")[2],
        fill.instrument_id,
        fill.side.value,
        fill.leg.value,
        fill.quantity,
        fill.price,
        fill.fee,
        fill.fee_asset,
        fill.fee_value,
        fill.liquidity.value,
    )


def _lines(item: PostingItem) -> Sequence[Sequence[Cell]]:
    """Return the lines of a posting as `export.LEDGER` has them."""
    posting, bot_id = item.to_domain(), keys.bot_of(item.pk)[1]
    return [
        (posting.posting_id, posting.at, bot_id, line.account.value, line.asset, line.amount)
        for line in posting.lines
    ]


def _replace(item: Item, handling: Handling, owner: UserId) -> None:
    """Write what takes the place of what is erased, unless it stands there already."""
    attributes, actions = item.get_attributes(), []
    for path, value in handling.erased.items():
        name, _, inner = path.partition(".")
        before = getattr(item, name)
        wanted = _inside(before, inner, filled(value, owner)) if inner else filled(value, owner)
        if wanted != before:
            attribute = attributes[name]
            action: Action = attribute.remove() if wanted is None else attribute.set(wanted)
            actions.append(action)
    if not actions:
        return
    try:
        item.update(actions, condition=Path("pk").exists())
    except UpdateError as error:
        # its TTL took it just now: nothing is left to replace
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise


def _inside(before: Any, inner: str, value: Json) -> Any:
    """Return a JSON attribute with one field of it erased."""
    if not isinstance(before, Mapping) or inner not in before:
        return before
    rest = {name: one for name, one in before.items() if name != inner}
    return rest if value is None else {**rest, inner: value}
