"""Algorithm confusion and its kin (accounts, abuse case 4), against the real signer."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nightdesk.accounts.tokens import Claims, access_claims
from nightdesk.adapters.secrets.ring import KeyRing, KeyState, read_ring, thumbprint
from nightdesk.adapters.secrets.tokens import JwtSigner
from nightdesk.core.errors import Misconfigured, Refused
from tests.builders.accounts import BOB, NOW, a_session_id
from tests.unit.accounts.fakes import FixedSecret
from tests.unit.accounts.rig import SEED

SECRET = FixedSecret(SEED)
SIGNER = JwtSigner(KeyRing(SECRET), "nightdesk-test")
KEY = next(iter(read_ring(SEED).values()))
HEADER = {"alg": "EdDSA", "typ": "at+jwt", "kid": KEY.kid}


def the_claims() -> Claims:
    return access_claims(a_session_id(), 1, ("pwd",), NOW, NOW)


def payload(**changes: Any) -> dict[str, Any]:
    token = SIGNER.sign(the_claims(), NOW)
    body: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return {name: value for name, value in (body | changes).items() if value is not None}


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: dict[str, Any], body: dict[str, Any]) -> str:
    """Sign with the desk's own key, whatever the header says."""
    text = f"{part(header)}.{part(body)}"
    return f"{text}.{part(KEY.private.sign(text.encode()))}"


def refused(token: str) -> None:
    with pytest.raises(Refused) as refusal:
        SIGNER.verify(token, NOW)
    assert (refusal.value.code, refusal.value.status) == ("UNAUTHENTICATED", 401)


def test_verify_returns_what_was_signed() -> None:
    claims = the_claims()
    assert SIGNER.verify(SIGNER.sign(claims, NOW), NOW) == claims


def test_token_has_the_claims_of_the_page_and_no_role() -> None:
    token = SIGNER.sign(the_claims(), NOW)
    assert jwt.get_unverified_header(token) == HEADER
    wanted = "iss aud sub sid epoch scope amr auth_time iat nbf exp jti"
    assert set(payload()) == set(wanted.split())
    assert payload()["exp"] - payload()["iat"] == 900


def test_our_own_rebuilt_token_is_accepted() -> None:
    assert SIGNER.verify(signed(HEADER, payload()), NOW)


def test_alg_none_is_refused() -> None:
    for name in ("none", "None", "NONE", "nOnE"):
        refused(f"{part(HEADER | {'alg': name})}.{part(payload())}.")
        refused(signed(HEADER | {"alg": name}, payload()))


def test_hs256_over_the_public_key_is_refused() -> None:
    raw = KEY.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = KEY.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for key in (raw, pem, part(raw).encode()):
        text = f"{part(HEADER | {'alg': 'HS256'})}.{part(payload())}"
        refused(f"{text}.{part(hmac.new(key, text.encode(), hashlib.sha256).digest())}")


def test_rs256_is_refused() -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    headers = {"kid": KEY.kid, "typ": "at+jwt"}
    refused(jwt.encode(payload(), key, algorithm="RS256", headers=headers))


@pytest.mark.parametrize(
    "kid",
    ["", "other", "../../dev/null", "' OR 1=1 --", "/etc/passwd", "a" * 1000, 7, None, ["x"], {}],
)
def test_foreign_kid_is_refused(kid: object) -> None:
    refused(signed(HEADER | {"kid": kid}, payload()))


def test_missing_kid_is_refused() -> None:
    refused(signed({"alg": "EdDSA", "typ": "at+jwt"}, payload()))


def test_another_key_under_our_kid_is_refused() -> None:
    mine = Ed25519PrivateKey.generate()
    text = f"{part(HEADER)}.{part(payload())}"
    refused(f"{text}.{part(mine.sign(text.encode()))}")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "cty"])
def test_headers_that_bring_their_own_key_or_rules_are_refused(name: str) -> None:
    refused(signed(HEADER | {name: KEY.jwk()}, payload()))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "", None, "application/at+jwt", "at+JWT"])
def test_another_type_is_refused(typ: object) -> None:
    refused(signed(HEADER | {"typ": typ}, payload()))


@pytest.mark.parametrize("name", sorted(payload()))
def test_a_missing_claim_is_refused(name: str) -> None:
    refused(signed(HEADER, payload(**{name: None})))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": ["nightdesk-api", 7]},
        {"iss": "nightdesk-prod"},
        {"scope": "admin"},
        {"sub": BOB},
        {"sub": 7},
        {"sid": "x"},
        {"sid": 7},
        {"epoch": "1"},
        {"epoch": True},
        {"amr": "pwd"},
        {"exp": "never"},
        {"exp": 10**30},
        {"iat": 1.5},
        {"nbf": True},
    ],
)
def test_a_claim_of_the_wrong_kind_is_refused(changes: dict[str, object]) -> None:
    refused(signed(HEADER, payload(**changes)))


