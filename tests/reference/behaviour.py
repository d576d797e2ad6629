"""Answers behaviour cases: what version 1 of each detector says, with its default thresholds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from nightdesk.core.clock import from_iso, millis
from nightdesk.core.ids import InstrumentId, TradeId
from nightdesk.journal.behaviour import disposition, fomo_chase, mood_link, optimal_hours
from nightdesk.journal.behaviour.bars import Bars
from nightdesk.journal.behaviour.detector import Flag
from nightdesk.journal.behaviour.fomo_extension import extension
from nightdesk.journal.behaviour.history import DayLimits, History, Surroundings
from nightdesk.journal.behaviour.overtrade_burst import burst_line
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shuffles import SHUFFLES, shuffled
from nightdesk.journal.behaviour.tilt import tilt
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Severity
from nightdesk.journal.trade import ExitReason, Origin, Outcome, Side
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.performance.significance import binomial_at_least
from tests.reference.compare import Tolerance
from tests.reference.compare import difference as compared

TOLERANCE = Tolerance(rel=1e-9, abs=1e-12)
BREAKEVEN_R = 0.10
MARKET = InstrumentId("BTC/USDT@binance")
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
SILENT = "silent"

Inputs = Mapping[str, Any]


def answer(case: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """Return what the product says, in the shape of `expected`."""
    name = case["detector"]
    answers = ANSWERS.get(name)
    return answers(case["inputs"]) if answers else of_flags(DetectorId(name), case["inputs"])


def difference(case: Mapping[str, Any], said: Any, whole: Mapping[str, Any]) -> str | None:
    """Compare; shuffles are random, so that their cases say how far they may lie apart."""
    own = case.get("tolerance", {})
    expected = dict(case["expected"])
    for name, within in own.items():
        if not isinstance(said, Mapping) or name not in said:
            return f"{name}: expected {expected[name]!r}, said nothing"
        if abs(expected.pop(name) - said[name]) > within:
            return f"{name}: expected {case['expected'][name]!r}, said {said[name]!r}"
    return compared(expected, said, TOLERANCE)


# inputs


def history(inputs: Inputs, **around: Any) -> History:
    """Return people's trades of a case."""
    limit, loss = inputs.get("limit"), inputs.get("daily_loss_limit")
    zone = ZoneInfo(inputs.get("zone", "UTC"))
    trades = [seen(row) for row in inputs["trades"]]
    human = [one for one in trades if one.origin is Origin.HUMAN]
    days = {one.opened_at.astimezone(zone).date() for one in human}
    limits: dict[date, DayLimits] = {
        day: DayLimits(max_trades=limit, max_loss=loss) for day in days
    }
    equity = inputs.get("equity")
    fields: dict[str, Any] = {
        "zone": zone,
        "limits": limits,
        "cooldown_minutes": inputs.get("cooldown_minutes", 0),
        "equity": [] if equity is None else [(datetime(2000, 1, 1, tzinfo=UTC), equity)],
    }
    return History(human, Surroundings(**fields | around))


def seen(row: Mapping[str, Any]) -> SeenTrade:
    """Return a trade of a case; costs and outcome follow from what is given."""
    net, fees = row.get("net"), row.get("fees", 0.0)
    gross = row.get("gross", None if net is None else net + fees)
    closed = row.get("closed_at")
    reason = row.get("exit_reason")
    return SeenTrade(
        id=TradeId(row["id"]),
        instrument=row["instrument"],
        side=Side(row.get("side", "long")),
        origin=Origin(row.get("origin", "human")),
        opened_at=from_iso(row["opened_at"]),
        closed_at=from_iso(closed) if closed else None,
        outcome=outcome(net, row.get("r"), fees) if closed else None,
        net=net,
        gross=gross,
        costs=None if net is None or gross is None else gross - net,
        size=row.get("size"),
        r=row.get("r"),
        planned=row.get("planned", False),
        setup=row.get("setup"),
        entry_price=row.get("entry_price"),
        stops=tuple(float(one) for one in row.get("stops", ())),
        stop_recorded_after_seconds=row.get("stop_recorded_after_seconds"),
        no_stop_declared=row.get("no_stop_declared", False),
        exit_reason=ExitReason(reason) if reason else None,
        gross_quote=gross,
        mfe_quote=row.get("mfe"),
        mfe_r=row.get("mfe_r"),
    )


def outcome(net: float | None, r: float | None, fees: float) -> Outcome | None:
    """Return how a trade ended (journal, part 1, rule 10)."""
    if net is None:
        return None
    flat = abs(net) <= abs(fees) if r is None else abs(r) < BREAKEVEN_R
    if flat:
        return Outcome.BREAKEVEN
    return Outcome.WIN if net > 0 else Outcome.LOSS


