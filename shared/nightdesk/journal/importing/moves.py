"""A row that is a movement, or one leg of a trade."""

from decimal import Decimal

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.fingerprint import of_venue_id
from nightdesk.journal.importing.cells import Cells
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.issue import BadRow, Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.pairs import asset, instrument
from nightdesk.journal.preset import SIDES, Column, RowKind, Signs
from nightdesk.trading.external import RecordKind
from nightdesk.trading.order import Side

OUTGOING = frozenset({RowKind.WITHDRAWAL, RowKind.FEE})


class MovementRow(Cells):
    """Reads a movement; a fee in another asset becomes a second one."""

    __slots__ = ()

    def movement(self, kind: RowKind) -> list[Draft]:
        """Return the movement; nothing where nothing moved. Raises BadRow."""
        at, written = self.when()
        told = self.moved(kind)
        if told is None:
            return []
        quantity, of_asset, fee, fee_asset = told
        found: InstrumentId | None = None
        preset = self.file.preset
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
            # which fill of a position booked it
            order=self.text(Column.GROUP) if kind is RowKind.PNL else "",
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
        preset, column = self.file.preset, Column.AMOUNT
        change = self.amount(Column.CHANGE)
        funding = self.amount(Column.FUNDING) if kind is RowKind.FUNDING else None
        quantity = change or funding or self.amount(Column.AMOUNT)
        fee = ZERO if preset.fee_sign < 0 else self.amount(Column.FEE) or ZERO
        named = self.text(Column.ASSET)
        if change and self.text(Column.CHANGE_ASSET):
            column, named = Column.CHANGE_ASSET, self.text(Column.CHANGE_ASSET)
        if quantity is None and Column.WAY in self.file.layout.columns:
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
        fee_asset = asset(told) if told else of_asset
        if preset.fee_within:
            # a fee in another currency is no payment but what the fee was worth
            fee = abs(fee) if fee_asset == of_asset else ZERO
            quantity += fee
        return quantity, of_asset, fee, fee_asset

    def signed(self, kind: RowKind, quantity: Decimal) -> Decimal:
        """Return the amount with the sign that its preset gives it."""
        signs = self.file.preset.signs
        if signs is Signs.SIGNED or (signs is Signs.BY_KIND and kind is RowKind.TRANSFER):
            return quantity
        went = kind in OUTGOING
        if signs is Signs.BY_WAY and (way := self.text(Column.WAY).lower()):
            went = way.startswith("out")
        return -abs(quantity) if went else abs(quantity)


class LegRow(Cells):
    """Reads a leg."""

    __slots__ = ()

    def leg(self, kind: RowKind, word: str) -> Leg | Issue:
        """Return the leg, or an issue for one whose id was in the file before. Raises BadRow."""
        preset = self.file.preset
        at, written = self.when()
        quantity, of_asset, fee, fee_asset = self.leg_amount(kind, word)
        account, ref = self.where(), self.text(Column.FILL_ID)
        if ref:
            fingerprint = of_venue_id(account, of_asset, f"leg:{ref}")
            if self.file.repeated(fingerprint):
                return issue(
                    self.row,
                    IssueCode.DUPLICATE_IN_FILE,
                    column=self.name(Column.FILL_ID),
                    value=ref,
                    severity=Severity.NOTE,
                )
        else:
            fingerprint = self.file.legs.of_row(
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
        if word.lower() in preset.remarked:
            family += f":{self.raw(Column.REMARK).strip()}"
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
        preset = self.file.preset
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
        if Column.CHANGE in self.file.layout.columns or Column.SIDE in preset.columns:
            bought = SIDES.get(word.lower()) == Side.BUY
            quantity = abs(quantity) if bought else -abs(quantity)
        return quantity, of_asset, fee, fee_asset
