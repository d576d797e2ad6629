"""What a trader writes, valid as it is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import TradeId, UserId, instrument_id
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry import EntryKind, JournalEntry
from nightdesk.journal.plan import SessionPlan, Wish
from nightdesk.journal.playbook import Phase, Playbook, Rule
from nightdesk.journal.saved_metric import SavedMetric
from nightdesk.journal.screenshot import ImageType, Screenshot
from nightdesk.journal.tag import Tag
from nightdesk.journal.trade import (
    Action,
    ExitReason,
    JournalTrade,
    Kind,
    Labels,
    Leg,
    Money,
    Origin,
    Outcome,
    Quantities,
    Risk,
    Side,
    Source,
    Status,
)
from nightdesk.trading.order import Mode

OWNER, OTHER = UserId("U1"), UserId("U2")
NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)
DAY = date(2025, 3, 5)
BTC = instrument_id("BTC/USDT@binance")
D = Decimal


def an_entry(**changes: Any) -> JournalEntry:
    entry = JournalEntry(
        owner=OWNER,
        id="01ENTRY",
        kind=EntryKind.FREE,
        title="A quiet morning",
        body="Waited for the range to break.",
        occurred_at=NOON,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(entry, **changes)


def a_tag(**changes: Any) -> Tag:
    tag = Tag(owner=OWNER, id="tag_1", name="Chased", created_at=NOON)
    return replace(tag, **changes)


def a_plan(**changes: Any) -> SessionPlan:
    begins = datetime(2025, 3, 5, tzinfo=UTC)
    plan = SessionPlan(
        owner=OWNER,
        day=DAY,
        begins=begins,
        ends=begins + timedelta(days=1),
        wish=Wish(max_trades=2),
        written_at=begins - timedelta(hours=5),
    )
    return replace(plan, **changes)


def a_rule(**changes: Any) -> Rule:
    return replace(Rule(id="wait", text="Wait for the close.", phase=Phase.ENTRY), **changes)


def a_book(**changes: Any) -> Playbook:
    book = Playbook(
        owner=OWNER,
        id="book_1",
        version=1,
        name="Breakouts",
        rules=(a_rule(),),
        created_at=NOON - timedelta(days=30),
    )
    return replace(book, **changes)


def a_saved_metric(**changes: Any) -> SavedMetric:
    metric = SavedMetric(
        owner=OWNER, id="metric_1", name="My win rate", metric="win_rate", created_at=NOON
    )
    return replace(metric, **changes)


def a_screenshot(**changes: Any) -> Screenshot:
    shot = Screenshot(
        owner=OWNER,
        entry_id="01ENTRY",
        slot=0,
        id="shot_1",
        type=ImageType.PNG,
        sha256="0" * 64,
        asked_at=NOON,
    )
    return replace(shot, **changes)


def a_closed_trade(
    trade_id: str = "jt_1", *, net: str | None = "10", r: str | None = "1", **changes: Any
) -> JournalTrade:
    """Return a person's long trade of an hour; `net` counts in account currency, too."""
    opened = changes.pop("opened_at", NOON)
    money = None if net is None else D(net)
    leg = Leg(
        fill_id="f1",
        order="o1",
        at=opened,
        action=Action.BUY,
        entry=True,
        quantity=D(1),
        price=D(100),
    )
    trade = JournalTrade(
        id=TradeId(trade_id),
        owner=OWNER,
        account="binance main live",
        mode=Mode.LIVE,
        instrument=BTC,
        base="BTC",
        quote="USDT",
        kind=Kind.SPOT,
        source=Source.SYNC,
        origin=Origin.HUMAN,
        side=Side.LONG,
        status=Status.CLOSED,
        opened_at=opened,
        closed_at=opened + timedelta(hours=1),
        outcome=Outcome.WIN,
        exit_reason=ExitReason.TARGET,
        quantity=Quantities(
            qty_entered=D(1),
            qty_exited=D(1),
            qty_open=D(0),
            qty_carried=D(0),
            peak_qty=D(1),
            avg_entry=D(100),
        ),
        money=Money(gross=money or D(0), fees=D(0), funding=D(0), net=money, net_account=money),
        risk=Risk(r=None if r is None else D(r), planned_rr=D(2)),
        legs=(leg,),
    )
    return replace(trade, **changes)


def played(trade: JournalTrade, **labels: Any) -> Played:
    return Played(trade=trade, labels=Labels(owner=trade.owner, trade_id=trade.id, **labels))
