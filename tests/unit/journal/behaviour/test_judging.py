"""Judging trades, days and windows, the trader's word, and tuning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Invalid, Missing, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.journal.behaviour.answering import (
    AnswerFinding,
    FoundOfTrade,
    ReadFindings,
    ReadTradeFindings,
)
from nightdesk.journal.behaviour.asking import AskBehaviour
from nightdesk.journal.behaviour.claiming import JudgeClaims
from nightdesk.journal.behaviour.gathering import GatherHistory, Wanted
from nightdesk.journal.behaviour.judging import JudgeDay, JudgeTrades
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.reporting import (
    Buckets,
    ReadSetups,
    ReadTilt,
    ReadTimes,
    ReportWindow,
    Row,
)
from nightdesk.journal.behaviour.seen import seen
from nightdesk.journal.behaviour.tuning import ReadDetectors, TuneDetector
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, DetectorStatus, Finding, Opinion, Severity
from nightdesk.journal.following import ScoreDay
from nightdesk.journal.place import Place
from nightdesk.journal.plan import MaxLoss, SessionPlan
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.report_habits import ReportHabits
from nightdesk.journal.tag import Category
from nightdesk.journal.trade import (
    Emotion,
    ExitReason,
    JournalTrade,
    Origin,
    Outcome,
    Quantities,
    Status,
)
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode
from tests.builders.behaviour import AT, a_claim, bars_of
from tests.builders.writing import OWNER, a_closed_trade, a_plan, a_tag, played
from tests.fakes.findings import FakeDetectorSettings, FakeEquity, FakeFindings, FakeMoods
from tests.fakes.journal import FakePlans, FakeTags, FakeWrittenTrades
from tests.fakes.journal_trades import FakeOwedLooks

NOW = AT + timedelta(days=1, hours=12)
MINUTE = timedelta(minutes=1)
D = Decimal
VIENNA = Preferences(owner=OWNER, places=(Place(zone="Europe/Vienna"),))


@dataclass
class Shelf:
    """The port CandleStore over whole series."""

    series: dict[str, Candles] = field(default_factory=dict)

    def load(
        self, instrument_id: str, timeframe: Timeframe, *, as_of: object, limit: int
    ) -> Candles:
        found = self.series.get(instrument_id)
        if found is None or found.timeframe is not timeframe:
            return no_candles(InstrumentId(instrument_id), timeframe)
        return found.closed(as_of).tail(limit)  # type: ignore[arg-type]

    def between(
        self, instrument_id: str, timeframe: Timeframe, since: object, until: object
    ) -> Candles:
        found = self.series[instrument_id].since(since)  # type: ignore[arg-type]
        return found.rows(0, len(found) - len(found.since(until)))  # type: ignore[arg-type]


def a_trade(
    name: str, minute: float, net: str = "10", *, size: str = "1000", **changes: object
) -> JournalTrade:
    """Return a person's trade of five minutes, entered so many minutes after ten."""
    opened = AT + minute * MINUTE
    outcome = Outcome.WIN if D(net) > 0 else Outcome.LOSS
    trade = a_closed_trade(name, net=net, opened_at=opened, outcome=outcome)
    money = replace(trade.money, gross_account=D(net), fees_account=D(0))
    quantity: Quantities = replace(trade.quantity, size=D(size))
    plain = replace(trade, closed_at=opened + 5 * MINUTE, money=money, quantity=quantity)
    return replace(plain, **changes)  # type: ignore[arg-type]


