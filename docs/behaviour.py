"""What the page on behaviour says: prose here, rules, base rates and limits from the detectors."""

from collections.abc import Iterator, Sequence

from nightdesk.journal.behaviour.agreement import SAME
from nightdesk.journal.behaviour.detector import ALPHA, LEAST
from nightdesk.journal.behaviour.gathering import PAST
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.reporting import (
    DEFAULT_DAYS,
    LEAST_DAYS,
    MOST_DAYS,
    TILT_DAYS,
)
from nightdesk.journal.behaviour.shuffles import SEED, SHUFFLES
from nightdesk.journal.behaviour.tilt import COOLDOWNS
from nightdesk.journal.finding import MAX_NOTE

BEFORE = (
    (
        "Detectors look at closed and open trades that a person decided, and say what was seen and"
        " what it compares with. They make no diagnosis and give no order. A single trade is an"
        " *observation*. A *claim* about the trader names x of n, a base rate b and p, and is made"
        f" where p is below {ALPHA} and, for shares, n at least {LEAST}. Tests are one-sided and"
        " exact unless said. `COST_DRAG` and `LOSS_AVERSION` have no p: they say what these trades"
        " come to, and nothing of the next ones. `OPTIMAL_HOURS`, `BEST_SETUPS` and `MOOD_LINK` go"
        " by the tests that stand beside them."
    ),
    "## Words",
    (
        "Trades are taken by moment of entry, then id. The *last closed* is the latest closing at"
        " or before an entry. The *usual size* is the median over the 20 entries before (at least"
        " one); below ten the baseline is thin and no finding is more than medium. A *run* counts"
        " wins or losses backwards from an entry and skips break-evens. Size is the notional of the"
        " first entry order in account currency. Days and hours are those of the owner's zone at"
        " the time; live and paper trades are judged apart."
    ),
    "## Detectors",
)
HEADS = ("detector", "fires when", "severity", "base or test", "cannot see")
BETWEEN = (
    (
        "All are version 1. A new version leaves old findings as they are. `COST_DRAG`, `GIVE_BACK`"
        " and `NO_STOP` may be asked of a bot, too (`bot_id`); all others judge people alone."
    ),
    "## When trades are judged",
    (
        "Seconds after a trade that you decided has been stored and is closed, wherever it came"
        " from. A trade that arrives late has those entered until a day after its end judged"
        " again, in its light; so has one whose candles arrive later. A day is scored once it is"
        " over. What was found stays as it was found, and is told once (`behaviour_flagged`). A"
        " detector that fails costs nothing but its own findings, which come when the task is"
        " tried again."
    ),
    "## Windows",
    (
        f"`GET /api/journal/behaviour` shows a window of {LEAST_DAYS} to {MOST_DAYS} days of"
        f" entries, the last {DEFAULT_DAYS} unless told, with every observation and claim. What"
        f" came in the {PAST.days} days before it is"
        " known, as it is when a new trade is judged: last closings, usual sizes, runs, equity and"
        " the own past. x and n are of the window's entries alone, and so is what is shuffled. It"
        " takes the filters of the trade list: the window, and what came before it, is then made of"
        " those trades alone, as if there were no others, so that x, n, base and p all speak of the"
        " same trades. One mode at a time, live unless `mode` says paper."
    ),
    (
        "For each detector a window shows how many entries were flagged, beside the base. The"
        " sentence appears only where the claim is made. A long run of losses raises no alarm: how"
        " likely such a run is stands among the [metrics](metrics.md#trade-metrics)."
    ),
    (
        "Beside it stand the newest findings that were kept of it: of its trades, of its days, and"
        " claims about windows that ended in it. With filters, those that name one of its trades."
        " `/times` and `/setups` compare hours and setups; p, better and worse are told while"
        " `OPTIMAL_HOURS` or `BEST_SETUPS` is on, and never of a bot."
    ),
    (
        "With each weekly review of a week in which you traded, what the 90 days before its end"
        " claim is kept as a finding, told like any other, and may be answered. The review says"
        " beside what was seen in its week what the detector claims of these 90 days, made or not."
    ),
    "## Thresholds",
    (
        "An owner may set each between its bounds, and a detector to `on`, `shadow` (kept, not"
        " shown) or `off`: `PATCH /api/journal/behaviour/detectors/{detector_id}` with the"
        " `version` that `GET /api/journal/behaviour/detectors` tells; null goes back to the"
        " default. A finding keeps the thresholds that made it. The day's own limits are"
        " those of the plan that stood before the day's first entry; without one there are none."
        " The cool-down is that of the journal's settings."
    ),
)
THRESHOLD_HEADS = ("detector", "threshold", "default", "least", "greatest", "unit")
AFTER = (
    "## Shuffles",
    (
        "Who trades often, large or badly is none of it a habit. `REVENGE`, `SIZE_ESCALATION` and"
        " `OVERCONFIDENCE` are therefore counted again in"
        f" {SHUFFLES:,} other orders of the same trades: what was traded (instrument, side, plan,"
        " size, result) moves among the same times of entry and exit. The base is the mean count;"
        f" p = (1 + shuffles with at least as many) / {SHUFFLES + 1:,}. The seed is {SEED} and"
        " stands in the evidence, so the same trades give the same p. Only closed trades of known"
        " size and result are counted here."
    ),
    "## Evidence",
    (
        "A finding holds its trades, each threshold beside the value that stood against it, and the"
        " raw figures of the rule: enough to recompute it by hand. For `REVENGE` that is the gap in"
        " seconds, the loss and what it had to reach, the usual size and how many entries made it,"
        " and the factors; for `FOMO_EXTENSION` and `FOMO_CHASE` d, EMA, ATR, the timeframe and the"
        " last bar that was used; for the limits of a day the trades that make the count or the"
        " sum; for `OVERTRADE_BURST` how many days had which most entries within the hour; for"
        " `DISPOSITION` the last sales with a choice, each as trade, gain sold, open gains, open"
        " losses. No bar counts before it has closed, nor as the present price once two more should"
        " have."
    ),
    "## Tilt",
    (
        "Tilt is a day's score: `GET /api/journal/behaviour/tilt` shows the last 30 days, or up to"
        f" {TILT_DAYS} between `from` and `to`. Its parts are shown with it. From elevated on a"
        " rest of"
        f" {', '.join(str(one) for one in COOLDOWNS[:-1])} or {COOLDOWNS[-1]} minutes is offered."
        " The run is that with which the day's closings end; a day that is over is kept as a"
        " finding unless it was calm."
    ),
    "## The trader's word",
    (
        "A finding may be answered with `agree`, `disagree` or a note of up to"
        f" {MAX_NOTE:,} characters: `POST /api/journal/behaviour/findings/{{finding_id}}/answer`."
        " The last word counts. Own emotion labels stand beside findings, with how often they say"
        " the same. Neither makes or unmakes a finding."
    ),
)
LABEL_HEADS = ("detector", "labels that say the same")
TOLD = (
    "Findings of medium and high severity are written as [event](events.md) `behaviour_flagged`,"
    " unless the detector is in shadow."
)


def rows() -> Iterator[Sequence[str]]:
    """Yield the detectors as they are declared."""
    for one in DETECTORS.values():
        severity = ", ".join(level.value for level in one.severity)
        yield f"`{one.id}`", one.rule, severity, one.base, one.limits


def thresholds() -> Iterator[Sequence[str]]:
    """Yield each threshold with its bounds."""
    for one in DETECTORS.values():
        for name in one.thresholds:
            figures = (f"{value:g}" for value in (name.default, name.low, name.high))
            yield f"`{one.id}`", f"`{name.name}`", *figures, name.unit


def labels() -> Iterator[Sequence[str]]:
    """Yield which own labels say the same as a detector."""
    for detector, same in SAME.items():
        yield f"`{detector}`", ", ".join(f"`{one}`" for one in sorted(same))


def codes() -> dict[str, str]:
    """Return each detector with its rule, for the page of codes."""
    return {one.id.value: one.rule for one in DETECTORS.values()}
