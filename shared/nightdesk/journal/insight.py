"""What stands beside an entry by rule: the linked facts, and at most three suggestions.

Fixed sentences chosen by the numbers: equal input gives equal bytes. Thresholds are in R and in
shares of the trade's own range, never in money.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.money import ONE, ZERO, fixed, nearest
from nightdesk.journal.figures import FEE_PRICE_MISSING, NO_STOP, ZERO_RISK
from nightdesk.journal.trade import Check, JournalTrade, Labels, Outcome, Status

MAX_SUGGESTIONS = 3
CENT = Decimal("0.01")
MOST_GIVEN_BACK = Decimal("0.5")
"""Share of the best point: less captured than this was mostly given back."""
SMALL_MAE = Decimal("0.3")
"""In R: a winner that went less far against the trader hardly used its stop."""
LARGE_MFE = ONE
"""In R: a loser that had been this far ahead."""
WITHOUT_R = {
    NO_STOP: "no stop was recorded at the entry",
    ZERO_RISK: "the first stop left nothing at risk",
    FEE_PRICE_MISSING: "what its fees were worth is not known",
}
"""Why, by the reason that the trade gives."""


class TextSource(StrEnum):
    """Who worded a text."""

    RULES = "rules"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One linked fact: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """Facts and suggestions as of one version of the trade."""

    facts: tuple[Fact, ...]
    suggestions: tuple[Fact, ...]
    at: datetime
    source: TextSource = TextSource.RULES

    def __post_init__(self) -> None:
        if len(self.suggestions) > MAX_SUGGESTIONS:
            raise ValueError(f"at most {MAX_SUGGESTIONS} suggestions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A finding of a detector, as an entry mentions it."""

    detector: str
    severity: str
    text: str


def by_rules(
    trade: JournalTrade | None,
    labels: Labels | None,
    rules: Mapping[str, str],
    findings: Sequence[Seen],
    *,
    at: datetime,
) -> Insight:
    """Return the insight of an entry; without a trade there is nothing linked and it is empty.

    `rules` are the texts of the playbook's rules by their ids.
    """
    if trade is None:
        return Insight(facts=(), suggestions=(), at=at)
    broken = [
        name
        for name, check in sorted((labels.checklist if labels else {}).items())
        if check is Check.BROKEN
    ]
    facts = [*_result(trade), *_excursion(trade)]
    facts += [
        Fact(code="RULE_BROKEN", text=f'Rule broken: "{rules.get(name, name)}".') for name in broken
    ]
    facts += [Fact(code=one.detector, text=one.text) for one in findings]
    suggestions = [*_on_stops(trade, labels), *_on_range(trade), *_on_rules(broken, findings)]
    return Insight(facts=tuple(facts), suggestions=tuple(suggestions[:MAX_SUGGESTIONS]), at=at)


def _result(trade: JournalTrade) -> list[Fact]:
    if trade.status is not Status.CLOSED:
        return [Fact(code="OPEN", text="The trade is still open; its result is not known.")]
    if trade.risk.r is None:
        why = WITHOUT_R.get(trade.reasons.get("r", ""), "it cannot be computed")
        return [Fact(code="NO_R", text=f"R is not known: {why}.")]
    return [Fact(code="R", text=f"The result is {_round(trade.risk.r)} R.")]


def _excursion(trade: JournalTrade) -> list[Fact]:
    seen, facts = trade.excursion, []
    if seen.mae_r is not None and seen.mfe_r is not None:
        text = f"It went {_round(seen.mae_r)} R against you and {_round(seen.mfe_r)} R for you."
        facts.append(Fact(code="MAE_MFE", text=text))
    if seen.capture is not None and seen.capture >= ZERO:
        share = nearest(seen.capture * 100, ONE)
        text = f"You kept {fixed(share)} % of the best point."
        facts.append(Fact(code="CAPTURE", text=text))
    return facts


def _on_stops(trade: JournalTrade, labels: Labels | None) -> list[Fact]:
    declared = labels is not None and labels.no_stop_declared
    if trade.risk.initial_stop is None and not declared:
        text = "Record a stop within a minute of the entry: without it no R can be computed."
        return [Fact(code="RECORD_A_STOP", text=text)]
    mae = trade.excursion.mae_r
    if trade.outcome is Outcome.WIN and mae is not None and mae < SMALL_MAE:
        text = (
            f"This winner used {_round(mae)} R of its stop. See over more winners whether the"
            " stop stands wider than they need."
        )
        return [Fact(code="STOP_WIDE", text=text)]
    return []


def _on_range(trade: JournalTrade) -> list[Fact]:
    seen = trade.excursion
    if trade.outcome is Outcome.LOSS and seen.mfe_r is not None and seen.mfe_r >= LARGE_MFE:
        text = (
            f"This loser had been {_round(seen.mfe_r)} R ahead. Compare where its target stood"
            " with how far your trades of this kind go."
        )
        return [Fact(code="TARGET_FAR", text=text)]
    kept = seen.capture
    if trade.outcome is Outcome.WIN and kept is not None and kept < MOST_GIVEN_BACK:
        text = "More than half of the best point was given back. Write down what you waited for."
        return [Fact(code="GIVEN_BACK", text=text)]
    return []


def _on_rules(broken: Sequence[str], findings: Sequence[Seen]) -> list[Fact]:
    found = []
    if broken:
        text = "Write what made you break the rule, and whether the rule or the trade was wrong."
        found.append(Fact(code="WHY_BROKEN", text=text))
    if findings:
        text = "Answer the finding: agree, disagree, or a note for the review."
        found.append(Fact(code="ANSWER_FINDING", text=text))
    return found


def _round(value: Decimal) -> str:
    return fixed(nearest(value, CENT))
