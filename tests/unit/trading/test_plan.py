from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.plan.messages import Input, Output
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.plan import LATE_CYCLE, Kind, Plan, PlanCycle, batches
from nightdesk.trading.ports import BotKey

M5, M15, H1, H4, D1, W1 = (Timeframe(name) for name in ("5m", "15m", "1h", "4h", "1d", "1w"))
BTC, ETH, LTC, ADA, XRP = (
    InstrumentId(f"{b}/USD@venue") for b in ("BTC", "ETH", "LTC", "ADA", "XRP")
)
MONDAY = datetime(2019, 3, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Desk:
    """Markets with bots, and bots that hold something; no bot itself is ever asked for."""

    open_markets: dict[InstrumentId, Sequence[Timeframe]] = field(default_factory=dict)
    holders: list[BotKey] = field(default_factory=list)

    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        return self.open_markets

    def of(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Mandate]:
        raise AssertionError("a plan carries market keys only")

    def holding(self) -> Sequence[BotKey]:
        return self.holders


@dataclass
class Minutes:
    """The port Cycles, in memory."""

    begun: set[datetime] = field(default_factory=set)

    def begin(self, as_of: datetime) -> bool:
        fresh = as_of not in self.begun
        self.begun.add(as_of)
        return fresh


def plan(desk: Desk, as_of: datetime, *, late: timedelta = SECOND) -> Plan:
    return PlanCycle(desk, Minutes())(as_of, now=as_of + late)


def due(desk: Desk, as_of: datetime) -> dict[InstrumentId, tuple[Timeframe, ...]]:
    found = plan(desk, as_of).batches
    return {one.instrument_id: one.timeframes for batch in found for one in batch.markets}


@pytest.mark.parametrize(
    ("as_of", "closing"),
    [
        (MONDAY, (M5, M15, H1, H4, D1, W1)),
        (MONDAY + timedelta(days=1), (M5, M15, H1, H4, D1)),
        (MONDAY + timedelta(hours=4), (M5, M15, H1, H4)),
        (MONDAY + timedelta(hours=5), (M5, M15, H1)),
        (MONDAY + timedelta(hours=5, minutes=45), (M5, M15)),
        (MONDAY + timedelta(hours=5, minutes=50), (M5,)),
        (MONDAY + timedelta(hours=5, minutes=51), None),
    ],
)
def test_due_is_what_closes_at_that_minute(
    as_of: datetime, closing: tuple[Timeframe, ...] | None
) -> None:
    desk = Desk({BTC: [M5, M15, H1, H4, D1, W1]})
    assert due(desk, as_of) == ({} if closing is None else {BTC: closing})


def test_a_market_without_a_closing_candle_is_not_in_the_plan() -> None:
    desk = Desk({BTC: [H1], ETH: [D1]})
    assert due(desk, MONDAY + timedelta(hours=3)) == {BTC: (H1,)}


def test_markets_go_two_by_two_in_the_order_of_their_ids() -> None:
    desk = Desk({name: [H1] for name in (XRP, BTC, LTC, ETH, ADA)})
    found = plan(desk, MONDAY)
    assert found.kind is Kind.CYCLE
    names = [[one.instrument_id for one in batch.markets] for batch in found.batches]
    assert names == [[ADA, BTC], [ETH, LTC], [XRP]]
    assert not any(batch.protect_only for batch in found.batches)


def test_between_closes_something_held_is_watched() -> None:
    desk = Desk({BTC: [H1]}, [(UserId("usr_1"), BotId("bot_1"))])
    found = plan(desk, MONDAY + timedelta(minutes=7))
    assert (found.kind, found.batches) == (Kind.WATCH, ())


def test_between_closes_with_nothing_held_there_is_nothing_to_do() -> None:
    found = plan(Desk({BTC: [H1]}), MONDAY + timedelta(minutes=7))
    assert (found.kind, found.batches) == (Kind.IDLE, ())


def test_a_desk_without_bots_is_idle() -> None:
    assert plan(Desk(), MONDAY).kind is Kind.IDLE


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (120, False), (121, True)])
def test_a_cycle_later_than_two_minutes_only_protects(seconds: int, *, late: bool) -> None:
    found = plan(Desk({BTC: [H1]}), MONDAY, late=timedelta(seconds=seconds))
    assert found.kind is Kind.CYCLE
    assert [batch.protect_only for batch in found.batches] == [late]
    assert found.code == (LATE_CYCLE if late else None)
    assert found.lag == timedelta(seconds=seconds)


def test_a_clock_behind_the_schedule_is_not_late() -> None:
    assert plan(Desk({BTC: [H1]}), MONDAY, late=-SECOND).lag == timedelta(0)


def test_a_minute_planned_again_gives_the_same_plan() -> None:
    use = PlanCycle(Desk({BTC: [H1], ETH: [H1]}), Minutes())
    first, again = (use(MONDAY, now=MONDAY + SECOND) for _ in range(2))
    assert (first.kind, first.batches) == (again.kind, again.batches)
    assert (first.repeated, again.repeated) == (False, True)


def test_seconds_do_not_make_another_minute() -> None:
    minutes = Minutes()
    use = PlanCycle(Desk({BTC: [H1]}), minutes)
    found = use(MONDAY + timedelta(seconds=42), now=MONDAY + timedelta(seconds=43))
    assert (found.as_of, found.kind) == (MONDAY, Kind.CYCLE)
    assert minutes.begun == {MONDAY}


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        plan(Desk(), MONDAY.replace(tzinfo=None))


EVENTS = Path(__file__).parents[3] / "events" / "plan"


@pytest.mark.parametrize("case", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_event_is_read(case: Path) -> None:
    message = Input.model_validate_json(case.read_text())
    assert message.as_of.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("now", "told"), [(None, None), (MONDAY, "2019-03-04T00:00:00Z")])
def test_the_answer_has_the_shape_that_the_machine_reads(
    now: datetime | None, told: str | None
) -> None:
    found = plan(Desk({BTC: [H1, M5], ETH: [H1]}), MONDAY, late=timedelta(minutes=3))
    assert Output.from_domain(found, now).model_dump(mode="json") == {
        "as_of": "2019-03-04T00:00:00Z",
        "now": told,
        "kind": "cycle",
        "code": "LATE_CYCLE",
        "batches": [
            {
                "as_of": "2019-03-04T00:00:00Z",
                "now": told,
                "markets": [
                    {"instrument": BTC, "timeframes": ["5m", "1h"]},
                    {"instrument": ETH, "timeframes": ["1h"]},
                ],
                "protect_only": True,
            }
        ],
    }


IDS = st.sampled_from([f"{base}/USD@venue" for base in ("A", "B", "C", "D", "E", "F", "G")])


@given(
    due_now=st.dictionaries(
        IDS.map(InstrumentId), st.lists(st.sampled_from(Timeframe), min_size=1, max_size=9)
    )
)
def test_every_due_market_is_in_exactly_one_batch(
    due_now: dict[InstrumentId, list[Timeframe]],
) -> None:
    found = batches(due_now)
    assert all(1 <= len(batch.markets) <= 2 for batch in found)
    markets = [one for batch in found for one in batch.markets]
    assert {one.instrument_id: set(one.timeframes) for one in markets} == {
        name: set(timeframes) for name, timeframes in due_now.items()
    }
    assert len(markets) == len(due_now)
    assert len(found) == -(-len(due_now) // 2)
