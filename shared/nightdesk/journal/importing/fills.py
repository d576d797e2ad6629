"""A row that is a fill."""

import re
from decimal import Decimal
from functools import lru_cache

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.importing.cells import Cells
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.importing.issue import BadRow, IssueCode
from nightdesk.journal.importing.numbers import number, quotient, with_unit
from nightdesk.journal.importing.pairs import asset, instrument, of, ordered
from nightdesk.journal.preset import SIDES, Column, FeeIn, RowKind
from nightdesk.trading.external import Market, RecordKind
from nightdesk.trading.order import Side

MAX_NOTE, MAX_SETUP, MAX_TAG, MAX_TAGS = 5_000, 50, 50, 20
CONTRACTS = frozenset({"cont", "conts", "contract", "contracts", "cont."})
TRADED = re.compile(
    r"(?:bought|sold)\s.+\sfor\s+[^\d\s]?([\d.,]+)\s+(\w+)\s+on\s+(\w+)-(\w+)\s+at\s+([\d.,]+)\s",
    re.IGNORECASE,
)
MAX_WORDS = 300
"""Of a remark that are read: what it tells stands at its front."""
ROUNDED = Decimal("0.02")
"""By so much two amounts of money may differ because each was rounded to the cent."""
CONVERTED = re.compile(r"converted\s+([\d.,]+)\s+(\S+)\s+to\s+([\d.,]+)\s+(\S+)", re.IGNORECASE)


@lru_cache(maxsize=1_000)
def _joined(pair: str) -> str:
    """Return the name of a pair without what stands between its assets."""
    return re.sub(r"[\s/_:-]+", "", pair.upper())


