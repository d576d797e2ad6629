"""Which modes are counted: paper and live are never summed unless both are asked for."""

from collections.abc import Iterable

from nightdesk.journal.trade import JournalTrade
from nightdesk.trading.order import Mode


def modes_of(trades: Iterable[JournalTrade], asked: Iterable[Mode] = ()) -> tuple[Mode, ...]:
    """Return the modes asked for; none asked: live, or paper where nothing is live."""
    wanted = tuple(sorted(set(asked)))
    if wanted:
        return wanted
    there = {one.mode for one in trades}
    return (Mode.LIVE if Mode.LIVE in there or not there else Mode.PAPER,)
