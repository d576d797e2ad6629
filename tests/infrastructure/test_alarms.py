"""An alarm is worth what the person it wakes can do."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.infrastructure.templates import Synthesised, resources

ROOT = Path(__file__).resolve().parents[2]
SECTION = re.compile(r"^## (\w+)$", re.MULTILINE)


def test_every_alarm_names_a_section_and_every_section_has_an_alarm(
    stage_of: Callable[[str], Synthesised],
) -> None:
    alarms = resources(stage_of("prod").ops, "AWS::CloudWatch::Alarm").values()
    named = set()
    for alarm in alarms:
        severity, page = alarm["Properties"]["AlarmDescription"].split(": ")
        path, _, anchor = page.partition("#")
        assert severity in {"critical", "warning"}
        assert path == "docs/runbook.md"
        named.add(anchor)
    sections = SECTION.findall((ROOT / "docs" / "runbook.md").read_text())
    assert named == {section.lower() for section in sections}


def test_each_section_says_what_it_means_where_to_look_and_what_to_do() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    for body in SECTION.split(text)[2::2]:
        assert re.findall(r"^\*\*(\w+)\.\*\*", body, re.MULTILINE) == ["Meaning", "Look", "Act"]


def test_every_alarm_and_its_end_go_to_the_topic(
    stage_of: Callable[[str], Synthesised],
) -> None:
    ops = stage_of("prod").ops
    (topic,) = resources(ops, "AWS::SNS::Topic")
    for alarm in resources(ops, "AWS::CloudWatch::Alarm").values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": topic}]
        assert alarm["Properties"]["OKActions"] == [{"Ref": topic}]


def test_silence_is_an_alarm_for_the_cycle_alone(stage_of: Callable[[str], Synthesised]) -> None:
    alarms = resources(stage_of("prod").ops, "AWS::CloudWatch::Alarm").values()
    silent = {
        alarm["Properties"]["AlarmName"]
        for alarm in alarms
        if alarm["Properties"]["TreatMissingData"] == "breaching"
    }
    assert silent == {"nightdesk-prod-NoCycle"}
