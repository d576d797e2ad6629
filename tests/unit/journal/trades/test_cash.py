from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.cash import ListCash, ReconcileCash, RemoveCash, WriteCash
from nightdesk.journal.cash_row import CashKind
from nightdesk.journal.manual_trade import EnterTrade
from nightdesk.journal.ports.trades import BalancesSaid
from nightdesk.trading.external import ExternalRecord, Market, RecordKind
from nightdesk.trading.order import Mode, Side
from tests.builders.journal_trades import AT, BTC, HOUR, OWNER
from tests.fakes.journal_trades import FakeCashRows
from tests.unit.journal.trades.rig import NOW, Rig, a_draft

D = Decimal
DAY = timedelta(days=1)
ACCOUNT = "my ledger"


@dataclass
class Records:
    """As much of ExternalRecords as a reconciliation reads."""

    kept: list[ExternalRecord] = field(default_factory=list)

    def between(self, owner: UserId, since: datetime, until: datetime) -> Iterator[ExternalRecord]:
        yield from (one for one in self.kept if one.owner == owner and since <= one.at <= until)


@dataclass
class Said:
    """The port VenueBalances."""

    rows: list[BalancesSaid] = field(default_factory=list)

    def __call__(self, owner: UserId, account: str) -> Sequence[BalancesSaid]:
        return self.rows


def test_a_row_is_written_once_and_taken_back() -> None:
    cash = FakeCashRows()
    given = {"account": ACCOUNT, "at": AT, "asset": "usdt", "amount": D(100), "now": NOW}
    for _ in range(2):
        row = WriteCash(cash)(OWNER, kind=CashKind.WITHDRAWAL, **given)  # type: ignore[arg-type]
    assert (row.asset, row.moved) == ("USDT", D(-100))
    assert ListCash(cash)(OWNER) == [row]
    RemoveCash(cash)(OWNER, row.id)
    assert not ListCash(cash)(OWNER)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": D(0)},
        {"amount": D(-1)},
        {"amount": D("NaN")},
        {"at": NOW + HOUR},
        {"at": AT.replace(year=2008)},
        {"account": " "},
        {"asset": ""},
        {"note": "x" * 201},
        {"equity_before": D(-1)},
    ],
)
def test_a_row_that_says_nothing_is_refused(changes: dict[str, object]) -> None:
    given: dict[str, object] = {
        "account": ACCOUNT,
        "at": AT,
        "asset": "USDT",
        "amount": D(1),
        "kind": CashKind.DEPOSIT,
        "now": NOW,
    }
    with pytest.raises(Invalid):
        WriteCash(FakeCashRows())(OWNER, **(given | changes))  # type: ignore[arg-type]


def test_balances_add_up_or_name_the_first_day_on_which_they_do_not() -> None:
    """1,000 in, one BTC for 100 and 0.1 back for 110 less 0.1, half a BTC told by the venue."""
    rig, cash, said = Rig(), FakeCashRows(), Said()
    WriteCash(cash)(
        OWNER,
        account=ACCOUNT,
        at=AT - DAY,
        asset="USDT",
        amount=D(1_000),
        kind=CashKind.DEPOSIT,
        now=NOW,
    )
    EnterTrade(rig.by_hand)(OWNER, a_draft(), now=NOW)
    bought = ExternalRecord(
        owner=OWNER,
        fingerprint="f1",
        kind=RecordKind.FILL,
        account=ACCOUNT,
        at=AT + 2 * HOUR,
        quantity=D("0.5"),
        price=D(100),
        side=Side.BUY,
        instrument=BTC,
        fee=D("0.001"),
        fee_asset="BTC",
        sources=("import:i",),
    )
    reward = ExternalRecord(
        owner=OWNER,
        fingerprint="f2",
        kind=RecordKind.REWARD,
        account="elsewhere",
        at=AT,
        quantity=D(9),
        asset="BTC",
        sources=("import:i",),
    )
    said.rows = [
        (AT - HOUR, {"USDT": D(1_000)}),
        (AT + 3 * HOUR, {"USDT": D("959.8"), "BTC": D("0.498")}),
    ]
    look = ReconcileCash(
        cash=cash,
        records=Records([bought, reward]),  # type: ignore[arg-type]
        trades=rig.trades,
        balances=said,
        preferences=rig.preferences,
    )
    btc, usdt = look(OWNER, ACCOUNT, now=NOW)
    # 1,000 - 100 - 0.1 + 110 - 0.1 - 50
    assert (usdt.journal, usdt.venue, usdt.difference) == (D("959.8"), D("959.8"), D(0))
    assert (usdt.first_differing_day, usdt.flows) == (None, ())
    assert (btc.journal, btc.difference) == (D("0.499"), D("0.001"))
    assert btc.first_differing_day == date(2025, 3, 3)
    assert [(one.what, one.amount) for one in btc.flows][-2:] == [
        ("fill", D("0.5")),
        ("fee", D("-0.001")),
    ]
    said.rows = []
    assert look(UserId("usr_2"), ACCOUNT, now=NOW) == []


