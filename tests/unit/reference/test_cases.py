"""Every worked case, through the product."""

import pytest

from tests.reference.__main__ import COPIES, Case, cases

EVERY = [case for file in sorted(COPIES.glob("*.json")) for case in cases(file)]


@pytest.mark.parametrize("case", EVERY, ids=[case.id for case in EVERY])
def test_case_when_run_through_the_product_then_nothing_differs(case: Case) -> None:
    fault = case.fault()
    assert fault is None, fault
