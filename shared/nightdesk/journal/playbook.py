"""Playbooks: what a trader promises to do, in numbered versions that never change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nightdesk.core.ids import UserId
from nightdesk.journal.place import Place
from nightdesk.journal.predicate import SETUP, Predicate
from nightdesk.journal.trade import Check, JournalTrade, Labels
from nightdesk.journal.wording import folded, prose, said

MAX_NAME = 80
MAX_DESCRIPTION = 2_000
MAX_RULES = 20
MAX_RULE_TEXT = 300
RULE_ID = re.compile(r"[a-z0-9_-]{1,40}")
LIMIT = 100
"""Of one owner, archived ones included."""


class Phase(StrEnum):
    """When a rule asks to be kept."""

    ENTRY = "entry"
    EXIT = "exit"
    RISK = "risk"
    CONTEXT = "context"


class BookStatus(StrEnum):
    """Whether a playbook is in use."""

    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Without a predicate the trader ticks it: `manual`."""

    id: str
    text: str
    phase: Phase
    predicate: Predicate | None = None

    def __post_init__(self) -> None:
        if not RULE_ID.fullmatch(self.id):
            raise ValueError(f"a rule's id has 1 to 40 of a-z, 0-9, - and _, was {self.id!r}")
        said(self.text, MAX_RULE_TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One version. What stands beside the rules (name, description, status) belongs to it, too."""

    owner: UserId
    id: str
    version: int
    name: str
    description: str = ""
    status: BookStatus = BookStatus.ACTIVE
    rules: tuple[Rule, ...] = ()
    created_at: datetime

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"versions count from 1, was {self.version}")
        said(self.name, MAX_NAME)
        if prose(self.description, MAX_DESCRIPTION) != self.description:
            raise ValueError("a stored text is in NFC, its lines ended by LF")
        if len(self.rules) > MAX_RULES or len({one.id for one in self.rules}) != len(self.rules):
            raise ValueError(f"at most {MAX_RULES} rules, each id once")

    @property
    def key(self) -> str:
        """Return what no two playbooks of an owner have the same."""
        return folded(self.name)


def kept_from(versions: Sequence[Playbook], entered_at: datetime) -> Playbook | None:
    """Return the version that a trade entered then keeps; None where there is no version at all.

    It is the newest that there was at its entry: what was promised later binds nothing before. A
    trade of before the playbook was written is held against the first version.
    """
    there = [one for one in versions if one.created_at <= entered_at]
    if there:
        return max(there, key=lambda one: one.version)
    return min(versions, key=lambda one: one.version, default=None)


def setups_asked(rule: Rule) -> tuple[str, ...]:
    """Return the ids of the setups that a rule names; most name none."""
    asked = rule.predicate
    return asked.values if asked is not None and asked.field == SETUP else ()


def checked(
    book: Playbook, trade: JournalTrade, labels: Labels, place: Place
) -> Mapping[str, Check]:
    """Return what became of each rule: predicates by the trade, the others as they were ticked."""
    return {
        rule.id: (
            labels.checklist.get(rule.id, Check.UNKNOWN)
            if rule.predicate is None
            else rule.predicate.check(trade, labels, place)
        )
        for rule in book.rules
    }
