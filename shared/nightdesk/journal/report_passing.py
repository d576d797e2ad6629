"""What a report keeps of trades that pass by: a hundred thousand of them are never held whole."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.behaviour.seen import SeenTrade, seen
from nightdesk.journal.book_stats import Played
from nightdesk.journal.place import Place
from nightdesk.journal.playbook import Playbook
from nightdesk.journal.report import MOST_TRADES
from nightdesk.journal.reviewing.habits import RuleKey, rules_of
from nightdesk.journal.trade import (
    Context,
    Excursion,
    JournalTrade,
    Labels,
    Leg,
    Money,
    Origin,
    Quantities,
    Risk,
    Status,
)
from nightdesk.trading.order import Mode

MOST_JUDGED = 10_000
"""Entries of people that detectors look at, the newest: shuffles of more tell no more."""

_NO_QUANTITY = Quantities(
    qty_entered=ZERO,
    qty_exited=ZERO,
    qty_open=ZERO,
    qty_carried=ZERO,
    peak_qty=ZERO,
    avg_entry=ZERO,
)
_NO_MONEY = Money(gross=ZERO, fees=None, funding=ZERO, net=None)
_NO_RISK, _NO_EXCURSION = Risk(), Excursion()
_NO_REASONS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class _Words:
    """Each text once, and each context and setup."""

    texts: dict[str, str] = field(default_factory=dict)
    contexts: dict[object, Context] = field(default_factory=dict)
    setups: dict[str | None, Labels] = field(default_factory=dict)
    first: tuple[Leg, ...] = ()

    def legs(self, trade: JournalTrade) -> tuple[Leg, ...]:
        """Return the first trade's first leg: a trade has one, and nothing reads it."""
        self.first = self.first or trade.legs[:1]
        return self.first


@dataclass(slots=True)
class Bare:
    """Leaves of a trade what groups and modes are told from; its values are kept as numbers."""

    _known: _Words = field(default_factory=_Words)

    def __call__(self, one: Played) -> Played:
        """Return it bare. Labels are those of the first trade with this setup: they name none."""
        trade, setup = one.trade, one.labels.setup_id
        session = trade.context.session
        context = self._known.contexts.setdefault(session, Context(session=session))
        labels = self._known.setups.get(setup)
        if labels is None:
            labels = Labels(owner=trade.owner, trade_id=trade.id, setup_id=setup)
            self._known.setups[setup] = labels
        return Played(trade=self._bare(trade, context), labels=labels)

    def _bare(self, trade: JournalTrade, context: Context) -> JournalTrade:
        texts = self._known.texts
        return replace(
            trade,
            account=texts.setdefault(trade.account, trade.account),
            base=texts.setdefault(trade.base, trade.base),
            quote=texts.setdefault(trade.quote, trade.quote),
            instrument=InstrumentId(texts.setdefault(trade.instrument, trade.instrument)),
            strategy_version=None,
            bot_id=None,
            quantity=_NO_QUANTITY,
            money=_NO_MONEY,
            risk=_NO_RISK,
            excursion=_NO_EXCURSION,
            context=context,
            incomplete=(),
            legs=self._known.legs(trade),
            charges=(),
            reasons=_NO_REASONS,
        )


@dataclass(slots=True)
class _OfMode:
    """What is kept of the trades of one mode."""

    listed: list[Played] = field(default_factory=list)
    judged: deque[SeenTrade] = field(default_factory=lambda: deque(maxlen=MOST_JUDGED))
    rules: dict[RuleKey, Counter[bool]] = field(default_factory=dict)
    texts: dict[RuleKey, str] = field(default_factory=dict)
    planned: Counter[bool] = field(default_factory=Counter)


@dataclass(slots=True)
class Passing:
    """Looks at trades page by page, in the order in which they were closed."""

    books: Sequence[Playbook]
    place: Place
    _modes: dict[Mode, _OfMode] = field(default_factory=dict)

    def take(self, page: Iterable[Played]) -> None:
        """Look at closed trades."""
        by_mode: dict[Mode, list[Played]] = {}
        for one in page:
            if one.trade.status is Status.CLOSED:
                by_mode.setdefault(one.trade.mode, []).append(one)
        for mode, played in by_mode.items():
            self._take(self._modes.setdefault(mode, _OfMode()), played)

    def _take(self, kept: _OfMode, played: Sequence[Played]) -> None:
        kept.listed += played[: MOST_TRADES - len(kept.listed)]
        kept.judged += [
            seen(one.trade, one.labels) for one in played if one.trade.origin is Origin.HUMAN
        ]
        kept.planned.update(one.labels.planned for one in played if one.labels.planned is not None)
        for key, rule in rules_of(self.books, played, self.place).items():
            counts = kept.rules.setdefault(key, Counter())
            counts[True] += len(rule.kept)
            counts[False] += len(rule.broken)
            kept.texts[key] = rule.rule.text

    def listed(self, modes: Iterable[Mode]) -> Sequence[Played]:
        """Return the first trades by close, as many as a report lists."""
        found = list(chain.from_iterable(one.listed for one in self._of(modes)))
        found.sort(key=lambda one: (one.trade.closed_at, one.trade.id))
        return found[:MOST_TRADES]

    def judged(self, modes: Iterable[Mode]) -> Sequence[SeenTrade]:
        """Return the newest entries of people, by entry."""
        found = list(chain.from_iterable(one.judged for one in self._of(modes)))
        found.sort(key=lambda one: (one.opened_at, one.id))
        return found[-MOST_JUDGED:]

    def rules(self, modes: Iterable[Mode]) -> Mapping[str, Counter[bool]]:
        """Return how often each rule was kept (True) and broken, by its text."""
        found: dict[str, Counter[bool]] = {}
        for one in self._of(modes):
            for key, counts in one.rules.items():
                found.setdefault(one.texts[key], Counter()).update(counts)
        return dict(sorted(found.items()))

    def planned(self, modes: Iterable[Mode]) -> Counter[bool]:
        """Return how many trades were planned and how many were not."""
        return sum((one.planned for one in self._of(modes)), Counter())

    def _of(self, modes: Iterable[Mode]) -> Sequence[_OfMode]:
        return [self._modes[mode] for mode in modes if mode in self._modes]
