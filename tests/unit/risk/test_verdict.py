"""Each code of the table, what decides, and sizes worked by hand."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.market.instruments import FeeAsset, TradingStatus
from nightdesk.risk.checks import CAPS, FINAL, GATES, assess_exit
from nightdesk.risk.codes import EXIT, Reason
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import Check, Outcome, Verdict
from tests.builders.risk import AS_OF, a_proposal, a_verdict, risk_rules, some_costs

D = Decimal

STREAK: dict[str, Any] = {"exposure": {"loss_streak": 5}}
WIDE = OwnerLimits(position=D("0.25"), trade_risk=D("0.03"))


def failed(verdict: Verdict, code: str) -> Check:
    return next(c for c in verdict.checks if c.code == code and not c.passed)


def ago(**span: float) -> Any:
    return AS_OF - timedelta(**span)


DENIALS: list[tuple[str, dict[str, Any]]] = [
    ("EMERGENCY_STOP", {"conditions": {"gate": "EMERGENCY_STOP"}}),
    ("USER_BLOCKED", {"conditions": {"gate": "USER_BLOCKED"}}),
    ("MAINTENANCE", {"conditions": {"gate": "MAINTENANCE"}}),
    ("STATE_REDUCING", {"conditions": {"bot": "STATE_REDUCING"}}),
    ("STATE_HALTED", {"conditions": {"bot": "STATE_HALTED"}}),
    ("BOT_NOT_ACTIVE", {"conditions": {"bot": "BOT_NOT_ACTIVE"}}),
    ("LOCKED", {"exposure": {"last_exit_at": ago(minutes=9, seconds=59)}}),
    ("DATA_STALE", {"conditions": {"findings": ("DATA_STALE",)}}),
    ("DATA_GAP", {"conditions": {"findings": ("CANDLE_REVISED", "DATA_GAP")}}),
    ("OUTLIER", {"conditions": {"findings": ("OUTLIER",)}}),
    ("PRICE_REFUSED", {"conditions": {"findings": ("PRICE_REFUSED",)}}),
    ("RULES_STALE", {"proposal": {"rules": risk_rules(observed_at=ago(hours=72, seconds=1))}}),
    ("RULES_STALE", {"conditions": {"findings": ("RULES_STALE",)}}),
    ("WARMING", {"conditions": {"findings": ("WARMING",)}}),
    ("NOT_TRADING", {"proposal": {"rules": risk_rules(status=TradingStatus.CANCEL_ONLY)}}),
    ("SPREAD_WIDE", {"conditions": {"findings": ("SPREAD_WIDE",)}}),
    ("ILLIQUID", {"conditions": {"findings": ("ILLIQUID",)}}),
    ("WEEKLY_BEARISH", {"conditions": {"weekly_gate": "bearish"}}),
    ("ALREADY_HELD", {"exposure": {"holding": True}}),
    ("ENTRY_PENDING", {"exposure": {"entry_pending": True}}),
    ("UNKNOWN_ORDER_OPEN", {"exposure": {"unknown_pending": True}}),
    ("THROTTLED", {"exposure": {"bot_entries": (ago(minutes=59),) * 3}}),
    ("THROTTLED", {"exposure": {"bot_entries": (ago(hours=11),) * 20}}),
    ("THROTTLED", {"exposure": {"user_entries_today": 50}}),
    ("DAILY_LOSS", {"exposure": {"user_equity": D(95000)}}),
    ("DAILY_LOSS", {"exposure": {"bot_equity": D(9000)}}),
    ("BOT_DRAWDOWN", {"exposure": {"bot_peak": D(12500)}}),
    ("MAX_POSITIONS", {"exposure": {"open_positions": 6}}),
    ("NO_STOP", {"proposal": {"stop": None}}),
    ("NO_STOP", {"proposal": {"stop": D(100)}}),
    ("STOP_TOO_TIGHT", {"proposal": {"stop": D("99.51")}}),
    ("STOP_TOO_WIDE", {"proposal": {"stop": D("84.99")}}),
    # net gain 9.37002 / net loss 5.679915 = 1.6497 at 110; at 107: 106.67922 - 100.3002 = 6.3789
    ("RR_TOO_LOW", {"proposal": {"target": D(107)}}),
    # round trip 0.6; three times that is 1.8 = 2 x 0.9
    ("EDGE_BELOW_COST", {"proposal": {"atr": D("0.89")}}),
    ("INSUFFICIENT_CAPITAL", {"exposure": {"available": D(0)}}),
    ("INSUFFICIENT_CAPITAL", {"exposure": {"available": D("444.9")}}),
    ("BELOW_MINIMUM", {"exposure": {"bot_equity": D(5), "bot_day_start": D(5),
                                    "bot_peak": D(5)}}),
    ("SIZE_TOO_SMALL", {"proposal": {"rules": risk_rules(max_quantity=D("4.401"))}}),
]  # fmt: skip
SHRUNK: list[tuple[dict[str, Any], str, str]] = [
    # 10,000 x 50 % / (101 x 1.001) = 49.4555; first is 10,000 x 3 % / 5.679915 = 52.817
    ({"bot": BotLimits(risk_per_trade=D("0.03"))}, "POSITION_CAP", "49.455"),
    # 10,000 x 10 % / 101.101 = 9.8911
    ({"exposure": {"user_equity": D(10000), "user_day_start": D(10000)}},
     "POSITION_CAP", "9.891"),
    # 10,000 x 0.5 % / 5.679915 = 8.80295, while 25 % for the position would allow 24.7
    ({"exposure": {"user_equity": D(10000), "user_day_start": D(10000)},
      "owner": replace(WIDE, trade_risk=D("0.005"))}, "TRADE_RISK", "8.802"),
    # 500 / 101.101 = 4.94555
    ({"exposure": {"available": D(500)}}, "INSUFFICIENT_CAPITAL", "4.945"),
    ({"proposal": {"rules": risk_rules(max_quantity=D("7.0009"))}}, "ABOVE_MAXIMUM", "7"),
    # 1,000 / 101 = 9.90099
    ({"proposal": {"rules": risk_rules(max_notional=D(1000))}}, "ABOVE_MAXIMUM", "9.9"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changes"), DENIALS)
def test_entry_is_denied_with_its_code(code: str, changes: dict[str, Any]) -> None:
    verdict = a_verdict(**changes)
    assert verdict.outcome is Outcome.DENIED
    assert verdict.reason == code
    assert not verdict.allowed
    assert verdict.quantity == verdict.reserve == verdict.planned_risk == 0
    assert failed(verdict, code).number == Reason[code].number


def test_every_code_of_the_table_is_reached() -> None:
    cases = [case for _, case in DENIALS] + [case for case, _, _ in SHRUNK] + [STREAK]
    verdicts = [a_verdict(**case) for case in cases]
    reached = {check.code for found in verdicts for check in found.checks if not check.passed}
    assert reached == {reason for reason in Reason if reason.number != EXIT}
    assert all(reason.meaning.endswith(".") for reason in Reason)


def test_usual_entry_is_approved_at_the_size_worked_by_hand() -> None:
    verdict = a_verdict()
    assert (verdict.outcome, verdict.reason) == (Outcome.APPROVED, None)
    assert verdict.quantity == verdict.first_quantity == D("17.605")  # 100 / 5.679915
    assert verdict.price_bound == D(101)
    assert verdict.reserve == D("1779.883105")  # 17.605 x 101 x 1.001
    assert verdict.planned_risk == D("99.99490358")
    assert all(check.passed for check in verdict.checks)
    assert dict(verdict.factors) == {"strength": D(1), "weekly": D(1), "streak": D(1)}


def test_just_inside_each_limit_is_approved() -> None:
    verdict = a_verdict(
        proposal={
            "stop": D("99.5"),
            "atr": D("0.9"),
            "rules": risk_rules(observed_at=ago(hours=72), max_notional=D(1000000)),
        },
        exposure={
            "last_exit_at": ago(minutes=10),
            "bot_entries": (*[ago(hours=1)] * 17, ago(minutes=30), ago(minutes=20)),
            "user_entries_today": 49,
            "user_equity": D("95000.01"),
            "bot_day_start": D("10999.99"),
            "bot_peak": D("12499.99"),
            "open_positions": 5,
            "loss_streak": 4,
        },
    )
    # loss 100.3002 - 99.5 x 0.997 x 0.999 = 1.1979..., so the position of 50 % is met first
    assert (verdict.outcome, verdict.reason) == (Outcome.REDUCED, "POSITION_CAP")


def test_a_widest_stop_is_still_allowed() -> None:
    assert a_verdict(proposal={"stop": D(85)}).allowed


def test_a_target_that_just_pays_is_approved() -> None:
    # 1.2 x 5.679915 = 6.815898; target = (100.3002 + 6.815898) / (0.998 x 0.999) = 107.43819...
    assert a_verdict(proposal={"target": D("107.44")}).allowed
    assert a_verdict(proposal={"target": D("107.43")}).reason == "RR_TOO_LOW"


def test_an_entry_of_yesterday_does_not_count_for_the_day() -> None:
    assert a_verdict(exposure={"bot_entries": (ago(hours=12, seconds=1),) * 20}).allowed


@pytest.mark.parametrize(("changes", "code", "quantity"), SHRUNK)
def test_a_cap_shrinks_to_itself(changes: dict[str, Any], code: str, quantity: str) -> None:
    verdict = a_verdict(**changes)
    assert (verdict.outcome, verdict.reason) == (Outcome.REDUCED, code)
    assert verdict.quantity == D(quantity)
    assert verdict.first_quantity > verdict.quantity
    assert failed(verdict, code).reduces


def test_the_tightest_cap_names_the_reason_and_all_are_listed() -> None:
    verdict = a_verdict(
        proposal={"rules": risk_rules(max_quantity=D(9))}, exposure={"available": D(800)}
    )
    # 800 / 101.101 = 7.9128
    assert (verdict.reason, verdict.quantity) == ("INSUFFICIENT_CAPITAL", D("7.912"))
    assert not failed(verdict, "ABOVE_MAXIMUM").passed


def test_a_loss_streak_halves_the_size_and_is_no_denial() -> None:
    verdict = a_verdict(**STREAK)
    assert verdict.outcome is Outcome.APPROVED
    assert verdict.quantity == D("8.802")  # 17.60589 / 2
    assert failed(verdict, "LOSS_STREAK").reduces
    assert verdict.factors["streak"] == D("0.5")


def test_an_unknown_week_halves_the_size() -> None:
    assert a_verdict(conditions={"weekly_gate": "unknown"}).quantity == D("8.802")


def test_a_strategy_that_opted_out_enters_in_a_bearish_week() -> None:
    opted_out = {"weekly_gate": "bearish", "obey_weekly_gate": False}
    assert a_verdict(conditions=opted_out).allowed


def test_no_strength_buys_nothing() -> None:
    assert a_verdict(proposal={"strength": D(0)}).reason == "BELOW_MINIMUM"


def test_nothing_is_bought_even_where_the_venue_names_no_minimum() -> None:
    rules = risk_rules(min_quantity=D(0), min_notional=D(0))
    verdict = a_verdict(proposal={"strength": D(0), "rules": rules})
    assert verdict.reason == "SIZE_TOO_SMALL"


def test_minimum_of_the_entry_is_checked_with_its_margin() -> None:
    # loss 100.3002 - 99 x 0.997 x 0.999 = 1.695903; 50 / that = 29.482...; x 100 = 2948.2
    bot = BotLimits(risk_per_trade=D("0.005"))

    def verdict(minimum: str) -> Verdict:
        rules = risk_rules(min_notional=D(minimum))
        return a_verdict(proposal={"stop": D(99), "rules": rules}, bot=bot)

    assert verdict("2807.8").quantity == D("29.482")  # x 1.05 = 2948.19
    assert failed(verdict("2807.9"), "BELOW_MINIMUM").figures["leg"] == "entry"  # 2948.295


def test_minimum_of_the_exit_counts_what_a_fee_in_coins_leaves() -> None:
    # fee 17.605 x 1 % = 0.17605, left 17.42895, floored 17.428; x 85 = 1481.38 = 1.02 x 1452.33
    costs = some_costs(fee=D("0.01"), entry=D(0), stop=D(0), bound=D("0.01"))
    # loss at the stop: 101 - 85 x 0.99 = 16.85; 17.605 of them need 10,000 x 2.9664 %
    bot = BotLimits(risk_per_trade=D("0.02967"))
    asked = {"stop": D(85), "costs": costs}

    def verdict(minimum: str, fee_asset: FeeAsset) -> Verdict:
        rules = risk_rules(min_notional=D(minimum), fee_asset=fee_asset)
        return a_verdict(proposal={**asked, "rules": rules}, bot=bot)

    assert verdict("1452", FeeAsset.RECEIVED).quantity == D("17.608")  # 296.7 / 16.85
    refused = verdict("1453", FeeAsset.RECEIVED)
    assert failed(refused, "BELOW_MINIMUM").figures["leg"] == "stop"
    assert failed(refused, "BELOW_MINIMUM").figures["quantity"] == "17.431"
    assert verdict("1453", FeeAsset.QUOTE).allowed


def test_minimum_quantity_binds_both_legs() -> None:
    rules = risk_rules(min_quantity=D("17.605"), fee_asset=FeeAsset.RECEIVED)
    denied = a_verdict(proposal={"rules": rules})
    assert failed(denied, "BELOW_MINIMUM").figures["leg"] == "stop"
    assert a_verdict(proposal={"rules": replace(rules, fee_asset=FeeAsset.QUOTE)}).allowed


def test_the_first_failure_decides_and_all_are_listed() -> None:
    verdict = a_verdict(
        conditions={"bot": "BOT_NOT_ACTIVE", "weekly_gate": "bearish"},
        exposure={"open_positions": 9, "available": D(0)},
    )
    assert verdict.reason == "BOT_NOT_ACTIVE"
    fails = [check.code for check in verdict.checks if not check.passed]
    assert fails == [
        "BOT_NOT_ACTIVE", "WEEKLY_BEARISH", "MAX_POSITIONS", "INSUFFICIENT_CAPITAL",
        "BELOW_MINIMUM", "BELOW_MINIMUM", "SIZE_TOO_SMALL",
    ]  # fmt: skip
    assert verdict.first_quantity == D("17.605")


def test_checks_stand_in_the_order_of_the_table() -> None:
    rules = risk_rules(max_quantity=D(100))
    verdict = a_verdict(proposal={"target": D(120), "rules": rules})
    numbers = [check.number for check in verdict.checks]
    assert numbers == sorted(numbers)
    assert sorted({*numbers}) == [1, 3, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 24, 25]
    rows = [number for table in (GATES, CAPS, FINAL) for number, _ in table]
    assert rows == sorted(rows)
    assert {*rows} == {*numbers}
    assert all(check.number == Reason[check.code].number for check in verdict.checks)
    silent = {r for r in Reason if r.number != EXIT} - {check.code for check in verdict.checks}
    assert silent == set()


def test_a_gate_that_is_not_known_here_holds_back_all_the_same() -> None:
    verdict = a_verdict(conditions={"gate": "RESTORE_RUNNING"})
    assert (verdict.outcome, verdict.reason) == (Outcome.DENIED, "RESTORE_RUNNING")


def test_without_a_stop_no_size_is_shown() -> None:
    verdict = a_verdict(proposal={"stop": None, "target": D(120)})
    assert verdict.first_quantity == 0
    assert verdict.checks[-1].number == 17


def test_figures_are_text_that_can_be_read_back() -> None:
    verdict = a_verdict(
        exposure={"last_exit_at": ago(minutes=1), "user_equity": D(94000)},
        proposal={"target": D(107)},
    )
    texts = [check.text for check in verdict.checks]
    assert "LOCKED: by=cooldown until=2019-06-05T12:09:00Z" in texts
    assert "DAILY_LOSS: of=user lost=6000 share=0.06 limit=0.05" in texts
    form = re.compile(r"[A-Z_0-9]+(: \w+=[^\s=]+( \w+=[^\s=]+)*)?")
    assert all(form.fullmatch(text) for text in texts), texts


def test_a_bot_without_capital_and_costs_still_gets_its_figures() -> None:
    free = some_costs(fee=D(0), entry=D(0), stop=D(0), bound=D(0))
    verdict = a_verdict(
        proposal={"costs": free, "atr": D("0.01")}, exposure={"bot_capital": D(-50)}
    )
    assert verdict.allowed  # a round trip costs nothing; nothing was lost
    texts = {check.text for check in verdict.checks}
    assert "EDGE_BELOW_COST: ratio=none move=0.02 limit=3" in texts
    assert "DAILY_LOSS: of=bot lost=0 share=none limit=0.1" in texts


def test_exit_is_refused_only_without_a_holding_or_with_an_exit_under_way() -> None:
    assert assess_exit(held=D(1), exit_pending=False) is None
    nothing = assess_exit(held=D(0), exit_pending=True)
    assert nothing is not None
    assert (nothing.code, nothing.passed) == ("NOTHING_TO_SELL", False)
    leaving = assess_exit(held=D("1e30"), exit_pending=True)
    assert leaving is not None
    assert leaving.text == f"EXIT_PENDING: held=1{'0' * 30}"


def test_a_cost_that_is_no_fraction_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="fee is a fraction below 1"):
        some_costs(fee=D(1))


def test_a_strength_above_one_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="strength is at most 1"):
        a_proposal(strength=D("1.01"))