@dataclass
class Room:
    """Use cases over fakes."""

    trades: FakeWrittenTrades = field(default_factory=FakeWrittenTrades)
    plans: FakePlans = field(default_factory=FakePlans)
    findings: FakeFindings = field(default_factory=FakeFindings)
    settings: FakeDetectorSettings = field(default_factory=FakeDetectorSettings)
    equity: FakeEquity = field(default_factory=FakeEquity)
    moods: FakeMoods = field(default_factory=FakeMoods)
    tags: FakeTags = field(default_factory=FakeTags)
    shelf: Shelf = field(default_factory=Shelf)
    own: Preferences = VIENNA

    def preferences(self, owner: UserId) -> Preferences:
        return self.own

    @property
    def gather(self) -> GatherHistory:
        store: CandleStore = self.shelf  # type: ignore[assignment]
        return GatherHistory(
            self.trades, self.preferences, self.plans, store, self.equity, self.moods, self.tags
        )

    def traded(self, *trades: JournalTrade, **labels: object) -> None:
        self.trades.kept += [played(one, planned=False, **labels) for one in trades]

    def judge(self, *names: str) -> list[Finding]:
        judge = JudgeTrades(self.gather, self.settings, self.findings)
        trades = [self.trades.get(OWNER, TradeId(name)).trade for name in names]
        return [*judge(OWNER, trades, now=NOW)]

    def report(self, *, bot_id: str | None = None) -> Mapping[str, Row]:
        report = ReportWindow(self.gather, self.settings)
        wanted = replace(window(90), bot_id=BotId(bot_id) if bot_id else None)
        return {row.detector.id: row for row in report(wanted).rows}

    def claims(self, *, keeping: bool) -> Mapping[str, Claim]:
        judge = JudgeClaims(self.gather, self.settings, self.findings)
        found = judge(OWNER, Mode.LIVE, NOW, now=NOW, keeping=keeping)
        return {one.detector: one for one in found}


def a_plan_of(moment: datetime, zone: str = "Europe/Vienna", **changes: object) -> SessionPlan:
    """Return the plan of a moment's day in a zone, written the week before."""
    place = Place(zone=zone)
    begins, ends = place.bounds(place.day(moment))
    written = begins - timedelta(days=7)
    plan = a_plan(day=place.day(moment), begins=begins, ends=ends, written_at=written)
    return replace(plan, **changes)  # type: ignore[arg-type]


def asked(room: Room) -> AskBehaviour:
    return AskBehaviour(
        report=ReportWindow(room.gather, room.settings),
        tilt=ReadTilt(room.gather, room.preferences, room.settings),
        times=ReadTimes(room.gather, room.settings),
        setups=ReadSetups(room.gather, room.settings),
        findings=ReadFindings(room.findings),
        tags=room.tags,
    )


def window(days: int) -> Wanted:
    return Wanted(owner=OWNER, mode=Mode.LIVE, since=NOW - timedelta(days=days), until=NOW)


@pytest.fixture
def room() -> Room:
    room = Room()
    room.traded(a_trade("jt_a", 0, "-50"), a_trade("jt_b", 6, "-60", size="2000"))
    return room


def ids(found: list[Finding]) -> set[str]:
    return {one.detector.value for one in found}


def test_a_new_trade_is_judged_by_what_came_before_it(room: Room) -> None:
    found = room.judge("jt_b")
    assert ids(found) == {"REVENGE", "NO_STOP"}
    revenge = next(one for one in found if one.detector is DetectorId.REVENGE)
    assert (revenge.trades, revenge.at) == (("jt_b", "jt_a"), AT + 6 * MINUTE)
    assert revenge.thresholds == DETECTORS[DetectorId.REVENGE].used()
    assert [one.type for one in room.findings.events] == ["behaviour_flagged"] * 2
    assert {one.data["trade_id"] for one in room.findings.events} == {"jt_b"}


def test_judging_again_changes_nothing_and_tells_nothing(room: Room) -> None:
    first = room.judge("jt_b")
    assert room.judge("jt_b") == []
    assert len(room.findings.kept) == len(room.findings.events) == len(first)


def test_old_findings_keep_the_thresholds_that_made_them(room: Room) -> None:
    room.judge("jt_b")
    before = dict(room.findings.kept)
    tune = TuneDetector(room.settings)
    tune(OWNER, "REVENGE", version=0, thresholds={"window_minutes": 120, "size_factor": 3})
    assert room.judge("jt_b") == []
    assert room.findings.kept == before


