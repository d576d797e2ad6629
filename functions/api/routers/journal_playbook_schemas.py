"""Bodies and answers of the playbooks routes."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from functions.api.routers.journal_schemas import FigureOut, Version, one_line, several_lines
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.core.errors import Invalid
from nightdesk.journal.playbook import (
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_RULE_TEXT,
    MAX_RULES,
    RULE_ID,
    BookStatus,
    Phase,
    Rule,
)
from nightdesk.journal.playing import BookText
from nightdesk.journal.predicate import MAX_VALUE, MAX_VALUES, Compare, Predicate
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.journal.book_stats import RuleStats
    from nightdesk.journal.playbook import Playbook
    from nightdesk.journal.playing import BookStats

LARGEST = 10**12
One = (
    bool
    | Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
    | Annotated[str, Field(min_length=1, max_length=MAX_VALUE)]
)
"""A word, a truth, a whole number, or any number as text."""


class PredicateIn(Request):
    """One field of a trade compared with a value: `planned_rr ge 2`, `hour in [9, 10]`."""

    field: str = Field(min_length=1, max_length=40)
    op: Lax[Compare]
    value: One | Annotated[list[One], Field(min_length=1, max_length=MAX_VALUES)]

    def to_domain(self) -> Predicate:
        """Build the noun. Raises Invalid `BAD_PREDICATE`."""
        values = self.value if isinstance(self.value, list) else [self.value]
        return Predicate(
            field=self.field, compare=self.op, values=tuple(_spelled(one) for one in values)
        )


class RuleIn(Request):
    """One rule. `check` is `manual`, where you tick it yourself, or a predicate."""

    id: str = Field(pattern=f"^{RULE_ID.pattern}$")
    text: Annotated[str, Field(min_length=1, max_length=MAX_RULE_TEXT), one_line(MAX_RULE_TEXT)]
    phase: Lax[Phase]
    check: Literal["manual"] | PredicateIn = "manual"


class PlaybookIn(Request):
    """A playbook. Rules keep their ids from version to version."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), one_line(MAX_NAME)]
    description: Annotated[
        str, Field(max_length=MAX_DESCRIPTION), several_lines(MAX_DESCRIPTION)
    ] = ""
    status: Lax[BookStatus] = BookStatus.ACTIVE
    rules: list[RuleIn] = Field(default_factory=list, max_length=MAX_RULES)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.id for one in self.rules}) != len(self.rules):
            raise ValueError("each rule's id once")
        return self

    def to_domain(self) -> BookText:
        """Build the noun. Raises Invalid `BAD_PREDICATE` naming the rule."""
        return BookText(
            name=self.name,
            description=self.description,
            status=self.status,
            rules=tuple(_rule(n, one) for n, one in enumerate(self.rules)),
        )


class PlaybookEditIn(PlaybookIn):
    """The next version, against the one that was read."""

    version: Version


class PredicateOut(Answer):
    """One field compared with a value or a list; numbers are text."""

    field: str
    op: Compare
    value: str | list[str]


class RuleOut(Answer):
    """One rule."""

    id: str
    text: str
    phase: Phase
    check: Literal["manual"] | PredicateOut

    @classmethod
    def from_domain(cls, rule: Rule) -> Self:
        """Show one."""
        asked = rule.predicate
        check: Literal["manual"] | PredicateOut = "manual"
        if asked is not None:
            many = asked.compare in {Compare.IN, Compare.NOT_IN}
            value = list(asked.values) if many else asked.values[0]
            check = PredicateOut(field=asked.field, op=asked.compare, value=value)
        return cls(id=rule.id, text=rule.text, phase=rule.phase, check=check)


class PlaybookOut(Answer):
    """One version of a playbook."""

    id: str
    version: int
    name: str
    description: str
    status: BookStatus
    rules: list[RuleOut]
    created_at: Moment

    @classmethod
    def from_domain(cls, book: "Playbook") -> Self:
        """Show one."""
        return cls(
            id=book.id,
            version=book.version,
            name=book.name,
            description=book.description,
            status=book.status,
            rules=[RuleOut.from_domain(one) for one in book.rules],
            created_at=book.created_at,
        )


class RuleStatsOut(Answer):
    """What keeping a rule was worth, in R. `difference` is kept minus broken, with its interval.

    `cost` is what breaking it brought: broken trades times their mean less that of kept ones,
    negative for a loss. Both are of trades with R; `thin`: fewer than ten of them on a side.
    """

    rule: RuleOut
    kept: int
    broken: int
    mean_kept: FigureOut
    mean_broken: FigureOut
    difference: FigureOut
    cost: FigureOut
    thin: bool

    @classmethod
    def from_domain(cls, one: "RuleStats") -> Self:
        """Show one."""
        return cls(
            rule=RuleOut.from_domain(one.rule),
            kept=one.kept,
            broken=one.broken,
            mean_kept=FigureOut.from_domain(one.mean_kept),
            mean_broken=FigureOut.from_domain(one.mean_broken),
            difference=FigureOut.from_domain(one.difference),
            cost=FigureOut.from_domain(one.cost),
            thin=one.thin,
        )


class PlaybookStatsOut(Answer):
    """Each rule's figures, and the share of checks that were kept, in percent.

    They are of `n` closed trades of these modes that keep the playbook; `others` of another mode
    are not counted.
    """

    n: int
    modes: list[Mode]
    others: int
    discipline: FigureOut
    rules: list[RuleStatsOut]

    @classmethod
    def from_domain(cls, found: "BookStats") -> Self:
        """Show them."""
        return cls(
            n=found.n,
            modes=list(found.modes),
            others=found.others,
            discipline=FigureOut.from_domain(found.discipline),
            rules=[RuleStatsOut.from_domain(one) for one in found.rules],
        )


def _rule(n: int, rule: RuleIn) -> Rule:
    try:
        asked = None if isinstance(rule.check, str) else rule.check.to_domain()
    except Invalid as wrong:
        place = f"rules.{n}.{wrong.field}"
        raise Invalid(wrong.code, str(wrong), field=place, allowed=wrong.allowed) from wrong
    return Rule(id=rule.id, text=rule.text, phase=rule.phase, predicate=asked)


def _spelled(value: bool | int | str) -> str:  # noqa: FBT001 - a value, not a switch
    return str(value).lower() if isinstance(value, bool) else str(value)