def test_what_an_answer_of_a_venue_does_not_name_is_none_on_its_day() -> None:
    """A bitcoin came; two days later the venue names none, on the day after half of one."""
    said = Said()
    came = ExternalRecord(
        owner=OWNER,
        fingerprint="f1",
        kind=RecordKind.DEPOSIT,
        account=ACCOUNT,
        at=AT,
        quantity=D(1),
        asset="BTC",
        sources=("import:i",),
    )
    look = ReconcileCash(
        cash=FakeCashRows(),
        records=Records([came]),  # type: ignore[arg-type]
        trades=Rig().trades,
        balances=said,
        preferences=Rig().preferences,
    )
    (btc,) = look(OWNER, ACCOUNT, now=NOW)
    assert (btc.journal, btc.venue, btc.difference) == (D(1), None, None)  # nobody says
    said.rows = [(AT + 2 * DAY, {})]
    (btc,) = look(OWNER, ACCOUNT, now=NOW)
    assert (btc.journal, btc.venue, btc.difference) == (D(1), D(0), D(1))
    said.rows.append((AT + 3 * DAY, {"BTC": D("0.5")}))
    (btc,) = look(OWNER, ACCOUNT, now=NOW)
    assert (btc.venue, btc.difference) == (D("0.5"), D("0.5"))
    assert btc.first_differing_day == (AT + 2 * DAY).date()


@pytest.mark.parametrize(
    ("told", "day"), [("68.2627", None), ("68.2626", None), ("68.2527", date(2025, 3, 3))]
)
def test_what_a_venue_rounds_when_it_books_a_fill_is_no_difference(
    told: str, day: date | None
) -> None:
    """Kraken tells 0.4 at 171.0673 and a fee of 0.16423, and books 68.4269 and 0.1642 of it."""
    sold = ExternalRecord(
        owner=OWNER,
        fingerprint="f1",
        kind=RecordKind.FILL,
        account=ACCOUNT,
        at=AT,
        quantity=D("0.4"),
        price=D("171.0673"),
        side=Side.SELL,
        instrument=InstrumentId("ETH/EUR@kraken"),
        fee=D("0.16423"),
        fee_asset="EUR",
        sources=("sync:a",),
    )
    look = ReconcileCash(
        cash=FakeCashRows(),
        records=Records([sold]),  # type: ignore[arg-type]
        trades=Rig().trades,
        balances=Said([(AT + HOUR, {"EUR": D(told), "ETH": D("-0.4")})]),
        preferences=Rig().preferences,
    )
    _, eur = look(OWNER, ACCOUNT, now=NOW)
    assert (eur.journal, eur.difference) == (D("68.26269"), D("68.26269") - D(told))
    assert eur.first_differing_day == day


