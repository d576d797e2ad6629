import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from functions.analyse.messages import Input, Output, Taken
from nightdesk.analysis.snapshot import take_snapshot
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import some_candles

EVENTS = sorted((Path(__file__).parents[3] / "events" / "analyse").glob("*.json"))


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_sample_event_is_read(path: Path) -> None:
    message = Input.model_validate(json.loads(path.read_text(encoding="utf-8")))
    assert message.markets


def test_findings_are_those_of_the_instrument() -> None:
    text = (EVENTS[-1]).read_text(encoding="utf-8")
    message = Input.model_validate_json(text)
    assert message.findings(InstrumentId("ETH/USD@bitstamp")) == {Timeframe.D1: ("DATA_GAP",)}
    assert message.findings(InstrumentId("BTC/USD@coinbase")) == {Timeframe.H1: ()}


def test_a_batch_without_markets_or_with_a_naive_time_is_refused() -> None:
    with pytest.raises(ValidationError):
        Input.model_validate({"as_of": "2019-06-01T00:00:00Z", "markets": []})
    market = {"instrument": "BTC/USD@bitstamp", "timeframes": ["1d"]}
    with pytest.raises(ValidationError):
        Input.model_validate({"as_of": "2019-06-01T00:00:00", "markets": [market]})


def test_the_answer_names_snapshots_without_their_figures() -> None:
    candles = some_candles(10)
    as_of = candles.last_open + Timeframe.H1.length
    snapshot = take_snapshot({Timeframe.H1: candles}, as_of=as_of, findings=["DATA_GAP"])
    answer = Output(snapshots=(Taken.from_domain(snapshot),)).model_dump(mode="json")
    assert answer["snapshots"][0]["candle"] == "2024-01-01T09:00:00Z"
    assert answer["snapshots"][0]["findings"] == ["DATA_GAP"]
    assert set(answer["snapshots"][0]) == {
        "instrument", "timeframe", "hash", "candle", "regime", "findings", "warming"
    }  # fmt: skip
