"""What a person changes of a trade's labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChanges:
    """What is to be written anew of a trade; None stays as it is, "" and () clear it."""

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


def changed(labels: Labels, changes: LabelChanges, now: datetime) -> Labels:
    """Return labels with these changes; the same ones where nothing changes.

    A stop is recorded at `now`, so that it counts for R only within a minute of the first fill.
    Raises Invalid `VALIDATION_FAILED`.
    """
    given: dict[str, object] = {
        name: value for name in _PLAIN if (value := getattr(changes, name)) is not None
    }
    for name in ("setup_id", "playbook_id"):
        if name in given:
            given[name] = given[name] or None
    if changes.checklist is not None:
        given["checklist"] = MappingProxyType(dict(changes.checklist))
    try:
        if changes.note is not None:
            given["note"] = prose(changes.note, MAX_NOTE)
        if changes.stop is not None:
            given["stops"] = (*labels.stops, StopMark(at=now, price=changes.stop))
        wanted = replace(labels, **given)  # type: ignore[arg-type]
    except ValueError as error:
        raise Invalid("VALIDATION_FAILED", str(error), field="labels") from error
    return labels if wanted == labels else replace(wanted, updated_at=now)
