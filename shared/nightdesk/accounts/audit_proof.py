"""Proof of the audit log: heads of chains written down where nothing can be overwritten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from nightdesk.accounts.anchor import Anchor, held
from nightdesk.accounts.audit import Break
from nightdesk.accounts.ports import Anchors, AuditRecords
from nightdesk.core.clock import utc


@dataclass(frozen=True, slots=True)
class AnchorHeads:
    """Write down the heads of the chains that grew on a day. Again writes the same again."""

    records: AuditRecords
    anchors: Anchors

    def __call__(self, day: date) -> int:
        """Return how many were written. Raises StoreUnavailable, Misconfigured."""
        written = 0
        for name in self.records.changed(day):
            head = self.records.head(name)
            if head is not None:
                self.anchors.put(Anchor(chain=name, seq=head.seq, day=day, hash=head.hash))
                written += 1
        return written


@dataclass(frozen=True, slots=True)
class VerifyChain:
    """Walk one chain against its anchors."""

    records: AuditRecords
    anchors: Anchors

    def __call__(self, name: str, now: datetime) -> Break | None:
        """Return where it first breaks, or None."""
        return held(name, self.records.chain(name), self.anchors.of(name), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a walk over all chains found."""

    chains: int = 0
    broken: Sequence[Break] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class VerifyAll:
    """Walk every chain that ever was anchored, and those that began since."""

    records: AuditRecords
    anchors: Anchors

    def __call__(self, now: datetime) -> Verified:
        """Return how many chains were walked, and the first break of each broken one."""
        seen, broken = 0, []
        for name, anchors in self._chains(now):
            seen += 1
            if found := held(name, self.records.chain(name), anchors, now):
                broken.append(found)
        return Verified(chains=seen, broken=tuple(broken))

    def _chains(self, now: datetime) -> Iterator[tuple[str, Sequence[Anchor]]]:
        anchored: set[str] = set()
        for name, group in groupby(self.anchors.all(), key=lambda one: one.chain):
            anchored.add(name)
            yield name, list(group)
        days = (utc(now).date() - timedelta(days=back) for back in (1, 0))
        fresh = {name for day in days for name in self.records.changed(day)}
        yield from ((name, ()) for name in sorted(fresh - anchored))
