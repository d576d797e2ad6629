"""Reviews of a thousand traders in one run: how long, and whether one is missed or made twice."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic, perf_counter, sleep
from typing import Any

from bench.capacity import Meter, metered
from bench.figures import Section, Spread, Table, Target
from bench.local import LocalDesk
from nightdesk.accounts.identity import Profile
from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo.accounts import ProfileItem
from nightdesk.adapters.dynamo.journal_reviews import (
    AppointmentItem,
    DynamoAppointments,
    DynamoReviews,
)
from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
from nightdesk.adapters.dynamo.queries import put_all
from nightdesk.adapters.workflows.review_queue import body_of
from nightdesk.core.clock import iso
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.period import REVIEW_HOUR, Period, ReviewKind, due_at, latest_due
from nightdesk.journal.place import Place
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.review import ReviewStatus
from nightdesk.journal.review_task import Due
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.trade import JournalTrade, Outcome

TRADERS, APART = 1_000, 20
"""Those whose reviews are made in one run, and those whose are made one by one before it."""
TRADES = 6
"""Of each trader: three in the week, three before it."""
PATIENCE_S, WALL_S = 1_800.0, 900.0
"""A pass comes each hour: what one hands out is done long before the next."""
WRITERS = 8
ZONES = (
    *("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham"),
    *("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Asia/Tokyo"),
    *("Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Beirut", "Asia/Jerusalem"),
    *("Africa/Cairo", "Africa/Johannesburg", "Africa/Casablanca", "Europe/Moscow"),
    *("Europe/Vienna", "Europe/London", "Europe/Lisbon", "UTC", "Atlantic/Azores"),
    *("America/Sao_Paulo", "America/St_Johns", "America/New_York", "America/Havana"),
    *("America/Santiago", "America/Denver", "America/Los_Angeles", "Pacific/Pago_Pago"),
)


def measure(desk: LocalDesk, client: Any) -> Section:
    """Let traders be due, measure some reviews by themselves and then all others in one run."""
    now = WallClock().now()
    owners = [UserId(f"{n:026d}") for n in range(TRADERS + APART)]
    with ThreadPoolExecutor(max_workers=WRITERS) as pool:
        list(pool.map(lambda pair: seeded(pair[1], pair[0], now), enumerate(owners)))
    with metered(client) as meter:
        alone = [one_alone(desk, meter, owner, now) for owner in owners[TRADERS:]]
    seconds, reads, writes = zip(*alone, strict=True)
    wall = in_one_run(desk, now)
    made = of_all(owners[:TRADERS])
    missed = sum(not count for count in made.values())
    double = sum(count > 1 for count in made.values())
    spread = Spread.of(seconds)
    return Section(
        name="reviews",
        title="Reviews",
        how=(
            f"{TRADERS:,} traders in {len(ZONES)} zones, {TRADES} closed trades each, are due for "
            "the review of their latest week. One call of the deployed function hands them out, a "
            "second one does so once more while they are made; the queue's workers make them. "
            f"One review is that of the function in this process on the emulator's tables, {APART} "
            "of them, warm."
        ),
        tables=(
            Table(
                heads=("what", "figure"),
                rows=(
                    (f"{TRADERS:,} reviews in one run, s", f"{wall:.0f}"),
                    ("missed", str(missed)),
                    ("made twice", str(double)),
                    ("one review, ms (p10 to p90)", spread.show(1, 1_000)),
                    ("one review, read units", Spread.of(reads).show(1)),
                    ("one review, write units", Spread.of(writes).show(1)),
                ),
            ),
        ),
        targets=(
            Target(name=f"reviews of {TRADERS:,} traders", value=wall, limit=WALL_S, unit="s"),
            Target(name="reviews missed", value=missed, limit=0),
            Target(name="reviews made twice", value=double, limit=0),
        ),
    )


def seeded(owner: UserId, n: int, now: datetime) -> None:
    """Store a profile, trades and an appointment that is due."""
    place = Place(zone=ZONES[n % len(ZONES)], currency="EUR")
    week = latest_due(ReviewKind.WEEK, [place], now, hour=REVIEW_HOUR)
    profile = Profile(
        owner=owner,
        username=f"bench{n}",
        email=f"bench{n}@nightdesk.example",
        created_at=now - timedelta(days=400),
        time_zone=place.zone,
        currency=place.currency,
    )
    appointment = Appointment(
        owner=owner,
        kind=ReviewKind.WEEK,
        label=week.label,
        at=due_at(week, [place], hour=REVIEW_HOUR),
    )
    ProfileItem.from_domain(profile).save()
    trades = [a_trade(owner, week, number) for number in range(TRADES)]
    DynamoTrades().add([Stored(trade=one, fills_hash=built_from(one)) for one in trades])
    put_all([AppointmentItem.from_domain(appointment)])


def a_trade(owner: UserId, week: Period, number: int) -> JournalTrade:
    """Return a closed trade: of this week, or an earlier one."""
    from tests.builders.journal_trades import a_trade as built

    weeks, result = (0 if number < TRADES // 2 else number), Decimal(number % 3 - 1)
    at = week.since + timedelta(days=number % 5, hours=number) - timedelta(weeks=weeks)
    trade = built()
    return replace(
        trade,
        id=TradeId(f"jt_{owner[-6:]}{number:02d}"),
        owner=owner,
        opened_at=at,
        closed_at=at + timedelta(hours=2),
        outcome=Outcome.WIN if result > 0 else Outcome.LOSS,
        money=replace(trade.money, net=100 * result, net_account=100 * result),
        risk=replace(trade.risk, r=result),
    )


def one_alone(
    desk: LocalDesk, meter: Meter, owner: UserId, now: datetime
) -> tuple[float, float, float]:
    """Make one review in this process; return seconds, read and write units."""
    body = body_of(Due(owner=owner, kind=ReviewKind.WEEK), now)
    meter.clear()
    called = desk.call("review", {"Records": [{"messageId": "1", "body": body}]})
    if called.answer["batchItemFailures"]:
        raise RuntimeError(f"the review of {owner} was not made")
    read = sum(use.read for use in meter.uses)
    return called.seconds, read, sum(use.write for use in meter.uses)


def in_one_run(desk: LocalDesk, now: datetime) -> float:
    """Hand out what is due, twice; return seconds until nothing is. Raises RuntimeError."""
    began, end = perf_counter(), monotonic() + PATIENCE_S
    for _ in range(2):
        answer = desk.cloud.invoke("review", {"as_of": iso(now), "task": {"kind": "hour"}})
        if answer.error:
            raise RuntimeError(f"the pass failed: {answer.error}")
    appointments = DynamoAppointments()
    while appointments.due(now, limit=1).items:
        if monotonic() > end:
            break
        sleep(0.5)
    return perf_counter() - began


def of_all(owners: Sequence[UserId]) -> Counter[UserId]:
    """Return how many ready reviews of the week each has."""
    reviews = DynamoReviews()

    def count(owner: UserId) -> int:
        page = reviews.page(owner, ReviewKind.WEEK, limit=9, after=None)
        return sum(one.status is ReviewStatus.READY for one in page.items)

    with ThreadPoolExecutor(max_workers=WRITERS) as pool:
        return Counter(dict(zip(owners, pool.map(count, owners), strict=True)))
