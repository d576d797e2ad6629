"""Hot candles in the `market` table, shared by all owners.

A candle arrives as one small item (the tail). Every 24 candles the tail is packed into its block,
an item of up to 240 candles, and deleted: so a window is never more than a few items. Many candles
at once go straight into blocks. A range of sort keys holds blocks and the tail behind them, and
one query reads both. Where a block and a tail item have the same candle, the block was first and
wins.
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from pynamodb.attributes import BinaryAttribute
from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import MarketItem
from nightdesk.core.clock import Clock, ceil_millis, from_millis, millis
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import InstrumentId
from nightdesk.market.candles import COLUMNS, Candles, no_candles
from nightdesk.market.series import from_rows, joined, merge, rows, select
from nightdesk.market.timeframe import Timeframe

BLOCK = 240
STEP = 24
FEW = 8  # so many at once still go to the tail, more go into the block
ATTEMPTS = 5
RETENTION = {
    Timeframe.M1: timedelta(days=14),
    Timeframe.M5: timedelta(days=60),
    Timeframe.M15: timedelta(days=180),
    Timeframe.H1: timedelta(days=730),
}
"""Counted from when an item is written, so that replayed history lives as long as live data.
Longer timeframes stay for ever. A block is written anew, and so lives anew, when rows are added."""

_WORD = 8
_FIELDS = len(COLUMNS)
_T = TypeVar("_T")


class CandleItem(MarketItem, discriminator="C"):
    """One candle of the tail: five little-endian float64, its open time is in the key."""

    privacy = nobodys()

    data = BinaryAttribute(legacy_encoding=False, attr_name="d")


class BlockItem(MarketItem, discriminator="B"):
    """Up to 240 candles. `version` counts writes; `newest` is the open time of the last one."""

    privacy = nobodys()

    data = BinaryAttribute(legacy_encoding=False, attr_name="d")
    newest = IntegerAttribute(attr_name="n")
    version = IntegerAttribute(attr_name="v")


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoCandles:
    """The port CandleStore. Expiry counts from `clock`, never from a candle's own time."""

    clock: Clock

    @translated()
    def load(
        self, instrument_id: InstrumentId, timeframe: Timeframe, *, as_of: datetime, limit: int
    ) -> Candles:
        """Return the newest `limit` stored candles closed by `as_of`, oldest first.

        Eventually consistent; where the newest expected candle is missing, the items after the
        newest one found are read again consistently. Gaps are made up for by older candles.
        """
        key = keys.candles(instrument_id, timeframe)
        newest = millis(timeframe.last_closed(as_of))
        low = _block_start(timeframe, newest - (limit - 1) * timeframe.ms)
        found = _series(instrument_id, timeframe, _range(key, low, newest)).closed(as_of)
        seen = int(found.open_time[-1]) if len(found) else low - timeframe.ms
        if seen < newest:
            late = _range(key, seen + 1, newest, consistent=True)
            found = joined(found, _series(instrument_id, timeframe, late).closed(as_of))
        while len(found) < limit:
            wanted = -(-(limit - len(found)) // BLOCK) + 1
            older = _before(key, low, wanted)
            if not older:
                break
            low = _open_time(older[-1])
            found = joined(found, _series(instrument_id, timeframe, older))
        return found.tail(limit)

    @translated()
    def between(
        self, instrument_id: InstrumentId, timeframe: Timeframe, since: datetime, until: datetime
    ) -> Candles:
        """Return the stored candles with ``since <= open_time < until``, oldest first."""
        key = keys.candles(instrument_id, timeframe)
        low, end = _block_start(timeframe, millis(since)), ceil_millis(until)
        items = _range(key, low, end - 1, consistent=True)
        found = _series(instrument_id, timeframe, items).since(since)
        return found.rows(0, int(np.searchsorted(found.open_time, end)))

    @translated()
    def newest(self, instrument_id: InstrumentId, timeframe: Timeframe) -> datetime | None:
        """Return the open time of the newest stored candle, read consistently; None if none."""
        key = keys.candles(instrument_id, timeframe)
        for item in MarketItem.query(key, scan_index_forward=False, limit=1, consistent_read=True):
            return from_millis(item.newest if isinstance(item, BlockItem) else _open_time(item))
        return None

    @translated()
    def put(self, candles: Candles) -> int:
        """Store closed candles; a stored one stays as it is. Return how many were new."""
        if len(candles) == 0:
            return 0
        starts = _block_starts(candles)
        blocks = np.unique(starts)
        new = 0
        for start in blocks:
            part = select(candles, starts == start)
            last = start == blocks[-1]
            new += self._tail(int(start), part) if last and len(part) <= FEW else 0
            new += self._pack(int(start), part) if not last or len(part) > FEW else 0
        self._shorten(candles)
        return new

    def _tail(self, start: int, part: Candles) -> int:
        """Put each candle as an item of its own, unless it is older than what the block has."""
        key = keys.candles(part.instrument_id, part.timeframe)
        block = _get_block(key, start)
        if block is not None and int(part.open_time[0]) <= block.newest:
            return self._pack(start, part)
        return sum(
            self._put_new(key, int(opened), values.tobytes(), part.timeframe)
            for opened, values in zip(part.open_time, rows(part), strict=True)
        )

    def _put_new(self, key: str, opened: int, data: bytes, timeframe: Timeframe) -> int:
        item = CandleItem(key, keys.candle(opened), data=data, expires_at=self._expiry(timeframe))
        try:
            with translated():
                item.save(condition=CandleItem.pk.does_not_exist())
        except StaleWrite:
            return 0  # it is there already, and the first one stays
        return 1

    def _pack(self, start: int, part: Candles, *, until: int | None = None) -> int:
        """Merge `part` and the tail of one block (before `until`) into it; return how many are new.

        The block is written before its tail items go: a worker that dies in between leaves candles
        twice, never none. Two at once: the second reads again.
        """
        end = start + BLOCK * part.timeframe.ms
        return _repeated(lambda: self._pack_once(start, part, min(end, until or end) - 1))

    def _pack_once(self, start: int, part: Candles, end: int) -> int:
        key = keys.candles(part.instrument_id, part.timeframe)
        items = list(_range(key, start, end, consistent=True))
        tail = [item for item in items if isinstance(item, CandleItem)]
        block = next((item for item in items if isinstance(item, BlockItem)), None)
        stored = _series(part.instrument_id, part.timeframe, items)
        whole = merge(stored, part)
        if tail or len(whole) > len(stored):
            self._write_block(key, start, whole, block)
        with MarketItem.batch_write() as batch:
            for item in tail:
                batch.delete(item)
        return len(whole) - len(stored)

    def _write_block(self, key: str, start: int, whole: Candles, old: BlockItem | None) -> None:
        item = BlockItem(
            key,
            keys.candle_block(start),
            data=packed(whole),
            newest=int(whole.open_time[-1]),
            version=old.version + 1 if old else 1,
            expires_at=self._expiry(whole.timeframe),
        )
        unchanged = BlockItem.version == old.version if old else BlockItem.pk.does_not_exist()
        with translated():
            item.save(condition=unchanged)

    def _shorten(self, candles: Candles) -> None:
        """Pack the tail where these candles begin a new step.

        The newest candle stays in the tail, where a reader that missed it looks again. The step
        before is looked at, too: its own first candle may never have been traded.
        """
        ms = candles.timeframe.ms
        step = STEP * ms
        opened = _start(candles.timeframe, int(candles.open_time[-1]), step)
        if int(candles.open_time[0]) > opened:
            return
        none = no_candles(candles.instrument_id, candles.timeframe)
        for start in sorted(
            {_block_start(none.timeframe, opened - span) for span in (ms, step + ms)}
        ):
            self._pack(start, none, until=opened)

    def _expiry(self, timeframe: Timeframe) -> datetime | None:
        kept = RETENTION.get(timeframe)
        return self.clock.now() + kept if kept else None


def packed(candles: Candles) -> bytes:
    """Return times and columns, bytes of equal weight side by side, compressed.

    At most 240 rows of 48 bytes: 11,520, and zlib adds at most 11 bytes to what it cannot shrink.
    Neighbouring prices share their high bytes, so shuffling them about halves the result.
    """
    columns = [candles.open_time.astype("<i8").tobytes()]
    columns += [getattr(candles, name).astype("<f8").tobytes() for name in COLUMNS]
    words = np.frombuffer(b"".join(columns), dtype=np.uint8).reshape(-1, _WORD)  # (6 n, 8)
    return zlib.compress(words.T.tobytes(), 6)


def unpacked(instrument_id: InstrumentId, timeframe: Timeframe, data: bytes) -> Candles:
    """Return what `packed` was given."""
    shuffled = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(_WORD, -1)
    raw = shuffled.T.tobytes()
    n = len(raw) // (_WORD * (_FIELDS + 1))
    times = np.frombuffer(raw[: n * _WORD], dtype="<i8")
    values = np.frombuffer(raw[n * _WORD :], dtype="<f8").reshape(_FIELDS, n)
    return from_rows(instrument_id, timeframe, times, values.T)


def _series(
    instrument_id: InstrumentId, timeframe: Timeframe, items: Iterable[MarketItem]
) -> Candles:
    """Return the candles of blocks and tail items; a block wins over a tail item."""
    blocks: list[Candles] = []
    times: list[int] = []
    data: list[bytes] = []
    for item in items:
        if isinstance(item, BlockItem):
            blocks.append(unpacked(instrument_id, timeframe, item.data))
        elif isinstance(item, CandleItem):
            times.append(_open_time(item))
            data.append(item.data)
    tail = no_candles(instrument_id, timeframe)
    if times:
        order = np.argsort(np.array(times, dtype=np.int64))
        values = np.frombuffer(b"".join(data), dtype="<f8").reshape(-1, _FIELDS)  # (n, 5)
        opened = np.array(times, dtype=np.int64)[order]
        tail = from_rows(instrument_id, timeframe, opened, values[order])
    return joined(tail, *blocks)


def _range(key: str, low: int, high: int, *, consistent: bool = False) -> Iterable[MarketItem]:
    """Query blocks that start, and tail candles that open, from `low` to `high`, inclusive."""
    between = MarketItem.sk.between(keys.candle_block(low), keys.candle(high))
    return MarketItem.query(key, between, consistent_read=consistent)


def _before(key: str, low: int, count: int) -> list[MarketItem]:
    """Return the newest `count` items that start before `low`, newest first."""
    below = MarketItem.sk < keys.candle_block(low)
    return list(MarketItem.query(key, below, scan_index_forward=False, limit=count))


def _get_block(key: str, start: int) -> BlockItem | None:
    try:
        return BlockItem.get(key, keys.candle_block(start))
    except DoesNotExist:
        return None


def _open_time(item: MarketItem) -> int:
    return int(str(item.sk).partition("#")[0])


def _block_start(timeframe: Timeframe, open_ms: int) -> int:
    return _start(timeframe, open_ms, BLOCK * timeframe.ms)


def _start(timeframe: Timeframe, open_ms: int, span: int) -> int:
    """Return where the span of whole candles begins that `open_ms` lies in."""
    offset = timeframe.floor_ms(0)
    return (open_ms - offset) // span * span + offset


def _block_starts(candles: Candles) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    offset = candles.timeframe.floor_ms(0)
    span = BLOCK * candles.timeframe.ms
    starts: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        candles.open_time - offset
    ) // span * span + offset
    return starts


def _repeated(write: Callable[[], _T]) -> _T:
    """Read and write again while somebody else writes first. Raises StaleWrite in the end."""
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except StaleWrite:
            continue
    return write()
