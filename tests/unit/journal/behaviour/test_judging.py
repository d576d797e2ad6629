"""Judging trades, days and windows, the trader's word, and tuning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.core.errors import Invalid, Missing, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.journal.behaviour.answering import (
    AnswerFinding,
    FoundOfTrade,
    ReadFindings,
    ReadTradeFindings,
)
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
from nightdesk.journal.behaviour.tuning import ReadDetectors, TuneDetector
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, DetectorStatus, Finding, Opinion, Severity
from nightdesk.journal.place import Place
from nightdesk.journal.plan import MaxLoss
from nightdesk.journal.preferences import Preferences
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
from nightdesk.market.candles import Candles, no_candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode
from tests.builders.behaviour import AT, bars_of
from tests.builders.writing import OWNER, a_closed_trade, a_plan, a_tag, played
from tests.fakes.findings import FakeDetectorSettings, FakeEquity, FakeFindings, FakeMoods
from tests.fakes.journal import FakePlans, FakeTags, FakeWrittenTrades

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
    (tilt,) = tilts(OWNER, Mode.LIVE, AT.date(), AT.date(), now=NOW).values()
    assert tilt.parts["revenge"] == 0


def test_limits_are_those_of_a_plan_that_stood_before_the_first_entry(room: Room) -> None:
    wish = replace(a_plan().wish, max_trades=1, max_loss=MaxLoss(amount=D(50)))
    plan = a_plan(owner=OWNER, day=AT.date(), wish=wish, written_at=AT - MINUTE, version=0)
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
    found = tilts(OWNER, Mode.LIVE, AT.date() - timedelta(days=9), AT.date(), now=NOW)
    assert {day: one.score for day, one in found.items()} == {AT.date(): 49}
    with pytest.raises(Invalid, match="92"):
        tilts(OWNER, Mode.LIVE, AT.date() - timedelta(days=92), AT.date(), now=NOW)


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