def bars(rows: Sequence[Sequence[float]]) -> Bars:
    """Return bars of a case, one a quarter of an hour."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    begin, step = millis(BEGIN), Timeframe.M15.ms
    candles = Candles(
        instrument_id=MARKET,
        timeframe=Timeframe.M15,
        open_time=begin + step * np.arange(len(table), dtype=np.int64),
        open=table[:, 0].copy(),
        high=table[:, 1].copy(),
        low=table[:, 2].copy(),
        close=table[:, 3].copy(),
        volume=np.ones(len(table)),
    )
    return Bars(candles)


# answers


def of_flags(detector: DetectorId, inputs: Inputs) -> Any:
    """Return a detector's observations in order, or its claim."""
    one = DETECTORS[detector]
    past = history(inputs)
    if one.flags is None and one.claim is not None:
        return of_claim(one.claim(past, one.used()))
    return {"fires": fires(detector, past)}


def fires(detector: DetectorId, past: History) -> list[dict[str, Any]]:
    """Return each observation with its raw figures."""
    one = DETECTORS[detector]
    return [shown(flag) for flag in one.flags(past, one.used())] if one.flags else []


def shown(flag: Flag) -> dict[str, Any]:
    """Return one observation."""
    return {"trade": flag.trade.id, "severity": flag.severity.value, **flag.figures}


def of_claim(claim: Claim) -> dict[str, Any]:
    """Return a claim with its raw figures."""
    return {"status": claim.standing.value, "severity": claim.severity.value, **claim.figures}


def revenge_base(inputs: Inputs) -> Any:
    """Count medium and high flags against shuffles."""
    one = DETECTORS[DetectorId.REVENGE]
    past = history(inputs)
    assert one.counting is not None
    counting = {one.id: one.counting(past.settled, one.used())}
    found = shuffled(
        past.settled, counting, shuffles=max(SHUFFLES, inputs.get("permutations", SHUFFLES))
    )[one.id]
    return {"count": found.count, "expected_by_chance": found.expected, "p_value": found.p}


def fomo_extension(inputs: Inputs) -> Any:
    """Judge one entry right at the close of the last bar."""
    known = bars(inputs["bars"])
    found = extension(entry(inputs["trade"], len(inputs["bars"])), known, used("FOMO_EXTENSION"))
    if found is None:
        return {"status": Standing.NOT_ENOUGH_DATA.value, "severity": None}
    return {
        "status": "fires" if found.severity else SILENT,
        "severity": found.severity.value if found.severity else None,
        "d": found.d,
        "ema": found.stretch.ema,
        "atr": found.stretch.atr,
    }


def entry(row: Mapping[str, Any], after: int) -> SeenTrade:
    """Return a trade entered when so many bars had closed."""
    at = BEGIN + after * timedelta(milliseconds=Timeframe.M15.ms)
    return SeenTrade(
        id=TradeId("x"),
        instrument=MARKET,
        side=Side(row["side"]),
        opened_at=at,
        entry_price=float(row["entry_price"]),
        planned=row.get("planned", False),
    )


def fomo_base(inputs: Inputs) -> Any:
    """Return the share of bars beyond the threshold."""
    return {"value": bars(inputs["bars"]).share_stretched(inputs["threshold"])}


def fomo_chase_answer(inputs: Inputs) -> Any:
    """Judge one move."""
    trade = inputs["trade"]
    move, needed = fomo_chase.chase(
        trade["entry_price"],
        Side(trade["side"]).direction,
        inputs["reference_close"],
        inputs["atr"],
        used("FOMO_CHASE"),
    )
    return {"status": "fires" if move >= needed else SILENT, "move": move, "needed": needed}


def overtrade_burst(inputs: Inputs) -> Any:
    """Judge a day's entries against the maxima of the days before, made into trades."""
    past = [seen(row) for row in inputs["trades"]]
    maxima = inputs["past_daily_maxima"]
    line = burst_line(list(maxima), used("OVERTRADE_BURST"))
    if line is None:
        return {"status": Standing.NOT_ENOUGH_DATA.value, "own_p95": None, "trades": []}
    first = min(one.opened_at for one in past) - timedelta(days=len(maxima))
    earlier = [
        replace(past[0], id=TradeId(f"past-{day}-{n}"), opened_at=at, closed_at=at)
        for day, count in enumerate(maxima)
        for n in range(count)
        for at in [first + timedelta(days=day, seconds=n)]
    ]
    zone = ZoneInfo(inputs.get("zone", "UTC"))
    rows = fires(DetectorId.OVERTRADE_BURST, History([*earlier, *past], Surroundings(zone=zone)))
    own = {one.id for one in past}
    found = [row for row in rows if row["trade"] in own]
    return {
        "status": "fires" if found else SILENT,
        "own_p95": line,
        "trades": [row["trade"] for row in found],
        "severity": found[0]["severity"] if found else None,
    }


