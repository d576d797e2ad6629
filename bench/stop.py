"""How fast the emergency stop holds: entries refused, bots paused, resting orders cancelled."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from time import monotonic, perf_counter, sleep

from bench.figures import Section, Spread, Table, Target
from bench.local import PASSWORD, LocalDesk
from bench.recordings import MARKETS, START
from infra.cdk.local.desk_client import DeskClient
from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo.cycles import DynamoCycles
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.leases import DynamoLeases
from nightdesk.bootstrap.trading import paper_assumptions
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, UserId, instrument_id
from nightdesk.trading.assumptions import draw
from nightdesk.trading.booking import intent
from nightdesk.trading.order import Leg, Mode, Order, OrderStatus, OrderType, Side, TimeInForce
from nightdesk.trading.ports import Change, Lease
from nightdesk.trading.position import EntryPlan, Protection

BOTS, ORDERS_OF_BOT, ROUNDS = 34, 3, 5
REFUSED_MS, PAUSED_S, CANCELLED_S = 200.0, 10.0, 30.0
PATIENCE_S = 120.0
FAR_BELOW, QUANTITY = Decimal(100), Decimal("0.3")
"""A price at which no recorded market has traded: what is bid there rests."""
STOP, RESUME = "/api/system/emergency-stop", "/api/system/emergency-stop/resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """One stop: seconds from the answer of the call on."""

    call: float
    refused: float
    paused: float
    cancelled: float


def measure(desk: LocalDesk) -> Section:
    """Stop a trader with many bots and resting orders again and again, through the deployed API."""
    trader = desk.trader()
    at = present()
    owner = UserId(trader.get("/api/account")["id"])
    bots = [started(trader, n) for n in range(BOTS + 1)]
    rounds = [one_round(trader, owner, bots, n, at) for n in range(ROUNDS)]
    orders = BOTS * ORDERS_OF_BOT
    spreads = {
        name: Spread.of([getattr(one, name) for one in rounds]) for name in Stopped.__slots__
    }
    return Section(
        name="stop",
        title="Emergency stop",
        how=(
            f"A trader with {BOTS} running bots and {orders} resting entry orders at the simulated "
            f"venue stops trading at level `block`, {ROUNDS} times, through the deployed API. "
            "Seconds count from the answer on; an entry that is tried then is the first one after "
            "it."
        ),
        tables=(
            Table(
                heads=("what", "s (p10 to p90)"),
                rows=(
                    ("the call itself", spreads["call"].show(3)),
                    ("an entry is refused", spreads["refused"].show(3)),
                    (f"{BOTS} bots paused", spreads["paused"].show(1)),
                    (f"{orders} resting orders cancelled", spreads["cancelled"].show(1)),
                ),
            ),
        ),
        targets=(
            Target(
                name="entries refused, p95",
                value=spreads["refused"].late * 1_000,
                limit=REFUSED_MS,
                unit="ms",
            ),
            Target(name="bots paused, p95", value=spreads["paused"].late, limit=PAUSED_S, unit="s"),
            Target(
                name=f"{orders} orders cancelled, p95",
                value=spreads["cancelled"].late,
                limit=CANCELLED_S,
                unit="s",
            ),
        ),
    )


def present() -> datetime:
    """Return the market's moment: of the newest cycle, or of one that begins now."""
    cycles = DynamoCycles(WallClock())
    cycles.begin(START)
    newest = cycles.newest()
    assert newest is not None
    return newest


def started(trader: DeskClient, n: int) -> BotId:
    """Make a bot and start it."""
    body = {
        "name": f"stops {n}",
        "instrument": MARKETS[n % len(MARKETS)],
        "timeframe": "1h",
        "strategy": "donchian@1",
        "capital": "200",
    }
    made = trader.post("/api/bots", body)
    trader.post(f"/api/bots/{made['bot_id']}/start")
    return BotId(made["bot_id"])


