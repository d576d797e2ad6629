"""A year of a trader's journal, every part of it filled; the same each time."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.entry import EntryKind, JournalEntry
from nightdesk.journal.fill import Book, JournalFill
from nightdesk.journal.plan import LossUnit, MaxLoss, SessionPlan, Wish
from nightdesk.journal.playbook import Phase, Playbook, Rule
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.tag import Category, Tag
from nightdesk.journal.trade import (
    Action,
    After,
    Check,
    Context,
    Emotion,
    Excursion,
    ExitReason,
    JournalTrade,
    Labels,
    MarketCondition,
    Session,
    Source,
)
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import OWNER, PAR, a_perp

D = Decimal
BEGIN = datetime(2024, 12, 31, 23, tzinfo=UTC)
END = datetime(2025, 12, 31, 23, tzinfo=UTC)
"""A year in Vienna."""
FIRST = date(2025, 1, 1)
ACCOUNT = "binance:main:live"
PRICES = {
    "BTC": 60_000.0,
    "ETH": 3_000.0,
    "SOL": 150.0,
    "ADA": 0.45,
    "XRP": 0.6,
    "DOGE": 0.12,
    "LTC": 80.0,
    "DOT": 6.0,
    "AVAX": 30.0,
    "LINK": 15.0,
    "ATOM": 8.0,
}
SETUPS = ("breakout", "pullback", "reversal", "momentum", "tag_own")
REASONS = (ExitReason.TARGET, ExitReason.STOP, ExitReason.MANUAL, ExitReason.TRAILING)
SESSIONS = (Session.ASIA, Session.EUROPE, Session.US)


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What was traded and written."""

    trades: tuple[Stored, ...]
    labels: tuple[Labels, ...]
    tags: tuple[Tag, ...]
    book: Playbook
    plans: tuple[SessionPlan, ...]
    entries: tuple[JournalEntry, ...]
    cash: tuple[CashRow, ...]
    equity: tuple[tuple[datetime, Decimal, Decimal], ...] = field(default=())
    """Moment, equity, capital paid in so far."""


def a_year(trades: int = 420, owner: UserId = OWNER) -> Year:
    """Return a year of so many closed trades, a third of them a bot's."""
    chance = random.Random(7)
    moments = sorted(_moment(chance) for _ in range(trades))
    stored, labels = [], []
    for number, opened in enumerate(moments):
        trade = a_traded(number, opened, chance, owner)
        stored.append(Stored(trade=trade, fills_hash=built_from(trade)))
        labels.append(some_words(trade, number, chance))
    return Year(
        trades=tuple(stored),
        labels=tuple(labels),
        tags=(
            Tag(
                owner=owner,
                id="tag_own",
                name="Škoda <gap> & fade",
                category=Category.SETUP,
                created_at=BEGIN,
            ),
            Tag(owner=owner, id="tag_late", name="=late entry", created_at=BEGIN),
        ),
        book=Playbook(
            owner=owner,
            id="book_1",
            version=1,
            name="Breakouts",
            rules=(
                Rule(id="wait", text="Wait for the close of the candle.", phase=Phase.ENTRY),
                Rule(id="stop", text="Stop below the range, never moved.", phase=Phase.EXIT),
            ),
            created_at=BEGIN - timedelta(days=30),
        ),
        plans=tuple(a_planned(owner, day) for day in range(0, 300, 6)),
        entries=tuple(a_written(owner, day, chance) for day in range(0, 360, 4)),
        cash=tuple(
            CashRow(
                id=f"cash_{n}",
                owner=owner,
                account=ACCOUNT,
                at=BEGIN + timedelta(days=60 * n, hours=3),
                asset="USDT",
                amount=D(1_000),
                kind=CashKind.DEPOSIT if n % 2 == 0 else CashKind.WITHDRAWAL,
                note="@savings",
                created_at=BEGIN + timedelta(days=60 * n, hours=3),
            )
            for n in range(5)
        ),
        equity=tuple(_equity(chance)),
    )


def _moment(chance: random.Random) -> datetime:
    hour = int(chance.triangular(0, 23.9, 14))
    return BEGIN + timedelta(days=chance.randrange(363), hours=hour, minutes=chance.randrange(60))