@pytest.mark.parametrize("name", ["sub", "sid", "epoch", "exp"])
def test_a_changed_claim_breaks_the_signature(name: str) -> None:
    head, _, tail = SIGNER.sign(the_claims(), NOW).split(".")
    body = payload()
    body[name] = 2 if isinstance(body[name], int) else BOB
    refused(f"{head}.{part(body)}.{tail}")


@pytest.mark.parametrize("cut", [0, 1, 20, 85])
def test_a_cut_signature_is_refused(cut: int) -> None:
    head, body, tail = SIGNER.sign(the_claims(), NOW).split(".")
    refused(f"{head}.{body}.{tail[:cut]}")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "\x00", "x" * 3000, "[].{}.x"])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    refused(text)


# the ring


def a_row(seed: int, state: KeyState) -> dict[str, str]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "kid": thumbprint(private.public_key()),
        "private": part(private.private_bytes_raw()),
        "public": part(public),
        "state": state.value,
    }


def a_ring(*rows: dict[str, str]) -> str:
    return json.dumps({"keys": rows})


class TurningSecret:
    def __init__(self, text: str) -> None:
        self.text = text
        self.reads = 0

    def read(self) -> str:
        self.reads += 1
        return self.text


def test_rotation_logs_nobody_out() -> None:
    old, new = a_row(1, KeyState.CURRENT), a_row(2, KeyState.NEXT)
    secret = TurningSecret(a_ring(old, new))
    signer = JwtSigner(KeyRing(secret), "nightdesk-test")
    token = signer.sign(the_claims(), NOW)
    secret.text = a_ring(old | {"state": "previous"}, new | {"state": "current"})
    later = NOW + timedelta(minutes=5)
    assert signer.verify(token, later)
    fresh = signer.sign(the_claims(), later)
    assert jwt.get_unverified_header(fresh)["kid"] == new["kid"]
    secret.text = a_ring(new | {"state": "current"})
    with pytest.raises(Refused):
        signer.verify(token, later + timedelta(minutes=5))


def test_unknown_kid_reloads_once_a_minute_at_most() -> None:
    secret = TurningSecret(a_ring(a_row(1, KeyState.CURRENT)))
    signer = JwtSigner(KeyRing(secret), "nightdesk-test")
    for second in range(61):
        with pytest.raises(Refused):
            signer.verify(signed(HEADER, payload()), NOW + timedelta(seconds=second))
    assert secret.reads == 2


def test_ring_is_read_on_first_use_and_kept_five_minutes() -> None:
    secret = TurningSecret(SEED)
    ring = KeyRing(secret)
    assert secret.reads == 0
    for minute in range(6):
        ring.current(NOW + timedelta(minutes=minute))
    assert secret.reads == 2


def test_public_keys_are_all_states_and_no_private_half() -> None:
    rows = [a_row(n, state) for n, state in enumerate(KeyState)]
    keys = JwtSigner(KeyRing(FixedSecret(a_ring(*rows))), "x").public_keys(NOW)
    assert sorted(key["kid"] for key in keys) == sorted(row["kid"] for row in rows)
    assert all(set(key) == {"kty", "crv", "alg", "use", "kid", "x"} for key in keys)


def test_thumbprint_is_that_of_rfc_8037() -> None:
    # RFC 8037, appendix A.3: the thumbprint of the key of A.1.
    private = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    public = Ed25519PrivateKey.from_private_bytes(private).public_key()
    # pragma: allowlist nextline secret
    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": 7}',
        '{"seed": "seed-of-the-tests-0123456789abcdefghij"}',
        '{"keys": [{}]}',
        a_ring(a_row(1, KeyState.CURRENT) | {"public": "AAAA"}),
        a_ring(a_row(1, KeyState.CURRENT) | {"state": "retired"}),
    ],
)
def test_a_ring_that_cannot_be_read_is_a_setup_fault(text: str) -> None:
    with pytest.raises(Misconfigured):
        KeyRing(FixedSecret(text)).current(NOW)


def test_a_ring_without_a_current_key_signs_nothing() -> None:
    with pytest.raises(Misconfigured):
        KeyRing(FixedSecret(a_ring(a_row(1, KeyState.NEXT)))).current(NOW)


def test_seeded_ring_has_one_key_that_stays_the_same() -> None:
    assert len(read_ring(SEED)) == 1
    assert list(read_ring(SEED)) == list(read_ring(SEED))