class FillRow(Cells):
    """Reads a fill."""

    __slots__ = ()

    def pair(self, base_unit: str | None, quote_unit: str | None) -> tuple[InstrumentId, Market]:
        """Return the instrument and its kind of market. Raises BadRow UNKNOWN_INSTRUMENT."""
        preset = self.file.preset
        if base_unit and quote_unit:
            return of(asset(base_unit), asset(quote_unit), preset.venue), preset.market
        if Column.INSTRUMENT in self.file.layout.columns:
            text = self.needed(Column.INSTRUMENT)
            found, market = instrument(
                text, self.name(Column.INSTRUMENT), preset.venue, preset.pairs, preset.market
            )
        else:
            base = asset(self.needed(Column.BASE), self.name(Column.BASE))
            quote = asset(self.needed(Column.QUOTE), self.name(Column.QUOTE))
            found, market = of(base, quote, preset.venue), preset.market
        if (self.amount(Column.MARGIN) or ZERO) > 0:
            market = Market.MARGIN
        if market not in {Market.SPOT, Market.MARGIN}:
            self._linear(found)
        return found, market

    def _linear(self, found: InstrumentId) -> None:
        """Refuse what is settled in its base, and spot rows among those of derivatives."""
        base, _, rest = found.partition("/")
        settled = self.text(Column.FEE_ASSET).upper()
        column, text = self.name(Column.INSTRUMENT), self.text(Column.INSTRUMENT)
        spot = Column.SECTION in self.file.layout.columns and not self.text(Column.SECTION)
        if spot or settled == base or rest.startswith("USD@"):
            hint = "An inverse contract or a spot row: neither is read from this file."
            raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text, hint)
        unit = self.text(Column.ASSET)
        if unit.lower() in CONTRACTS:
            hint = "The quantity counts contracts: export it in coins."
            raise BadRow(IssueCode.BAD_NUMBER, self.name(Column.ASSET), unit, hint)

    def fill(self, kind: RowKind) -> Draft:
        """Return the fill. Raises BadRow."""
        at, written = self.when()
        base_unit, quote_unit = self.units()
        found, market = self.pair(base_unit, quote_unit)
        quantity = self.number(Column.QUANTITY, base_unit)
        side, quantity = self.sided(kind, quantity)
        price = self.price(quantity, quote_unit)
        fee, fee_asset = self.fee(found)
        if Column.PAID in self.file.layout.columns:
            found, price, fee, fee_asset = self.settled(
                found, side, quantity, price, fee, fee_asset
            )
        return Draft(
            rows=(self.row,),
            account=self.where(),
            kind=RecordKind.FILL,
            at=at,
            written=written,
            instrument=found,
            market=market,
            side=side,
            quantity=quantity,
            price=price,
            fee=fee,
            fee_asset=fee_asset,
            order=self.text(Column.ORDER),
            ref=self.venue_id(),
            stop=self.level(Column.STOP),
            target=self.level(Column.TARGET),
            tax_withheld=self.tax(),
            tax_asset=self.text(Column.TAX_ASSET).upper(),
            forced="liquidation" in self.text(Column.KIND).lower(),
            setup=self.label(Column.SETUP, MAX_SETUP).lower(),
            tags=self.tags(),
            note=self.label(Column.NOTE, MAX_NOTE),
        )

    def units(self) -> tuple[str | None, str | None]:
        """Return what the numbers end with, where they carry their units: the pair says which."""
        if not self.file.preset.units:
            return None, None
        pair = _joined(self.needed(Column.INSTRUMENT))
        executed = self.raw(Column.QUANTITY).strip().upper()
        total = self.raw(Column.TOTAL).strip().upper()
        for cut in range(1, len(pair)):
            if executed.endswith(pair[:cut]) and total.endswith(pair[cut:]):
                return pair[:cut], pair[cut:]
        return None, None

    def number(self, column: Column, unit: str | None) -> Decimal:
        """Return a number that must be there, without its unit."""
        cell = self.raw(column)
        if not cell:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(column))
        if self.file.preset.units:
            return with_unit(cell, self.name(column), self.file.layout.decimal, unit)[0]
        return number(cell, self.name(column), self.file.layout.decimal)

    def sided(self, kind: RowKind, quantity: Decimal) -> tuple[Side, Decimal]:
        """Return side and quantity; without a column of sides the sign says it."""
        name, cell = self.name(Column.QUANTITY), self.raw(Column.QUANTITY)
        if not quantity:
            raise BadRow(IssueCode.BAD_NUMBER, name, cell, "A fill has a quantity above zero.")
        if kind is not RowKind.FILL:
            side = Side.BUY if kind is RowKind.BUY else Side.SELL
        elif Column.SIDE in self.file.layout.columns:
            word = self.needed(Column.SIDE)
            told = self.file.preset.sides.get(word.lower()) or SIDES.get(word.lower())
            if told is None:
                raise BadRow(IssueCode.BAD_SIDE, self.name(Column.SIDE), word)
            side = Side(told)
        else:
            return (Side.BUY if quantity > 0 else Side.SELL), abs(quantity)
        if quantity < 0 and not self.file.preset.unsigned:
            raise BadRow(IssueCode.NEGATIVE_QUANTITY, name, cell)
        return side, abs(quantity)

    def price(self, quantity: Decimal, quote_unit: str | None) -> Decimal:
        """Return the price, or what the total comes to. Raises BadRow ZERO_PRICE.

        A price of zero may be one that was rounded, so there the total is asked, too.
        """
        name, cell = self.name(Column.PRICE), self.raw(Column.PRICE)
        price = number(cell, name, self.file.layout.decimal) if cell else ZERO
        if not price and self.raw(Column.TOTAL):
            price = quotient(abs(self.number(Column.TOTAL, quote_unit)), quantity)
        elif not cell:
            raise BadRow(IssueCode.MISSING_COLUMN, name)
        if not price:
            raise BadRow(IssueCode.ZERO_PRICE, name, cell)
        if price < 0:
            raise BadRow(IssueCode.BAD_NUMBER, name, cell, "A price is above zero.")
        return price

    def fee(self, found: InstrumentId) -> tuple[Decimal, str]:
        """Return the fee, positive where it was paid, and what it is in."""
        cell, preset = self.raw(Column.FEE), self.file.preset
        quote = found.partition("/")[2].partition("@")[0]
        if not cell:
            return ZERO, quote
        if preset.fee_in is FeeIn.UNIT:
            fee, unit = with_unit(cell, self.name(Column.FEE), self.file.layout.decimal, None)
        else:
            fee, unit = number(cell, self.name(Column.FEE), self.file.layout.decimal), ""
        told = self.text(Column.FEE_ASSET) or unit
        sign = -1 if self.paid_negative(fee) else 1
        return fee * sign, asset(told, self.name(Column.FEE_ASSET)) if told else quote

    def paid_negative(self, fee: Decimal) -> bool:
        """Whether a fee that was paid is below zero in this file.

        Its writer has changed that once: where a row tells its balance, that decides.
        """
        if Column.CASH_FLOW in self.file.layout.columns:
            flow, change = self.amount(Column.CASH_FLOW), self.amount(Column.CHANGE)
            if flow is not None and change is not None and flow - change == fee:
                return False
        return self.file.preset.fee_sign < 0

    def settled(  # noqa: PLR0917 - what a fill has been read as
        self,
        found: InstrumentId,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        fee: Decimal,
        fee_asset: str,
    ) -> tuple[InstrumentId, Decimal, Decimal, str]:
        """Return instrument, price, fee and its asset as the money has moved.

        The columns tell values in the owner's currency; that a pair has another quote is told in
        words alone. Where price or fee contradict subtotal and total, those count.
        """
        buying = side is Side.BUY
        mark, name = self.file.layout.decimal, self.name(Column.REMARK)
        words = TRADED.search(self.raw(Column.REMARK)[:MAX_WORDS])
        base, _, rest = found.partition("/")
        quote, _, venue = rest.partition("@")
        if words is not None and asset(words[2], name) == asset(words[4], name) != quote:
            other, paid = asset(words[4], name), number(words[1], name, mark)
            price = number(words[5], name, mark)
            if not price:
                raise BadRow(IssueCode.ZERO_PRICE, name, self.raw(Column.REMARK))
            traded = quotient(quantity * price, Decimal(1))
            return of(base, other, venue), price, paid - traded if buying else traded - paid, other
        total, whole = self.amount(Column.TOTAL), self.amount(Column.PAID)
        if total and whole and fee_asset == quote:
            owed = (abs(whole) - abs(total)) * (1 if buying else -1)
            fee = owed if abs(owed - fee) > ROUNDED else fee
            if abs(price * quantity - abs(total)) > ROUNDED:
                price = quotient(abs(total), quantity)
        return found, price, fee, fee_asset

    def tags(self) -> tuple[str, ...]:
        """Return the tags, each once."""
        told = self.label(Column.TAGS, MAX_TAG * MAX_TAGS)
        if not told:
            return ()
        parts = re.split(r"[;|]", told)
        found = dict.fromkeys(part.strip()[:MAX_TAG] for part in parts if part.strip())
        return tuple(found)[:MAX_TAGS]

    def converted(self) -> Draft:
        """Return a conversion of one coin into another, told in the venue's words."""
        at, written = self.when()
        remark = self.raw(Column.REMARK)
        found = CONVERTED.search(remark)
        if found is None:
            raise BadRow(IssueCode.UNBALANCED_GROUP, self.name(Column.REMARK), remark)
        mark, name = self.file.layout.decimal, self.name(Column.REMARK)
        went, came = asset(found[2], name), asset(found[4].rstrip("."), name)
        gave, got = number(found[1], name, mark), number(found[3].rstrip("."), name, mark)
        if not gave or not got:
            raise BadRow(IssueCode.BAD_NUMBER, name, remark)
        base, quote = ordered(went, came)
        quantity, total = (gave, got) if base == went else (got, gave)
        fee, fee_asset = self.fee(of(base, self.text(Column.QUOTE).upper() or quote, "venue"))
        price = quotient(total, quantity)
        told = self.amount(Column.PRICE)
        known = told is not None and told > 0 and asset(self.needed(Column.BASE)) == base
        return Draft(
            rows=(self.row,),
            account=self.where(),
            kind=RecordKind.FILL,
            at=at,
            written=written,
            instrument=of(base, quote, self.file.preset.venue),
            side=Side.SELL if base == went else Side.BUY,
            quantity=quantity,
            price=price,
            fee=fee,
            fee_asset=fee_asset,
            fee_price=quotient(price, told) if fee and known and told else None,
            ref=self.venue_id(),
        )
