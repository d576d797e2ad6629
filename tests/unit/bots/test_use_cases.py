from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pynamodb.exceptions import DoesNotExist

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bookings import BookItem
from nightdesk.adapters.dynamo.bot_items import BotItem, CountItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.adapters.dynamo.queries import LAST, every
from nightdesk.bots.bot import Bot, BotStatus, OwnLimits, PauseCode, RiskMode
from nightdesk.bots.capital import funded
from nightdesk.bots.editing import ChangeMode
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.reading import BotLimitsUsed
from nightdesk.bots.wanted import Edit, Wanted
from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, StrategyId, UserId
from nightdesk.market.instruments import TradingStatus
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.catalogue import built_in
from nightdesk.strategies.strategy import StrategyVersion
from nightdesk.trading.order import Mode
from tests.builders.bots import BTC, ETH, NOW, STRANGER, TRADER, a_bot, a_draft
from tests.builders.market import some_rules
from tests.unit.bots.holding import hold, let_go, rest
from tests.unit.bots.rig import Rig

D = Decimal


def events(bot: Bot) -> list[str]:
    found = every(EventItem, keys.bot(bot.owner, bot.bot_id), "EVENT#", "EVENT#" + LAST)
    return sorted(item.type for item in found)


# create


def test_a_new_bot_is_a_draft_with_its_money_in_it(rig: Rig) -> None:
    bot = rig.create(capital=D("1500.50"))
    assert bot.status is BotStatus.DRAFT
    assert rig.desk.book(TRADER, bot.bot_id).cash == D("1500.50")
    assert rig.pool.free(TRADER, Mode.PAPER, "USD") == D("8499.50")
    assert events(bot) == ["bot_created", "bot_status_changed", "capital_posted"]
    assert rig.due.markets() == {}


def test_a_new_bot_pins_every_parameter_in_exact_form(rig: Rig) -> None:
    bot = rig.create(parameters={"fast": "5", "adx_min": "22.50"})
    assert bot.parameters == {"kind": "EMA", "fast": 5, "slow": 21, "adx_min": "22.5"}


