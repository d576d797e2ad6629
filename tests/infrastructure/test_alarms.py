"""An alarm is worth what the person it wakes can do."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from nightdesk.names import Metric
from tests.infrastructure.templates import Synthesised, resources

ROOT = Path(__file__).resolve().parents[2]
COUNT = """
import json
from nightdesk.observability import metrics
metrics.add_metric(name="CycleLag", unit="Seconds", value=1)
print(json.dumps(metrics.serialize_metric_set()))
"""
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


def test_our_own_metrics_are_counted_under_the_dimensions_that_alarms_ask_for(
    stage_of: Callable[[str], Synthesised],
) -> None:
    counted = subprocess.run(
        [sys.executable, "-c", COUNT],
        env=os.environ | {"NIGHTDESK_STAGE": "prod", "PYTHONPATH": str(ROOT / "shared")},
        capture_output=True,
        text=True,
        check=True,
    )
    blob = json.loads(counted.stdout)
    (directive,) = blob["_aws"]["CloudWatchMetrics"]
    (names,) = directive["Dimensions"]
    dimensions = {name: blob[name] for name in names}
    asked = [
        alarm["Properties"]
        for alarm in resources(stage_of("prod").ops, "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == directive["Namespace"]
    ]
    assert {one["MetricName"] for one in asked} >= {Metric.CYCLE_LAG, Metric.SUBMIT_UNKNOWN}
    for one in asked:
        assert {each["Name"]: each["Value"] for each in one["Dimensions"]} == dimensions


def test_silence_is_an_alarm_for_the_cycle_alone(stage_of: Callable[[str], Synthesised]) -> None:
    alarms = resources(stage_of("prod").ops, "AWS::CloudWatch::Alarm").values()
    silent = {
        alarm["Properties"]["AlarmName"]
        for alarm in alarms
        if alarm["Properties"]["TreatMissingData"] == "breaching"
    }
    assert silent == {"nightdesk-prod-NoCycle"}
