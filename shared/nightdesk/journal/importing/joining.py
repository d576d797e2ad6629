"""Legs become fills: what came and what went in one trade, whatever order its rows are in."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal

from nightdesk.core.ids import digest
from nightdesk.core.money import ZERO
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.issue import Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.numbers import quotient
from nightdesk.journal.importing.pairs import of, ordered
from nightdesk.trading.external import Market, RecordKind
from nightdesk.trading.order import Side

Taken = Callable[[Sequence[str]], Set[str]]
"""Which fingerprints of legs are stored already."""
ASKED = 1_000


@dataclass(slots=True)
class Joiner:
    """The legs of a file, by the trade they belong to. `named`: the group has the venue's id."""

    venue: str
    named: bool
    groups: dict[tuple[str, ...], list[Leg]] = field(default_factory=dict)

    def add(self, leg: Leg) -> None:
        """Take one."""
        self.groups.setdefault(leg.key, []).append(leg)

    def joined(self, taken: Taken) -> Iterator[Draft | Issue]:
        """Yield a fill of each group, or an issue for each of its rows.

        Where a part of a group was brought before, because a file was cut inside it, the rest is
        a fill of its own.
        """
        waiting: list[list[Leg]] = []
        count = 0
        for legs in self.groups.values():
            waiting.append(legs)
            count += len(legs)
            if count >= ASKED:
                yield from self._some(waiting, taken)
                waiting, count = [], 0
        yield from self._some(waiting, taken)
        self.groups.clear()

    def _some(self, groups: Sequence[list[Leg]], taken: Taken) -> Iterator[Draft | Issue]:
        known: Set[str] = frozenset()
        if not self.named:
            known = taken([leg.fingerprint for legs in groups for leg in legs])
        for legs in groups:
            rest = [leg for leg in legs if leg.fingerprint not in known]
            if rest and len(rest) < len(legs):
                for leg in legs:
                    if leg.fingerprint in known:
                        yield issue(leg.row, IssueCode.ALREADY_KNOWN, severity=Severity.NOTE)
                yield from self._one(rest)
                continue
            for told in self._one(legs):
                if isinstance(told, Draft):
                    told.known = not rest
                yield told

    def _one(self, legs: list[Leg]) -> Iterator[Draft | Issue]:
        legs = sorted(legs, key=lambda leg: leg.row)
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        fees: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for leg in legs:
            if not leg.only_fee:
                sums[leg.asset] += leg.amount
            fees[leg.fee_asset] += leg.fee
        fees = {asset: fee for asset, fee in fees.items() if fee}
        moved = {asset: amount for asset, amount in sums.items() if amount}
        if not sums:
            yield from self._fees(legs, fees)
            return
        came = [asset for asset, amount in moved.items() if amount > 0]
        went = [asset for asset, amount in moved.items() if amount < 0]
        if len(came) != 1 or len(went) != 1 or self._torn(legs):
            for leg in legs:
                shown = f"{leg.amount} {leg.asset}"
                yield issue(leg.row, IssueCode.UNBALANCED_GROUP, value=shown)
            return
        base, quote = ordered(came[0], went[0])
        fee_asset = _main(fees, base, quote)
        fee = fees.pop(fee_asset, ZERO)
        own = [leg for leg in legs if self.named or not leg.only_fee or leg.fee_asset not in fees]
        yield self._draft(
            own,
            instrument=of(base, quote, self.venue),
            side=Side.BUY if came[0] == base else Side.SELL,
            quantity=abs(moved[base]),
            price=quotient(abs(moved[quote]), abs(moved[base])),
            fee=fee,
            fee_asset=fee_asset,
        )
        yield from self._fees(legs, fees)

    def _torn(self, legs: Sequence[Leg]) -> bool:
        """Whether a group without an id lacks legs: each fill has one that came, one that went."""
        if self.named:
            return False
        moved = [leg.amount > 0 for leg in legs if not leg.only_fee]
        return moved.count(True) != moved.count(False)

    def _fees(self, legs: Sequence[Leg], fees: Mapping[str, Decimal]) -> Iterator[Draft]:
        """Yield fees that no fill can carry beside its own, as movements.

        Each is of its own legs, so that a file with fewer legs of the trade tells the same. A fee
        that stands beside an amount has no leg to claim, and is named by the one it stands in.
        """
        for asset, fee in sorted(fees.items()):
            if self.named:
                yield self._draft(legs, kind=RecordKind.FEE, asset=asset, quantity=-fee)
                continue
            told = [leg for leg in legs if leg.fee and leg.fee_asset == asset]
            apart = [leg for leg in told if leg.only_fee]
            if quantity := -sum((leg.fee for leg in apart), ZERO):
                yield self._draft(apart, kind=RecordKind.FEE, asset=asset, quantity=quantity)
            for leg in told:
                if not leg.only_fee:
                    beside = self._draft([leg], kind=RecordKind.FEE, asset=asset, quantity=-leg.fee)
                    beside.ref, beside.legs = digest("fee", leg.fingerprint).hex(), ()
                    yield beside

    def _draft(self, legs: Sequence[Leg], **told: object) -> Draft:
        first = min(legs, key=lambda leg: (leg.at, leg.row))
        values: dict[str, object] = {
            "kind": RecordKind.FILL,
            "rows": tuple(leg.row for leg in legs),
            "account": first.account,
            "at": first.at,
            "written": first.written,
            "market": Market.SPOT,
            "order": first.order,
            "ref": first.ref if self.named else "",
            "legs": () if self.named else tuple(leg.fingerprint for leg in legs),
        }
        return Draft(**{**values, **told})  # type: ignore[arg-type]


def _main(fees: dict[str, Decimal], base: str, quote: str) -> str:
    """Return the asset of the fee that the fill carries: base first, as it moves the position."""
    for asset in (base, quote, *sorted(fees)):
        if asset in fees:
            return asset
    return quote