def test_bots_other_modes_and_void_trades_are_no_past_and_not_judged(room: Room) -> None:
    bot = a_trade("jt_c", 12, "-1", origin=Origin.BOT, bot_id=BotId("b1"))
    void = a_trade("jt_d", 13, "-1", status=Status.VOID)
    paper = a_trade("jt_e", 14, mode=Mode.PAPER)
    room.traded(bot, void, paper)
    assert room.judge("jt_c", "jt_d") == []
    assert ids(room.judge("jt_e")) == {"NO_STOP"}


def test_several_trades_at_once_are_judged_as_one_by_one(room: Room) -> None:
    alone = Room(trades=room.trades)
    for name in ("jt_a", "jt_b"):
        alone.judge(name)
    room.judge("jt_a", "jt_b")
    assert room.findings.kept == alone.findings.kept


def test_shadow_is_kept_untold_and_unseen_and_off_is_not_looked_for(room: Room) -> None:
    tune = TuneDetector(room.settings)
    tune(OWNER, "REVENGE", version=0, status=DetectorStatus.SHADOW)
    tune(OWNER, "NO_STOP", version=0, status=DetectorStatus.OFF)
    (found,) = room.judge("jt_b")
    assert (found.detector, found.shadow) == (DetectorId.REVENGE, True)
    assert room.findings.events == []
    assert ReadTradeFindings(room.trades, room.findings)(OWNER, TradeId("jt_b")) == []
    assert ReadFindings(room.findings)(OWNER, limit=9, after=None).items == []
    tilts = ReadTilt(room.gather, room.preferences, room.settings)
    (tilt,) = tilts(OWNER, Mode.LIVE, AT.date(), AT.date()).values()
    assert tilt.parts["revenge"] == 0


def test_limits_are_those_of_a_plan_that_stood_before_the_first_entry(room: Room) -> None:
    wish = replace(a_plan().wish, max_trades=1, max_loss=MaxLoss(amount=D(50)))
    plan = a_plan_of(AT, wish=wish)
    late = Room(trades=room.trades)
    for one, written in ((room, AT - MINUTE), (late, AT + MINUTE)):
        one.plans.save(replace(plan, written_at=written))
    assert ids(room.judge("jt_b")) == {"REVENGE", "NO_STOP", "OVERTRADE_LIMIT", "LIMIT_BREAK"}
    assert ids(late.judge("jt_b")) == {"REVENGE", "NO_STOP"}


def test_the_cool_down_is_that_of_the_settings(room: Room) -> None:
    room.own = replace(room.own, cooldown_minutes=30)
    assert "COOLDOWN_BREAK" in ids(room.judge("jt_b"))


def test_bars_of_the_journals_timeframe_are_read_up_to_the_entry(room: Room) -> None:
    trade = a_trade("jt_c", 60 * 10)
    begin = AT - timedelta(hours=1)
    candles = bars_of([70.0] * 60, begin=begin).candles
    room.shelf.series[trade.instrument] = replace(candles, instrument_id=trade.instrument)
    room.traded(trade)
    found = {one.detector: one for one in room.judge("jt_c")}
    assert found[DetectorId.FOMO_EXTENSION].severity is Severity.HIGH
    assert found[DetectorId.FOMO_EXTENSION].figures["last_bar"] == "2025-03-03T19:45:00Z"
    assert DetectorId.FOMO_CHASE in found


# days


def test_a_day_is_scored_once_when_it_is_over(room: Room) -> None:
    judge = JudgeDay(room.gather, room.preferences, room.settings, room.findings)
    assert judge(OWNER, AT.date(), Mode.LIVE, now=AT + timedelta(hours=2)) is None
    found = judge(OWNER, AT.date(), Mode.LIVE, now=NOW)
    assert found is not None
    assert (found.severity, found.figures["score"]) == (Severity.LOW, 49)
    assert found.figures["cooldowns"] == [15, 30, 60]
    assert judge(OWNER, AT.date(), Mode.LIVE, now=NOW + MINUTE) == found
    assert judge(OWNER, AT.date() - timedelta(days=1), Mode.LIVE, now=NOW) is None


