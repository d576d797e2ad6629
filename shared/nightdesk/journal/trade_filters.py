"""What a list of trades is narrowed by: times by the index, all else by what is read."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from nightdesk.core.ids import digest
from nightdesk.journal.book_stats import Played
from nightdesk.journal.ports.trades import By
from nightdesk.journal.search import in_order, words_of
from nightdesk.journal.tag import TagBook
from nightdesk.trading.order import Mode

_TOLD: Mapping[str, Callable[[Played], str | None]] = MappingProxyType(
    {
        "instrument": lambda one: one.trade.instrument,
        "side": lambda one: one.trade.side,
        "status": lambda one: one.trade.status,
        "outcome": lambda one: one.trade.outcome,
        "origin": lambda one: one.trade.origin,
        "bot_id": lambda one: one.trade.bot_id,
        "account": lambda one: one.trade.account,
        "mode": lambda one: one.trade.mode,
        "source": lambda one: one.trade.source,
        "regime": lambda one: one.trade.context.regime,
        "session": lambda one: one.trade.context.session,
    }
)
"""Filters of one value that a trade has or not; `setup`, `tag` and `emotion` are of its labels."""
LABELLED = frozenset({"setup", "tag", "emotion"})
NAMES = LABELLED | frozenset(_TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFilters:
    """Which trades are wanted: any of the values of each name in `any_of`.

    `since` and `until` bound the moment `by`; an open trade has no close and is wanted by it only
    where `until` is None. `text`: all words in note or instrument, the last one as a beginning;
    a text without words finds nothing.
    """

    by: By = By.CLOSED
    since: datetime | None = None
    until: datetime | None = None
    any_of: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    min_r: Decimal | None = None
    max_r: Decimal | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if unknown := self.any_of.keys() - NAMES:
            raise ValueError(f"there is no filter {min(unknown)!r}")

    @property
    def mark(self) -> str:
        """Return what tells a cursor of these filters from one of others."""
        named = [f"{name}={sorted(self.any_of[name])}" for name in sorted(self.any_of)]
        rest = (self.by, self.since, self.until, self.min_r, self.max_r, self.text)
        return digest("trades", *named, repr(rest)).hex()[:16]

    @property
    def modes(self) -> list[Mode]:
        """Return the modes that are wanted; none where all are."""
        return [mode for mode in Mode if mode in self.any_of.get("mode", ())]

    @property
    def narrow(self) -> bool:
        """Whether anything but the moment bounds what is wanted."""
        return bool(self.any_of or self.text) or (self.min_r, self.max_r) != (None, None)

    def pass_(self, one: Played, tags: TagBook) -> bool:
        """Tell whether a trade is wanted by everything but its moment."""
        for name, values in self.any_of.items():
            if name in _TOLD and _TOLD[name](one) not in values:
                return False
            if name in LABELLED and not _labelled(one, name, values, tags):
                return False
        return self._r(one) and self._says(one)

    def _r(self, one: Played) -> bool:
        if self.min_r is None and self.max_r is None:
            return True
        r = one.trade.risk.r
        if r is None:
            return False
        return (self.min_r is None or r >= self.min_r) and (self.max_r is None or r <= self.max_r)

    def _says(self, one: Played) -> bool:
        words = in_order(self.text)
        if not words:
            return not self.text
        said = words_of(f"{one.labels.note}\n{one.trade.instrument}")
        return said.issuperset(words[:-1]) and any(word.startswith(words[-1]) for word in said)


def _labelled(one: Played, name: str, values: frozenset[str], tags: TagBook) -> bool:
    if name == "emotion":
        return not values.isdisjoint(one.labels.emotions)
    carried = one.labels.tags if name == "tag" else (one.labels.setup_id,)
    wanted = {found for value in values for found in tags.family(value)}
    return not wanted.isdisjoint(carried)


def filters_of(
    given: Mapping[str, tuple[str, ...]], since: datetime | None, until: datetime | None
) -> TradeFilters:
    """Return filters as they are kept as text; a value that cannot be is one that no trade has."""
    by = given.get("by", ())
    return TradeFilters(
        since=since,
        until=until,
        by=By.OPENED if By.OPENED in by else By.CLOSED,
        any_of={name: frozenset(given[name]) for name in NAMES if name in given},
        min_r=min(_bounds(given.get("min_r", ())), default=None),
        max_r=max(_bounds(given.get("max_r", ())), default=None),
    )


def _bounds(texts: tuple[str, ...]) -> list[Decimal]:
    """Return the numbers among these; what was kept is one."""
    found = []
    for text in texts:
        with suppress(InvalidOperation):
            found.append(Decimal(text))
    return [one for one in found if one.is_finite()]
