"""The numbers of a review, told by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from nightdesk.core.ids import TradeId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import Chance, DetectorId, Finding, Scope, Severity
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review_material import Account, Stretch
from nightdesk.journal.reviewing.checking import fault_of
from nightdesk.journal.reviewing.numbers import numbers_of
from nightdesk.journal.reviewing.rules_text import rules_text
from nightdesk.journal.round_trips import build
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check, MarketCondition, Origin, Rate
from nightdesk.journal.verdict import NO_PLAN, Item, Naming, State, Verdict
from tests.builders.journal_trades import AT, HOUR, a_book, bought, sold, some_labels
from tests.builders.reviews import OWNER, a_period, a_played, some_material
from tests.builders.writing import a_book as a_playbook
from tests.builders.writing import a_rule, a_tag

D = Decimal
WEEK = tuple(
    a_played(name, r, day=date(2025, 3, day), setup_id=setup)
    for name, r, day, setup in (
        ("a", "2", 3, "gap"),
        ("b", "-1", 3, "gap"),
        ("c", "-1", 4, "gap"),
        ("d", "3", 5, "news"),
        ("e", None, 6, "news"),
    )
)
"""Nets 200, -100, -100, 300 and 100 with 10 of fees each."""


def at(given: Mapping[str, Any], *path: str) -> Any:
    found: Any = given
    for name in path:
        found = found[name]
    return found


def a_claim(detector: DetectorId, standing: Standing, chance: Chance | None = None) -> Claim:
    return Claim(
        detector=detector, standing=standing, severity=Severity.MEDIUM, text="", chance=chance
    )


def shown(**changes: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", numbers_of(some_material(WEEK, **changes)))


def test_counts_sums_and_rates_are_those_of_the_closed_trades() -> None:
    found = shown(opened=WEEK[:2], held=WEEK[:1], other_modes=4)
    assert found["counts"] == {
        "trade_count": 5,
        "wins": 3,
        "losses": 2,
        "breakevens": 0,
        "entered": 2,
        "open": 1,
        "other_modes": 4,
        "unvalued": 0,
    }
    values = {name: one["value"] for name, one in found["result"].items()}
    assert values["net"] == pytest.approx(400)
    assert values["gross"] == pytest.approx(450)
    assert values["fees"] == pytest.approx(50)
    assert values["funding"] == pytest.approx(0)
    assert values["net_r"] == pytest.approx(3)
    assert values["win_rate"] == pytest.approx(0.6)
    assert values["profit_factor"] == pytest.approx(3)
    # Wilson's interval of 3 of 5, from a table
    assert at(found, "result", "win_rate", "interval") == pytest.approx([0.2307, 0.8824], abs=1e-4)


def test_extremes_name_their_trades_by_r_and_by_net_where_no_trade_has_r() -> None:
    found = shown()
    assert [one["trade"] for one in at(found, "extremes", "best")] == ["jt_d"]
    assert [one["trade"] for one in at(found, "extremes", "worst")] == ["jt_c"]
    bare = [a_played("x", None), a_played("y", None, day=date(2025, 3, 6))]
    bare[1] = without_r(bare[1], "-5")
    told = numbers(bare)
    assert [one["trade"] for one in at(told, "extremes", "best")] == ["jt_x"]
    assert [one["trade"] for one in at(told, "extremes", "worst")] == ["jt_y"]


def without_r(one: Played, net: str) -> Played:
    money = replace(one.trade.money, net_account=D(net), gross_account=D(net) + 10)
    return replace(one, trade=replace(one.trade, money=money))


def unrated(one: Played, net: str, quote: str = "USDT") -> Played:
    """Return a trade of no rate into account currency, its amounts known in `quote` alone."""
    bare: dict[str, Any] = dict.fromkeys(("net_account", "gross_account", "fees_account"))
    money = replace(one.trade.money, net=D(net), gross=D(net) + 10, fees=D(10), **bare)
    return replace(one, trade=replace(one.trade, money=money, quote=quote))


def numbers(closed: Sequence[Played], **changes: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", numbers_of(some_material(closed, **changes)))


UNRATED = tuple(
    unrated(one, net) for one, net in zip(WEEK, ("20", "-10", "-10", "30", "10"), strict=True)
)
"""Nets 20, -10, -10, 30 and 10 USDT, 3 R of four of them."""


def test_without_a_rate_then_amounts_are_told_in_the_quote_currency_that_all_share() -> None:
    found = numbers(UNRATED)
    assert found["currency"] == "USDT"
    assert (found["counts"]["wins"], found["counts"]["unvalued"]) == (3, 0)
    assert found["result"]["net"]["value"] == pytest.approx(40)
    assert at(found, "extremes", "best")[0]["net"]["value"] == pytest.approx(30)
    (gap,) = at(found, "by", "setup")
    assert (gap["n"], gap["net"]["value"]) == (3, pytest.approx(0))
    assert at(found, "origin", "human", "net", "value") == pytest.approx(40)
    text = rules_text(found)
    assert text.opening == (
        "Trades closed in 2025-W10: 5, net 40.00 USDT, 3.00 R. Won: 3 of 5 decided, 60 %."
    )
    assert fault_of(text, found) is None
    assert fault_of(replace(text, opening="Net 40.00 EUR."), found) is not None


def test_without_a_rate_and_a_shared_quote_then_net_is_unknown_and_r_is_not() -> None:
    other = [unrated(UNRATED[0], "20", "USDC"), *UNRATED[1:]]
    found = numbers(other)
    assert (found["currency"], found["counts"]["unvalued"]) == ("EUR", 5)
    counts = [found["counts"][name] for name in ("wins", "losses", "breakevens")]
    assert counts == [3, 2, 0]
    for name in ("net", "gross", "fees", "funding", "expectancy", "profit_factor"):
        assert (at(found, "result", name)["value"], at(found, "result", name)["reason"]) == (
            None,
            "NO_RATE",
        )
    assert at(found, "result", "net_r", "value") == pytest.approx(3)
    assert at(found, "result", "win_rate", "value") == pytest.approx(0.6)
    best = at(found, "extremes", "best")[0]
    assert (best["r"]["value"], best["net"]["value"], best["net"]["reason"]) == (3, None, "NO_RATE")
    (gap,) = at(found, "by", "setup")
    assert (gap["n"], gap["net"]["value"], gap["net"]["reason"]) == (3, None, "NO_RATE")
    assert gap["net_r"]["value"] == pytest.approx(0)
    text = rules_text(found)
    assert text.opening == (
        "Trades closed in 2025-W10: 5, net unknown for want of a rate into EUR, 3.00 R."
        " Won: 3 of 5 decided, 60 %."
    )
    assert fault_of(text, found) is None
    assert fault_of(replace(text, opening="Net 0.00 EUR."), found) is not None


def test_with_some_rates_then_a_text_says_of_how_many_its_net_is() -> None:
    found = numbers([*WEEK[:3], *UNRATED[3:4], unrated(WEEK[4], "10", "USDC")])
    assert (found["currency"], found["counts"]["unvalued"]) == ("EUR", 2)
    assert (at(found, "result", "net", "n"), at(found, "result", "net_r", "n")) == (3, 4)
    assert at(found, "result", "net_r", "value") == pytest.approx(3)
    text = rules_text(found)
    assert text.opening.startswith(
        "Trades closed in 2025-W10: 5, net 0.00 EUR of the 3 whose amount is known, 3.00 R."
    )
    assert fault_of(text, found) is None


@pytest.mark.parametrize(
    ("stop", "reason", "said"),
    [(None, "NO_STOP", "without R for want of stops."), (D(39_000), "ZERO_RISK", "without R.")],
)
def test_want_of_stops_is_said_of_trades_without_stops_alone(
    stop: Decimal | None, reason: str, said: str
) -> None:
    bare = a_played("x", None)
    risk = replace(bare.trade.risk, initial_stop=stop, initial_risk=None)
    found = numbers([replace(bare, trade=replace(bare.trade, risk=risk))])
    net_r = at(found, "result", "net_r")
    assert (net_r["value"], net_r["reason"]) == (None, reason)
    assert at(found, "extremes", "best")[0]["r"]["reason"] == reason
    assert said in rules_text(found).opening


def test_a_fee_without_a_price_then_nothing_is_said_of_the_result() -> None:
    names = ("net", "fees", "net_account", "gross_account", "fees_account")
    nothing: dict[str, Any] = dict.fromkeys(names)
    bare = a_played("x", None)
    money = replace(bare.trade.money, **nothing)
    found = numbers([replace(bare, trade=replace(bare.trade, money=money, outcome=None))])
    assert (found["counts"]["wins"], found["counts"]["unvalued"]) == (None, 1)
    assert at(found, "result", "net")["reason"] == "FEE_PRICE_MISSING"
    assert rules_text(found).opening == (
        "Trades closed in 2025-W10: 1, net unknown for want of the price of a fee, without R."
    )


def test_parts_show_groups_of_three_and_mark_thin_ones() -> None:
    found = shown()
    (gap,) = at(found, "by", "setup")
    assert (gap["key"], gap["n"], gap["thin"]) == ("gap", 3, True)
    assert gap["net"]["value"] == pytest.approx(0)
    (hour,) = at(found, "by", "hour")
    assert (hour["key"], hour["n"]) == ("11:00", 5)  # ten in the morning UTC, in Vienna
    (session,) = at(found, "by", "session")
    assert session["key"] == "europe"
    assert at(found, "by", "market_condition") == []
    assert "week" not in found["by"]
    ranging = [
        replace(one, labels=replace(one.labels, market_condition=MarketCondition.RANGING))
        for one in WEEK
    ]
    told = numbers(ranging)
    assert [one["key"] for one in at(told, "by", "market_condition")] == ["ranging"]


def test_setups_are_called_by_name() -> None:
    opening = a_tag(owner=OWNER, id="tag_kept", name="Opening range")
    closed = [a_played(str(i), "1", setup_id="tag_kept") for i in range(4)]
    told = numbers(closed, tags=TagBook(OWNER, (opening,)))
    rows = [(one["key"], one["name"], one["n"]) for one in at(told, "by", "setup")]
    assert rows == [("tag_kept", "Opening range", 4)]


def test_a_month_is_shown_by_week_with_five_extremes() -> None:
    found = shown(period=a_period("2025-03", ReviewKind.MONTH))
    assert [one["key"] for one in at(found, "by", "week")] == ["2025-W10"]
    assert [one["trade"] for one in at(found, "extremes", "best")] == ["jt_d", "jt_a"]


def test_the_weeks_of_a_month_add_up_to_it() -> None:
    few = [a_played("f", "1", day=date(2025, 3, 11)), a_played("g", "-2", day=date(2025, 3, 20))]
    found = numbers([*WEEK, *few], period=a_period("2025-03", ReviewKind.MONTH))
    rows = {one["key"]: one["n"] for one in at(found, "by", "week")}
    assert rows == {"2025-W10": 5, "2025-W11": 1, "2025-W12": 1}
    nets = sum(one["net"]["value"] for one in at(found, "by", "week"))
    assert nets == pytest.approx(at(found, "result", "net", "value"))


def test_bots_stand_beside_their_owner() -> None:
    bots = [replace(one, trade=replace(one.trade, origin=Origin.BOT)) for one in WEEK[:2]]
    told = numbers([*bots, *WEEK[2:]])
    assert (at(told, "origin", "bot", "n"), at(told, "origin", "human", "n")) == (2, 3)
    assert at(told, "origin", "bot", "net", "value") == pytest.approx(100)


def a_finding(detector: DetectorId, severity: Severity, **changes: Any) -> Finding:
    seen = Finding(
        id=f"{detector}{severity}",
        owner=OWNER,
        detector=detector,
        detector_version=1,
        scope=Scope.TRADE,
        severity=severity,
        at=datetime(2025, 3, 5, 10, tzinfo=UTC),
        text="Seen.",
        trades=(TradeId("jt_a"),),
        found_at=datetime(2025, 3, 5, 10, tzinfo=UTC),
    )
    return replace(seen, **changes)


def test_findings_are_counted_by_detector_with_the_base_of_their_claim() -> None:
    findings = (
        a_finding(DetectorId.NO_STOP, Severity.HIGH),
        a_finding(DetectorId.REVENGE, Severity.LOW),
        a_finding(DetectorId.TILT, Severity.HIGH, shadow=True),
        a_finding(DetectorId.COST_DRAG, Severity.INFO, trades=(TradeId("jt_before"),)),
    )
    claims = (
        a_claim(DetectorId.REVENGE, Standing.SILENT, Chance(x=5, n=30, base=0.15, p=0.4)),
        a_claim(DetectorId.LOSER_HOLD, Standing.FIRES, Chance(x=9, n=20, base=None, p=0.01)),
        a_claim(DetectorId.DISPOSITION, Standing.SILENT),
    )
    first, second, third = shown(findings=findings, claims=claims)["findings"]
    assert (first["detector"], first["count"], first["trades"]) == ("NO_STOP", 1, ["jt_a"])
    assert (second["detector"], second["count"], second["severity"]) == ("LOSER_HOLD", 0, "medium")
    assert (second["claim"], second["base"]["value"]) == ("fires", None)
    assert (third["detector"], third["count"], third["severity"]) == ("REVENGE", 1, "low")
    assert (third["x"], third["n"], third["days"], third["claim"]) == (5, 30, 90, "silent")
    assert (third["base"]["value"], third["p"]["value"]) == (0.15, 0.4)
    day = shown(findings=findings, period=a_period("2025-03-05", ReviewKind.DAY))["findings"]
    assert [(one["detector"], one["count"]) for one in day] == [("NO_STOP", 1)]


def test_plans_rules_and_discipline_count_what_was_kept() -> None:
    item = Item(name="max_trades", check=Check.KEPT)
    verdicts = {
        date(2025, 3, 3): Verdict(state=State.JUDGED, items=(item,), named=Naming.DISCIPLINE),
        date(2025, 3, 4): Verdict(
            state=State.JUDGED, items=(replace(item, check=Check.BROKEN),), named=Naming.LUCK
        ),
        date(2025, 3, 5): NO_PLAN,
        date(2025, 2, 28): Verdict(state=State.JUDGED, items=(item, item)),
    }
    book = a_playbook(rules=(a_rule(id="wait", text="Wait for it", predicate=None),))
    ticks = (Check.KEPT, Check.BROKEN, Check.BROKEN, Check.KEPT, Check.NOT_APPLICABLE)
    played = [
        replace(
            one,
            labels=replace(
                one.labels,
                playbook_id=book.id,
                playbook_version=book.version,
                checklist={"wait": tick},
            ),
        )
        for one, tick in zip(WEEK, ticks, strict=True)
    ]
    days = frozenset(date(2025, 3, day) for day in (3, 4, 5))
    material = some_material(played, verdicts=verdicts, books=(book,), entry_days=days)
    found = cast("dict[str, Any]", numbers_of(material))
    plans = found["plans"]
    assert (plans["judged"], plans["kept"], plans["broken"]) == (2, 1, 1)
    assert (plans["luck"], plans["discipline"]) == (1, 1)
    assert plans["planned_share"]["value"] == pytest.approx(2 / 3)
    (rule,) = found["rules"]
    assert (rule["kept"], rule["broken"], rule["text"]) == (2, 2, "Wait for it")
    assert rule["cost"]["value"] == pytest.approx(2 * (2.5 - -1))  # R
    assert found["discipline"]["value"] == pytest.approx(50)
    text = rules_text(found)
    assert text.went_badly[0] == 'Breaking the rule "Wait for it" cost 7.00 R; times broken: 2.'
    assert text.question == 'What was in your way when you broke "Wait for it"?'


def test_moods_are_means_of_the_week_and_tilt_is_its_peak() -> None:
    found = shown(
        moods={"mood": {date(2025, 3, 3): 4.0, date(2025, 3, 4): 7.0, date(2025, 2, 1): 1.0}},
        tilts={date(2025, 3, 4): 62, date(2025, 3, 5): 62, date(2025, 2, 1): 99},
        model_cost=D("0.40"),
    )
    assert (at(found, "moods", "mood", "value"), at(found, "moods", "mood", "n")) == (5.5, 2)
    assert (at(found, "tilt", "day"), at(found, "tilt", "score", "value")) == ("2025-03-04", 62)
    assert found["model_cost"] == "0.4"
    assert shown()["tilt"] is None


def test_the_account_is_shown_where_it_is_known() -> None:
    account = Account(start=D(1000), end=D(1300), flows=D(200), returns=(0.1, -0.05))
    found = shown(account=account)["account"]
    assert (found["equity_start"]["value"], found["flows"]["value"]) == (1000, 200)
    assert found["total_return"]["value"] == pytest.approx(1.1 * 0.95 - 1)
    assert found["max_drawdown"]["value"] == pytest.approx(-0.05)
    nothing = shown()["account"]
    for name in ("equity_start", "equity_end", "flows"):
        assert (nothing[name]["value"], nothing[name]["reason"]) == (None, "UNKNOWN")


def test_the_account_is_told_in_its_own_currency() -> None:
    account = Account(currency="USDT", start=D(10), end=D(5_010), flows=D(5_000), moved=True)
    found = numbers((), account=replace(account, left_out=("BTC",)))
    assert (found["currency"], found["account"]["currency"]) == ("EUR", "USDT")
    assert found["account"]["left_out"] == ["BTC"]
    text = rules_text(found)
    assert text.opening.endswith(" Deposits less withdrawals: 5000.00 USDT.")
    assert fault_of(text, found) is None
    assert fault_of(replace(text, opening="In came 5000.00 EUR."), found) is not None


def past(*results: str | None) -> tuple[Stretch, ...]:
    """Return earlier weeks, newest first, each with one trade of that R, or none."""
    return tuple(
        Stretch(
            period=a_period(f"2025-W{9 - place:02d}"),
            closed=() if r is None else (a_played(f"p{place}", r, day=date(2025, 1, 8)),),
        )
        for place, r in enumerate(results)
    )


def test_the_week_is_held_against_the_weeks_before() -> None:
    found = shown(past=past("1", "1", None, "2", "-1", "1", None))
    row = at(found, "past", "net_r")
    assert (row["n"], row["value"]) == (6, pytest.approx(3))  # the week before all trades is none
    # of -1, 0, 1, 1, 1, 2: linear quantiles by hand
    assert (row["low"], row["median"], row["high"]) == pytest.approx((-0.5, 1, 1.5))
    assert row["where"] == "above"
    assert found["changed"][0] == "trade_count"
    assert len(found["changed"]) == 3
    text = rules_text(found)
    assert text.opening.endswith("That is above your own range of -0.50 R to 1.50 R.")


@pytest.mark.parametrize("n", [3, 9, 10])
def test_a_mean_is_called_beyond_chance_from_ten_trades_on(n: int) -> None:
    closed = tuple(a_played(f"w{place}", "1" if place % 2 else "1.2") for place in range(n))
    text = rules_text(numbers_of(some_material(closed=closed)))
    claimed = [one for one in text.went_well if "beyond chance" in one]
    assert len(claimed) == (n >= 10)


def test_the_past_is_told_in_the_weeks_own_currency_or_not_at_all() -> None:
    weeks = past("1", "1", "1", "1", "1", "1")
    # stored in EUR as well: in USDT they made what a_played says, 100 for each R
    found = numbers(UNRATED, past=weeks)
    assert at(found, "past", "net")["median"] == pytest.approx(100)
    strange = tuple(
        replace(one, closed=tuple(unrated(trade, "1", "USDC") for trade in one.closed))
        for one in weeks
    )
    row = at(numbers(UNRATED, past=strange), "past", "net")
    assert (row["n"], row["reason"]) == (0, "TOO_FEW_PERIODS")
    assert at(numbers(UNRATED, past=strange), "past", "net_r")["median"] == pytest.approx(1)
    partly = [*WEEK[:3], *UNRATED[3:4], unrated(WEEK[4], "10", "USDC")]
    row = at(numbers(partly, past=weeks), "past", "net")
    assert (row["value"], row["reason"]) == (None, "NO_RATE")


def test_fewer_than_six_weeks_are_no_past() -> None:
    found = shown(past=past("1", "1", "2", "-1", "1"))
    assert at(found, "past", "net_r")["reason"] == "TOO_FEW_PERIODS"
    assert found["changed"] == []


def test_a_quiet_week_says_what_there_is() -> None:
    material = some_material(held=WEEK[:2], account=Account(flows=D(-50)))
    found = numbers_of(material)
    assert found["quiet"] is True
    text = rules_text(found)
    assert text.opening == (
        "No trade was closed in 2025-W10. Entered: 0. Open positions now: 2."
        " At risk in open positions: 0.00 EUR."
        " Deposits less withdrawals: -50.00 EUR."
    )
    assert (text.went_well, text.went_badly) == ((), ())
    assert text.question == "What has to be there before you enter again?"


def a_rate(value: str | None) -> Rate | None:
    return Rate(value=D(value), source="BTC/EUR@binance 1h", at=AT) if value else None


def an_open_trade(rate: str | None = "0.9", *, sold_of_half: str = "0", **entry: Any) -> Played:
    """Return half a BTC bought at 40,000, stopped 1,000 below: 500 USDT at risk at first."""
    first: dict[str, Any] = {"stop": D(39_000)} | entry
    fills = [
        bought("1", "0.25", "40000", rate=a_rate(rate), **first),
        bought("2", "0.25", "40000", order="o1", rate=a_rate(rate and "0.8")),
    ]
    if D(sold_of_half):
        fills.append(sold("3", sold_of_half, "41000", at=AT + HOUR))
    (trade,) = build(fills, a_book()).trades
    return Played(trade=trade, labels=some_labels(trade))


@pytest.mark.parametrize(
    ("held", "value", "currency", "said"),
    [
        ([an_open_trade()], 425, "EUR", " At risk in open positions: 425.00 EUR."),
        ([an_open_trade(sold_of_half="0.2"), an_open_trade()], 680, "EUR", "680.00 EUR."),
        ([an_open_trade(None)], 500, "USDT", "500.00 USDT."),
        ([an_open_trade(stop=D(41_000))], 0, "EUR", "0.00 EUR."),
        ([], 0, "EUR", "Open positions now: 0."),
    ],
)
def test_open_risk_is_the_initial_risk_of_what_is_still_held(
    held: list[Played], value: float, currency: str, said: str
) -> None:
    # rates of 0.9 and 0.8 for equal parts: 0.85
    found = numbers((), held=tuple(held))
    risk = found["open_risk"]
    assert (risk["value"], risk["n"], risk["currency"]) == (
        pytest.approx(value),
        len(held),
        currency,
    )
    text = rules_text(found)
    assert text.opening.endswith(said)
    assert fault_of(text, found) is None


def test_open_risk_is_unknown_where_a_trade_has_no_stop_or_no_rate() -> None:
    stopless = (an_open_trade(), an_open_trade(stop=None))
    found = numbers(WEEK, held=stopless)
    assert (found["open_risk"]["value"], found["open_risk"]["reason"]) == (None, "NO_STOP")
    assert rules_text(found).opening.endswith(
        " What is at risk in open positions is unknown for want of a stop."
    )
    other = an_open_trade(None)
    other = replace(other, trade=replace(other.trade, quote="USDC"))
    found = numbers(WEEK, held=(an_open_trade(None), other))
    assert (found["open_risk"]["value"], found["open_risk"]["reason"]) == (None, "NO_RATE")


def test_numbers_are_plain_json_and_the_same_for_the_same_material() -> None:
    one, two = (json.dumps(shown(), sort_keys=True, allow_nan=False) for _ in range(2))
    assert one == two


def test_a_claim_is_said_with_its_base_and_never_as_the_weight_of_what_was_seen() -> None:
    findings = (a_finding(DetectorId.REVENGE, Severity.LOW),)
    chance = Chance(x=5, n=30, base=0.05, p=0.01)
    claims = (
        a_claim(DetectorId.REVENGE, Standing.FIRES, chance),
        a_claim(DetectorId.LOSER_HOLD, Standing.FIRES, replace(chance, base=None)),
    )
    assert rules_text(shown(findings=findings, claims=claims)).went_badly[:2] == (
        "Seen as revenge: 1. The last 90 days show revenge: 5 of 30, by chance 5 %.",
        "The last 90 days show loser hold.",
    )