def test_tilt_is_shown_for_days_with_trades_alone(room: Room) -> None:
    tilts = ReadTilt(room.gather, room.preferences, room.settings)
    found = tilts(OWNER, Mode.LIVE, AT.date() - timedelta(days=9), AT.date())
    assert {day: one.score for day, one in found.items()} == {AT.date(): 49}
    with pytest.raises(Invalid, match="92"):
        tilts(OWNER, Mode.LIVE, AT.date() - timedelta(days=92), AT.date())


# windows


def early_exits(room: Room, n: int) -> None:
    for i in range(n):
        trade = a_trade(f"jt_e{i:02}", 60 + 40 * i, exit_reason=ExitReason.MANUAL)
        room.traded(replace(trade, excursion=replace(trade.excursion, mfe=D(100))))


def test_a_window_shows_shares_beside_their_base_and_a_sentence_only_where_it_is_due(
    room: Room,
) -> None:
    early_exits(room, 24)
    rows = room.report()
    claim = rows["EARLY_EXIT"].claim
    assert claim is not None and claim.chance is not None  # noqa: PT018
    assert (claim.standing, claim.chance.x, claim.chance.n) == (Standing.FIRES, 24, 24)
    assert claim.text.startswith("24 of 24 winners closed by hand kept less than 50.0 %")
    revenge = rows["REVENGE"].claim
    assert revenge is not None and revenge.chance is not None  # noqa: PT018
    assert (revenge.standing, revenge.chance.x, revenge.chance.n) == (Standing.SILENT, 1, 26)
    assert revenge.chance.seed is not None
    assert [len(rows[name].flags) for name in ("REVENGE", "EARLY_EXIT")] == [1, 24]
    assert room.findings.kept == {}


def test_a_window_of_some_trades_is_made_of_them_alone(room: Room) -> None:
    other = InstrumentId("ETH/USDT@binance")
    room.traded(a_trade("jt_c", 12, instrument=other))
    report = ReportWindow(room.gather, room.settings)
    without = replace(window(90), only=lambda one: one.trade.id != "jt_a")
    seen = {row.detector.id: row for row in report(window(90)).rows}
    rows = {row.detector.id: row for row in report(without).rows}
    assert [flag.trade.id for flag in seen[DetectorId.REVENGE].flags] == ["jt_b", "jt_c"]
    assert [flag.trade.id for flag in rows[DetectorId.REVENGE].flags] == ["jt_c"]
    assert rows[DetectorId.REVENGE].n == 2
    assert report(without).trades == {"jt_b", "jt_c"}


def test_a_window_of_few_trades_claims_nothing(room: Room) -> None:
    early_exits(room, 5)
    claims = [row.claim for row in room.report().values() if row.claim is not None]
    assert Standing.FIRES not in {claim.standing for claim in claims}


def test_claims_that_fire_are_kept_once_and_can_be_answered(room: Room) -> None:
    early_exits(room, 24)
    assert room.claims(keeping=False)[DetectorId.EARLY_EXIT].standing is Standing.FIRES
    assert room.findings.kept == {}
    room.claims(keeping=True)
    room.claims(keeping=True)
    kept = [one for one in room.findings.kept.values() if one.detector is DetectorId.EARLY_EXIT]
    (found,) = kept
    assert found.chance is not None
    assert (found.at, found.chance.x) == (NOW, 24)
    answered = AnswerFinding(room.findings)(OWNER, found.id, Opinion.AGREE, "", now=NOW)
    assert answered.answer is not None


def test_a_bots_page_asks_for_three_detectors(room: Room) -> None:
    room.traded(a_trade("jt_c", 12, origin=Origin.BOT, bot_id=BotId("b1")))
    rows = room.report(bot_id="b1")
    assert set(rows) == {"COST_DRAG", "GIVE_BACK", "NO_STOP"}
    assert [flag.trade.id for flag in rows["NO_STOP"].flags] == ["jt_c"]


