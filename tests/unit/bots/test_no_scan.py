"""Planning asks for keys it knows: no table is ever scanned, whoever has how many bots."""

from datetime import timedelta

from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.cycles import DynamoCycles
from nightdesk.adapters.dynamo.tables import RuntimeItem, bind_runtime
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.plan import Kind, PlanCycle
from tests.builders.bots import BTC, ETH, NOW, STRANGER, TRADER
from tests.unit.bots.holding import hold
from tests.unit.bots.rig import Rig

HOUR = NOW.replace(minute=0)
BETWEEN = NOW.replace(minute=31)


def planning(rig: Rig) -> PlanCycle:
    bind_runtime("runtime-bots")
    RuntimeItem.create_table(billing_mode="PAY_PER_REQUEST")
    return PlanCycle(rig.due, DynamoCycles(rig.clock))


def test_a_cycle_is_planned_by_one_query_and_one_put(rig: Rig) -> None:
    plan = planning(rig)
    for owner, instrument in ((TRADER, BTC), (STRANGER, BTC), (STRANGER, ETH)):
        bot = rig.create(owner=owner, instrument_id=instrument, name=str(instrument))
        rig.start(owner, bot.bot_id, NOW)
    rig.create(name="draft")
    with measured() as consumed:
        found = plan(HOUR, now=HOUR)
    assert dict(consumed.calls) == {"PutItem": 1, "Query": 1}
    assert found.kind is Kind.CYCLE
    assert [one.instrument_id for batch in found.batches for one in batch.markets] == [BTC, ETH]


def test_a_watch_is_planned_by_two_queries_and_one_put(rig: Rig) -> None:
    plan = planning(rig)
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    hold(rig, bot)
    with measured() as consumed:
        found = plan(BETWEEN, now=BETWEEN)
    assert dict(consumed.calls) == {"PutItem": 1, "Query": 2}
    assert found.kind is Kind.WATCH


def test_the_bots_of_a_market_are_found_by_one_query_over_all_owners(rig: Rig) -> None:
    for owner in (TRADER, STRANGER):
        rig.start(owner, rig.create(owner=owner).bot_id, NOW)
    with measured() as consumed:
        found = rig.due.of(BTC, Timeframe.H1)
    assert dict(consumed.calls) == {"Query": 1}
    assert [one.owner for one in found] == [TRADER, STRANGER]


def test_no_step_of_a_bot_s_life_scans(rig: Rig) -> None:
    with measured() as consumed:
        bot = rig.create()
        rig.start(TRADER, bot.bot_id, NOW)
        rig.pause_all(TRADER, NOW + timedelta(minutes=1))
        rig.resume_all(TRADER, NOW + timedelta(minutes=2))
        rig.retire(TRADER, bot.bot_id, NOW + timedelta(minutes=3))
    assert "Scan" not in consumed.calls
    assert consumed.calls["TransactWriteItems"] == 5
