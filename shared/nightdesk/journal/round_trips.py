"""Fills to round trips: one pure function for the desk, synced accounts, imports and hand.

A trade opens when the position leaves zero and closes when it returns there. Rules: journal, 1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, localcontext

from nightdesk.core.ids import BotId
from nightdesk.core.money import fixed
from nightdesk.journal.exactly import EXACTLY
from nightdesk.journal.figures import FIRST_STOP_WITHIN, figured
from nightdesk.journal.fill import Book, Contract, JournalFill, Warned, in_order, warned
from nightdesk.journal.holding import Dust, Holding
from nightdesk.journal.trade import Action, Charge, JournalTrade, Side, StopMark

FEE_PRICE_MISSING = "FEE_PRICE_MISSING"
UNMATCHED_SELL = "UNMATCHED_SELL"
UNSUPPORTED_CONTRACT = "UNSUPPORTED_CONTRACT"
UNASSIGNED_FUNDING = "UNASSIGNED_FUNDING"
BREAKEVEN_R = Decimal("0.10")
"""Closer to zero than this many R is neither won nor lost, unless the owner says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """All trades of an account in one instrument, by opening; what is left, what was met."""

    trades: tuple[JournalTrade, ...] = ()
    dust: tuple[Dust, ...] = ()
    warnings: tuple[Warned, ...] = ()


def build(
    fills: Iterable[JournalFill],
    book: Book,
    *,
    funding: Iterable[Charge] = (),
    stops: Sequence[StopMark] = (),
    carried: Iterable[Dust] = (),
    breakeven_r: Decimal = BREAKEVEN_R,
) -> Built:
    """Return the round trips that these fills make, oldest first; bots of one account apart.

    Fills and `funding` (interest, too) may come in any order and repeatedly. `stops` were
    recorded beside the fills, each at its time; `carried` is what former trades left. An inverse
    contract is refused: its result is no linear function of the price.
    """
    contract = book.contract
    if contract.inverse:
        return Built(warnings=(warned(UNSUPPORTED_CONTRACT, instrument=contract.instrument),))
    with localcontext(EXACTLY):
        ordered, met = in_order(fills, contract)
        of_bot: dict[BotId | None, list[JournalFill]] = {}
        for fill in ordered:
            of_bot.setdefault(fill.bot_id, []).append(fill)
        left = list(carried)
        walks = [
            _Walk(
                contract=contract,
                met=met,
                dust={one.side: one for one in left if one.bot_id == bot_id},
            ).over(of_one)
            for bot_id, of_one in of_bot.items()
        ]
        holdings = sorted((held for walk in walks for held in walk.holdings), key=_opening)
        _assign(funding, holdings, met)
        trades = tuple(
            figured(held, book, stops=own, breakeven_r=breakeven_r)
            for held, own in zip(holdings, _recorded(stops, holdings), strict=True)
        )
    dust = tuple(one for walk in walks for one in walk.dust.values())
    return Built(trades=trades, dust=dust, warnings=tuple(met))


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One pass over the fills of one bot, or of all that is no bot's."""

    contract: Contract
    met: list[Warned]
    holdings: list[Holding] = field(default_factory=list)
    open: Holding | None = None
    dust: dict[Side, Dust] = field(default_factory=dict)

    def over(self, fills: Sequence[JournalFill]) -> "_Walk":
        last = {(fill.order, fill.side): fill.id for fill in fills}
        for fill in fills:
            self._take(fill, last)
        return self

    def _take(self, fill: JournalFill, last: Mapping[tuple[str, Action], str]) -> None:
        if fill.fee_value(self.contract) is None:
            self.met.append(warned(FEE_PRICE_MISSING, fill=fill.id, asset=str(fill.fee_asset)))
        held = self.open
        if held is None or held.side.direction == fill.side.sign:
            self._enter(fill)
            return
        effect = fill.effect(self.contract)
        rest: JournalFill | None = None
        if effect > held.held:
            fill, rest = fill.cut(held.held, self.contract)
        held.leave(fill)
        # parts of one order are one exit: what is left is known with its last part
        ended = last[fill.order, fill.side] == fill.id
        if not held.held or fill.ends or (ended and self.contract.dust(held.held, fill.price)):
            self._close(held)
        if rest is not None:
            self._enter(rest)

    def _enter(self, fill: JournalFill) -> None:
        side = Side.LONG if fill.side is Action.BUY else Side.SHORT
        if self.open is None:
            if side is Side.SHORT and not self.contract.allows_short:
                excess = fixed(fill.effect(self.contract))
                self.met.append(warned(UNMATCHED_SELL, fill=fill.id, qty=excess))
                return
            self.open = Holding(contract=self.contract, side=side)
            self.holdings.append(self.open)
            if side in self.dust:
                self.open.carry(self.dust.pop(side))
        self.open.enter(fill)

    def _close(self, held: Holding) -> None:
        left = held.close()
        if left is not None:
            self.dust[left.side] = left
        self.open = None


def _opening(held: Holding) -> tuple[object, ...]:
    first = held.fills[0]
    return held.opened_at, first.seq, first.id


def _assign(funding: Iterable[Charge], holdings: Sequence[Holding], met: list[Warned]) -> None:
    """Give each charge to the trade that was open then, the earlier one where two touch."""
    ordered = sorted(funding, key=lambda one: (one.at, one.id, one.amount))
    for charge in {one.id: one for one in reversed(ordered)}.values():
        for held in holdings:
            open_then = held.opened_at <= charge.at
            if open_then and (held.closed_at is None or charge.at <= held.closed_at):
                held.charges.append(charge)
                break
        else:
            met.append(warned(UNASSIGNED_FUNDING, id=charge.id))


def _recorded(stops: Sequence[StopMark], holdings: Sequence[Holding]) -> Iterator[list[StopMark]]:
    """Yield the stops of each trade: those that came while it was open.

    Up to a minute before counts too, since some stops are placed with the order, but not what
    came while the trade before was open.
    """
    free = datetime.min.replace(tzinfo=UTC)
    for held in holdings:
        begin = max(free, held.opened_at - FIRST_STOP_WITHIN)
        end = held.closed_at
        yield [mark for mark in stops if begin <= mark.at and (end is None or mark.at < end)]
        free = end or held.opened_at
