"""The daily look at venue keys: do they still work, do they withdraw now, do they end soon."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.credential import Slot
from nightdesk.accounts.ports import KeyProbe
from nightdesk.accounts.probing import KeepResult
from nightdesk.accounts.vault_telling import told
from nightdesk.names import EventType

SOON = timedelta(days=14)
DAY = timedelta(days=1)
SCHEDULE = Origin(kind=ActorKind.SYSTEM, actor="recheck_keys", source=Source.SCHEDULE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """How many keys were asked about, how many no longer pass, and which end in 14 days."""

    asked: int
    failed: int
    ending: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecheckKeys:
    """Ask each venue again about the key that serves; a failure blocks entries from then on."""

    passed: Callable[[], Sequence[Slot]]
    """The venue keys that passed their last test, of all owners."""
    probe: KeyProbe
    keep: KeepResult

    def __call__(self, now: datetime) -> Rechecked:
        """Return what was found. A venue that does not answer changes no key's status.

        Owners are told once of a key that ends: on the day that is 14 days before.
        """
        slots = self.passed()
        failed, ending = 0, list[Slot]()
        for slot in slots:
            one = slot.serving
            finding = self.probe(one.context, one.sealed, now=now)
            result = one.tested(finding, now)
            until = result.expires_at
            soon = until is not None and now + SOON - DAY < until <= now + SOON
            also = [told(EventType.KEY_EXPIRING, result, now, "soon")] if soon else []
            self.keep(slot, result, SCHEDULE, now, also=also)
            failed += result.status is not one.status
            ending += [slot] * soon
        return Rechecked(asked=len(slots), failed=failed, ending=tuple(ending))
