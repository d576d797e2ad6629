"""The text of a review by rules: fixed sentences, chosen by the numbers alone.

Equal numbers give equal bytes. What is said turns on R, shares and the owner's own range, never on
an amount of money.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import cast

from nightdesk.core.money import as_written
from nightdesk.journal.finding import Json
from nightdesk.journal.review import MOST_POINTS, ReviewText
from nightdesk.journal.reviewing.telling import Unit

Numbers = Mapping[str, Json]

WELL_KEPT = 80
"""Discipline from which it is worth a word."""
COSTLY = 0.3
"""Share of gross gains that costs take from which they are: as COST_DRAG has it."""
PLANNED = 0.8
FEWEST = 10
"""Trades with R from which on their mean is worth a claim."""
NAMES = {
    "trade_count": "The number of trades",
    "net": "The net result",
    "net_r": "The net R",
    "win_rate": "The win rate",
    "expectancy_r": "The mean R",
    "fees": "The fees",
}
RISING_IS_GOOD = ("net_r", "expectancy_r", "win_rate")
TOLD = frozenset({"medium", "high"})
RESULTS = {
    "met": "was met",
    "not_met": "was not met",
    "too_few": "had too few cases to say",
    "dropped": "was dropped",
}


def rules_text(numbers: Numbers) -> ReviewText:
    """Return the whole text."""
    return ReviewText(
        opening=_opening(numbers),
        went_well=tuple(_first(_went_well(numbers))),
        went_badly=tuple(_first(_went_badly(numbers))),
        question=_question(numbers),
        experiment_comment=on_experiment(numbers),
    )


def _first(sentences: Iterator[str]) -> list[str]:
    return [one for one, _ in zip(sentences, range(MOST_POINTS), strict=False)]


def part(numbers: Numbers, *path: str) -> Numbers:
    """Return the object at a path, an empty one where there is none."""
    found: Json = numbers
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def rows(numbers: Numbers, name: str) -> Sequence[Numbers]:
    """Return the objects of a list."""
    return cast("Sequence[Numbers]", numbers.get(name) or ())


def value(figure: Numbers) -> float | None:
    """Return the value of a figure."""
    found = figure.get("value")
    return float(found) if isinstance(found, int | float) else None


def said(figure: Numbers, currency: str, name: str = "value") -> str:
    """Return a number of a figure as a text has it, rounded as its unit asks."""
    number = as_written(float(cast("float", figure[name])))
    unit = Unit(str(figure["unit"]))
    if unit is Unit.SHARE:
        return f"{_rounded(number * 100, 0)} %"
    if unit is Unit.MONEY:
        return f"{_rounded(number, 2)} {currency}"
    if unit is Unit.R:
        return f"{_rounded(number, 2)} R"
    return _rounded(number, 0 if number == number.to_integral_value() else 2)


def _rounded(number: Decimal, places: int) -> str:
    found = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{found or abs(found):f}"


def _opening(numbers: Numbers) -> str:
    label, currency = str(part(numbers, "period")["label"]), _currency(numbers)
    if numbers["quiet"]:
        return _quiet(numbers, label)
    counts, result = part(numbers, "counts"), part(numbers, "result")
    found = f"Trades closed in {label}: {counts['trade_count']}, {_net(numbers)}, "
    r = part(result, "net_r")
    if value(r) is not None:
        found += f"{said(r, currency)}."
    else:
        found += "without R for want of stops." if r["reason"] == "NO_STOP" else "without R."
    rate = part(result, "win_rate")
    if value(rate) is not None:
        found += f" Won: {counts['wins']} of {rate['n']} decided, {said(rate, currency)}."
    past = part(numbers, "past", "net_r")
    if "where" in past:
        low, high = said(past, currency, "low"), said(past, currency, "high")
        found += f" That is {past['where']} your own range of {low} to {high}."
    return found + _at_risk(numbers)


def _net(numbers: Numbers) -> str:
    """Say the net and of how many trades it is, or that it is not known and why."""
    net, currency = part(numbers, "result", "net"), _currency(numbers)
    if value(net) is None:
        price = f"a rate into {currency}" if net["reason"] == "NO_RATE" else "the price of a fee"
        return f"net unknown for want of {price}"
    some = (
        f" of the {net['n']} whose amount is known" if part(numbers, "counts")["unvalued"] else ""
    )
    return f"net {said(net, currency)}{some}"


def _at_risk(numbers: Numbers) -> str:
    """Say what is at risk in open positions, where there are any."""
    risk = part(numbers, "open_risk")
    if not risk["n"]:
        return ""
    if value(risk) is not None:
        return f" At risk in open positions: {said(risk, str(risk['currency']))}."
    want = "a stop" if risk["reason"] == "NO_STOP" else "a rate"
    return f" What is at risk in open positions is unknown for want of {want}."


def _quiet(numbers: Numbers, label: str) -> str:
    counts, account = part(numbers, "counts"), part(numbers, "account")
    flows = part(account, "flows")
    found = f"No trade was closed in {label}. Entered: {counts['entered']}."
    found += f" Open positions now: {counts['open']}.{_at_risk(numbers)}"
    if value(flows):
        found += f" Deposits less withdrawals: {said(flows, str(account['currency']))}."
    plans = part(numbers, "plans")
    if plans["judged"]:
        found += f" Plan items kept: {plans['kept']}, broken: {plans['broken']}."
    return found


def _went_well(numbers: Numbers) -> Iterator[str]:
    followed = part(numbers, "follow_up")
    if followed.get("result") == "met":
        yield f"The experiment was met: {_measured(numbers, followed)}."
    mean = part(numbers, "result", "expectancy_r")
    interval, enough = mean.get("interval"), int(str(mean["n"])) >= FEWEST
    if enough and isinstance(interval, Sequence) and float(str(interval[0])) > 0:
        yield f"A mean of {said(mean, _currency(numbers))} per trade is positive beyond chance."
    yield from _moved(numbers, good=True)
    plans = part(numbers, "plans")
    if plans["kept"] and not plans["broken"]:
        yield f"Every plan was kept; items judged: {plans['kept']}."
    if plans["discipline"]:
        yield f"Losing days that kept their limits: {plans['discipline']}. That is discipline."
    discipline = part(numbers, "discipline")
    kept = value(discipline)
    if kept is not None and kept >= WELL_KEPT:
        checks = f"{discipline['n']} checks"
        yield f"Discipline stands at {said(discipline, '')} of 100 over {checks}."
    best = _best(numbers, "best")
    if best:
        yield f"The best trade was {best}."


def _went_badly(numbers: Numbers) -> Iterator[str]:
    for one in rows(numbers, "findings"):
        if one["severity"] in TOLD:
            yield _seen(one)
    for one in _broken(numbers):
        yield (
            f'Breaking the rule "{one["text"]}" cost {said(part(one, "cost"), "")}; '
            f"times broken: {one['broken']}."
        )
    followed = part(numbers, "follow_up")
    if followed.get("result") == "not_met":
        yield f"The experiment was not met: {_measured(numbers, followed)}."
    yield from _moved(numbers, good=False)
    plans = part(numbers, "plans")
    if plans["broken"]:
        yield f"Plan items broken: {plans['broken']}, kept: {plans['kept']}."
    if plans["luck"]:
        yield f"Winning days that broke their limits: {plans['luck']}. That is luck."
    share = part(numbers, "result", "cost_share")
    if (value(share) or 0) >= COSTLY:
        yield f"Costs took {said(share, '')} of what winning trades brought before them."
    worst = _best(numbers, "worst")
    if worst:
        yield f"The worst trade was {worst}."


def _seen(finding: Numbers) -> str:
    """Say how often a detector saw something; by itself that is no claim about the trader."""
    name, base = _name(finding), part(finding, "base")
    found = f"Seen as {name}: {finding['count']}"
    if finding.get("claim") != "fires":
        return f"{found}, at most {finding['severity']}."
    lasting = f"The last {finding['days']} days show {name}"
    if value(base) is not None:
        lasting += f": {finding['x']} of {finding['n']}, by chance {said(base, '')}"
    return f"{found}. {lasting}." if finding["count"] else f"{lasting}."


def _moved(numbers: Numbers, *, good: bool) -> Iterator[str]:
    """Yield what left its own range for the better, or for the worse."""
    for name in cast("Sequence[str]", numbers["changed"]):
        row = part(numbers, "past", name)
        if name in RISING_IS_GOOD and (row["where"] == "above") is good:
            now, median = (said(row, _currency(numbers), one) for one in ("value", "median"))
            yield f"{NAMES[name]} is {row['where']} your own range: {now}, usually {median}."


def _broken(numbers: Numbers) -> list[Numbers]:
    """Return the rules whose breaking cost R, the dearest first."""
    dear = [one for one in rows(numbers, "rules") if (value(part(one, "cost")) or 0) > 0]
    return sorted(dear, key=lambda one: (-(value(part(one, "cost")) or 0), str(one["rule"])))


def _best(numbers: Numbers, which: str) -> str:
    found = cast("Sequence[Numbers]", part(numbers, "extremes").get(which) or ())
    if not found:
        return ""
    one = found[0]
    figure = part(one, "r") if value(part(one, "r")) is not None else part(one, "net")
    return f"{one['trade']} in {one['instrument']} with {said(figure, _currency(numbers))}"


def _question(numbers: Numbers) -> str:
    if numbers["quiet"]:
        return "What has to be there before you enter again?"
    broken = _broken(numbers)
    if broken:
        return f'What was in your way when you broke "{broken[0]["text"]}"?'
    weighty = [one for one in rows(numbers, "findings") if one["severity"] in TOLD and one["count"]]
    if weighty:
        return f"What was different about the entries that were seen as {_name(weighty[0])}?"
    share = value(part(numbers, "plans", "planned_share"))
    if share is not None and share < PLANNED:
        return "What would a plan have said before the sessions that had none?"
    return "Which trade would you take again exactly as it was, and why?"


def on_experiment(numbers: Numbers) -> str:
    """Say what became of the last experiment and what is the next one."""
    followed, wanted = part(numbers, "follow_up"), part(numbers, "experiment")
    found = []
    if followed:
        result = RESULTS[str(followed["result"])]
        found.append(f"The last experiment {result}: {_measured(numbers, followed)}.")
    if wanted:
        begin = "Try in" if wanted["standing"] == "open" else "Dropped for"
        found.append(f"{begin} {wanted['week']}: {wanted['text']}")
    return " ".join(found)


def _measured(numbers: Numbers, followed: Numbers) -> str:
    measured, currency = part(followed, "value"), _currency(numbers)
    share = said(measured, currency) if value(measured) is not None else "nothing"
    return f"{share} of {followed['n']} cases, the aim was {said(part(followed, 'target'), '')}"


def _currency(numbers: Numbers) -> str:
    """Return what the amounts of trades are in."""
    return str(numbers["currency"])


def _name(finding: Numbers) -> str:
    return str(finding["detector"]).replace("_", " ").lower()
