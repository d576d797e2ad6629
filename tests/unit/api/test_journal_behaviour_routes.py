from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.answering import AnswerFinding, ReadFindings
from nightdesk.journal.behaviour.asking import AskBehaviour
from nightdesk.journal.behaviour.gathering import GatherHistory
from nightdesk.journal.behaviour.reporting import ReadSetups, ReadTilt, ReadTimes, ReportWindow
from nightdesk.journal.behaviour.tuning import ReadDetectors, TuneDetector
from nightdesk.journal.finding import DetectorId, DetectorStatus, Finding, Scope, Severity
from tests.builders.accounts import NOW
from tests.fakes.findings import FakeDetectorSettings, FakeEquity, FakeMoods
from tests.fakes.journal import FakePlans, FakeTags
from tests.unit.api.conftest import Api
from tests.unit.api.journal_rig import JournalDesk
from tests.unit.api.writing_rig import refused, without_id


class Watched(JournalDesk):
    """The journals of Alice and Bob with their detectors."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        rig, self.settings = self.rig, FakeDetectorSettings()
        gather = GatherHistory(
            trades=rig.trades,
            preferences=rig.preferences,
            plans=FakePlans(),
            candles=rig.candles,
            equity=FakeEquity(),
            moods=FakeMoods(),
            tags=FakeTags(),
        )
        api.give(
            {
                bootstrap.ask_behaviour: AskBehaviour(
                    report=ReportWindow(gather, self.settings),
                    tilt=ReadTilt(gather, rig.preferences, self.settings),
                    times=ReadTimes(gather, self.settings),
                    setups=ReadSetups(gather, self.settings),
                    findings=ReadFindings(self.findings),
                    tags=FakeTags(),
                ),
                bootstrap.read_detectors: ReadDetectors(self.settings),
                bootstrap.tune_detector: TuneDetector(self.settings),
                bootstrap.answer_finding: AnswerFinding(self.findings),
            }
        )

    def found(self, owner: UserId, trade: dict[str, Any], **changes: Any) -> Finding:
        """Let something be found of a trade."""
        finding = Finding(
            id="01JREVENGE0000000000000000",
            owner=owner,
            detector=DetectorId.NO_STOP,
            detector_version=1,
            scope=Scope.TRADE,
            severity=Severity.LOW,
            at=self.rig.trades.get(owner, TradeId(trade["id"])).trade.opened_at,
            text="No stop was recorded.",
            trades=(TradeId(trade["id"]),),
            found_at=NOW,
        )
        finding = replace(finding, **changes)
        self.findings.add(finding, None)
        return finding


@pytest.fixture
def desk(api: Api) -> Watched:
    return Watched(api)


def rows(answer: Any) -> Sequence[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: Sequence[dict[str, Any]] = answer.json()["items"]
    return found


def test_a_window_shows_observations_and_why_nothing_is_claimed(desk: Watched) -> None:
    without = [desk.trade(day, stop=None)["id"] for day in (1, 2)]
    desk.trade(3)
    shown = desk.call("GET", "/behaviour").json()
    by_id = {one["detector"]: one for one in shown["detectors"]}
    assert (shown["trades"], shown["mode"]) == (3, "live")
    assert (shown["since"], shown["until"]) == (iso(NOW - timedelta(days=90)), iso(NOW))
    assert [one["trade_id"] for one in by_id["NO_STOP"]["shown"]] == without[::-1]
    assert by_id["NO_STOP"]["n"] == 3
    assert by_id["REVENGE"]["claim"] is None or (
        by_id["REVENGE"]["claim"]["standing"] == "not_enough_data"
    )
    assert desk.call("GET", "/behaviour", params={"mode": "paper"}).json()["trades"] == 0


def test_a_window_takes_the_filters_of_trades(desk: Watched) -> None:
    first = desk.trade(1, stop=None, labels={"emotions": ["calm"]})
    second = desk.trade(2, "90", stop=None)
    for made, name in (
        (first, "01JONE00000000000000000000"),
        (second, "01JTWO00000000000000000000"),
    ):
        desk.found(desk.owner, made, id=name)

    def shown(path: str = "/behaviour", **params: Any) -> Any:
        answer = desk.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def seen(**params: Any) -> tuple[int, list[str], list[str]]:
        found = shown(**params)
        by_id = {one["detector"]: one for one in found["detectors"]}
        flagged = [one["trade_id"] for one in by_id["NO_STOP"]["shown"]]
        return found["trades"], flagged, [one["trades"][0] for one in found["findings"]]

    for params, made in (
        ({"outcome": "loss"}, second),
        ({"emotion": "calm"}, first),
        ({"from": "2026-01-15T00:00:00Z", "to": "2026-02-02T00:00:00Z"}, first),
    ):
        assert seen(**params) == (1, [made["id"]], [made["id"]]), params
    assert seen() == (2, [second["id"], first["id"]], [second["id"], first["id"]])
    assert seen(side="short") == (0, [], [])
    assert seen(mode="paper") == (0, [], [])  # what was found of live trades is none of paper's
    bots = shown(bot_id="bot_x")
    assert {one["detector"] for one in bots["detectors"]} == {"COST_DRAG", "GIVE_BACK", "NO_STOP"}
    assert (bots["trades"], bots["findings"]) == (0, [])
    assert shown("/behaviour/times", outcome="loss")["items"] == []  # without a stop there is no R


@pytest.mark.parametrize("path", ["", "/times", "/setups"])
def test_a_window_is_of_one_mode_and_one_bot_and_of_7_to_730_days(desk: Watched, path: str) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "mode": {"mode": ["live", "paper"]},
        "bot_id": {"bot_id": ["a", "b"]},
        "from": {"from": "2026-02-01T00:00:00Z", "to": "2026-02-03T00:00:00Z"},
        "days": {"days": 6},
    }
    for name, params in wrong.items():
        answer = desk.call("GET", f"/behaviour{path}", params=params)
        assert answer.status_code == 422, name
        assert answer.json()["error"]["details"][0]["field"] == name
    for end in ("0001-01-02T00:00:00Z", "2009-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        answer = desk.call("GET", f"/behaviour{path}", params={"to": end})
        assert refused(answer) == (422, "BAD_RANGE"), end
    later = {"to": "2199-12-31T23:59:59Z"}
    assert desk.call("GET", f"/behaviour{path}", params=later).status_code == 200
    turned = {"from": "2026-02-03T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    answer = desk.call("GET", f"/behaviour{path}", params=turned)
    assert refused(answer) == (422, "BAD_RANGE")


def test_what_is_in_shadow_or_off_is_not_shown(desk: Watched) -> None:
    desk.trade(1, stop=None)
    body = {"version": 0, "status": "shadow"}
    tuned = desk.call("PATCH", "/behaviour/detectors/NO_STOP", json=body).json()
    assert (tuned["status"], tuned["version"]) == ("shadow", 1)
    shown = desk.call("GET", "/behaviour").json()["detectors"]
    assert "NO_STOP" not in {one["detector"] for one in shown}
    listed = {one["id"]: one["status"] for one in rows(desk.call("GET", "/behaviour/detectors"))}
    assert listed["NO_STOP"] == DetectorStatus.SHADOW
    assert len(listed) == len(DetectorId)


def test_a_finding_is_shown_with_its_trade_and_answered(desk: Watched) -> None:
    made = desk.trade(1, stop=None, labels={"emotions": ["calm"]})
    finding = desk.found(desk.owner, made)
    (one,) = rows(desk.call("GET", f"/behaviour/trades/{made['id']}"))
    assert (one["finding"]["id"], one["emotions"]) == (finding.id, ["calm"])
    path = f"/behaviour/findings/{finding.id}/answer"
    body = {"answer": "disagree", "note": "A small one."}
    answered = desk.call("POST", path, json=body).json()
    assert (answered["answer"]["answer"], answered["answer"]["note"]) == tuple(body.values())
    (kept,) = desk.call("GET", "/behaviour").json()["findings"]
    assert kept["answer"]["note"] == "A small one."
    (beside,) = desk.call("GET", f"/trades/{made['id']}").json()["findings"]
    assert beside["finding"]["id"] == finding.id


def test_a_kept_claim_that_names_no_trade_is_shown_and_answered(desk: Watched) -> None:
    made = desk.trade(1)
    claimed = desk.found(
        *(desk.owner, made),
        id="01JCLAIM000000000000000000",
        detector=DetectorId.OPTIMAL_HOURS,
        scope=Scope.WINDOW,
        trades=(),
        figures={"mode": "live"},
    )
    (shown,) = desk.call("GET", "/behaviour").json()["findings"]
    assert shown["id"] == claimed.id
    assert desk.call("GET", "/behaviour", params={"mode": "paper"}).json()["findings"] == []
    path = f"/behaviour/findings/{claimed.id}/answer"
    assert desk.call("POST", path, json={"answer": "agree"}).status_code == 200


def test_thresholds_are_set_within_bounds_and_go_back(desk: Watched) -> None:
    detector = next(
        one for one in rows(desk.call("GET", "/behaviour/detectors")) if one["thresholds"]
    )
    path, threshold = f"/behaviour/detectors/{detector['id']}", detector["thresholds"][0]
    name = threshold["name"]
    body = {"version": 0, "thresholds": {name: threshold["high"]}}
    tuned = desk.call("PATCH", path, json=body).json()
    assert tuned["thresholds"][0]["value"] == threshold["high"]
    assert refused(desk.call("PATCH", path, json=body)) == (409, "STALE_VERSION")
    back = desk.call("PATCH", path, json={"version": 1, "thresholds": {name: None}}).json()
    assert back["thresholds"][0]["value"] == threshold["default"]
    wrong = {"version": 2, "thresholds": {name: threshold["high"] + 1}}
    assert refused(desk.call("PATCH", path, json=wrong)) == (422, "OUT_OF_RANGE")
    answer = desk.call("PATCH", "/behaviour/detectors/LUCK", json={"version": 0})
    assert refused(answer) == (404, "NOT_FOUND")


def test_tilt_times_and_setups_are_told(desk: Watched) -> None:
    for day in range(1, 7):
        desk.trade(day, "90", labels={"setup_id": "breakout"})
    days = rows(desk.call("GET", "/behaviour/tilt", params={"from": "2026-02-01"}))
    assert [one["day"] for one in days] == [f"2026-02-0{day}" for day in range(1, 7)]
    assert days[0]["loss_run"] == 1
    (hour,) = rows(desk.call("GET", "/behaviour/times"))
    # each lost 10 and risked 5
    assert (hour["name"], hour["n"], hour["mean"]) == ("10", 6, -2.0)
    (part,) = rows(desk.call("GET", "/behaviour/times", params={"by": "session"}))
    assert part["name"] == "europe"
    shown = rows(desk.call("GET", "/behaviour/setups"))
    assert [(one["key"], one["name"]) for one in shown] == [("breakout", "breakout")]


def test_tilt_is_told_of_thirty_days_unless_asked(desk: Watched) -> None:
    """Of the first of March and the twenty-nine days before it."""
    desk.trade(1)
    for day in (30, 31):
        fills = [
            {"at": f"2026-01-{day}T10:00:00Z", "side": "BUY", "quantity": "1", "price": "100"},
            {"at": f"2026-01-{day}T11:00:00Z", "side": "SELL", "quantity": "1", "price": "90"},
        ]
        desk.trade(1, fills=fills)
    days = rows(desk.call("GET", "/behaviour/tilt"))
    assert [one["day"] for one in days] == ["2026-01-31", "2026-02-01"]


def test_another_traders_findings_do_not_exist(desk: Watched) -> None:
    made = desk.trade(1)
    finding = desk.found(desk.owner, made)
    before = dict(desk.findings.kept)
    word = {"answer": "agree"}
    for method, path, names, body in (
        ("GET", "/behaviour/trades/{}", (made["id"], "nobodys"), None),
        ("POST", "/behaviour/findings/{}/answer", (finding.id, "nobodys"), word),
    ):
        answers = [desk.call(method, path.format(one), json=body, as_bob=True) for one in names]
        assert {one.status_code for one in answers} == {404}
        assert without_id(answers[0]) == without_id(answers[1])
    theirs = desk.call("GET", "/behaviour", as_bob=True).json()
    assert (theirs["trades"], theirs["findings"]) == (0, [])
    desk.call("PATCH", "/behaviour/detectors/REVENGE", json={"version": 0, "status": "off"})
    own = {
        one["id"]: one["status"]
        for one in rows(desk.call("GET", "/behaviour/detectors", as_bob=True))
    }
    assert own["REVENGE"] == "on"
    assert desk.findings.kept == before


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "?days=6", None, "OUT_OF_RANGE"),
        ("GET", "?days=731", None, "OUT_OF_RANGE"),
        ("GET", "?days=many", None, "VALIDATION_FAILED"),
        ("GET", "?mode=dream", None, "VALIDATION_FAILED"),
        ("GET", "/times?by=moon", None, "VALIDATION_FAILED"),
        ("GET", "/setups?days=1", None, "OUT_OF_RANGE"),
        ("GET", "/tilt?from=2025-02-01&to=2026-02-01", None, "BAD_RANGE"),
        ("GET", "/tilt?from=2026-02-02&to=2026-02-01", None, "BAD_RANGE"),
        ("GET", "/tilt?from=yesterday", None, "VALIDATION_FAILED"),
        ("PATCH", "/detectors/REVENGE", {"status": "off"}, "VALIDATION_FAILED"),
        ("PATCH", "/detectors/REVENGE", {"version": 0, "status": "loud"}, "VALIDATION_FAILED"),
        (
            *("PATCH", "/detectors/REVENGE"),
            *({"version": 0, "thresholds": {"luck": 1}}, "VALIDATION_FAILED"),
        ),
        (
            *("PATCH", "/detectors/REVENGE"),
            *({"version": 0, "thresholds": {"x": "1"}}, "VALIDATION_FAILED"),
        ),
        ("POST", "/findings/f/answer", {"answer": "perhaps"}, "VALIDATION_FAILED"),
        ("POST", "/findings/f/answer", {"answer": "note", "note": " "}, "VALIDATION_FAILED"),
        (
            "POST",
            "/findings/f/answer",
            {"answer": "agree", "note": "x" * 1_001},
            "VALIDATION_FAILED",
        ),
    ],
)
def test_a_bad_question_or_body_is_422(
    desk: Watched, method: str, path: str, body: Any, code: str
) -> None:
    assert refused(desk.call(method, f"/behaviour{path}", json=body)) == (422, code)
    assert not desk.settings.kept
