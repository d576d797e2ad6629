from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.ids import BotId, InstrumentId, StrategyId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.grammar import grammar
from nightdesk.strategies.showing import ReadSignals
from nightdesk.strategies.versions import (
    ArchiveStrategy,
    CreateStrategy,
    EditStrategy,
    ListStrategies,
    ReadStrategy,
    ValidateStrategy,
)
from tests.builders.accounts import NOW
from tests.builders.market import BTC, MemoryCandles, some_candles
from tests.builders.strategies import MemoryDefinitions, a_document
from tests.unit.api.conftest import Api

BUILT_IN = ["ma_cross", "rsi_reversion", "macd_trend", "donchian"]
ETH = InstrumentId("ETH/USD@bitstamp")
HOURS = 800


class Pinned:
    """The port Pins: which bots hold a strategy."""

    def __init__(self) -> None:
        self.bots: dict[StrategyId, list[BotId]] = {}

    def pinned(self, owner: UserId, strategy_id: StrategyId) -> list[BotId]:
        return self.bots.get(strategy_id, [])


class Shelf:
    """The strategies of two traders behind the app."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.alice, self.bob = api.alice(), api.bob()
        self.pins, self.candles, kept = Pinned(), MemoryCandles(), MemoryDefinitions()
        start = Timeframe.H1.floor(NOW) - HOURS * Timeframe.H1.length
        self.candles.put(some_candles(HOURS, start=start))
        read = ReadStrategy(kept)
        api.give(
            {
                bootstrap.list_strategies: ListStrategies(kept),
                bootstrap.read_strategy: read,
                bootstrap.create_strategy: CreateStrategy(kept),
                bootstrap.edit_strategy: EditStrategy(kept),
                bootstrap.archive_strategy: ArchiveStrategy(kept, self.pins),
                bootstrap.validate_strategy: ValidateStrategy(),
                bootstrap.read_signals: ReadSignals(read, LookAtMarket(self.candles)),
                bootstrap.strategy_grammar: grammar,
            }
        )

    def call(self, method: str, path: str = "", *, as_bob: bool = False, **more: Any) -> Any:
        headers = (self.bob if as_bob else self.alice) | more.pop("headers", {})
        return self.api.client.request(method, f"/api/strategies{path}", headers=headers, **more)

    def made(self, **changes: Any) -> dict[str, Any]:
        answer = self.call("POST", json={"definition": a_document(**changes)})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def shelf(api: Api) -> Shelf:
    return Shelf(api)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def without_id(answer: Any) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    del error["request_id"]
    return error


def test_a_new_trader_sees_the_built_ins(shelf: Shelf) -> None:
    page = shelf.call("GET").json()
    assert [one["id"] for one in page["items"]] == BUILT_IN
    assert all(one["built_in"] for one in page["items"])


def test_own_strategies_follow_the_built_ins_in_pages(shelf: Shelf) -> None:
    mine = [shelf.made(name=f"Mine {n}")["id"] for n in range(3)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = shelf.call("GET", params={"limit": 2, **cursor}).json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [*BUILT_IN, *sorted(mine)]
    assert len(shelf.call("GET", as_bob=True).json()["items"]) == len(BUILT_IN)


def test_a_page_goes_on_after_a_strategy_that_was_archived_meanwhile(shelf: Shelf) -> None:
    mine = sorted(shelf.made(name=f"Mine {n}")["id"] for n in range(3))
    first = shelf.call("GET", params={"limit": 5}).json()
    assert shelf.call("DELETE", f"/{mine[0]}").status_code == 204
    rest = shelf.call("GET", params={"cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in rest["items"]] == mine[1:]


def test_a_stored_strategy_is_shown_so_that_it_can_be_sent_back(shelf: Shelf) -> None:
    made = shelf.made()
    assert (made["version"], made["ref"]) == (1, f"{made['id']}@1")
    shown = shelf.call("GET", f"/{made['id']}").json()
    assert Definition.model_validate(shown["definition"]).hash == made["hash"]
    body = {"definition": shown["definition"], "base_version": 1}
    again = shelf.call("PUT", f"/{made['id']}", json=body).json()
    assert again["version"] == 1


def test_a_built_in_is_shown_and_cannot_be_changed(shelf: Shelf) -> None:
    shown = shelf.call("GET", "/ma_cross").json()
    assert shown["built_in"] is True
    body = {"definition": shown["definition"], "base_version": 1}
    assert refused(shelf.call("PUT", "/ma_cross", json=body)) == (403, "BUILT_IN")
    assert refused(shelf.call("DELETE", "/ma_cross")) == (403, "BUILT_IN")


def test_an_edit_is_the_next_version_and_the_old_one_stays(shelf: Shelf) -> None:
    ident = shelf.made()["id"]
    body = {"definition": a_document(stop={"pct": 0.03}), "base_version": 1}
    assert shelf.call("PUT", f"/{ident}", json=body).json()["version"] == 2
    body = {"definition": a_document(stop={"pct": 0.04}), "base_version": 1}
    assert refused(shelf.call("PUT", f"/{ident}", json=body)) == (409, "STALE_VERSION")
    first = shelf.call("GET", f"/{ident}/versions/1").json()
    assert first["definition"]["stop"] == {"pct": "0.02"}


def test_an_invalid_definition_names_every_error_with_its_place(shelf: Shelf) -> None:
    document = a_document(stop=None, entry={"gt": ["close", "nothing"]}, surprise=1)
    answer = shelf.call("POST", json={"definition": document})
    assert refused(answer) == (422, "INVALID_DEFINITION")
    found = {(one["field"], one["rule"]) for one in answer.json()["error"]["details"]}
    assert {("/surprise", "UNKNOWN_FIELD"), ("/stop", "NO_STOP")} <= found
    assert any(rule == "UNDEFINED_FEATURE" for _, rule in found)
    checked = shelf.call("POST", "/validate", json={"definition": document}).json()
    assert {(one["field"], one["rule"]) for one in checked["errors"]} == found
    assert (checked["ok"], checked["hash"]) == (False, None)


def test_a_sound_definition_is_checked_with_warnings_and_warm_up(shelf: Shelf) -> None:
    document = a_document(weekly_gate=False)
    checked = shelf.call("POST", "/validate", json={"definition": document}).json()
    assert (checked["ok"], checked["errors"]) == (True, [])
    assert [one["rule"] for one in checked["warnings"]] == ["WEEKLY_GATE_OFF"]
    assert checked["warm_up"]["1h"] > 8
    assert len(shelf.call("GET").json()["items"]) == len(BUILT_IN)


def test_a_name_is_taken_once(shelf: Shelf) -> None:
    shelf.made()
    answer = shelf.call("POST", json={"definition": a_document(stop={"pct": 0.05})})
    assert refused(answer) == (409, "NAME_TAKEN")


def test_the_same_command_makes_one_strategy(shelf: Shelf) -> None:
    key = {"Idempotency-Key": "k" * 16}
    body = {"definition": a_document()}
    first = shelf.call("POST", json=body, headers=key)
    again = shelf.call("POST", json=body, headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_an_archived_strategy_is_gone_but_its_versions_stay(shelf: Shelf) -> None:
    ident = shelf.made()["id"]
    for _ in range(2):
        assert shelf.call("DELETE", f"/{ident}").status_code == 204
    assert shelf.call("GET", f"/{ident}").status_code == 404
    assert shelf.call("GET", f"/{ident}/versions/1").json()["archived_at"] is not None


def test_a_strategy_in_use_is_not_archived(shelf: Shelf) -> None:
    ident = shelf.made()["id"]
    shelf.pins.bots[StrategyId(ident)] = [BotId("bot_1")]
    answer = shelf.call("DELETE", f"/{ident}")
    assert refused(answer) == (409, "IN_USE")
    assert answer.json()["error"]["details"] == [{"bot_id": "bot_1"}]


def test_signals_show_entries_and_exits_with_their_conditions(shelf: Shelf) -> None:
    ident = shelf.made()["id"]
    body = {"instrument": BTC, "last": 200, "parameters": {"slow": 20}}
    answer = shelf.call("POST", f"/{ident}/signals", json=body)
    shown = answer.json()
    assert shown["signals"], answer.text
    first = shown["signals"][0]
    assert first["action"] == "ENTER"
    assert isinstance(first["close"], str)
    assert isinstance(first["stop"], str)
    assert first["conditions"]
    assert first["candle"].endswith("Z")


def test_signals_of_a_young_market_are_warming_and_of_an_unknown_one_missing(
    shelf: Shelf,
) -> None:
    start = Timeframe.H1.floor(NOW) - 9 * Timeframe.H1.length
    shelf.candles.put(some_candles(9, instrument_id=ETH, start=start))
    answer = shelf.call("POST", "/ma_cross/signals", json={"instrument": ETH})
    assert refused(answer) == (409, "WARMING")
    answer = shelf.call("POST", "/ma_cross/signals", json={"instrument": "XRP/USD@bitstamp"})
    assert refused(answer) == (404, "NOT_FOUND")


def test_the_grammar_is_a_json_schema(shelf: Shelf) -> None:
    shown = shelf.call("GET", "/grammar").json()
    assert shown["$schema"].startswith("https://json-schema.org/")
    assert shown["x-nightdesk"]["functions"]


def test_another_traders_strategy_answers_as_an_unknown_one(shelf: Shelf) -> None:
    ident = shelf.made()["id"]
    edit = {"definition": a_document(), "base_version": 1}
    ask = {"instrument": BTC}
    for method, path, body in (
        ("GET", "/{}", None),
        ("GET", "/{}/versions/1", None),
        ("PUT", "/{}", edit),
        ("DELETE", "/{}", None),
        ("POST", "/{}/signals", ask),
    ):
        foreign = shelf.call(method, path.format(ident), json=body, as_bob=True)
        unknown = shelf.call(method, path.format("01HZZZZZZZZZZZZZZZZZZZZZZZ"), json=body)
        assert foreign.status_code == 404, (method, path)
        assert without_id(foreign) == without_id(unknown)
    assert shelf.call("GET", f"/{ident}/versions/9").status_code == 404
    assert shelf.call("GET", f"/{ident}/versions/0").status_code == 404
    assert shelf.call("GET", f"/{ident}/versions/x").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "", {}, "definition"),
        ("POST", "", {"definition": []}, "definition"),
        ("POST", "", {"definition": "x"}, "definition"),
        ("POST", "", {"definition": None}, "definition"),
        ("POST", "", {"definition": {}, "name": "x"}, "name"),
        ("POST", "/validate", {"definition": 1}, "definition"),
        ("PUT", "/s1", {"definition": {}}, "base_version"),
        ("PUT", "/s1", {"definition": {}, "base_version": "1"}, "base_version"),
        ("PUT", "/s1", {"definition": {}, "base_version": 0}, "base_version"),
        ("PUT", "/s1", {"definition": {}, "base_version": 1.5}, "base_version"),
        ("PUT", "/s1", {"definition": {}, "base_version": True}, "base_version"),
        ("POST", "/ma_cross/signals", {}, "instrument"),
        ("POST", "/ma_cross/signals", {"instrument": "btc"}, "instrument"),
        ("POST", "/ma_cross/signals", {"instrument": 1}, "instrument"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "last": 0}, "last"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "last": 501}, "last"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "last": "5"}, "last"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "timeframe": "2h"}, "timeframe"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "parameters": []}, "parameters"),
        ("POST", "/ma_cross/signals", {"instrument": BTC, "as_of": "now"}, "as_of"),
    ],
)
def test_a_bad_body_is_422_naming_the_field(
    shelf: Shelf, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    answer = shelf.call(method, path, json=body)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"].startswith(field)


@pytest.mark.parametrize("value", [{"fast": 0}, {"nothing": 1}, {"kind": 5}, {"fast": "x"}])
def test_a_parameter_that_does_not_fit_is_422(shelf: Shelf, value: dict[str, Any]) -> None:
    body = {"instrument": BTC, "parameters": value}
    assert shelf.call("POST", "/ma_cross/signals", json=body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/grammar"),
        ("POST", "/validate"),
        ("GET", "/ma_cross"),
        ("PUT", "/ma_cross"),
        ("DELETE", "/ma_cross"),
        ("GET", "/ma_cross/versions/1"),
        ("POST", "/ma_cross/signals"),
    ],
)
def test_strategies_without_a_token_are_401(api: Api, method: str, path: str) -> None:
    assert api.client.request(method, f"/api/strategies{path}").status_code == 401
