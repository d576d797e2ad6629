"""The entry checks that ask whether a bot may enter at all: rows 1 to 17, size left aside.

A row is a function from the case to its checks, in the order of the table's codes. A check whose
figures do not exist (no target, no stop) is not listed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.core.clock import iso
from nightdesk.core.money import PLACES_12, ZERO, fixed
from nightdesk.market.instruments import TradingStatus
from nightdesk.risk.codes import Reason
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.sizing import gain_per_unit, loss_per_unit, round_trip_cost
from nightdesk.risk.verdict import Check, Conditions, Exposure, Proposal

HOUR = timedelta(hours=1)
ATRS_EXPECTED = 2
"""Expected move of an entry without a target, in ATR."""

PASSED = {reason: Check(number=reason.number, code=reason, passed=True) for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that the checks may look at."""

    proposal: Proposal
    exposure: Exposure
    conditions: Conditions
    bot: BotLimits
    owner: OwnerLimits
    as_of: datetime


def judged(
    reason: Reason,
    limit: Decimal | int | None = None,
    *,
    passed: bool,
    reduces: bool = False,
    **figures: Decimal | int | str,
) -> Check:
    """Return a check with its figures as text, in fixed notation, at twelve places at most."""
    return Check(
        number=reason.number,
        code=reason,
        passed=passed,
        figures={key: _text(value) for key, value in figures.items()},
        limit=None if limit is None else _text(limit),
        reduces=reduces,
    )


def share(part: Decimal, whole: Decimal) -> Decimal | str:
    """Return `part / whole` for show; `none` where there is no whole."""
    return part / whole if whole > ZERO else "none"


def gate(case: Case) -> Iterable[Check]:
    """Row 1: nobody has stopped trading for all, or for this owner."""
    known = (Reason.EMERGENCY_STOP, Reason.USER_BLOCKED, Reason.MAINTENANCE)
    return _held_back(known, case.conditions.gate)


def bot_state(case: Case) -> Iterable[Check]:
    """Row 3: the strictest trading state allows entries, and so does the bot's status."""
    known = (Reason.STATE_REDUCING, Reason.STATE_HALTED, Reason.BOT_NOT_ACTIVE)
    return _held_back(known, case.conditions.bot)


def locks(case: Case) -> Iterable[Check]:
    """Row 5: the cooldown after the bot's last exit is over."""
    exit_at = case.exposure.last_exit_at
    if exit_at is None or case.as_of >= exit_at + case.bot.cooldown:
        return (PASSED[Reason.LOCKED],)
    until = iso(exit_at + case.bot.cooldown)
    return (judged(Reason.LOCKED, passed=False, by="cooldown", until=until),)


def data(case: Case) -> Iterable[Check]:
    """Row 6: candles, price and rules can be relied upon."""
    found = set(case.conditions.findings)
    rules = case.proposal.rules
    yield _finding(Reason.DATA_STALE, found)
    yield _finding(Reason.DATA_GAP, found)
    yield _finding(Reason.OUTLIER, found)
    yield _finding(Reason.PRICE_REFUSED, found)
    if rules.stale(case.as_of):
        observed = iso(rules.observed_at)
        yield judged(Reason.RULES_STALE, passed=False, observed=observed)
    else:
        yield _finding(Reason.RULES_STALE, found)
    yield _finding(Reason.WARMING, found)


def market(case: Case) -> Iterable[Check]:
    """Row 7: the instrument trades, and its market is not too thin."""
    found, status = set(case.conditions.findings), case.proposal.rules.status
    open_now = status is TradingStatus.TRADING
    yield judged(Reason.NOT_TRADING, passed=open_now, status=status)
    yield _finding(Reason.SPREAD_WIDE, found)
    yield _finding(Reason.ILLIQUID, found)


def direction(case: Case) -> Iterable[Check]:
    """Row 8: the week is not against a long entry, or the strategy opted out."""
    week, obeys = case.conditions.weekly_gate, case.conditions.obey_weekly_gate
    obeyed = "yes" if obeys else "no"
    passed = not (obeys and week == "bearish")
    return (judged(Reason.WEEKLY_BEARISH, passed=passed, week=week, obeyed=obeyed),)


def single_entry(case: Case) -> Iterable[Check]:
    """Row 9: one position and one open entry per bot, and nothing unknown."""
    seen = case.exposure
    yield _flag(Reason.ALREADY_HELD, raised=seen.holding)
    yield _flag(Reason.ENTRY_PENDING, raised=seen.entry_pending)
    yield _flag(Reason.UNKNOWN_ORDER_OPEN, raised=seen.unknown_pending)