def test_the_same_command_again_makes_no_second_bot(rig: Rig) -> None:
    first = rig.create()
    rig.clock.forward(seconds=30)
    again = rig.create(at=NOW)
    assert again == first
    assert rig.pool.free(TRADER, Mode.PAPER, "USD") == D(9000)
    assert len(rig.bots.list(TRADER)) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"instrument_id": InstrumentId("XRP/USD@bitstamp")}, "UNKNOWN_INSTRUMENT", "instrument"),
        ({"timeframe": Timeframe.W1}, "UNKNOWN_TIMEFRAME", "timeframe"),
        ({"strategy": "nobody@1"}, "UNKNOWN_STRATEGY", "strategy"),
        ({"strategy": "ma_cross@2"}, "UNKNOWN_STRATEGY", "strategy"),
        ({"parameters": {"fastt": 3}}, "UNDEFINED_PARAM", "parameters.fastt"),
        ({"parameters": {"fast": 1}}, "OUT_OF_RANGE", "parameters.fast"),
        ({"parameters": {"kind": "HMA"}}, "BAD_PARAM", "parameters.kind"),
        ({"capital": D("99.99")}, "BAD_AMOUNT", "capital"),
        ({"capital": D("1000000.01")}, "BAD_AMOUNT", "capital"),
        ({"name": "a\nb"}, "BAD_NAME", "name"),
        ({"key_label": "Main!"}, "BAD_KEY_LABEL", "key_label"),
    ],
)
def test_a_wrong_request_is_refused_with_its_field(
    rig: Rig, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        rig.create(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert rig.bots.list(TRADER) == []


def test_capital_below_the_smallest_order_is_refused(rig: Rig) -> None:
    rig.rules.put([some_rules(BTC, min_notional=D(31))])
    with pytest.raises(Invalid) as refused:
        rig.create(capital=D(100))  # balanced: 30 % of it are 30
    assert refused.value.code == "BELOW_MIN_NOTIONAL"
    assert rig.create(capital=D(104)).initial == D(104)


def test_more_than_the_pool_has_is_refused_and_nothing_is_stored(rig: Rig) -> None:
    rig.create(capital=D(9000))
    with pytest.raises(Conflict) as refused:
        rig.create(name="Beta", capital=D(1001))
    assert refused.value.code == "INSUFFICIENT_CAPITAL"
    assert [bot.name for bot in rig.bots.list(TRADER)] == ["Alpha"]
    with pytest.raises(Conflict) as first:
        rig.create(owner=STRANGER, capital=D(10_001))
    assert first.value.code == "INSUFFICIENT_CAPITAL"


def test_a_name_is_one_bot_s_until_it_retires(rig: Rig) -> None:
    first = rig.create()
    with pytest.raises(Conflict) as refused:
        rig.create_bot(TRADER, a_draft(name=" Alpha "), cause="another", at=NOW)
    assert refused.value.code == "NAME_TAKEN"
    rig.create(owner=STRANGER)
    rig.retire(TRADER, first.bot_id, NOW)
    assert rig.create_bot(TRADER, a_draft(), cause="another", at=NOW).name == "Alpha"


def test_of_two_at_once_with_one_name_the_later_gets_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = type(rig.bots).used
    won: list[Bot] = []

    def overtaken(self: Any, owner: UserId) -> Any:
        found = used(self, owner)
        monkeypatch.setattr(type(rig.bots), "used", used)
        won.append(rig.create_bot(TRADER, a_draft(), cause="faster", at=NOW))
        return found

    monkeypatch.setattr(type(rig.bots), "used", overtaken)
    with pytest.raises(Conflict) as refused:
        rig.create_bot(TRADER, a_draft(), cause="slower", at=NOW)
    assert refused.value.code == "NAME_TAKEN"
    assert rig.bots.list(TRADER) == won
    assert rig.pool.free(TRADER, Mode.PAPER, "USD") == D(9000)


def test_a_pool_that_another_command_opened_meanwhile_is_not_opened_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = type(rig.bots).commit
    tried: list[str] = []

    def overtaken(self: Any, change: Any) -> Any:
        tried.append(change.bot.name)
        if tried == ["Alpha"]:
            with_pool = PoolItem(keys.owner(TRADER), keys.pool("paper", "USD"), free=D(4000))
            get = PoolItem.get

            def absent(*_: Any, **__: Any) -> Any:
                monkeypatch.setattr(PoolItem, "get", get)
                with_pool.save()
                raise DoesNotExist

            monkeypatch.setattr(PoolItem, "get", absent)
        return commit(self, change)

    monkeypatch.setattr(type(rig.bots), "commit", overtaken)
    rig.create()
    assert tried == ["Alpha", "Alpha"]
    assert rig.pool.free(TRADER, Mode.PAPER, "USD") == D(3000)


def test_an_archived_strategy_is_not_pinned_anew(rig: Rig) -> None:
    own = StrategyVersion(
        owner=TRADER,
        id=StrategyId("str_1"),
        version=1,
        definition=built_in("ma_cross").definition,
        created_at=NOW,
    )
    rig.definitions.put(own)
    pinned = rig.create(strategy="str_1@1")
    rig.definitions.archive(TRADER, own.id, NOW)
    with pytest.raises(Invalid) as refused:
        rig.create(name="Beta", strategy="str_1@1")
    assert refused.value.code == "UNKNOWN_STRATEGY"
    assert rig.start(TRADER, pinned.bot_id, NOW).status is BotStatus.ACTIVE
    with pytest.raises(Invalid):
        rig.create(owner=STRANGER, strategy="str_1@1")


# start, pause, resume


def test_a_started_bot_is_found_by_its_market_with_its_mandate(rig: Rig) -> None:
    bot = rig.create(limits=OwnLimits(trades_per_day=4), parameters={"fast": 5})
    rig.start(TRADER, bot.bot_id, NOW)
    assert rig.due.markets() == {BTC: [Timeframe.H1]}
    (mandate,) = rig.due.of(BTC, Timeframe.H1)
    assert (mandate.owner, mandate.bot_id, mandate.strategy) == (TRADER, bot.bot_id, "ma_cross@1")
    assert mandate.definition_hash == built_in("ma_cross").definition.hash
    assert mandate.parameters["fast"] == 5
    assert mandate.limits.entries_per_day == 4
    assert mandate.entries_blocked is None
    assert rig.due.of(ETH, Timeframe.H1) == []


def test_a_bot_runs_on_a_timeframe_that_its_definition_does_not_name(rig: Rig) -> None:
    bot = rig.create(timeframe=Timeframe.D1)
    rig.start(TRADER, bot.bot_id, NOW)
    (mandate,) = rig.due.of(BTC, Timeframe.D1)
    assert mandate.definition.timeframe is Timeframe.D1
    assert mandate.definition_hash == built_in("ma_cross").definition.hash


def test_what_a_bot_pins_is_read_once_a_process(rig: Rig) -> None:
    own = StrategyVersion(
        owner=TRADER,
        id=StrategyId("str_1"),
        version=1,
        definition=built_in("ma_cross").definition,
        created_at=NOW,
    )
    rig.definitions.put(own)
    bot = rig.create(strategy="str_1@1")
    rig.start(TRADER, bot.bot_id, NOW)
    before = rig.definitions.reads
    first = rig.due.of(BTC, Timeframe.H1)
    again = rig.due.of(BTC, Timeframe.H1)
    assert first[0].definition is again[0].definition
    assert rig.definitions.reads == before


def test_a_bot_without_a_readable_strategy_costs_the_others_nothing(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("Alpha", "Beta"):
        rig.start(TRADER, rig.create(name=name).bot_id, NOW)
    broken = rig.bots.list(TRADER)[0]
    row = rig.bots.get(TRADER, broken.bot_id)
    BotItem.from_domain(replace(row, strategy="gone@1")).save()
    assert [one.bot_id for one in rig.due.of(BTC, Timeframe.H1)] == [
        bot.bot_id for bot in rig.bots.list(TRADER)[1:]
    ]
    assert "no usable strategy" in caplog.text


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"status": TradingStatus.HALTED}, "NOT_TRADING"),
        ({"observed_at": NOW - timedelta(hours=72, seconds=1)}, "RULES_STALE"),
    ],
)
def test_a_start_that_fails_a_check_names_it_and_changes_nothing(
    rig: Rig, rules: dict[str, Any], code: str
) -> None:
    bot = rig.create()
    rig.rules.put([some_rules(BTC, **({"observed_at": NOW} | rules))])
    with pytest.raises(Conflict) as refused:
        rig.start(TRADER, bot.bot_id, NOW)
    assert refused.value.code == "START_REFUSED"
    assert [one["code"] for one in refused.value.details] == [code]
    assert rig.bots.get(TRADER, bot.bot_id) == bot


