"""What the 90 days before a moment claim about the trader: kept once, to be answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.core.ids import UserId
from nightdesk.journal.behaviour.gathering import GatherHistory, Wanted
from nightdesk.journal.behaviour.making import in_use, keep, of_claim
from nightdesk.journal.behaviour.reporting import DEFAULT_DAYS, rows_of
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.ports.findings import DetectorSettings, Findings
from nightdesk.trading.order import Mode

WINDOW = timedelta(days=DEFAULT_DAYS)


@dataclass(frozen=True, slots=True)
class JudgeClaims:
    """The port of that name."""

    gather: GatherHistory
    settings: DetectorSettings
    findings: Findings

    def __call__(
        self, owner: UserId, mode: Mode, until: datetime, *, now: datetime, keeping: bool
    ) -> Sequence[Claim]:
        """Return the claims of all detectors that are on, also those that are not made.

        With `keeping` those that are made are stored, also those in shadow: of one moment once.
        """
        detectors = list(in_use(self.settings.all(owner)))
        wanted = Wanted(owner=owner, mode=mode, since=until - WINDOW, until=until)
        by_id = {one.detector.id: one for one in detectors}
        made = [
            (by_id[row.detector.id], row.claim)
            for row in rows_of(self.gather.window(wanted), detectors)
            if row.claim is not None
        ]
        if keeping:
            fired = [(one, claim) for one, claim in made if claim.standing is Standing.FIRES]
            keep(self.findings, [of_claim(wanted, one, claim, now) for one, claim in fired])
        return [claim for one, claim in made if not one.shadow]
