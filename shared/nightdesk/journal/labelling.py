"""What a person changes of a trade's labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from nightdesk.core.errors import Invalid
from nightdesk.journal.trade import (
    MAX_NOTE,
    Check,
    Emotion,
    ExitReason,
    Labels,
    MarketCondition,
    StopMark,
)
from nightdesk.journal.wording import prose

_PLAIN = (
    *("setup_id", "playbook_id", "playbook_version", "tags", "emotions", "market_condition"),
    *("no_stop_declared", "exit_reason", "target"),
)
CLEARED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "setup_id": {"setup_id": None},
        "playbook_id": {"playbook_id": None, "playbook_version": None},
        "checklist": {"checklist": MappingProxyType({})},
        "tags": {"tags": ()},
        "emotions": {"emotions": ()},
        "market_condition": {"market_condition": None},
        "note": {"note": ""},
        "no_stop_declared": {"no_stop_declared": False},
        "exit_reason": {"exit_reason": None},
        "stop": {"stops": ()},
        "target": {"target": None},
    }
)
"""What can be taken away, and what is left of it. A version goes with its playbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChanges:
    """What is to be written anew of a trade; None stays as it is unless it is `cleared`.

    `cleared` are names of `CLEARED`.
    """

    setup_id: str | None = None
    playbook_id: str | None = None
    playbook_version: int | None = None
    checklist: Mapping[str, Check] | None = None
    tags: tuple[str, ...] | None = None
    emotions: tuple[Emotion, ...] | None = None
    market_condition: MarketCondition | None = None
    note: str | None = None
    no_stop_declared: bool | None = None
    exit_reason: ExitReason | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    cleared: frozenset[str] = frozenset()


def changed(labels: Labels, changes: LabelChanges, now: datetime) -> Labels:
    """Return labels with these changes; the same ones where nothing changes.

    A stop is recorded at `now`, so that it counts for R only within a minute of the first fill.
    Raises Invalid `VALIDATION_FAILED`.
    """
    given: dict[str, Any] = {}
    for name in sorted(changes.cleared):
        given |= CLEARED[name]
    given |= {name: value for name in _PLAIN if (value := getattr(changes, name)) is not None}
    if changes.checklist is not None:
        given["checklist"] = MappingProxyType(dict(changes.checklist))
    try:
        if changes.note is not None:
            given["note"] = prose(changes.note, MAX_NOTE)
        if changes.stop is not None:
            given["stops"] = (*labels.stops, StopMark(at=now, price=changes.stop))
        wanted = replace(labels, **given)
    except ValueError as error:
        raise Invalid("VALIDATION_FAILED", str(error), field="labels") from error
    return labels if wanted == labels else replace(wanted, updated_at=now)
