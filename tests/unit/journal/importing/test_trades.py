"""From a file to the journal's trades, and back."""

from decimal import Decimal

from nightdesk.core.ids import InstrumentId
from nightdesk.journal.fill import Book
from nightdesk.journal.recorded import history, movement_of
from nightdesk.journal.round_trips import build
from nightdesk.journal.trade import Kind, Source, Status
from nightdesk.trading.external import RecordKind
from nightdesk.trading.order import Mode
from tests.unit.journal.importing.rig import OWNER, Rig
from tests.unit.journal.importing.test_presets import BYBIT, KRAKEN_LEDGERS

D = Decimal


def test_imported_fills_make_a_trade_as_worked_out_by_hand() -> None:
    """Bought 0.05 at 40,000 for 5.2, sold 0.02 at 42,000 for 2.184: gross 40, 0.03 left."""
    rig = Rig()
    rig.brought(KRAKEN_LEDGERS)
    pair = InstrumentId("BTC/EUR@kraken")
    found = history(pair, rig.records.fills(OWNER, "mine", pair))
    assert (found.contract.kind, found.contract.allows_short) == (Kind.SPOT, False)
    book = Book(owner=OWNER, account="mine", mode=Mode.LIVE, contract=found.contract)
    (trade,) = build(found.fills, book, funding=found.funding).trades
    assert trade.status is Status.PARTLY_CLOSED
    assert trade.source is Source.IMPORT
    assert trade.quantity.qty_open == D("0.03")
    assert trade.money.gross == D(40)
    assert trade.money.fees == D("7.384")


def test_contracts_may_be_short_and_their_funding_is_theirs() -> None:
    rig = Rig()
    rig.brought(BYBIT)
    pair = InstrumentId("BTC/USDT@bybit")
    found = history(pair, rig.records.fills(OWNER, "mine", pair))
    assert (found.contract.kind, found.contract.allows_short) == (Kind.PERP, True)
    other = InstrumentId("ETH/USDT@bybit")
    funding = history(other, rig.records.fills(OWNER, "mine", other)).funding
    assert [one.amount for one in funding] == [D("-0.0107")]


def test_movements_are_what_is_no_fill() -> None:
    rig = Rig()
    done = rig.brought(KRAKEN_LEDGERS)
    told = [one for one in rig.records.stored.values() if one.kind is not RecordKind.FILL]
    found = {one.kind: one for one in map(movement_of, told)}
    assert len(found) == done.counts["movements"] == 5
    assert (found[RecordKind.WITHDRAWAL].amount, found[RecordKind.WITHDRAWAL].fee) == (
        D("-0.01"),
        D("0.00015"),
    )
    assert found[RecordKind.DEPOSIT].source is Source.IMPORT
