"""One row of a known format becomes a fill, a movement, a leg, or the reason why not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.fingerprint import Ordinals, of_venue_id
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.issue import BadRow, Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.layout import Layout
from nightdesk.journal.importing.numbers import absent, formula, number, quotient, with_unit
from nightdesk.journal.importing.pairs import asset, instrument, of, ordered
from nightdesk.journal.importing.times import moment
from nightdesk.journal.preset import SIDES, Column, FeeIn, Preset, RowKind, Signs
from nightdesk.trading.external import Market, RecordKind
from nightdesk.trading.order import Side

MAX_NOTE, MAX_SETUP, MAX_TAG, MAX_TAGS, MAX_ID = 5_000, 50, 50, 20, 128
CONTRACTS = frozenset({"cont", "conts", "contract", "contracts", "cont."})
CONVERTED = re.compile(r"converted\s+([\d.,]+)\s+(\S+)\s+to\s+([\d.,]+)\s+(\S+)", re.IGNORECASE)
FILLS = frozenset({RowKind.FILL, RowKind.BUY, RowKind.SELL})
LEGS = frozenset({RowKind.LEG, RowKind.LEG_FEE})
OUTGOING = frozenset({RowKind.WITHDRAWAL, RowKind.FEE})

Told = Draft | Leg | Issue


@dataclass(slots=True, kw_only=True)
class RowReader:
    """Reads the rows of one file. `now` bounds what can have happened."""

    layout: Layout
    preset: Preset
    account: str
    now: datetime
    legs: Ordinals = field(default_factory=Ordinals)
    _seen: set[str] = field(default_factory=set)

    def read(self, row: int, cells: Sequence[str]) -> Iterator[Told]:
        """Yield what a row tells: nothing for one that is told elsewhere. Never raises BadRow."""
        width = len(self.layout.header)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            yield issue(row, IssueCode.MISSING_COLUMN, value=f"{len(cells)} cells")
            return
        try:
            yield from _Row(self, row, cells).told()
        except BadRow as bad:
            yield bad.issue(row)

    def repeated(self, fingerprint: str) -> bool:
        """Whether a leg with an id was in the file before."""
        if fingerprint in self._seen:
            return True
        self._seen.add(fingerprint)
        return False


@dataclass(slots=True)
class _Row:
    """One row, cell by cell."""

    reader: RowReader
    row: int
    cells: Sequence[str]
    warnings: list[Issue] = field(default_factory=list)

    def told(self) -> Iterator[Told]:
        preset = self.reader.preset
        if preset.without_id_skipped and not self.text(Column.FILL_ID):
            return
        word, subkind = self.text(Column.KIND), self.text(Column.SUBKIND)
        kind = preset.kind(word, subkind)
        if kind is None:
            raise BadRow(IssueCode.BAD_SIDE, self.name(Column.KIND), word)
        if kind is RowKind.SKIP:
            return
        if kind in LEGS:
            found: Sequence[Told] = [self.leg(kind, word)]
        elif kind in FILLS:
            found = [self.fill(kind)]
        elif kind is RowKind.CONVERT:
            found = [self.converted()]
        else:
            found = self.movement(kind)
        yield from found
        yield from self.warnings

    # cells

    def raw(self, column: Column) -> str:
        place = self.reader.layout.columns.get(column)
        if place is None or place >= len(self.cells):
            return ""
        cell = self.cells[place]
        return "" if absent(cell) else cell

    def name(self, column: Column) -> str:
        place = self.reader.layout.columns.get(column)
        return column.value if place is None else self.reader.layout.header[place]

    def text(self, column: Column) -> str:
        """Return a name, an id, a word. Raises BadRow FORMULA_CELL."""
        cell = self.raw(column)
        if cell and cell.lstrip()[0] in "=@+-\uff1d\uff20\uff0b\uff0d" and formula(cell):
            raise BadRow(IssueCode.FORMULA_CELL, self.name(column), cell)
        return cell.strip()[:MAX_ID]

    def label(self, column: Column, most: int) -> str:
        """Return words of the trader's own; what a spreadsheet would run is left out, and said."""
        cell = self.raw(column).strip()
        if cell and formula(cell):
            self.warnings.append(
                issue(
                    self.row,
                    IssueCode.FORMULA_CELL,
                    column=self.name(column),
                    value=cell,
                    hint="The words were left out; the fill was taken.",
                    severity=Severity.WARNING,
                )
            )
            return ""
        return cell[:most]

    def needed(self, column: Column) -> str:
        if not (text := self.text(column)):
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(column))
        return text

    def amount(self, column: Column) -> Decimal | None:
        cell = self.raw(column)
        return number(cell, self.name(column), self.reader.layout.decimal) if cell else None

    def level(self, column: Column) -> Decimal | None:
        """Return a price level that may be missing. Raises BadRow unless it is above zero."""
        value = self.amount(column)
        if value is not None and value <= 0:
            raise BadRow(IssueCode.BAD_NUMBER, self.name(column), self.raw(column))
        return value

    def when(self) -> tuple[datetime, str]:
        layout = self.reader.layout
        cell = self.raw(Column.TIME).strip()
        if not cell:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(Column.TIME))
        name = self.name(Column.TIME)
        told = moment(cell, name, layout.zone, self.reader.now, day_first=layout.day_first)
        if told.ambiguous:
            self.warnings.append(
                issue(
                    self.row,
                    IssueCode.BAD_TIME,
                    column=name,
                    value=cell,
                    hint="The clocks showed this time twice; the earlier one was taken.",
                    severity=Severity.WARNING,
                )
            )
        return told.at, cell

    def venue_id(self) -> str:
        ids = self.reader.preset.ids
        if not self.text(Column.FILL_ID):
            return ""
        return ":".join(self.text(column) for column in ids)

    def where(self) -> str:
        return self.text(Column.ACCOUNT) or self.reader.account

    # fills

    def pair(self) -> tuple[InstrumentId, Market]:
        preset = self.reader.preset
        if Column.INSTRUMENT in self.reader.layout.columns:
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
        if settled == base or rest.startswith("USD@"):
            hint = "An inverse contract or a spot row: neither is read from this file."
            raise BadRow(IssueCode.UNKNOWN_INSTRUMENT, column, text, hint)
        unit = self.text(Column.ASSET)
        if unit.lower() in CONTRACTS:
            hint = "The quantity counts contracts: export it in coins."
            raise BadRow(IssueCode.BAD_NUMBER, self.name(Column.ASSET), unit, hint)

    def fill(self, kind: RowKind) -> Draft:
        at, written = self.when()
        found, market = self.pair()
        base_unit, quote_unit = self.units()
        quantity = self.number(Column.QUANTITY, base_unit)
        side, quantity = self.sided(kind, quantity)
        price = self.price(quantity, quote_unit)
        fee, fee_asset = self.fee(found)
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
            setup=self.label(Column.SETUP, MAX_SETUP).lower(),
            tags=self.tags(),
            note=self.label(Column.NOTE, MAX_NOTE),
        )

    def units(self) -> tuple[str | None, str | None]:
        """Return what the numbers end with, where they carry their units: the pair says which."""
        if not self.reader.preset.units:
            return None, None
        pair = re.sub(r"[\s/_:-]+", "", self.needed(Column.INSTRUMENT).upper())
        executed = self.raw(Column.QUANTITY).strip().upper()
        total = self.raw(Column.TOTAL).strip().upper()
        for cut in range(1, len(pair)):
            if executed.endswith(pair[:cut]) and total.endswith(pair[cut:]):
                return pair[:cut], pair[cut:]
        return None, None

    def number(self, column: Column, unit: str | None) -> Decimal:
        cell = self.raw(column)
        if not cell:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(column))
        if self.reader.preset.units:
            return with_unit(cell, self.name(column), self.reader.layout.decimal, unit)[0]
        return number(cell, self.name(column), self.reader.layout.decimal)

    def sided(self, kind: RowKind, quantity: Decimal) -> tuple[Side, Decimal]:
        """Return side and quantity; without a column of sides the sign says it."""
        name, cell = self.name(Column.QUANTITY), self.raw(Column.QUANTITY)
        if not quantity:
            raise BadRow(IssueCode.BAD_NUMBER, name, cell, "A fill has a quantity above zero.")
        if kind is not RowKind.FILL:
            side = Side.BUY if kind is RowKind.BUY else Side.SELL
        elif Column.SIDE in self.reader.layout.columns:
            word = self.needed(Column.SIDE)
            told = self.reader.preset.sides.get(word.lower()) or SIDES.get(word.lower())
            if told is None:
                raise BadRow(IssueCode.BAD_SIDE, self.name(Column.SIDE), word)
            side = Side(told)
        else:
            return (Side.BUY if quantity > 0 else Side.SELL), abs(quantity)
        if quantity < 0 and not self.reader.preset.unsigned:
            raise BadRow(IssueCode.NEGATIVE_QUANTITY, name, cell)
        return side, abs(quantity)

    def price(self, quantity: Decimal, quote_unit: str | None) -> Decimal:
        name, cell = self.name(Column.PRICE), self.raw(Column.PRICE)
        if cell:
            price = number(cell, name, self.reader.layout.decimal)
        elif self.raw(Column.TOTAL):
            price = quotient(abs(self.number(Column.TOTAL, quote_unit)), quantity)
        else:
            raise BadRow(IssueCode.MISSING_COLUMN, name)
        if not price:
            raise BadRow(IssueCode.ZERO_PRICE, name, cell)
        if price < 0:
            raise BadRow(IssueCode.BAD_NUMBER, name, cell, "A price is above zero.")
        return price

    def fee(self, found: InstrumentId) -> tuple[Decimal, str]:
        """Return the fee, positive where it was paid, and what it is in."""
        cell, preset = self.raw(Column.FEE), self.reader.preset
        quote = found.partition("/")[2].partition("@")[0]
        if not cell:
            return ZERO, quote
        if preset.fee_in is FeeIn.UNIT:
            fee, unit = with_unit(cell, self.name(Column.FEE), self.reader.layout.decimal, None)
        else:
            fee, unit = number(cell, self.name(Column.FEE), self.reader.layout.decimal), ""
        told = self.text(Column.FEE_ASSET) or unit
        return fee * preset.fee_sign, asset(told, self.name(Column.FEE_ASSET)) if told else quote

    def tax(self) -> Decimal | None:
        value = self.amount(Column.TAX)
        return abs(value) if value else None

    def tags(self) -> tuple[str, ...]:
        parts = re.split(r"[;|]", self.label(Column.TAGS, MAX_TAG * MAX_TAGS))
        found = dict.fromkeys(part.strip()[:MAX_TAG] for part in parts if part.strip())
        return tuple(found)[:MAX_TAGS]

    def converted(self) -> Draft:
        """Return a conversion of one coin into another, told in the venue's words."""
        at, written = self.when()
        remark = self.raw(Column.REMARK)
        found = CONVERTED.search(remark)
        if found is None:
            raise BadRow(IssueCode.UNBALANCED_GROUP, self.name(Column.REMARK), remark)
        mark, name = self.reader.layout.decimal, self.name(Column.REMARK)
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
            instrument=of(base, quote, self.reader.preset.venue),
            side=Side.SELL if base == went else Side.BUY,
            quantity=quantity,
            price=price,
            fee=fee,
            fee_asset=fee_asset,
            fee_price=quotient(price, told) if fee and known and told else None,
            ref=self.venue_id(),
        )

    # movements

    def movement(self, kind: RowKind) -> list[Draft]:
        at, written = self.when()
        told = self.moved(kind)
        if told is None:
            return []
        quantity, of_asset, fee, fee_asset = told
        found: InstrumentId | None = None
        preset = self.reader.preset
        if text := self.text(Column.INSTRUMENT):
            try:
                found = instrument(text, "", preset.venue, preset.pairs, preset.market)[0]
            except BadRow:
                found = None  # it may name something that is no pair; the money moved all the same
        draft = Draft(
            rows=(self.row,),
            account=self.where(),
            kind=RecordKind(kind.value),
            at=at,
            written=written,
            quantity=quantity,
            asset=of_asset,
            fee=fee if fee_asset == of_asset else ZERO,
            fee_asset=of_asset if fee and fee_asset == of_asset else "",
            instrument=found,
            market=preset.market,
            ref=self.venue_id(),
            tax_withheld=self.tax(),
            tax_asset=self.text(Column.TAX_ASSET).upper(),
        )
        if not fee or fee_asset == of_asset:
            return [draft]
        aside = Draft(
            rows=(self.row,),
            account=draft.account,
            kind=RecordKind.FEE,
            at=at,
            written=written,
            quantity=-fee,
            asset=fee_asset,
            ref=draft.ref,
        )
        return [draft, aside]

    def moved(self, kind: RowKind) -> tuple[Decimal, str, Decimal, str] | None:
        """Return amount, its asset, fee and its asset; None where nothing moved."""
        preset, column = self.reader.preset, Column.AMOUNT
        change = self.amount(Column.CHANGE)
        funding = self.amount(Column.FUNDING) if kind is RowKind.FUNDING else None
        quantity = change or funding or self.amount(Column.AMOUNT)
        fee = ZERO if preset.fee_sign < 0 else self.amount(Column.FEE) or ZERO
        named = self.text(Column.ASSET)
        if change and self.text(Column.CHANGE_ASSET):
            column, named = Column.CHANGE_ASSET, self.text(Column.CHANGE_ASSET)
        if quantity is None and Column.WAY in self.reader.layout.columns:
            quantity, named = self.amount(Column.TOTAL), self.text(Column.QUOTE)
        if quantity is None:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(Column.AMOUNT))
        if not named:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(Column.ASSET))
        of_asset = asset(named, self.name(Column.ASSET if column is Column.AMOUNT else column))
        quantity = self.signed(kind, quantity)
        if not quantity and fee and kind is RowKind.FUNDING:
            quantity, fee = -fee, ZERO
        if not quantity and not fee:
            return None
        told = self.text(Column.FEE_ASSET) or (
            self.text(Column.QUOTE) if preset.signs is Signs.BY_KIND else ""
        )
        return quantity, of_asset, fee, asset(told) if told else of_asset

    def signed(self, kind: RowKind, quantity: Decimal) -> Decimal:
        signs = self.reader.preset.signs
        if signs is Signs.SIGNED or (signs is Signs.BY_KIND and kind is RowKind.TRANSFER):
            return quantity
        went = kind in OUTGOING
        if signs is Signs.BY_WAY and (way := self.text(Column.WAY).lower()):
            went = way.startswith("out")
        return -abs(quantity) if went else abs(quantity)

    # legs

    def leg(self, kind: RowKind, word: str) -> Told:
        preset = self.reader.preset
        at, written = self.when()
        quantity, of_asset, fee, fee_asset = self.leg_amount(kind, word)
        account, ref = self.where(), self.text(Column.FILL_ID)
        if ref:
            fingerprint = of_venue_id(account, of_asset, f"leg:{ref}")
            if self.reader.repeated(fingerprint):
                return issue(
                    self.row,
                    IssueCode.DUPLICATE_IN_FILE,
                    column=self.name(Column.FILL_ID),
                    value=ref,
                    severity=Severity.NOTE,
                )
        else:
            fingerprint = self.reader.legs.of_row(
                account=account,
                instrument=of_asset,
                kind=f"leg:{word.lower()}",
                written=written,
                side="",
                quantity=quantity,
                price=None,
                fee=fee,
            )
        group = [self.text(column) for column in preset.group if column is not Column.TIME]
        if Column.TIME in preset.group:
            group.append(written)
        if preset.grouped_id and not group[0]:
            raise BadRow(IssueCode.UNBALANCED_GROUP, self.name(preset.group[0]))
        family = preset.families.get(word.lower(), "")
        return Leg(
            row=self.row,
            key=(account, family, *group),
            fingerprint=fingerprint,
            account=account,
            at=at,
            written=written,
            asset=of_asset,
            amount=quantity,
            fee=fee,
            fee_asset=fee_asset,
            only_fee=kind is RowKind.LEG_FEE,
            order=self.text(Column.ORDER),
            ref=group[0] if preset.grouped_id else "",
        )

    def leg_amount(self, kind: RowKind, word: str) -> tuple[Decimal, str, Decimal, str]:
        """Return what moved without its fee, its asset, the fee and its asset."""
        preset = self.reader.preset
        change, named = self.amount(Column.CHANGE), self.text(Column.CHANGE_ASSET)
        if not named:
            named = self.needed(Column.ASSET)
        of_asset = asset(named, self.name(Column.ASSET))
        fee = (self.amount(Column.FEE) or ZERO) * preset.fee_sign
        told = self.text(Column.FEE_ASSET)
        fee_asset = asset(told, self.name(Column.FEE_ASSET)) if told else of_asset
        quantity = self.amount(Column.AMOUNT)
        if quantity is None:
            raise BadRow(IssueCode.MISSING_COLUMN, self.name(Column.AMOUNT))
        if kind is RowKind.LEG_FEE:
            return quantity, of_asset, -quantity, of_asset
        if change:
            return change + (fee if fee_asset == of_asset else ZERO), of_asset, fee, fee_asset
        if Column.CHANGE in self.reader.layout.columns or Column.SIDE in preset.columns:
            bought = SIDES.get(word.lower()) == Side.BUY
            quantity = abs(quantity) if bought else -abs(quantity)
        return quantity, of_asset, fee, fee_asset
