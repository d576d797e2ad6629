"""The cost model, against a case worked by hand, and the committed figures against targets."""

from decimal import Decimal

import pytest

from bench import cost
from bench.cost import FIVE_MINUTES, ONE_HOUR, Deployment, Measured, Work
from bench.figures import Target

D = Decimal
PRICES = {
    "write_unit": D("0.625") / 1_000_000,
    "read_unit": D("0.125") / 1_000_000,
    "lambda_gb_second": D("0.0000133334"),
    "lambda_request": D("0.20") / 1_000_000,
    "transition": D(25) / 1_000_000,
    "express_request": D(1) / 1_000_000,
    "express_gb_second": D("0.00001667"),
    "log_gb": D("0.50"),
    "schedule": D(1) / 1_000_000,
    "sqs_request": D("0.40") / 1_000_000,
}
PARTS = Measured(
    cycle=Work(transitions=3, requests=1),
    child=Work(transitions=1, express_requests=1, requests=4),
    market=Work(write=2, read=8, gb_seconds=1),
    bot=Work(write=4, read=2, log_gb=0.000001),
    trade=Work(write=20),
    trip=Work(write=30, sqs_requests=9),
    between=Work(transitions=4),
)


def test_a_month_costs_what_it_does_by_hand() -> None:
    """Five markets need three children; 720 hours; 10 round trips are 20 trades of each bot."""
    at = Deployment(bots=10, markets=5, targets=("1", "1"))
    found = cost.per_bot(PARTS, at, ONE_HOUR, cost.load_prices())
    # an hour writes 10 for the markets and 40 for the bots, and reads 40 and 20; trades write 4,000
    # and their 100 trips into the journal 3,000
    assert found["write"] * 10 == pytest.approx(D("0.026875"))
    assert found["sqs_requests"] * 10 == pytest.approx(900 * D("0.0000004"))
    assert found["read"] * 10 == pytest.approx(D("0.0054"))
    assert found["transitions"] * 10 == pytest.approx(720 * 6 * D("0.000025"))
    assert found["requests"] * 10 == pytest.approx(720 * 13 * D("0.0000002"))
    assert found["express_requests"] * 10 == pytest.approx(720 * 3 * D("0.000001"))
    assert found["gb_seconds"] * 10 == pytest.approx(3_600 * D("0.0000133334"))
    assert found["log_gb"] * 10 == pytest.approx(D("0.0072") * D("0.5"))


def test_the_dated_prices_are_those_that_were_published() -> None:
    assert cost.load_prices() == PRICES


def test_a_month_has_thirty_days_of_closes() -> None:
    assert (FIVE_MINUTES.cycles, ONE_HOUR.cycles) == (8_640, 720)


@pytest.mark.parametrize(
    "target", cost.targets(Measured.load(), cost.load_prices()), ids=lambda one: str(one.name)
)
def test_the_committed_counts_keep_within_the_targets(target: Target) -> None:
    assert target.met, f"{target.value} USD"


def test_the_page_on_cost_is_that_of_the_committed_counts() -> None:
    from bench import pages

    written = pages.COST.read_text(encoding="utf-8")
    assert cost.counts_table(Measured.load()).markdown() in written