def throttle(case: Case) -> Iterable[Check]:
    """Row 10: entries of the bot in the last hour and this UTC day, of the owner this day."""
    entries, today = case.exposure.bot_entries, case.as_of.date()
    lately = sum(case.as_of - at < HOUR for at in entries)
    of_day = sum(at.date() == today for at in entries)
    yield _counted("bot", "hour", lately, case.bot.entries_per_hour)
    yield _counted("bot", "day", of_day, case.bot.entries_per_day)
    yield _counted("user", "day", case.exposure.user_entries_today, case.owner.entries_per_day)


def loss_of_day(case: Case) -> Iterable[Check]:
    """Row 11: what owner and bot lost since 00:00 UTC; a gain never trips."""
    seen = case.exposure
    user = seen.user_day_start - seen.user_equity
    bot = seen.bot_day_start - seen.bot_equity
    yield _lost(Reason.DAILY_LOSS, "user", user, seen.user_day_start, case.owner.daily_loss)
    yield _lost(Reason.DAILY_LOSS, "bot", bot, seen.bot_capital, case.bot.daily_loss)


def drawdown(case: Case) -> Iterable[Check]:
    """Row 14: how far the bot is below its peak, and how often in a row it lost."""
    seen, most = case.exposure, case.owner.loss_streak
    below = seen.bot_peak - seen.bot_equity
    yield _lost(Reason.BOT_DRAWDOWN, "bot", below, seen.bot_peak, case.bot.drawdown)
    few = seen.loss_streak < most
    yield judged(Reason.LOSS_STREAK, most, passed=few, reduces=True, losses=seen.loss_streak)


def positions(case: Case) -> Iterable[Check]:
    """Row 15: the owner has room for one more position."""
    held, most = case.exposure.open_positions, case.owner.max_positions
    return (judged(Reason.MAX_POSITIONS, most, passed=held < most, open=held),)


def stop_distance(case: Case) -> Iterable[Check]:
    """Row 16: the final stop is below the entry, neither too near nor too far."""
    asked, owner = case.proposal, case.owner
    if asked.stop is None or asked.stop >= asked.entry:
        stop = "none" if asked.stop is None else asked.stop
        yield judged(Reason.NO_STOP, passed=False, entry=asked.entry, stop=stop)
        return
    distance = asked.entry - asked.stop
    regime = case.conditions.regime
    yield judged(Reason.NO_STOP, passed=True, entry=asked.entry, stop=asked.stop, regime=regime)
    far, near = distance >= owner.stop_min * asked.entry, distance <= owner.stop_max * asked.entry
    part = distance / asked.entry
    yield judged(Reason.STOP_TOO_TIGHT, owner.stop_min, passed=far, distance=part)
    yield judged(Reason.STOP_TOO_WIDE, owner.stop_max, passed=near, distance=part)


def worth(case: Case) -> Iterable[Check]:
    """Row 17: the target pays for the risk, and the expected move for a round trip's cost."""
    asked, costs = case.proposal, case.proposal.costs
    if asked.target is not None and asked.stop is not None and asked.stop < asked.entry:
        gain = gain_per_unit(asked.entry, asked.target, costs)
        loss = loss_per_unit(asked.entry, asked.stop, costs)
        least = case.bot.reward_to_risk
        yield judged(Reason.RR_TOO_LOW, least, passed=gain >= least * loss, ratio=gain / loss)
    move = _expected_move(asked)
    if move is not None:
        cost, least = round_trip_cost(asked.entry, costs), case.owner.edge_to_cost
        ratio = share(move, cost)
        passed = move >= least * cost
        yield judged(Reason.EDGE_BELOW_COST, least, passed=passed, ratio=ratio, move=move)


def _expected_move(asked: Proposal) -> Decimal | None:
    if asked.target is not None:
        return asked.target - asked.entry
    return None if asked.atr is None else ATRS_EXPECTED * asked.atr


def _held_back(known: tuple[Reason, ...], code: str | None) -> Iterable[Check]:
    """Return a check per known code. A code that is not known here holds back all the same."""
    yield from (_flag(reason, raised=reason == code) for reason in known)
    if code is not None and code not in known:
        yield Check(number=known[0].number, code=code, passed=False)


def _finding(reason: Reason, found: set[str]) -> Check:
    return _flag(reason, raised=reason in found)


def _flag(reason: Reason, *, raised: bool) -> Check:
    return judged(reason, passed=False) if raised else PASSED[reason]


def _counted(of: str, per: str, count: int, most: int) -> Check:
    return judged(Reason.THROTTLED, most, passed=count < most, of=of, per=per, entries=count)


def _lost(reason: Reason, of: str, lost: Decimal, base: Decimal, most: Decimal) -> Check:
    """Fail when something was lost, and it has reached the limit; a gain shows as no loss."""
    reached = lost > ZERO and lost >= most * base
    lost = max(lost, ZERO)
    return judged(reason, most, passed=not reached, of=of, lost=lost, share=share(lost, base))


def _text(value: Decimal | int | str) -> str:
    return fixed(value.quantize(PLACES_12)) if isinstance(value, Decimal) else str(value)