def test_the_rows_of_the_differing_day_itself_are_shown_however_many_lie_around() -> None:
    """300 dollars came one by one on the day before, 2 on the day on which the venue names 301."""
    noon = AT.replace(hour=12)
    paid = [noon - DAY + n * timedelta(seconds=1) for n in range(300)]
    paid += [noon, noon + timedelta(seconds=1)]
    records = [
        ExternalRecord(
            owner=OWNER,
            fingerprint=f"f{n:03}",
            kind=RecordKind.REWARD,
            account=ACCOUNT,
            at=at,
            quantity=D(1),
            asset="USDT",
            sources=("sync:a",),
        )
        for n, at in enumerate(paid)
    ]
    look = ReconcileCash(
        cash=FakeCashRows(),
        records=Records(records),  # type: ignore[arg-type]
        trades=Rig().trades,
        balances=Said([(noon - 2 * HOUR, {"USDT": D(300)}), (noon + HOUR, {"USDT": D(301)})]),
        preferences=Rig().preferences,
    )
    (usdt,) = look(OWNER, ACCOUNT, now=NOW)
    assert (usdt.difference, usdt.first_differing_day) == (D(1), noon.date())
    assert [flow.at for flow in usdt.flows] == paid[-200:]


def test_what_a_venue_books_of_a_position_itself_is_not_added_to_its_fills() -> None:
    """Kraken's margin: the ledger has results and fees, and never moves the notional."""

    def told(name: str, hours: int, **more: Any) -> ExternalRecord:
        given: dict[str, Any] = {"kind": RecordKind.PNL, "asset": "USDT", "ref": name}
        return ExternalRecord(
            owner=OWNER,
            fingerprint=name,
            account=ACCOUNT,
            at=AT + hours * HOUR,
            sources=("sync:i",),
            **(given | more),
        )

    position = {
        "kind": RecordKind.FILL,
        "market": Market.MARGIN,
        "instrument": BTC,
        "quantity": D("0.1"),
        "fee_asset": "USDT",
    }
    records = [
        told("LD", 0, kind=RecordKind.DEPOSIT, quantity=D(2_000)),
        told("T1", 1, **position, side=Side.BUY, price=D(60_000), fee=D("9.6")),
        told("L1", 1, quantity=D(0), fee=D("9.6"), order="T1"),
        told("T2", 2, **position, side=Side.SELL, price=D(61_000), fee=D("9.76")),
        told("L2", 2, quantity=D(100), fee=D("9.76"), order="T2"),
        told("LR", 2, kind=RecordKind.FUNDING, quantity=D("-1.2")),
        # of this one the ledger tells nothing: it is what its fill says
        told("T3", 3, **position, side=Side.BUY, price=D(100), fee=D(0)),
    ]
    look = ReconcileCash(
        cash=FakeCashRows(),
        records=Records(records),  # type: ignore[arg-type]
        trades=Rig().trades,
        balances=Said(),
        preferences=Rig().preferences,
    )
    btc, usdt = look(OWNER, ACCOUNT, now=NOW)
    assert usdt.journal == D("2079.44") - 10
    assert btc.journal == D("0.1")


def test_trades_on_paper_move_nothing_of_an_account_that_is_live() -> None:
    rig, cash = Rig(), FakeCashRows()
    enter = EnterTrade(rig.by_hand)
    enter(OWNER, a_draft(account=ACCOUNT, mode=Mode.PAPER), now=NOW)
    look = ReconcileCash(
        cash=cash,
        records=Records(),  # type: ignore[arg-type]
        trades=rig.trades,
        balances=Said(),
        preferences=rig.preferences,
    )
    assert [one.journal for one in look(OWNER, ACCOUNT, now=NOW)] == [D(0), D("9.8")]
    live = a_draft(account=ACCOUNT, instrument="ETH/USDT@binance")
    enter(OWNER, live, now=NOW)
    found = {one.asset: one.journal for one in look(OWNER, ACCOUNT, now=NOW)}
    assert found == {"ETH": D(0), "USDT": D("9.8")}
