import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nightdesk.accounts.totp import (
    STEP_SECONDS,
    accepted,
    code_at,
    new_recovery_codes,
    otpauth,
    recovery_digest,
    step_at,
)
from nightdesk.adapters.secrets.pepper import Pepper
from tests.builders.accounts import ALICE, BOB
from tests.unit.accounts.fakes import FixedSecret

RFC_SECRET = b"12345678901234567890"
DIGESTS = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))

secrets = st.binary(min_size=20, max_size=20)
moments = st.integers(min_value=90, max_value=4_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert code_at(RFC_SECRET, seconds // STEP_SECONDS, digits=8) == code


def test_codes_are_those_of_rfc_4226_appendix_d() -> None:
    wanted = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"
    assert " ".join(code_at(RFC_SECRET, step) for step in range(10)) == wanted


@given(secret=secrets, now=moments, drift=st.integers(min_value=-1, max_value=1))
def test_a_code_of_a_neighbouring_step_is_accepted_once(
    secret: bytes, now: datetime, drift: int
) -> None:
    present = step_at(now)
    codes = [code_at(secret, present + each) for each in (-1, 0, 1)]
    assume(len(set(codes)) == 3)
    step = accepted(secret, codes[drift + 1], now, last_step=0)
    assert step == present + drift
    assert accepted(secret, codes[drift + 1], now, last_step=step) is None


@given(secret=secrets, now=moments, drift=st.sampled_from([-3, -2, 2, 3]))
def test_a_code_two_steps_away_is_refused(secret: bytes, now: datetime, drift: int) -> None:
    step = step_at(now) + drift
    assume(step >= 0)
    code = code_at(secret, step)
    assume(code not in {code_at(secret, step_at(now) + each) for each in (-1, 0, 1)})
    assert accepted(secret, code, now, last_step=0) is None


@given(
    secret=secrets,
    start=moments,
    waits=st.lists(st.integers(min_value=0, max_value=90), max_size=12),
    drifts=st.lists(st.integers(min_value=-2, max_value=2), min_size=12, max_size=12),
)
def test_accepted_steps_only_ever_rise(
    secret: bytes, start: datetime, waits: list[int], drifts: list[int]
) -> None:
    now, last = start, 0
    for wait, drift in zip(waits, drifts, strict=False):
        now += timedelta(seconds=wait)
        step = accepted(secret, code_at(secret, max(0, step_at(now) + drift)), now, last)
        if step is not None:
            assert step > last
            assert abs(step - step_at(now)) <= 1
            last = step


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", " 94287"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert accepted(RFC_SECRET, code, datetime.fromtimestamp(59, UTC), 0) is None


def test_uri_says_what_the_apps_need_and_escapes_the_account() -> None:
    uri = urlsplit(otpauth(RFC_SECRET, "al ice/x?y"))
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Nightdesk:al%20ice%2Fx%3Fy")
    assert parse_qs(uri.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Nightdesk"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_recovery_codes_are_ten_of_80_bits() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}", code) for code in codes)


def test_digest_of_a_recovery_code_knows_owner_but_neither_case_nor_hyphens() -> None:
    one = recovery_digest(DIGESTS, ALICE, "ABCD-EFGH-IJKL-MNOP")
    assert one == recovery_digest(DIGESTS, ALICE, "abcd efgh ijklmnop")
    assert one != recovery_digest(DIGESTS, BOB, "ABCD-EFGH-IJKL-MNOP")