def a_traded(
    number: int, opened: datetime, chance: random.Random, owner: UserId = OWNER
) -> JournalTrade:
    """Return a closed trade with R, excursions and context."""
    base = chance.choice(list(PRICES))
    price = PRICES[base] * chance.uniform(0.7, 1.4)
    risked, r = price * chance.uniform(0.004, 0.03), max(-1.6, chance.gauss(0.1, 1.3))
    bot = BotId("bot_1") if number % 3 == 0 else None
    way = 1 if chance.random() < 0.7 else -1
    closed = opened + timedelta(minutes=chance.randrange(4, 900))
    instrument = InstrumentId(f"{base}/USDT@binance")
    quantity = D(str(round(chance.uniform(50, 400) / risked, 4)))
    book = Book(
        owner=owner,
        account=ACCOUNT,
        mode=Mode.LIVE,
        contract=a_perp(instrument=instrument, base=base),
    )
    entry, out = _text(price), _text(price + way * r * risked)
    one = JournalFill(
        id=f"f{number}a",
        at=opened,
        order=f"o{number}a",
        side=Action.BUY if way > 0 else Action.SELL,
        quantity=quantity,
        price=entry,
        source=Source.SYNC,
        rate=PAR,
        fee=(quantity * entry * D("0.0006")).quantize(D("0.0001")),
        stop=None if chance.random() < 0.06 else _text(price - way * risked),
        target=_text(price + 2 * way * risked),
        bot_id=bot,
    )
    two = replace(
        one,
        id=f"f{number}b",
        order=f"o{number}b",
        at=closed,
        side=Action.SELL if way > 0 else Action.BUY,
        price=out,
        stop=None,
        target=None,
        reason=chance.choice(REASONS),
    )
    (trade,) = build([one, two], book).trades
    return replace(
        trade,
        excursion=_excursion(trade, r, chance),
        context=Context(
            session=SESSIONS[opened.hour // 8],
            regime=chance.choice(("trend", "range")),
            nth_of_day=1 + number % 3,
            after=chance.choice(list(After)),
        ),
    )


def _excursion(trade: JournalTrade, r: float, chance: random.Random) -> Excursion:
    risk = trade.risk.initial_risk
    if risk is None:
        return Excursion()
    mae = max(0.0, -r) + abs(chance.gauss(0.2, 0.3))
    mfe = max(0.0, r) + abs(chance.gauss(0.3, 0.5))
    mae_r, mfe_r = D(str(round(mae, 4))), D(str(round(mfe, 4)))
    gross = trade.money.gross
    return Excursion(
        mae=mae_r * risk,
        mfe=mfe_r * risk,
        mae_r=mae_r,
        mfe_r=mfe_r,
        given_back=mfe_r * risk - gross,
        capture=None if not mfe_r else (gross / (mfe_r * risk)).quantize(D("0.0001")),
        excursion_resolution="1m",
    )


def some_words(trade: JournalTrade, number: int, chance: random.Random) -> Labels:
    """Return what the trader wrote of it; of a bot's nothing."""
    blank = Labels(owner=trade.owner, trade_id=trade.id)
    if trade.bot_id is not None:
        return blank
    follows = chance.random()
    return replace(
        blank,
        setup_id=chance.choice(SETUPS),
        playbook_id="book_1" if number % 2 else None,
        playbook_version=1 if number % 2 else None,
        checklist={
            "wait": Check.KEPT if follows > 0.3 else Check.BROKEN,
            "stop": Check.KEPT if follows < 0.9 else Check.BROKEN,
        }
        if number % 2
        else {},
        planned=follows > 0.4,
        tags=("tag_late",) if number % 5 == 0 else (),
        emotions=(chance.choice(list(Emotion)),),
        market_condition=chance.choice(list(MarketCondition)),
        note="=HYPERLINK(1)" if number % 11 == 0 else f"Note {number}: waited for the retest.",
        version=1,
    )


def a_planned(owner: UserId, day: int) -> SessionPlan:
    begins = BEGIN + timedelta(days=day)
    return SessionPlan(
        owner=owner,
        day=FIRST + timedelta(days=day),
        begins=begins,
        ends=begins + timedelta(days=1),
        wish=Wish(
            max_trades=1 + day % 3,
            max_loss=MaxLoss(amount=D("0.5"), unit=LossUnit.R),
            instruments=(InstrumentId("BTC/USDT@binance"),) if day % 4 == 0 else (),
        ),
        written_at=begins - timedelta(hours=5),
    )


def a_written(owner: UserId, day: int, chance: random.Random) -> JournalEntry:
    at = BEGIN + timedelta(days=day, hours=18)
    return JournalEntry(
        owner=owner,
        id=f"01ENTRY{day:04d}",
        kind=EntryKind.DAY,
        day=FIRST + timedelta(days=day),
        title=f"Day {day}",
        body="Two good waits.\n\nOne of them was luck.",
        mood=chance.randrange(1, 11),
        confidence=chance.randrange(1, 11),
        discipline=chance.randrange(1, 11),
        occurred_at=at,
        created_at=at,
        updated_at=at,
    )


def _equity(chance: random.Random) -> list[tuple[datetime, Decimal, Decimal]]:
    """Return a point for each day: 10,000 at first, 2,000 more in May, 1,500 less in October."""
    points, equity, paid = [], 10_000.0, 10_000
    for day in range(365):
        moved = {120: 2_000, 290: -1_500}.get(day, 0)
        paid += moved
        equity = equity * (1 + chance.gauss(0.0006, 0.012)) + moved
        at = BEGIN + timedelta(days=day, hours=20)
        points.append((at, D(str(round(equity, 2))), D(paid)))
    return points


def _text(price: float) -> Decimal:
    return D(str(round(price, 6)))


def trade_ids(year: Year) -> list[TradeId]:
    return [one.trade.id for one in year.trades]