def test_all_violations_of_a_start_are_told_at_once(rig: Rig) -> None:
    bot = rig.create()
    old = NOW - timedelta(hours=100)
    rig.rules.put([some_rules(BTC, observed_at=old, status=TradingStatus.DELISTED)])
    with pytest.raises(Conflict) as refused:
        rig.start(TRADER, bot.bot_id, NOW)
    assert [one["code"] for one in refused.value.details] == ["NOT_TRADING", "RULES_STALE"]


def test_a_paused_flat_bot_leaves_its_market(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    halted = rig.pause(TRADER, bot.bot_id, NOW, reason="holiday")
    assert (halted.status, halted.pause_code) == (BotStatus.PAUSED, PauseCode.USER_PAUSED)
    assert rig.due.markets() == {}
    assert rig.due.of(BTC, Timeframe.H1) == []
    newest = rig.history(TRADER, bot.bot_id, limit=1, after=None).items[0]
    assert (newest.code, newest.detail) == ("USER_PAUSED", "holiday")


@pytest.mark.parametrize("keep", [hold, rest])
def test_a_paused_bot_with_something_open_stays_until_it_is_flat(rig: Rig, keep: Any) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    keep(rig, bot)
    rig.pause(TRADER, bot.bot_id, NOW)
    (mandate,) = rig.due.of(BTC, Timeframe.H1)
    assert mandate.entries_blocked == "BOT_NOT_ACTIVE"
    assert rig.due.holding() == [(TRADER, bot.bot_id)]
    assert rig.leave(TRADER, bot.bot_id) is False
    let_go(rig, bot)
    assert rig.leave(TRADER, bot.bot_id) is True
    assert rig.leave(TRADER, bot.bot_id) is False
    assert rig.due.markets() == {}
    assert rig.bots.markets_ever() == {BTC: [Timeframe.H1]}  # its candles stay
    assert rig.due.of(BTC, Timeframe.H1) == []
    assert rig.due.holding() == []


def test_a_pause_is_still_the_same_command_after_the_bot_left_its_market(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    hold(rig, bot)
    at = NOW + timedelta(minutes=1)
    rig.pause(TRADER, bot.bot_id, at)
    let_go(rig, bot)
    rig.leave(TRADER, bot.bot_id)
    assert rig.pause(TRADER, bot.bot_id, at).status is BotStatus.PAUSED


def test_a_bot_that_trades_does_not_leave(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    assert rig.leave(TRADER, bot.bot_id) is False
    assert rig.due.markets() == {BTC: [Timeframe.H1]}


def test_a_resumed_bot_is_back_in_its_market_once(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    hold(rig, bot)
    rig.pause(TRADER, bot.bot_id, NOW)
    rig.start(TRADER, bot.bot_id, NOW, Trigger.RESUME)
    let_go(rig, bot)
    rig.pause(TRADER, bot.bot_id, NOW + timedelta(seconds=1))
    assert rig.due.markets() == {}


def test_a_pause_repeated_under_its_moment_answers_as_the_first_did(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    first = rig.pause(TRADER, bot.bot_id, NOW)
    assert rig.pause(TRADER, bot.bot_id, NOW) == first
    with pytest.raises(Conflict) as refused:
        rig.pause(TRADER, bot.bot_id, NOW + timedelta(minutes=1))
    assert refused.value.code == "STATUS_CONFLICT"


def test_the_eleventh_bot_of_a_venue_does_not_start(rig: Rig) -> None:
    first = rig.create()
    rig.start(TRADER, first.bot_id, NOW)
    late = rig.create(name="Late")
    for place in (keys.COUNT_ALL, keys.bot_count("bitstamp")):
        CountItem(keys.owner(TRADER), place, bots=10).save()
    attempts: list[Callable[[], object]] = [
        lambda: rig.start(TRADER, late.bot_id, NOW),
        lambda: rig.create(name="More"),
    ]
    for attempt in attempts:
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "BOT_LIMIT"
        assert refused.value.details == [{"scope": "bitstamp", "limit": 10}]
    use = {one.scope: (one.used, one.limit) for one in BotLimitsUsed(rig.bots)(TRADER)}
    assert use == {"owner": (10, 45), "bitstamp": (10, 10)}
    rig.retire(TRADER, first.bot_id, NOW)
    assert rig.start(TRADER, late.bot_id, NOW).status is BotStatus.ACTIVE


def test_the_forty_sixth_bot_does_not_start_anywhere(rig: Rig) -> None:
    bot = rig.create()
    CountItem(keys.owner(TRADER), keys.COUNT_ALL, bots=45).save()
    with pytest.raises(Conflict) as refused:
        rig.start(TRADER, bot.bot_id, NOW)
    assert refused.value.details == [{"scope": "owner", "limit": 45}]


# all at once


def test_pause_all_halts_45_bots_and_says_what_it_did_not_change(rig: Rig) -> None:
    bots = [
        a_bot(
            bot_id=BotId(f"bot_01HKZZZZZZZZZZZZZZZZZZZZ{n:02d}"),
            name=f"Bot {n}",
            status=BotStatus.PAUSED if n == 0 else BotStatus.ACTIVE,
            version=0,
        )
        for n in range(45)
    ]
    for bot in bots:
        BotItem.from_domain(bot).save()
        BookItem.from_domain(funded(bot, NOW).book, 0).save()
    CountItem(keys.SYSTEM, keys.market_count(BTC, "1h"), bots=44).save()
    done = rig.pause_all(TRADER, NOW + timedelta(minutes=1))
    assert set(done.changed) == {bot.bot_id for bot in bots[1:]}
    assert done.unchanged == ((bots[0].bot_id, "STATUS_CONFLICT"),)
    assert rig.due.markets() == {}
    assert {bot.status for bot in rig.bots.list(TRADER)} == {BotStatus.PAUSED}


def test_resume_all_brings_back_those_paused_for_the_code(rig: Rig) -> None:
    made = [rig.create(name=f"Bot {n}", capital=D(100)) for n in range(2)]
    rig.start(TRADER, made[0].bot_id, NOW)
    rig.pause_all(TRADER, NOW)
    at = NOW + timedelta(minutes=1)
    assert rig.resume_all(TRADER, at, code=PauseCode.RISK_STOP).changed == ()
    assert rig.resume_all(TRADER, at).changed == (made[0].bot_id,)
    assert rig.bots.get(TRADER, made[0].bot_id).status is BotStatus.ACTIVE


def test_pause_all_cut_off_in_the_middle_goes_on_where_it_stopped(rig: Rig) -> None:
    made = [rig.create(name=f"Bot {n}", capital=D(100)) for n in range(3)]
    for bot in made:
        rig.start(TRADER, bot.bot_id, NOW)
    at = NOW + timedelta(minutes=1)
    for bot in made[:1]:
        rig.pause(TRADER, bot.bot_id, at)  # as far as the first try came
    done = rig.pause_all(TRADER, at)
    assert set(done.changed) == {bot.bot_id for bot in made}
    assert done.unchanged == ()
    for bot in made:
        assert len(rig.history(TRADER, bot.bot_id, limit=9, after=None).items) == 3


def test_one_bot_that_cannot_be_written_keeps_no_other_from_pausing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [rig.create(name=f"Bot {n}", capital=D(100)) for n in range(3)]
    for bot in made:
        rig.start(TRADER, bot.bot_id, NOW)
    commit = type(rig.bots).commit

    def refuse(self: Any, change: Any) -> Any:
        if change.bot.bot_id == made[1].bot_id:
            raise StaleWrite("somebody writes it all the time")
        return commit(self, change)

    monkeypatch.setattr(type(rig.bots), "commit", refuse)
    done = rig.pause_all(TRADER, NOW + timedelta(minutes=1))
    assert set(done.changed) == {made[0].bot_id, made[2].bot_id}
    assert done.unchanged == ((made[1].bot_id, "STALE_VERSION"),)


def test_pause_all_of_one_mode_leaves_the_other_alone(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    assert rig.pause_all(TRADER, NOW, mode=Mode.LIVE).changed == ()
    assert rig.bots.get(TRADER, bot.bot_id).status is BotStatus.ACTIVE


def test_a_write_that_comes_between_is_decided_anew(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    book = type(rig.desk).book
    seen: list[int] = []

    def disturbed(self: Any, owner: UserId, bot_id: BotId) -> Any:
        found = book(self, owner, bot_id)
        if not seen:
            seen.append(found.version)
            hold(rig, bot)  # a worker books an entry just now
        return found

    monkeypatch.setattr(type(rig.desk), "book", disturbed)
    assert rig.pause(TRADER, bot.bot_id, NOW).in_market


# retire


def test_retiring_returns_the_money_and_keeps_the_history(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    gone = rig.retire(TRADER, bot.bot_id, NOW)
    assert (gone.status, gone.retired_code) == (BotStatus.RETIRED, "OWNER_RETIRED")
    assert rig.pool.free(TRADER, Mode.PAPER, "USD") == D(10_000)
    assert rig.desk.book(TRADER, bot.bot_id).cash == 0
    assert rig.bots.used(TRADER) == {}
    assert rig.due.markets() == {}
    records = rig.history(TRADER, bot.bot_id, limit=9, after=None).items
    assert [one.after for one in records] == ["retired", "active", "draft"]
    with pytest.raises(Conflict) as refused:
        rig.start(TRADER, bot.bot_id, NOW)
    assert refused.value.code == "STATUS_CONFLICT"


@pytest.mark.parametrize(("keep", "code"), [(hold, "OPEN_POSITIONS"), (rest, "NOT_FLAT")])
def test_a_bot_that_is_not_flat_does_not_retire(rig: Rig, keep: Any, code: str) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    keep(rig, bot)
    with pytest.raises(Conflict) as refused:
        rig.retire(TRADER, bot.bot_id, NOW)
    assert refused.value.code == code
    assert rig.bots.get(TRADER, bot.bot_id).status is BotStatus.ACTIVE


# edit and read


def test_an_edit_changes_what_it_names_and_says_so(rig: Rig) -> None:
    bot = rig.create()
    edit = Edit(
        version=bot.version,
        name="Omega",
        risk_mode=RiskMode.SAFE,
        limits=OwnLimits(cooldown=timedelta(minutes=90)),
        parameters={"fast": 12},
        auto_regenerate=False,
    )
    after = rig.update(TRADER, bot.bot_id, edit, NOW + timedelta(seconds=1))
    assert (after.name, after.risk_mode, after.auto_regenerate) == ("Omega", RiskMode.SAFE, False)
    assert (after.parameters["fast"], after.parameter_set) == (12, 2)
    assert rig.bots.get(TRADER, bot.bot_id) == after
    assert rig.create_bot(TRADER, a_draft(), cause="freed", at=NOW).name == "Alpha"
    record = rig.history(TRADER, bot.bot_id, limit=1, after=None).items[0]
    assert record.changes["parameter_set"] == 2
    assert record.changes["name"] == "Omega"
    assert "bot_updated" in events(bot)


def test_an_edit_against_an_old_version_is_stale(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    with pytest.raises(Conflict) as refused:
        rig.update(TRADER, bot.bot_id, Edit(version=bot.version, name="Omega"), NOW)
    assert refused.value.code == "STALE_VERSION"


def test_an_edit_that_changes_nothing_writes_nothing(rig: Rig) -> None:
    bot = rig.create()
    edit = Edit(version=bot.version, name="Alpha", parameters={}, auto_regenerate=True)
    assert rig.update(TRADER, bot.bot_id, edit, NOW) == bot
    assert rig.bots.get(TRADER, bot.bot_id).version == bot.version


def test_parameters_do_not_change_under_an_open_position(rig: Rig) -> None:
    bot = rig.create()
    started = rig.start(TRADER, bot.bot_id, NOW)
    hold(rig, bot)
    edit = Edit(version=started.version, parameters={"fast": 12})
    with pytest.raises(Conflict) as refused:
        rig.update(TRADER, bot.bot_id, edit, NOW)
    assert refused.value.code == "NOT_FLAT"
    renamed = rig.update(TRADER, bot.bot_id, Edit(version=started.version, name="Omega"), NOW)
    assert renamed.name == "Omega"


def test_a_name_that_another_bot_has_is_not_taken_over(rig: Rig) -> None:
    rig.create()
    other = rig.create(name="Beta")
    with pytest.raises(Conflict) as refused:
        rig.update(TRADER, other.bot_id, Edit(version=1, name="Alpha"), NOW)
    assert refused.value.code == "NAME_TAKEN"


def test_paper_is_granted_and_live_is_refused(rig: Rig) -> None:
    bot = rig.create()
    change = ChangeMode(rig.bots)
    assert change(TRADER, bot.bot_id, Mode.PAPER) == bot
    with pytest.raises(Conflict) as refused:
        change(TRADER, bot.bot_id, Mode.LIVE)
    assert refused.value.code == "LIVE_GATE_REFUSED"
    assert refused.value.details


def test_figures_of_a_holding_bot_that_was_never_settled_stand_at_cost(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    book = hold(rig, bot)
    figures = rig.read(TRADER, bot.bot_id).figures
    assert book.position is not None
    assert figures.stale
    assert figures.equity == book.cash + book.reserved + book.position.cost


def test_a_list_is_filtered_and_paged_and_hides_the_retired(rig: Rig) -> None:
    made = [rig.create(name=f"Bot {n}", at=NOW + timedelta(seconds=n)) for n in range(3)]
    rig.retire(TRADER, made[1].bot_id, NOW)
    rig.start(TRADER, made[2].bot_id, NOW)

    def ids(wanted: Wanted, **page: Any) -> list[str]:
        found = rig.list(TRADER, wanted, **({"limit": 50, "after": None} | page))
        return [view.bot.bot_id for view in found.items]

    assert ids(Wanted()) == [made[0].bot_id, made[2].bot_id]
    assert ids(Wanted(status=BotStatus.RETIRED)) == [made[1].bot_id]
    assert ids(Wanted(status=BotStatus.ACTIVE, instrument_id=BTC)) == [made[2].bot_id]
    assert ids(Wanted(venue="binance")) == []
    assert ids(Wanted(mode=Mode.LIVE)) == []
    first = rig.list(TRADER, Wanted(), limit=1, after=None)
    assert first.next_key == made[0].bot_id
    assert ids(Wanted(), limit=1, after=first.next_key) == [made[2].bot_id]
    assert rig.list(STRANGER, Wanted(), limit=5, after=None).items == []


def test_another_trader_s_bot_is_missing_in_every_use_case(rig: Rig) -> None:
    bot = rig.create()
    rig.start(TRADER, bot.bot_id, NOW)
    attempts: list[Callable[[], object]] = [
        lambda: rig.read(STRANGER, bot.bot_id),
        lambda: rig.history(STRANGER, bot.bot_id, limit=5, after=None),
        lambda: rig.start(STRANGER, bot.bot_id, NOW),
        lambda: rig.pause(STRANGER, bot.bot_id, NOW),
        lambda: rig.retire(STRANGER, bot.bot_id, NOW),
        lambda: rig.leave(STRANGER, bot.bot_id),
        lambda: rig.update(STRANGER, bot.bot_id, Edit(version=2, name="Mine"), NOW),
        lambda: ChangeMode(rig.bots)(STRANGER, bot.bot_id, Mode.PAPER),
    ]
    for attempt in attempts:
        with pytest.raises(Missing):
            attempt()
    assert rig.pause_all(STRANGER, NOW).changed == ()
    assert rig.bots.get(TRADER, bot.bot_id).status is BotStatus.ACTIVE
