"""Which trades broke a rule or were named by a detector: what reviews and experiments count."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nightdesk.core.ids import TradeId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.finding import Finding, Scope
from nightdesk.journal.place import Place
from nightdesk.journal.playbook import Playbook, Rule, checked
from nightdesk.journal.trade import Check, Origin

RuleKey = tuple[str, str]
"""Playbook and rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One rule over some trades: who kept it, who broke it. Its text is that of the newest."""

    rule: Rule
    kept: tuple[Played, ...]
    broken: tuple[Played, ...]


def rules_of(
    books: Sequence[Playbook], played: Sequence[Played], place: Place
) -> Mapping[RuleKey, Kept]:
    """Return the rules that were asked of these trades, each by the version that a trade keeps."""
    versions = {(book.id, book.version): book for book in books}
    newest: dict[RuleKey, Rule] = {}
    for book in sorted(books, key=lambda one: one.version):
        newest |= {(book.id, rule.id): rule for rule in book.rules}
    sides: dict[RuleKey, dict[Check, list[Played]]] = defaultdict(lambda: defaultdict(list))
    for one in played:
        labels = one.labels
        kept = versions.get((labels.playbook_id or "", labels.playbook_version or 0))
        if kept is None:
            continue
        for name, check in checked(kept, one.trade, labels, place).items():
            sides[kept.id, name][check].append(one)
    return {
        key: Kept(
            rule=newest[key],
            kept=tuple(checks[Check.KEPT]),
            broken=tuple(checks[Check.BROKEN]),
        )
        for key, checks in sorted(sides.items())
        if checks[Check.KEPT] or checks[Check.BROKEN]
    }


def flagged(findings: Sequence[Finding]) -> Mapping[str, frozenset[TradeId]]:
    """Return the trades that each detector judged and named, shadows left out."""
    found: dict[str, set[TradeId]] = defaultdict(set)
    for one in findings:
        if one.scope is Scope.TRADE and not one.shadow:
            found[one.detector.value].add(one.trades[0])
    return {name: frozenset(ids) for name, ids in sorted(found.items())}


def persons(played: Sequence[Played]) -> list[Played]:
    """Return the trades that a person decided."""
    return [one for one in played if one.trade.origin is Origin.HUMAN]
