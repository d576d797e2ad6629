"""What trades show of their trader: findings, tilt, times, setups (journal, page part 6)."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.queries import IdPath
from functions.api.routers.journal_behaviour_schemas import (
    AnswerIn,
    BehaviourOut,
    DetectorOut,
    DetectorPatch,
    TestedGroupOut,
    TiltOut,
)
from functions.api.routers.journal_finding_schemas import FindingOut, TradeFindingOut
from functions.api.routers.journal_schemas import DayFrom, DayUntil
from functions.api.schemas import PageOut
from functions.api.trade_filters import Entered
from nightdesk import bootstrap
from nightdesk.core.ids import TradeId
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.journal.behaviour.answering import AnswerFinding, ReadTradeFindings
    from nightdesk.journal.behaviour.asking import AskBehaviour
    from nightdesk.journal.behaviour.tuning import ReadDetectors, TuneDetector

router = APIRouter(prefix="/api/journal/behaviour", tags=["journal"])

AskCall = Annotated["AskBehaviour", Depends(bootstrap.ask_behaviour)]
TradeFindingsCall = Annotated["ReadTradeFindings", Depends(bootstrap.read_trade_findings)]
ReadDetectorsCall = Annotated["ReadDetectors", Depends(bootstrap.read_detectors)]
TuneDetectorCall = Annotated["TuneDetector", Depends(bootstrap.tune_detector)]
AnswerFindingCall = Annotated["AnswerFinding", Depends(bootstrap.answer_finding)]

Days = Annotated[
    int, Query(ge=1, le=10_000, description="Days up to `to`, 7 to 730; none where `from` is told.")
]
Trading = Annotated[Mode, Query(description="Trades of this mode alone.")]
NEWEST = 50
DEFAULT_DAYS = 90


@router.get("")
async def behaviour(
    owner: Owner, call: AskCall, now: Now, filters: Entered, days: Days = DEFAULT_DAYS
) -> BehaviourOut:
    """Show what your detectors see in the last days, each with its base, and kept findings.

    A single trade is an observation; a claim about you names x of n, the base rate and p. It is
    about live trades unless `mode` says paper; with a `bot_id` about that bot, by the detectors
    that judge bots. The window is bounded by entries, and the 90 days before are known as their
    past; with filters both are made of those trades alone, as if there were no others.
    """
    report = call.of(owner, filters, days, now=now)
    return BehaviourOut.of(report, call.found(report, most=NEWEST))


@router.get("/trades/{trade_id}")
async def of_trade(
    trade_id: IdPath, owner: Owner, call: TradeFindingsCall
) -> PageOut[TradeFindingOut]:
    """List what was found of one trade, beside your own labels."""
    found = [TradeFindingOut.from_domain(one) for one in call(owner, TradeId(trade_id))]
    return PageOut[TradeFindingOut](items=found, next_cursor=None)


@router.get("/tilt")
async def tilt(
    *,
    owner: Owner,
    call: AskCall,
    now: Now,
    since: DayFrom = None,
    until: DayUntil = None,
    mode: Trading = Mode.LIVE,
) -> PageOut[TiltOut]:
    """Show the tilt of days on which you traded, the last 30 unless told; 92 at most.

    None while TILT is off or in shadow; `BAD_RANGE` for more days.
    """
    found = call.tilted(owner, mode, since, until, now=now)
    items = [TiltOut.of(day, one) for day, one in sorted(found.items())]
    return PageOut[TiltOut](items=items, next_cursor=None)


@router.get("/times")
async def times(
    *,
    owner: Owner,
    call: AskCall,
    now: Now,
    by: Literal["hour", "session"] = "hour",
    filters: Entered,
    days: Days = DEFAULT_DAYS,
) -> PageOut[TestedGroupOut]:
    """Compare hours of your clock, or UTC sessions, of entry by mean R.

    What is better or worse is told while OPTIMAL_HOURS is on, and never of a bot.
    """
    found = call.by_time(owner, filters, days, by, now=now)
    items = [TestedGroupOut.from_domain(one) for one in found]
    return PageOut[TestedGroupOut](items=items, next_cursor=None)


@router.get("/setups")
async def setups(
    owner: Owner, call: AskCall, now: Now, filters: Entered, days: Days = DEFAULT_DAYS
) -> PageOut[TestedGroupOut]:
    """Compare your setups of enough trades by mean R, the best first.

    What is better or worse is told while BEST_SETUPS is on, and never of a bot.
    """
    found = call.by_setup(owner, filters, days, now=now)
    items = [TestedGroupOut.from_domain(one) for one in found]
    return PageOut[TestedGroupOut](items=items, next_cursor=None)


@router.get("/detectors")
async def detectors(owner: Owner, call: ReadDetectorsCall) -> PageOut[DetectorOut]:
    """List all detectors with their rules, bases and limits, and what you have set."""
    items = [DetectorOut.from_domain(one) for one in call(owner)]
    return PageOut[DetectorOut](items=items, next_cursor=None)


@router.patch("/detectors/{detector_id}")
async def tune(
    detector_id: IdPath, body: DetectorPatch, owner: Owner, call: TuneDetectorCall
) -> DetectorOut:
    """Set thresholds within their bounds, or switch a detector; kept findings stay.

    Null goes back to the default. `version` is the one that was read, 0 at first. `OUT_OF_RANGE`
    beyond a bound.
    """
    tuned = call(
        owner,
        detector_id,
        version=body.version,
        thresholds=body.thresholds,
        status=body.status,
    )
    return DetectorOut.from_domain(tuned)


@router.post("/findings/{finding_id}/answer")
async def answer(
    finding_id: IdPath, body: AnswerIn, owner: Owner, call: AnswerFindingCall, cause: CauseDep
) -> FindingOut:
    """Say that you agree, disagree, or note something; the last word counts."""
    said = call(owner, finding_id, body.answer, body.note, now=cause.at)
    return FindingOut.from_domain(said)
