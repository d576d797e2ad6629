"""A text may say what the numbers say, and nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.experiment import Metric
from nightdesk.journal.finding import Chance, DetectorId, Json, Severity
from nightdesk.journal.ports.reviews import Draft
from nightdesk.journal.review import ReviewText, TextSource
from nightdesk.journal.review_material import Account, Stretch
from nightdesk.journal.reviewing.checking import fault_of
from nightdesk.journal.reviewing.numbers import numbers_of
from nightdesk.journal.reviewing.rules_text import rules_text
from nightdesk.journal.reviewing.trying import proposed
from nightdesk.journal.reviewing.writing import RulesWriter, worded
from nightdesk.journal.trade import Check
from nightdesk.journal.verdict import Item, Naming, State, Verdict
from tests.builders.behaviour import a_finding
from tests.builders.reviews import a_period, a_played, a_text, an_experiment, some_material
from tests.builders.writing import a_book, a_rule

D = Decimal
GIVEN: Mapping[str, Json] = {
    "period": {
        "kind": "week",
        "label": "2025-W10",
        "currency": "EUR",
        "first": "2025-03-03",
        "zone": "Europe/Vienna",
    },
    "currency": "EUR",
    "quiet": False,
    "counts": {"trade_count": 37, "wins": 21, "losses": 15, "breakevens": 0},
    "result": {
        "net": {"unit": "money", "n": 37, "value": -1234.565},
        "gross": {"unit": "money", "n": 37, "value": 250.0},
        "max_drawdown": {"unit": "share", "n": 40, "value": -0.08},
        "net_r": {"unit": "r", "n": 35, "value": 4.25},
        "win_rate": {"unit": "share", "n": 36, "value": 0.5833333, "interval": [0.42, 0.73]},
        "profit_factor": {"unit": "ratio", "n": 37, "value": 1.815},
    },
    "discipline": {"unit": "points", "n": 40, "value": 87.5},
    "moods": {"mood": {"unit": "points", "n": 5, "value": 7.0}},
    "model_cost": "0.43",
    "best": {"trade": "jt_abc234", "instrument": "BTC/USDT@binance"},
    "rules": [{"rule": "wait", "text": "Wait 15 minutes, then sell half"}],
}


def fault(sentence: str) -> str | None:
    return fault_of(a_text(opening=sentence), GIVEN)


@pytest.mark.parametrize(
    "sentence",
    [
        "Net -1,234.57 EUR over 37 trades.",
        "Net -1234.56 EUR; you lost 1.234,57 € in all.",
        "Net \u22121 234.57 EUR, that is minus 1235 EUR.",
        "Net -1'235 EUR and €-1,235.",
        "You lost EUR 1,235 and won 21 of 36, or 58 %, 58.3% or 58.33 percent.",
        "Between 42 and 73 per cent, so 42-73 %.",
        "Net +4.25 R, 4.3R, 4.2 R, or 4 R.",
        "A profit factor of 1.8, or 1.82, over thirty-seven trades.",
        "Discipline 87.5, and discipline 88 or 88 %; discipline stood at 88 of 100.",
        "A mood of 7, and no breakevens; you won 21 and lost 15.",
        "In 2025-W10, on 2025-03-05 and in 2025-03.",
        "On 5 March 2025, March 5th, 2025 and in March 2025.",
        "The best one was jt_abc234 in BTC/USDT@binance.",
        'You kept "Wait 15 minutes, then sell half".',
        "The model cost 0.43 USD, or $0.43.",
        "You bought too late and sold too early; a short trade too many.",
        "The loss was 1,234.57 EUR (1,235 EUR), after fees of 250 EUR.",
        "Gross was 250 EUR, 250.00 € or €250; 37 closed trades, then 37.",
        "Your drawdown was 8 %, a win rate of 0.58.",
        "\uff13\uff17 trades.",
        "A mix of it, on 31 March 2025 and on 1 April 2025.",
    ],
)
def test_numbers_in_any_dress_pass(sentence: str) -> None:
    assert fault(sentence) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Net -1,234.58 EUR.",
        "Net +1,234.57 EUR.",
        "You made 1,234.57 EUR.",
        "You won 12 March trades.",
        "In May 30 of them.",
        "Net 1234.57 USD.",
        "Net 1234.57 R.",
        "Net 1.23 EUR.",
        "Net -4.25 R.",
        "Net 4.25 EUR.",
        "Net 4.5 R.",
        "Won 59 %.",
        "Won 0.58 %.",
        "Won 37 %.",
        "Won 58 R.",
        "38 trades.",
        "thirty-eight trades",
        "Twelve trades.",
        "A dozen trades and a million reasons.",
        "½ of them.",
        "37² trades",
        "٣٨ trades.",
        "3\u200b8 trades.",
        "It was a 12x week.",
        "You made 5k.",
        "1e5 EUR",
        "On 2025-13-05.",
        "In 2025-W54.",
        "At 14:30.",
        "minus 37 trades",
        "A profit factor of 1.9.",
        "37.1 trades",
        "1,234,56 EUR",
        "4.25.1 R",
        "39 March 2025 trades.",
        "May 32, 2025",
        "ninetynine trades",
        "thirty nine trades",
    ],
)
def test_numbers_that_were_not_supplied_are_named(sentence: str) -> None:
    found = fault(sentence)
    assert found is not None
    assert found.startswith("UNKNOWN_NUMBER: ")


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Look at jt_abc235 again.", "UNKNOWN_TRADE"),
        ("Look at JT_ABC234 again.", "UNKNOWN_TRADE"),
        ("You should buy more.", "ADVICE"),
        ("Sell BTC/USDT@binance now.", "ADVICE"),
        ("Consider selling half.", "ADVICE"),
        ("It is time to go long.", "ADVICE"),
        ("Next week, short BTC.", "ADVICE"),
        ("Double down.", "ADVICE"),
        ("Rebuy.", "ADVICE"),
        ("b-u-y it.", "ADVICE"),
        ("B u y it.", "ADVICE"),
        ("Kaufe BTC.", "ADVICE"),
        ("B\u00fcy BTC.", "ADVICE"),
        ("Bu\u0443 it.", "UNKNOWN_NUMBER"),
        ("\u0405ell it.", "UNKNOWN_NUMBER"),
        ("\u0299\u1d1c\u028f it.", "UNKNOWN_NUMBER"),
        (" ", "EMPTY"),
        ("a" * 900, "TOO_LONG"),
    ],
)
def test_other_faults_are_named(sentence: str, code: str) -> None:
    assert (fault(sentence) or "").partition(":")[0] == code


@pytest.mark.parametrize(
    "sentence",
    [
        "You made 1,234.57 EUR. Your worst trade was jt_abc234.",
        "A profit of 1,234.57 EUR, with few losses.",
        "A gain of 1,234.57 EUR after fees paid.",
        "Your net result was positive: 1,234.57 EUR, after costs.",
        "Net 1234.57 EUR up; drawdown small.",
        "You lost 4.25 R.",
        "You lost 250 EUR gross.",
        "Gross was a loss of 250.00 EUR.",
        "Down +250 EUR.",
        "Gross (250 EUR).",
        "You lost 58 % of them.",
    ],
)
def test_an_amount_that_is_said_with_the_wrong_sign_is_refused(sentence: str) -> None:
    assert (fault(sentence) or "").startswith("UNKNOWN_NUMBER: ")


HIDING = (
    *("Half of your trades won.", "Two thirds of your trades lost.", "A third of them."),
    *("All of your trades won.", "Every trade won.", "The fifth loss in a row.", "A sixfold gain."),
    *(
        "You doubled your account.",
        "You tripled your equity.",
        "Twice as much.",
        "A couple of wins.",
    ),
    *("You won one trade.", "You won one short trade.", "A trillion.", "You won XXIII trades."),
    *("You won 三 trades.", "Du hast zwölf Trades gewonnen.", "Vierzehn Trades."),
    *("You won V trades.", "Thirteenth of them.", "You won 🔟 trades.", "No losses."),
    *("You won xxiii trades.", "You won iv trades.", "You won twohundred trades."),
    *("Onethousand trades.", "Most trades won."),
    *("Du hast einundneunzig Trades gewonnen.", "Die Haelfte der Trades.", "Ein Drittel."),
    *("Du hast einhundert Trades.", "Ein Dutzend."),
)
"""Numbers that are said without digits; none of a losing trade is supplied as 0 here."""


@pytest.mark.parametrize("sentence", HIDING)
def test_numbers_in_other_words_are_refused(sentence: str) -> None:
    numbers = {**GIVEN, "counts": {"trade_count": 37, "wins": 21, "losses": 15}}
    found = fault_of(a_text(opening=sentence), numbers)
    assert (found or "").startswith("UNKNOWN_NUMBER: ")


@given(
    value=st.decimals(D("-9999"), D("9999"), places=2).filter(bool),
    off=st.integers(1, 99),
    unit=st.sampled_from(("EUR", "R", "%")),
    lost=st.booleans(),
)
def test_gains_and_losses_are_said_as_what_they_are(
    value: D, off: int, unit: str, lost: bool
) -> None:
    kind = {"EUR": "money", "R": "r", "%": "share"}[unit]
    figure: dict[str, Json] = {
        "unit": kind,
        "n": 1,
        "value": float(value / 100 if unit == "%" else value),
    }
    numbers: dict[str, Json] = {**GIVEN, "counts": {}, "discipline": {}, "result": {"x": figure}}
    numbers |= {"moods": {}}
    verb = "lost" if lost else "made"
    for amount, sign, true in (
        (abs(value), "", lost == (value < 0)),
        (abs(value), "-", value < 0),
        (abs(value) + off, "", False),
    ):
        found = fault_of(a_text(opening=f"You {verb} {sign}{amount} {unit}."), numbers)
        assert (found is None) == true, found


UNITS = (
    *("k EUR", "k", "m EUR", "mn EUR", "Mio. EUR", "bn", "trillion", "dollars", "euros", "Euro"),
    *("eur", "r", "pct", "bps", "‰", "percentage points", "% points", "pips", "SOL", "EURO"),
    *(
        "bitcoin",
        "(dollars)",
        "- dollars",
        "h",
        "x",
        "^21",
        "*21",
        ":1",
        "/36",
        " : 1",
        "!1",
        "-fold",
    ),
    *("₿", "¥", "°"),
)


@given(
    amount=st.sampled_from(["37", "21", "250", "4.25", "1.8", "87.5"]), tail=st.sampled_from(UNITS)
)
def test_a_true_number_in_a_unit_or_size_of_another_is_refused(amount: str, tail: str) -> None:
    for blank in ("", " "):
        assert fault(f"You had {amount}{blank}{tail} there."), (amount, blank, tail)


@pytest.mark.parametrize(
    "sentence",
    [
        "¥37 there.",
        "₿37 there.",
        "SOL 37 there.",
        "Discipline 7 %.",
        "Win rate 87.5 %.",
        "Win rate 7 %.",
        "A win rate of 7.",
        "1 of 37 trades.",
        "Losses: 1.",
        "8 of them.",
        "2 wins.",
        "250 trades.",
        "4 trades.",
        "1235.",
    ],
)
def test_a_number_of_another_kind_excuses_none(sentence: str) -> None:
    assert (fault(sentence) or "").startswith("UNKNOWN_NUMBER: ")


@pytest.mark.parametrize("thing", ["BTC", "btc", "BTC/USDT", "BTC/USDT@binance", "bitcoin"])
@pytest.mark.parametrize(
    "advice",
    [
        *("Close your {} position now.", "Exit {}.", "Add to {} next week.", "Invest in {}."),
        *("Take a long in {}.", "Get out of {}.", "Double down on {}.", "Put more money into {}."),
        *("Reduce your {}.", "Trim {}.", "Liquidate {}.", "Hold {}.", "Avoid {}.", "Stay in {}."),
        *("Go all in on {}.", "Rebuy {}.", "Shorting {} looks right.", "Long {}.", "Ape into {}."),
        *("Pick up some {}.", "{} is a bargain: get some.", "Increase your {} exposure."),
        *("Trade {} from the long side.", "Scale into {}.", "Fade {}.", "DCA into {}."),
        *("Acquire {}.", "Dispose of {}.", "Swap what you have for {}.", "Switch into {}."),
        *("Consider {} next week.", "Prefer {}.", "Overweight {}."),
        *("Stack {}.", "Unload {}.", "{} is undervalued.", "Steer clear of {}."),
        *("Steig bei {} ein.", "{} nachlegen.", "{} aufstocken.", "{} halten.", "{} abstossen."),
    ],
)
def test_whoever_names_an_instrument_says_nothing_of_dealing_in_it(advice: str, thing: str) -> None:
    assert (fault(advice.format(thing)) or "").startswith("ADVICE: ")


@pytest.mark.parametrize("whose", ["your open position", "the position", "that open position"])
@pytest.mark.parametrize("verb", ["Close", "Add to", "Reduce"])
def test_nothing_is_said_of_dealing_in_a_position(verb: str, whose: str) -> None:
    assert (fault(f"{verb} {whose}.") or "").startswith("ADVICE: ")


@pytest.mark.parametrize(
    "rule", ["Close half of BTC at 1.5 R, \u4e09 times", "Risk \u00bd R, at most \u2460 entry"]
)
def test_a_quoted_rule_may_say_what_the_text_may_not(rule: str) -> None:
    numbers: dict[str, Json] = {**GIVEN, "rules": [{"rule": "out", "text": rule}]}
    assert fault_of(a_text(opening=f'You broke "{rule}".'), numbers) is None
    assert fault_of(a_text(opening="You broke what says close BTC."), numbers) is not None
    assert fault_of(a_text(opening=f'You broke "{rule}", \u00bd of it.'), numbers) is not None


@pytest.mark.parametrize("value", [-0.004, 0.004])
def test_what_rounds_to_nothing_has_no_sign(value: float) -> None:
    numbers: dict[str, Json] = {**GIVEN, "result": {"r": {"unit": "r", "n": 9, "value": value}}}
    assert fault_of(a_text(opening="Net 0.00 R."), numbers) is None
    assert fault_of(a_text(opening="Net 0.01 R."), numbers) is not None


def test_what_is_at_risk_is_told_in_a_coin_that_was_traded() -> None:
    risk: Json = {"unit": "money", "n": 1, "value": 0.25, "currency": "BTC"}
    numbers: dict[str, Json] = {**GIVEN, "open_risk": risk}
    assert fault_of(a_text(opening="At risk in open positions: 0.25 BTC."), numbers) is None
    assert fault_of(a_text(opening="Open a position of 0.25 BTC."), numbers) is not None


def test_each_part_of_a_text_is_checked() -> None:
    lie = "99 trades."
    for part in ("opening", "question", "experiment_comment"):
        assert fault_of(a_text(**{part: lie}), GIVEN)
    assert fault_of(a_text(went_well=("Fine.", lie)), GIVEN)
    assert fault_of(a_text(went_badly=(lie,)), GIVEN)


def test_a_name_that_is_a_number_excuses_no_number() -> None:
    for name in ("99", "99 R", "ninety", "99 %"):
        numbers: dict[str, Json] = {**GIVEN, "by": {"setup": [{"key": name}]}}
        assert fault_of(a_text(opening=f"It was {name}."), numbers), name


DRESSES = (
    *("{} trades", "lost {} EUR", "made {} EUR", "net {} R", "won {} %", "€{}", "+{} R", "-{} EUR"),
    *("a factor of {}", "{}%", "EUR {}", "minus {}", "from {} to {}", "({})", "{}, you see"),
)


@given(
    number=st.decimals(D("-99999"), D("99999"), places=2, allow_nan=False),
    places=st.integers(0, 2),
    dress=st.sampled_from(DRESSES),
    thousands=st.booleans(),
)
def test_whatever_a_liar_writes_passes_only_if_it_is_a_rounding(
    number: D, places: int, dress: str, thousands: bool
) -> None:
    """Told by hand: an amount passes if it is within half a step of some supplied number."""
    amount = abs(number).quantize(D(1).scaleb(-places))
    written = f"{amount:,}" if thousands else f"{amount}"
    said = fault(dress.format(written, written))
    half = D("0.5").scaleb(-places)
    money, gross, r, factor = D("1234.565"), D(250), D("4.25"), D("1.815")
    shares, points = [D("58.33333"), D(42), D(73), D(8)], [D("87.5"), D(7)]
    counts = [D(one) for one in (37, 21, 15, 0, 35, 36, 40, 5)]
    plain = [money, gross, r, factor, *points, *counts, *(one / 100 for one in shares), D("0.43")]
    near = any(abs(amount - one) <= half for one in [*plain, *shares])
    readings_differ = "," in written  # 1,234 may be read as 1.234 as well
    if said is None and not readings_differ:
        assert near, (written, dress)
    if dress == "made {} EUR" and not readings_differ:
        assert (said is None) == (abs(amount - gross) <= half)
    if dress == "{} trades" and not readings_differ:
        assert (said is None) == any(abs(amount - one) <= half for one in counts)
    if dress == "lost {} EUR" and not readings_differ:
        assert (said is None) == (abs(amount - money) <= half)
    if dress == "net {} R" and not readings_differ:
        assert (said is None) == (abs(amount - r) <= half)
    if dress == "+{} R" and not readings_differ:
        assert (said is None) == (abs(amount - r) <= half)


@dataclass
class Scripted:
    """A model that says what it is told to."""

    drafts: list[ReviewText | None]
    faults: list[str | None] = field(default_factory=list)

    def __call__(
        self, numbers: Mapping[str, Json], notes: Sequence[str], *, fault: str | None = None
    ) -> Draft | None:
        self.faults.append(fault)
        text = self.drafts.pop(0)
        return Draft(text=text, model="m", prompt_hash="h", cost=D("0.01")) if text else None


TRUE, LIE = a_text(opening="1 trade closed."), a_text(opening="7 trades closed.")


def some_numbers(**changes: Any) -> dict[str, Json]:
    material = some_material([a_played("a", "1.5")], **changes)
    return numbers_of(material, proposed(material))


def test_a_model_that_lies_is_told_so_once_and_then_the_rules_stand() -> None:
    numbers = some_numbers()
    liar = Scripted([LIE, LIE])
    found = worded(liar, numbers, ())
    assert found.source is TextSource.RULES
    assert found.text == rules_text(numbers)
    assert (found.cost, found.model, len(found.refused)) == (D("0.02"), None, 2)
    assert liar.faults[0] is None
    assert "'7'" in (liar.faults[1] or "")


def test_a_model_that_mends_its_text_is_heard() -> None:
    found = worded(Scripted([LIE, TRUE]), some_numbers(), ())
    assert (found.source, found.model, found.text) == (TextSource.MODEL, "m", TRUE)
    assert (found.cost, found.prompt_hash, len(found.refused)) == (D("0.02"), "h", 1)


def test_without_a_draft_the_rules_stand_and_a_quiet_week_asks_no_model() -> None:
    assert worded(Scripted([None]), some_numbers(), ()).source is TextSource.RULES
    assert worded(RulesWriter(), some_numbers(), ()).source is TextSource.RULES
    quiet = numbers_of(some_material())
    assert worded(Scripted([]), quiet, ()).source is TextSource.RULES


NOTED = (
    *("Wait 15 minutes, then sell half", "Close BTC at noon, all of it", "One third: 0.5 %"),
    *("\u4e09 \u6b21", "\u041d\u0435 \u0431\u043e\u043b\u044c\u0448\u0435 3"),
)
"""Rules as their owners word them."""
SIGNED = st.decimals(D(-3), D(5), places=3).filter(bool)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_rules_text_passes_the_check_whatever_there_is_to_say(data: st.DataObject) -> None:
    def some(least: int, most: int) -> int:
        return data.draw(st.integers(least, most))

    book = a_book(rules=(a_rule(text=data.draw(st.sampled_from(NOTED)), predicate=None),))
    played = [
        a_played(
            f"t{place}",
            str(data.draw(SIGNED)),
            day=date(2025, 3, some(3, 9)),
            playbook_id=book.id,
            playbook_version=book.version,
            checklist={book.rules[0].id: data.draw(st.sampled_from(Check))},
        )
        for place in range(some(0, 14))
    ]
    named = data.draw(st.lists(st.sampled_from(DetectorId), unique=True, max_size=3))
    claims = [
        Claim(
            detector=one,
            standing=Standing.FIRES,
            severity=Severity.MEDIUM,
            text="",
            chance=data.draw(st.none() | st.just(Chance(x=5, n=30, base=0.05, p=0.01))),
        )
        for one in named
    ]
    findings = [
        a_finding(detector=one, trades=(trade.trade.id,))
        for one in DetectorId
        for trade in played[: some(0, 2)]
    ]
    item = Item(name="max_trades", check=data.draw(st.sampled_from(Check)))
    verdict = Verdict(
        state=State.JUDGED, items=(item,) * some(1, 9), named=data.draw(st.sampled_from(Naming))
    )
    tried = an_experiment(
        week="2025-W10",
        metric=data.draw(st.sampled_from(Metric)),
        filter={"detector": "REVENGE", "playbook": book.id, "rule": book.rules[0].id},
    )
    past = [
        Stretch(
            period=a_period(f"2025-W{9 - week:02d}"),
            closed=tuple(a_played(f"p{week}", str(data.draw(SIGNED))) for _ in range(some(0, 1))),
            tried=None if week else tried,
        )
        for week in range(8)
    ]
    days = [date(2025, 3, day) for day in range(3, 10)]
    material = some_material(
        played,
        period=a_period(),
        findings=tuple(findings),
        claims=tuple(claims),
        books=(book,),
        past=tuple(past),
        verdicts=dict.fromkeys(days[: some(0, 7)], verdict),
        entry_days=frozenset(days[: some(0, 7)]),
        held=tuple(a_played(f"h{place}") for place in range(some(0, 2))),
        account=Account(currency="USDT", flows=data.draw(st.none() | SIGNED), moved=True),
        tilts={days[0]: some(1, 100)},
        moods={"mood": {days[0]: float(some(1, 10))}, "discipline": {days[0]: 7.0}},
    )
    numbers = numbers_of(material, proposed(material))
    assert fault_of(rules_text(numbers), numbers) is None, rules_text(numbers)


WEEKS = st.lists(
    st.tuples(st.none() | st.decimals(D(-3), D(5), places=3).filter(bool), st.integers(3, 9)),
    max_size=25,
)


@given(week=WEEKS)
@settings(max_examples=40, deadline=None)
def test_the_rules_text_passes_the_check_and_equal_numbers_give_equal_bytes(
    week: list[tuple[D | None, int]],
) -> None:
    played = [
        a_played(f"t{place}", None if r is None else str(r), day=date(2025, 3, day), setup_id="gap")
        for place, (r, day) in enumerate(sorted(week, key=lambda one: one[1]))
    ]
    material = some_material(played)
    numbers = numbers_of(material, proposed(material))
    text = rules_text(numbers)
    assert fault_of(text, numbers) is None
    again = json.loads(json.dumps(numbers_of(material, proposed(material))))
    assert rules_text(again) == text


def test_what_the_rules_say_turns_on_no_amount_of_money() -> None:
    """The same week in another currency: a thousandth of the money, the same sentences."""
    numbers = some_numbers()
    other = json.loads(json.dumps(numbers).replace('"EUR"', '"XAU"'))
    scaled(other)
    one, two = rules_text(numbers), rules_text(other)
    assert two.opening == one.opening.replace("150.00 EUR", "0.15 XAU")
    assert (two.went_well, two.went_badly, two.question) == (
        one.went_well,
        one.went_badly,
        one.question,
    )


def scaled(value: Any) -> None:
    """Take money to a thousandth of it, in place."""
    if isinstance(value, dict):
        if value.get("unit") == "money":
            for name in ("value", "median", "low", "high"):
                if value.get(name) is not None:
                    value[name] /= 1_000
        for one in value.values():
            scaled(one)
    elif isinstance(value, list):
        for one in value:
            scaled(one)