@pytest.mark.parametrize("days", [6, 731])
def test_a_window_has_seven_to_730_days(room: Room, days: int) -> None:
    with pytest.raises(Invalid):
        ReportWindow(room.gather, room.settings)(window(days))


def test_times_are_those_of_the_owners_zone_and_setups_by_expectancy(room: Room) -> None:
    for i in range(6):
        room.trades.kept.append(played(a_trade(f"jt_s{i}", 60 + i), setup_id="breakout"))
    wanted = window(90)
    hours = ReadTimes(room.gather, room.settings)(wanted, Buckets.HOUR)
    assert [(one.name, one.n) for one in hours] == [("11", 2), ("12", 6)]
    sessions = ReadTimes(room.gather, room.settings)(wanted, Buckets.SESSION)
    assert [(one.name, one.n) for one in sessions] == [("europe", 8)]
    setups = ReadSetups(room.gather, room.settings)(wanted)
    assert [(one.name, one.n, one.p) for one in setups] == [("breakout", 6, None)]


def test_setups_are_called_by_name_and_a_merged_one_is_what_it_became(room: Room) -> None:
    kept = room.tags.save(a_tag(id="tag_kept", name="Opening range", category=Category.SETUP), None)
    room.tags.save(
        a_tag(id="tag_gone", name="ORB", category=Category.SETUP, merged_into="tag_kept"), None
    )
    for i in range(6):
        setup = "tag_gone" if i % 2 else "tag_kept"
        room.trades.kept.append(played(a_trade(f"jt_s{i}", 60 + i), setup_id=setup))
    setups = ReadSetups(room.gather, room.settings)(window(90))
    assert [(one.key, one.name, one.n) for one in setups] == [(kept.id, "Opening range", 6)]


def test_setups_below_the_journals_thin_number_are_not_ranked(room: Room) -> None:
    for i in range(40):
        setup, r = ("gap", "2") if i % 2 else ("news", "-1")
        trade = a_trade(f"jt_s{i}", 60 + i)
        risk = replace(trade.risk, r=D(r) + D(i % 7) / 10)
        room.trades.kept.append(played(replace(trade, risk=risk), setup_id=setup))
    for thin_n, named in ((20, ["gap"]), (21, [])):
        room.own = replace(VIENNA, thin_n=thin_n)
        said = room.report()["BEST_SETUPS"].claim
        assert said is not None
        assert said.figures["better"] == named
        assert said.figures["thin_below"] == thin_n


# what came before a window


def a_month_and_a_burst(room: Room) -> list[str]:
    """A trade a day for thirty days; then six within the hour, larger after each loss."""
    room.trades.kept.clear()
    for n in range(6, 36):
        room.traded(a_trade(f"jt_p{n:02}", -1_440 * n, "-40" if n % 2 else "30"))
    names = [f"jt_{n}" for n in range(6)]
    for n, name in enumerate(names):
        room.traded(a_trade(name, 6 * n, "-60", size="3000"))
    room.equity.points = [(AT - timedelta(days=20), D(10_000))]
    return names


def test_a_window_sees_in_its_entries_what_was_found_of_them(room: Room) -> None:
    names = a_month_and_a_burst(room)
    kept = {(one.detector, one.trades[0]): one for one in room.judge(*names)}
    report = ReportWindow(room.gather, room.settings)(window(7))
    shown = {
        (row.detector.id, flag.trade.id): (flag.severity, dict(flag.figures))
        for row in report.rows
        for flag in row.flags
    }
    assert shown == {key: (one.severity, dict(one.figures)) for key, one in kept.items()}
    assert {name for name, _ in shown} >= {
        DetectorId.OVERTRADE_BURST,
        DetectorId.SIZE_ESCALATION,
        DetectorId.REVENGE,
    }
    assert report.trades == set(names)
    assert {row.n for row in report.rows} == {6}