def disposition_answer(inputs: Inputs) -> Any:
    """Judge given sales."""
    found = [
        disposition.Sale(
            gain=row["sold"] == "gain", kept=tuple(one == "gain" for one in row["held"])
        )
        for row in inputs["events"]
    ]
    return of_claim(disposition.judged(found, used("DISPOSITION")))


def early_exit(inputs: Inputs) -> Any:
    """Return observations and claim."""
    one = DETECTORS[DetectorId.EARLY_EXIT]
    past = history(inputs)
    assert one.claim is not None
    claim = one.claim(past, one.used())
    assert claim.chance is not None
    return {
        "status": claim.standing.value,
        "n": claim.chance.n,
        "hits": claim.chance.x,
        "p_value": claim.chance.p,
        "observations": [row["trade"] for row in fires(DetectorId.EARLY_EXIT, past)],
    }


def own_rules(inputs: Inputs) -> Any:
    """Return which of the own rules each entry broke."""
    past = history(inputs)
    broken: dict[str, list[str]] = {}
    for detector in (DetectorId.COOLDOWN_BREAK, DetectorId.LIMIT_BREAK):
        for row in fires(detector, past):
            broken.setdefault(row["trade"], []).append(detector.value)
    order = [one.id for one in past.trades if one.id in broken]
    return {"fires": [{"trade": name, "breaks": broken[name]} for name in order]}


def tilt_answer(inputs: Inputs) -> Any:
    """Score the day of a case."""
    past = history(inputs)
    flagged: list[tuple[DetectorId, Severity]] = []
    for one in DETECTORS.values():
        if one.flags is not None:
            flagged += [(one.id, flag.severity) for flag in one.flags(past, one.used())]
    limit = inputs.get("daily_loss_limit")
    found = tilt(past.trades, flagged, used("TILT"), loss_limit=limit)
    return {
        "score": found.score,
        "band": found.band.value,
        "parts": dict(found.parts),
        "loss_streak": found.loss_run,
    }


def optimal_hours_answer(inputs: Inputs) -> Any:
    """Compare buckets of results."""
    results = inputs["r_by_bucket"]
    tested = [
        one for one in optimal_hours.hours(results, used("OPTIMAL_HOURS")) if one.p is not None
    ]
    return {
        "status": "difference" if any(one.kept for one in tested) else "no_difference_proven",
        "tested": [one.name for one in tested],
        "p_values": {one.name: one.p for one in tested},
        "better": [one.name for one in tested if one.better],
        "worse": [one.name for one in tested if one.worse],
    }


def mood_link_answer(inputs: Inputs) -> Any:
    """Correlate given days."""
    rating = next(name for name in ("mood", "confidence", "discipline") if name in inputs)
    needed = used("MOOD_LINK")
    found = mood_link.linked(inputs[rating], inputs["r"], needed)
    status = "link" if found.proven else "no_link"
    if found.n < needed["days"]:
        status = Standing.NOT_ENOUGH_DATA.value
    interval = list(found.interval) if found.interval else None
    return {"status": status, "n": found.n, "rho": found.rho, "interval": interval}


def binomial(inputs: Inputs) -> Any:
    """Return P(X ≥ x)."""
    return {"value": binomial_at_least(inputs["x"], inputs["n"], inputs["base"])}


def used(detector: str) -> dict[str, float]:
    """Return a detector's default thresholds."""
    return DETECTORS[DetectorId(detector)].used()


ANSWERS: Mapping[str, Callable[[Inputs], Any]] = {
    "REVENGE_BASE": revenge_base,
    "FOMO_EXTENSION": fomo_extension,
    "FOMO_BASE": fomo_base,
    "FOMO_CHASE": fomo_chase_answer,
    "OVERTRADE_BURST": overtrade_burst,
    "DISPOSITION": disposition_answer,
    "EARLY_EXIT": early_exit,
    "OWN_RULES": own_rules,
    "TILT": tilt_answer,
    "OPTIMAL_HOURS": optimal_hours_answer,
    "MOOD_LINK": mood_link_answer,
    "BINOMIAL": binomial,
}
