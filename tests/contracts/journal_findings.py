"""What every Findings and every DetectorSettings keeps to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.making import told
from nightdesk.journal.finding import (
    Answer,
    DetectorId,
    DetectorSetting,
    DetectorStatus,
    Opinion,
)
from nightdesk.journal.ports.findings import DetectorSettings, Findings
from tests.builders.behaviour import AT, OWNER, a_claim, a_finding

OTHER = UserId("usr_2")
HOUR = timedelta(hours=1)
WORD = Answer(opinion=Opinion.DISAGREE, note="it was the plan", at=AT + HOUR)


class FindingsContract:
    """Subclasses give the fixture `findings`: an empty Findings."""

    @pytest.mark.parametrize("finding", [a_finding(), a_claim(), a_finding(shadow=True)])
    def test_what_was_added_is_read_to_the_digit(self, findings: Findings, finding: object) -> None:
        assert isinstance(finding, type(a_finding()))
        assert findings.add(finding, told(finding))
        assert findings.get(OWNER, finding.id) == replace(finding, version=1)

    def test_a_finding_is_never_rewritten(self, findings: Findings) -> None:
        first = a_finding()
        findings.add(first, told(first))
        assert not findings.add(replace(first, text="other words"), None)
        assert findings.get(OWNER, first.id).text == first.text

    def test_another_owners_finding_is_missing(self, findings: Findings) -> None:
        findings.add(a_finding(), None)
        with pytest.raises(Missing):
            findings.get(OTHER, a_finding().id)
        assert findings.between(OTHER, AT, AT + HOUR) == []
        assert findings.of_trade(OTHER, TradeId("jt_2"), AT) == []

    def test_of_a_trade_are_those_that_judge_it_by_detector(self, findings: Findings) -> None:
        judged = [a_finding(), a_finding(detector=DetectorId.NO_STOP, measured={}, thresholds={})]
        others = [
            a_finding(trades=(TradeId("jt_1"), TradeId("jt_2"))),
            a_finding(at=AT + timedelta(milliseconds=1)),
            a_claim(),
        ]
        for one in (*judged, *others):
            findings.add(one, None)
        found = findings.of_trade(OWNER, TradeId("jt_2"), AT)
        assert [one.detector for one in found] == [DetectorId.NO_STOP, DetectorId.REVENGE]

    def test_a_span_holds_its_begin_and_not_its_end(self, findings: Findings) -> None:
        for hours in range(3):
            findings.add(a_finding(at=AT + hours * HOUR), None)
        assert [one.at for one in findings.between(OWNER, AT, AT + 2 * HOUR)] == [AT, AT + HOUR]
        assert [one.at for one in findings.each(OWNER, None, AT + HOUR)] == [AT]

    def test_pages_run_from_newest_to_oldest_without_gap_or_repeat(
        self, findings: Findings
    ) -> None:
        for hours in range(5):
            findings.add(a_finding(at=AT + hours * HOUR), None)
        after, seen = None, []
        for expected in (2, 2, 1):
            page = findings.page(OWNER, limit=2, after=after)
            assert len(page.items) == expected
            seen += [one.at for one in page.items]
            after = page.next_key
        assert after is None
        assert seen == [AT + hours * HOUR for hours in (4, 3, 2, 1, 0)]
        page = findings.page(OWNER, limit=9, after=None, since=AT + HOUR, until=AT + 3 * HOUR)
        assert [one.at for one in page.items] == [AT + 2 * HOUR, AT + HOUR]

    def test_an_answer_is_stored_and_nothing_else_changes(self, findings: Findings) -> None:
        findings.add(a_finding(), None)
        stored = findings.get(OWNER, a_finding().id)
        answered = findings.answer(stored.answered(WORD))
        assert answered == findings.get(OWNER, stored.id)
        assert answered == replace(stored, answer=WORD, version=2)

    def test_an_answer_over_another_version_is_stale(self, findings: Findings) -> None:
        findings.add(a_finding(), None)
        stored = findings.get(OWNER, a_finding().id)
        findings.answer(stored.answered(WORD))
        with pytest.raises(StaleWrite):
            findings.answer(stored.answered(replace(WORD, note="again")))

    def test_an_answer_to_what_is_not_there_is_stale(self, findings: Findings) -> None:
        with pytest.raises(StaleWrite):
            findings.answer(replace(a_finding(), version=1).answered(WORD))
        assert findings.between(OWNER, AT, AT + HOUR) == []


class DetectorSettingsContract:
    """Subclasses give the fixture `settings`: an empty DetectorSettings."""

    def test_what_was_set_is_read_with_its_next_version(self, settings: DetectorSettings) -> None:
        assert settings.all(OWNER) == {}
        one = DetectorSetting(
            owner=OWNER,
            detector=DetectorId.REVENGE,
            status=DetectorStatus.SHADOW,
            thresholds={"size_factor": 1.3},
        )
        saved = settings.save(one)
        assert saved == replace(one, version=1)
        assert settings.all(OWNER) == {DetectorId.REVENGE: saved}
        assert settings.all(OTHER) == {}

    def test_a_stale_version_is_refused(self, settings: DetectorSettings) -> None:
        one = DetectorSetting(owner=OWNER, detector=DetectorId.TILT)
        saved = settings.save(one)
        with pytest.raises(StaleWrite):
            settings.save(one)
        assert settings.save(replace(saved, status=DetectorStatus.OFF)).version == 2