def test_a_trade_that_was_closed_in_a_window_used_up_its_limit(room: Room) -> None:
    long = a_trade("jt_c", -1_440 * 20, "-500", closed_at=AT - 10 * MINUTE)
    room.traded(long)
    room.plans.save(a_plan_of(AT, wish=replace(a_plan().wish, max_loss=MaxLoss(amount=D(500)))))
    rows = {
        row.detector.id: row for row in ReportWindow(room.gather, room.settings)(window(7)).rows
    }
    assert [flag.trade.id for flag in rows[DetectorId.LIMIT_BREAK].flags] == ["jt_a", "jt_b"]


def test_what_came_before_a_window_of_some_trades_is_of_them_too(room: Room) -> None:
    names = a_month_and_a_burst(room)
    only = replace(window(7), only=lambda one: one.trade.id in names)
    rows = {row.detector.id: row for row in ReportWindow(room.gather, room.settings)(only).rows}
    assert rows[DetectorId.OVERTRADE_BURST].flags == ()
    assert rows[DetectorId.REVENGE].n == 6


def test_a_report_knows_of_its_older_trades_and_judges_those_of_two_years(room: Room) -> None:
    old = a_trade("jt_c", 0, "-50")
    early = replace(old, opened_at=NOW - timedelta(days=731), closed_at=AT - MINUTE)
    trades = [seen(one.trade, one.labels) for one in (played(early), *room.trades.kept)]
    room.own = replace(room.own, cooldown_minutes=5)
    habits = ReportHabits(room.gather, room.settings)(OWNER, trades, [Mode.LIVE], until=NOW)
    broken = next(one for one in habits if one.name == "cooldown break")
    assert (broken.x, broken.n) == (2, 2)


# what was kept


def test_kept_claims_and_days_of_the_window_are_shown_whatever_trades_they_name(room: Room) -> None:
    for n in range(5):
        opened = AT - timedelta(hours=30) + n * MINUTE
        room.traded(a_trade(f"jt_o{n}", 0, "-50", opened_at=opened, closed_at=AT + n * MINUTE))
    room.trades.kept = room.trades.kept[2:]  # on the day nothing was entered
    judge = JudgeDay(room.gather, room.preferences, room.settings, room.findings)
    tilt = judge(OWNER, AT.date(), Mode.LIVE, now=NOW)
    assert tilt is not None
    assert tilt.trades == tuple(f"jt_o{n}" for n in range(5))
    hours = a_claim(owner=OWNER, at=AT, trades=(), figures={"mode": "live"})
    other = a_claim(owner=OWNER, at=AT, trades=(), figures={"mode": "paper"}, id="01PAPER")
    bots = a_claim(owner=OWNER, at=AT, trades=(), figures={"mode": "live"}, bot_id=BotId("b1"))
    for one in (hours, other, replace(bots, id="01BOT")):
        room.findings.add(one, None)
    ask = asked(room)

    def shown(**filters: Any) -> set[str]:
        told = TradeFilters(any_of={name: frozenset({one}) for name, one in filters.items()})
        return {one.id for one in ask.found(ask.of(OWNER, told, 90, now=NOW), most=50)}

    assert shown() == {tilt.id, hours.id}
    assert shown(mode="paper") == {"01PAPER"}
    assert shown(bot_id="b1") == {"01BOT"}
    assert shown(outcome="loss") == {tilt.id}  # of some trades, what names them
    assert shown(outcome="win") == set()


# what is not on


def test_tilt_in_shadow_is_kept_and_not_shown(room: Room) -> None:
    TuneDetector(room.settings)(OWNER, "TILT", version=0, status=DetectorStatus.SHADOW)
    tilts = ReadTilt(room.gather, room.preferences, room.settings)
    assert tilts(OWNER, Mode.LIVE, AT.date(), AT.date()) == {}
    judge = JudgeDay(room.gather, room.preferences, room.settings, room.findings)
    found = judge(OWNER, AT.date(), Mode.LIVE, now=NOW)
    assert found is not None
    assert found.shadow


