"""Showing detectors, and setting their thresholds and status for one owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.behaviour.detector import Detector
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.finding import DetectorId, DetectorSetting, DetectorStatus
from nightdesk.journal.ports.findings import DetectorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedDetector:
    """A detector as it is declared and as an owner has it."""

    detector: Detector
    setting: DetectorSetting

    @property
    def used(self) -> Mapping[str, float]:
        """Thresholds in force."""
        return self.detector.used(self.setting.thresholds)


@dataclass(frozen=True, slots=True)
class ReadDetectors:
    """Show all detectors."""

    settings: DetectorSettings

    def __call__(self, owner: UserId) -> Sequence[TunedDetector]:
        """Return them in their order."""
        own = self.settings.all(owner)
        return [
            TunedDetector(
                detector=one,
                setting=own.get(one.id, DetectorSetting(owner=owner, detector=one.id)),
            )
            for one in DETECTORS.values()
        ]


@dataclass(frozen=True, slots=True)
class TuneDetector:
    """Set thresholds and status. Findings that are there stay as they were found."""

    settings: DetectorSettings

    def __call__(
        self,
        owner: UserId,
        detector_id: str,
        *,
        version: int,
        thresholds: Mapping[str, float | None] | None = None,
        status: DetectorStatus | None = None,
    ) -> TunedDetector:
        """Return the detector as it now stands. A threshold of None goes back to the default.

        Raises Missing for an unknown detector, Invalid `OUT_OF_RANGE` or `VALIDATION_FAILED`,
        StaleWrite unless `version` is the present one (0: nothing was set before).
        """
        if detector_id not in list(DetectorId):
            raise Missing(f"no detector {detector_id}")
        detector = DETECTORS[DetectorId(detector_id)]
        own = self.settings.all(owner).get(detector.id)
        before = own or DetectorSetting(owner=owner, detector=detector.id)
        if before.version != version:
            raise StaleWrite(f"{detector.id} was tuned meanwhile")
        given = thresholds or {}
        wanted = {name: value for name, value in before.thresholds.items() if name not in given}
        changed = detector.checked(given)
        after = replace(before, thresholds={**wanted, **changed}, status=status or before.status)
        saved = before if after == before else self.settings.save(after)
        return TunedDetector(detector=detector, setting=saved)
