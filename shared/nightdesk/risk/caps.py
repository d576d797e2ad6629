"""The checks on the size itself: rows 18 to 25. A cap shrinks the size to what it allows.

A position counts as what it may cost at most: its quantity at the price bound, with the fee. So
no cap is broken by a fill anywhere up to the bound, and a cap on the position and the cash it
takes mean the same amount.

The cash (row 24) and the venue's maximum (row 25) shrink too: were they to deny, a tighter cap
could turn a denial into an approval. The cash denies only where it leaves less of the first size
than the owner's floor.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from nightdesk.core.money import ONE, ZERO, floor_to, up_at_8
from nightdesk.market.instruments import FeeAsset
from nightdesk.risk.codes import Reason
from nightdesk.risk.gates import Case, judged
from nightdesk.risk.sizing import affordable
from nightdesk.risk.verdict import Check

ENTRY_MARGIN = Decimal("1.05")
EXIT_MARGIN = Decimal("1.02")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The size first planned, and what one unit of it costs; quote currency per base unit."""

    first: Decimal
    """Base units, floored to lot, before the caps."""
    loss: Decimal
    """Lost per unit at the stop."""
    bound: Decimal
    """Highest price that the entry accepts."""
    stop: Decimal

    def cost(self, fee: Decimal) -> Decimal:
        """Return what one unit costs at most."""
        return self.bound * (ONE + fee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One limit on the size: its check, and the base units it allows, floored to lot."""

    check: Check
    allowed: Decimal


def user_caps(case: Case, size: Size) -> Iterable[Cap]:
    """Row 18: money at the stop and position, of user equity; position, of bot equity."""
    user, bot = case.exposure.user_equity, case.exposure.bot_equity
    cost = size.cost(case.proposal.costs.fee)
    lot = case.proposal.rules.lot
    rows = (
        (Reason.TRADE_RISK, "user", user, case.owner.trade_risk, size.loss),
        (Reason.POSITION_CAP, "user", user, case.owner.position, cost),
        (Reason.POSITION_CAP, "bot", bot, case.bot.position, cost),
    )
    for reason, of, equity, most, unit in rows:
        room = max(equity, ZERO) * most
        allowed = floor_to(room / unit, lot)
        check = judged(
            reason,
            most,
            passed=allowed >= size.first,
            reduces=True,
            of=of,
            value=size.first * unit,
            room=room,
            allowed=allowed,
        )
        yield Cap(check=check, allowed=allowed)


def cash_cap(case: Case, size: Size) -> Iterable[Cap]:
    """Row 24: the reservation fits into the bot's free cash."""
    available, fee = case.exposure.available, case.proposal.costs.fee
    allowed = floor_to(affordable(available, size.bound, fee), case.proposal.rules.lot)
    enough = allowed > ZERO and allowed >= case.owner.reduced_floor * size.first
    check = judged(
        Reason.INSUFFICIENT_CAPITAL,
        passed=allowed >= size.first,
        reduces=enough,
        needed=up_at_8(size.first * size.cost(fee)),
        available=available,
        allowed=allowed,
    )
    yield Cap(check=check, allowed=allowed)


def venue_cap(case: Case, size: Size) -> Iterable[Cap]:
    """Row 25, first half: the venue's greatest quantity and notional."""
    rules = case.proposal.rules
    limits = []
    if rules.max_quantity is not None:
        limits.append(rules.max_quantity)
    if rules.max_notional is not None:
        limits.append(rules.max_notional / size.bound)
    if limits:
        allowed = floor_to(min(limits), rules.lot)
        passed = allowed >= size.first
        check = judged(
            Reason.ABOVE_MAXIMUM, allowed, passed=passed, reduces=True, quantity=size.first
        )
        yield Cap(check=check, allowed=allowed)


def minimums(case: Case, size: Size, quantity: Decimal) -> Iterable[Check]:
    """Row 25: both legs are above the venue's minimums, with a margin, after rounding.

    What a fee in coins leaves must be sellable at the stop.
    """
    rules, fee = case.proposal.rules, case.proposal.costs.fee
    notional, wanted = quantity * case.proposal.entry, ENTRY_MARGIN * rules.min_notional
    passed = quantity >= rules.min_quantity and notional >= wanted
    yield judged(
        Reason.BELOW_MINIMUM, wanted, passed=passed, leg="entry", quantity=quantity, value=notional
    )
    kept = quantity
    if rules.fee_asset is FeeAsset.RECEIVED:
        kept = max(floor_to(quantity - up_at_8(quantity * fee), rules.lot), ZERO)
    notional, wanted = kept * size.stop, EXIT_MARGIN * rules.min_notional
    passed = kept >= rules.min_quantity and notional >= wanted
    yield judged(
        Reason.BELOW_MINIMUM, wanted, passed=passed, leg="stop", quantity=kept, value=notional
    )


def enough_left(case: Case, size: Size, quantity: Decimal) -> Iterable[Check]:
    """Row 25, last: the caps have left enough of the first size to be worth it."""
    floor = case.owner.reduced_floor
    passed = quantity > ZERO and quantity >= floor * size.first
    yield judged(Reason.SIZE_TOO_SMALL, floor, passed=passed, quantity=quantity, first=size.first)