def test_times_and_setups_name_none_better_unless_their_detector_is_on_and_judges_them(
    room: Room,
) -> None:
    for i in range(80):
        r = D("2") if i % 2 else D("-1")
        bot = {"origin": Origin.BOT, "bot_id": BotId("b1")} if i >= 40 else {}
        trade = a_trade(f"jt_s{i}", 60 * (i % 2) - 1_440 * (i // 4), **bot)
        trade = replace(trade, risk=replace(trade.risk, r=r + D(i % 7) / 10))
        room.trades.kept.append(played(trade, setup_id="gap" if i % 2 else "news"))
    people, bots = window(90), replace(window(90), bot_id=BotId("b1"))

    def named(wanted: Wanted) -> tuple[list[bool], list[bool]]:
        times = ReadTimes(room.gather, room.settings)(wanted, Buckets.HOUR)
        setups = ReadSetups(room.gather, room.settings)(wanted)
        assert [len(times), len(setups)] == [2, 2]
        return [one.better for one in times], [one.better for one in setups]

    assert named(people) == ([False, True], [True, False])
    assert named(bots) == ([False, False], [False, False])
    tune = TuneDetector(room.settings)
    for name, version, status in (
        ("OPTIMAL_HOURS", 0, DetectorStatus.SHADOW),
        ("BEST_SETUPS", 0, DetectorStatus.OFF),
    ):
        tune(OWNER, name, version=version, status=status)
    assert named(people) == ([False, False], [False, False])


# an owner who moved

MOVED = Preferences(
    owner=OWNER,
    places=(
        Place(zone="Asia/Tokyo"),
        Place(zone="America/New_York", since=datetime(2025, 3, 10, 4, tzinfo=UTC)),
    ),
)
"""Until a Monday in New York days begin at 15:00 UTC, from then on at 04:00."""


def test_days_and_limits_stay_those_of_where_they_were_traded() -> None:
    room = Room(own=MOVED)
    room.traded(
        a_trade("jt_a", 0, "-50", opened_at=AT, closed_at=AT + 5 * MINUTE),
        a_trade("jt_b", 60 * 4.5, "-60"),  # 14:30 UTC, half past eleven at night in Tokyo
        a_trade("jt_c", 60 * 5.5, "10"),  # the next day there
    )
    wish = replace(a_plan().wish, max_trades=1, max_loss=MaxLoss(amount=D(50)))
    room.plans.save(a_plan_of(AT, "Asia/Tokyo", wish=wish))
    later = AT + timedelta(days=20)
    asked_late = Wanted(owner=OWNER, mode=Mode.LIVE, since=AT - timedelta(days=7), until=later)
    report = ReportWindow(room.gather, room.settings)
    rows = {row.detector.id: row for row in report(asked_late).rows}
    for name in (DetectorId.LIMIT_BREAK, DetectorId.OVERTRADE_LIMIT):
        assert [(flag.trade.id, flag.figures["day"]) for flag in rows[name].flags][-1:] == [
            ("jt_b", "2025-03-03")
        ], name
    hours = ReadTimes(room.gather, room.settings)(asked_late, Buckets.HOUR)
    assert [one.name for one in hours] == ["00", "19", "23"]
    tilts = ReadTilt(room.gather, room.preferences, room.settings)
    days = tilts(OWNER, Mode.LIVE, date(2025, 3, 3), date(2025, 3, 4))
    assert {day: one.loss_run for day, one in days.items()} == {
        date(2025, 3, 3): 2,
        date(2025, 3, 4): 0,
    }
    judge = JudgeDay(room.gather, room.preferences, room.settings, room.findings)
    found = judge(OWNER, date(2025, 3, 3), Mode.LIVE, now=later)
    assert found is not None
    assert found.at == datetime(2025, 3, 2, 15, tzinfo=UTC)


def test_a_day_of_before_a_move_is_over_where_it_was_traded() -> None:
    room, looks = Room(own=MOVED), FakeOwedLooks()
    score = ScoreDay(JudgeDay(room.gather, room.preferences, room.settings, room.findings), looks)
    ends = datetime(2025, 3, 3, 15, tzinfo=UTC)
    for now, owed in ((ends - MINUTE, [ends]), (ends, [])):
        assert score(OWNER, date(2025, 3, 3), Mode.LIVE, now=now) is None
        assert [one.at for one in looks.kept.values()] == owed


# the trader's word


def test_own_emotions_stand_beside_a_finding_with_the_agreement() -> None:
    room = Room()
    room.traded(a_trade("jt_a", 0, "-50"))
    room.traded(a_trade("jt_b", 6, "-60", size="2000"), emotions=(Emotion.REVENGE,))
    room.judge("jt_b")
    shown = ReadTradeFindings(room.trades, room.findings)(OWNER, TradeId("jt_b"))
    assert {one.finding.detector.value: one.agrees for one in shown} == {
        "NO_STOP": None,
        "REVENGE": True,
    }
    row = room.report()["REVENGE"]
    assert (row.labelled, row.agreeing) == (1, 1)
    mentioned = FoundOfTrade(room.trades, room.findings)(OWNER, TradeId("jt_b"))
    assert [(one.detector, one.severity) for one in mentioned] == [
        ("NO_STOP", "medium"),
        ("REVENGE", "medium"),
    ]


def test_an_answer_is_taken_and_the_same_again_changes_nothing(room: Room) -> None:
    found = room.judge("jt_b")[0]
    answer = AnswerFinding(room.findings)
    first = answer(OWNER, found.id, Opinion.DISAGREE, "as planned", now=NOW)
    assert answer(OWNER, found.id, Opinion.DISAGREE, "as planned", now=NOW + MINUTE) == first
    assert answer(OWNER, found.id, Opinion.AGREE, "", now=NOW).version == first.version + 1
    with pytest.raises(Invalid):
        answer(OWNER, found.id, Opinion.NOTE, " ", now=NOW)
    with pytest.raises(Missing):
        answer(UserId("usr_2"), found.id, Opinion.AGREE, "", now=NOW)


# tuning


def test_thresholds_are_set_in_their_bounds_and_go_back_to_the_default(room: Room) -> None:
    tune, read = TuneDetector(room.settings), ReadDetectors(room.settings)
    tuned = tune(OWNER, "REVENGE", version=0, thresholds={"size_factor": 1.4})
    assert tuned.used["size_factor"] == 1.4
    shown = {one.detector.id: one for one in read(OWNER)}
    assert list(shown) == list(DetectorId)
    assert shown[DetectorId.REVENGE] == tuned
    back = tune(OWNER, "REVENGE", version=1, thresholds={"size_factor": None})
    assert back.used == DETECTORS[DetectorId.REVENGE].used()
    assert tune(OWNER, "REVENGE", version=2, thresholds={}) == back


@pytest.mark.parametrize(
    ("thresholds", "code"),
    [
        ({"size_factor": 1.0}, "OUT_OF_RANGE"),
        ({"size_factor": float("nan")}, "OUT_OF_RANGE"),
        ({"strange": 1.0}, "VALIDATION_FAILED"),
        ({"strange": None}, "VALIDATION_FAILED"),
    ],
)
def test_what_is_out_of_bounds_or_unknown_is_refused(
    room: Room, thresholds: dict[str, float | None], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        TuneDetector(room.settings)(OWNER, "REVENGE", version=0, thresholds=thresholds)
    assert refused.value.code == code
    assert room.settings.kept == {}


def test_whole_numbers_stay_whole(room: Room) -> None:
    with pytest.raises(Invalid):
        TuneDetector(room.settings)(OWNER, "SIZE_ESCALATION", version=0, thresholds={"losses": 2.5})


def test_an_unknown_detector_is_missing_and_another_version_stale(room: Room) -> None:
    tune = TuneDetector(room.settings)
    with pytest.raises(Missing):
        tune(OWNER, "STRANGE", version=0)
    with pytest.raises(StaleWrite):
        tune(OWNER, "REVENGE", version=3, status=DetectorStatus.OFF)
