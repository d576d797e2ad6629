"""All detectors, in the order in which they are shown."""

from collections.abc import Mapping
from types import MappingProxyType

from nightdesk.journal.behaviour import (
    best_setups,
    cooldown_break,
    cost_drag,
    disposition,
    early_exit,
    fomo_chase,
    fomo_extension,
    fomo_scatter,
    give_back,
    limit_break,
    loser_hold,
    loss_aversion,
    mood_link,
    no_stop,
    optimal_hours,
    overconfidence,
    overtrade_burst,
    overtrade_limit,
    rapid_reentry,
    revenge,
    size_escalation,
    stop_widened,
    tilt,
)
from nightdesk.journal.behaviour.detector import Detector
from nightdesk.journal.finding import DetectorId

DETECTORS: Mapping[DetectorId, Detector] = MappingProxyType(
    {
        one.DETECTOR.id: one.DETECTOR
        for one in (
            revenge,
            rapid_reentry,
            size_escalation,
            fomo_extension,
            fomo_chase,
            fomo_scatter,
            overtrade_limit,
            overtrade_burst,
            cost_drag,
            disposition,
            loser_hold,
            loss_aversion,
            stop_widened,
            early_exit,
            give_back,
            overconfidence,
            no_stop,
            cooldown_break,
            limit_break,
            tilt,
            optimal_hours,
            mood_link,
            best_setups,
        )
    }
)
