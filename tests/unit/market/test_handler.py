"""The function `sync_market`: its messages, and its handler over scripted use cases."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from functions.sync_market import handler
from functions.sync_market.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.ids import InstrumentId
from nightdesk.market.quality import Finding, FindingCode
from nightdesk.market.sync import Synced
from nightdesk.market.timeframe import Timeframe

EVENTS = Path(__file__).parents[3] / "events" / "sync_market"
AT = datetime(2019, 1, 1, tzinfo=UTC)
CONTEXT: Any = SimpleNamespace(
    function_name="sync_market",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:0:function:sync_market",
    aws_request_id="1",
)


def _synced(instrument: str, timeframe: Timeframe) -> Synced:
    finding = Finding(code=FindingCode.GAP, figures={"missing": 1})
    return Synced(
        instrument_id=InstrumentId(instrument),
        timeframe=timeframe,
        newest=AT,
        stored=1,
        findings=(finding,),
    )


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_sample_events_are_read(path: Path) -> None:
    message = Input.model_validate_json(path.read_text())
    assert message.hourly == (path.stem == "hourly")


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": "2019-01-02T00:00:00"},
        {"markets": [{"instrument": "BTC/USD@bitstamp", "timeframes": []}]},
        {"markets": [{"instrument": "BTC/USD@bitstamp", "timeframes": ["2h"]}]},
        {"scheduled": True},
    ],
    ids=["naive", "no timeframe", "unknown timeframe", "both"],
)
def test_bad_message_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Input.model_validate({**json.loads((EVENTS / "cycle.json").read_text()), **change})


def test_batch_is_synced_market_by_market(monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(instrument: str, timeframes: tuple[Timeframe, ...], *, as_of: datetime) -> Any:
        assert as_of == datetime(2019, 1, 2, tzinfo=UTC)
        return [_synced(instrument, timeframe) for timeframe in timeframes]

    monkeypatch.setattr(bootstrap, "sync_market", lambda: sync)
    event = json.loads((EVENTS / "cycle.json").read_text())
    answer = handler.lambda_handler(event, CONTEXT)
    assert answer["synced"][1] == {
        "instrument": "ETH/USD@bitstamp",
        "timeframe": "1d",
        "newest": "2019-01-01T00:00:00Z",
        "stored": 1,
        "findings": ["GAP"],
    }
    assert Output.model_validate(answer).synced[0].instrument == "BTC/USD@bitstamp"


def test_hourly_pass_reads_rules_before_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def refresh(*, as_of: datetime) -> list[str]:
        done.append("rules")
        return ["bitstamp"]

    def gaps(*, as_of: datetime) -> list[Synced]:
        done.append("gaps")
        return [_synced("BTC/USD@bitstamp", Timeframe.D1)]

    monkeypatch.setattr(bootstrap, "refresh_rules", lambda: refresh)
    monkeypatch.setattr(bootstrap, "backfill_gaps", lambda: gaps)
    event = json.loads((EVENTS / "hourly.json").read_text())
    answer = handler.lambda_handler(event, CONTEXT)
    assert done == ["rules", "gaps"]
    assert answer["rules"] == ["bitstamp"]
    assert len(answer["synced"]) == 1