def one_round(
    trader: DeskClient, owner: UserId, bots: list[BotId], n: int, at: datetime
) -> Stopped:
    """Leave orders with all bots but the last, stop, wait, and lift the stop again."""
    clock = WallClock()
    store, leases = DynamoDesk(clock), DynamoLeases(clock)
    for bot_id in bots[:-1]:
        lease = leases.take(owner, bot_id, "bench", at)
        for leg in range(ORDERS_OF_BOT):
            rest(store, lease, n * ORDERS_OF_BOT + leg, at)
        leases.free(lease)
    waits = leases.take(owner, bots[-1], "bench", at)
    began = perf_counter()
    trader.post(STOP, {"level": "block", "reason": "bench"})
    answered = perf_counter()
    refused = refusal(store, waits, n, at)
    paused, cancelled = carried_out(trader, store, owner, bots, answered)
    leases.free(waits)
    trader.step_up(PASSWORD)
    trader.post(RESUME, {"reason": "bench", "confirm": "RESUME TRADING", "restart_bots": True})
    return Stopped(
        call=answered - began, refused=refused - answered, paused=paused, cancelled=cancelled
    )


def rest(store: DynamoDesk, lease: Lease, n: int, at: datetime) -> None:
    """Leave one limit buy with the venue."""
    book = store.book(lease.owner, lease.bot_id)
    change = intent(book, bid(lease, book.instrument_id, n, at), at)
    accepted = tuple(replace(one, status=OrderStatus.ACCEPTED) for one in change.orders)
    store.commit(replace(change, orders=accepted), lease)


def refusal(store: DynamoDesk, lease: Lease, n: int, at: datetime) -> float:
    """Return when an entry was refused. Raises RuntimeError should one pass."""
    book = store.book(lease.owner, lease.bot_id)
    change: Change = intent(book, bid(lease, book.instrument_id, n, at), at)
    try:
        store.commit(change, lease)
    except Conflict:
        return perf_counter()
    raise RuntimeError("an entry passed after the stop")


def bid(lease: Lease, instrument: str, n: int, at: datetime) -> Order:
    """Return a limit buy that nobody will fill."""
    return Order(
        owner=lease.owner,
        bot_id=lease.bot_id,
        client_order_id=accepted_id(f"bench-{lease.bot_id[-8:]}-{n}"),
        decision_id=DecisionId(f"{lease.bot_id}.{n}.bench"),
        leg=Leg.ENTRY,
        instrument_id=instrument_id(instrument),
        mode=Mode.PAPER,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=QUANTITY,
        price=FAR_BELOW,
        reference=FAR_BELOW,
        reserved=FAR_BELOW * QUANTITY,
        time_in_force=TimeInForce.GTC,
        rules_version="bench",
        plan=EntryPlan(
            protection=Protection(stop=FAR_BELOW / 2),
            planned_risk=Decimal(1),
            strategy="donchian@1",
        ),
        created_at=at,
        sent_at=at,
        updated_at=at,
    )


def accepted_id(name: str) -> ClientOrderId:
    """Return an id whose order the simulated venue takes: by its draws it refuses or loses some."""
    assumed = paper_assumptions()
    worst = max(assumed.rejection_rate, assumed.lost_rate)
    ids = (ClientOrderId(f"{name}-{again}") for again in count())
    drawn = ("rejection", "lost")
    return next(one for one in ids if min(draw(assumed.seed, one, of) for of in drawn) >= worst)


def carried_out(
    trader: DeskClient, store: DynamoDesk, owner: UserId, bots: list[BotId], since: float
) -> tuple[float, float]:
    """Return after how many seconds all bots were paused, and no order was open any more.

    Raises TimeoutError.
    """
    paused = cancelled = 0.0
    end = monotonic() + PATIENCE_S
    keys = [(owner, bot_id) for bot_id in bots]
    while not (paused and cancelled):
        if monotonic() > end:
            raise TimeoutError("the stop was not carried out")
        if not paused and trader.get(STOP)["bots_paused"] == len(bots):
            paused = perf_counter() - since
        books = store.books(keys).values()
        if not cancelled and not any(book.in_flight or book.open_orders for book in books):
            cancelled = perf_counter() - since
        sleep(0.05)
    return paused, cancelled
