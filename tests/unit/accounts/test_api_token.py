import re
import zlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.api_token import WantedToken
from nightdesk.accounts.audit import Action
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.session import Kind
from nightdesk.accounts.tokens import ApiTokenText, TokenScope, new_token_id
from nightdesk.core.errors import Conflict, Fault, Invalid, Missing, Refused, StoreUnavailable
from tests.builders.accounts import ALICE, BOB, NOW
from tests.unit.accounts.doors import api_token, member
from tests.unit.accounts.rig import ORIGIN, Rig

HERE = "192.0.2.1"
TEXT = str(ApiTokenText("prod", new_token_id(ALICE, NOW), "A" * 43))


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    member(rig)
    return rig


def refused(rig: Rig, text: str, network: str = HERE, now: Any = NOW) -> tuple[str, int]:
    with pytest.raises(Refused) as found:
        rig.authenticate(text, now, network)
    return found.value.code, found.value.status


def issue(rig: Rig, *, role: Role = Role.TRADER, **changes: Any) -> ApiTokenText:
    fields: dict[str, Any] = {"name": "bench", "scopes": frozenset({TokenScope.READ})}
    wanted = WantedToken(**fields | changes)
    return rig.issue_token(ALICE, role, wanted, origin=ORIGIN, now=NOW)[1]


# the spelling


def test_token_is_spelled_as_the_page_says() -> None:
    owner, ident = r"[0-9A-Z]{26}", r"[0-9A-Z]{26}"
    fresh = str(ApiTokenText.new("dev", new_token_id(ALICE, NOW)))
    match = re.fullmatch(rf"nd_dev_{owner}-{ident}_([A-Za-z0-9_-]{{43}})_([0-9a-f]{{8}})", fresh)
    assert match is not None
    assert int(match[2], 16) == zlib.crc32(fresh.rpartition("_")[0].encode())
    assert str(ApiTokenText.read(fresh)) == fresh


@given(place=st.integers(0, len(TEXT) - 1), letter=st.sampled_from("abcXYZ019_-"))
def test_a_token_with_one_wrong_letter_is_no_token(place: int, letter: str) -> None:
    changed = TEXT[:place] + letter + TEXT[place + 1 :]
    assert (ApiTokenText.read(changed) is not None) == (changed == TEXT)


@pytest.mark.parametrize(
    "text",
    ["", "nd_", "nd_prod_x_y_z", TEXT + "0", " " + TEXT, TEXT.upper()],
    ids=["empty", "begun", "short", "longer", "blank before", "capitals"],
)
def test_what_is_no_token_reads_as_none(text: str) -> None:
    assert ApiTokenText.read(text) is None


def test_secret_and_digest_are_not_shown(rig: Rig) -> None:
    text = issue(rig)
    (stored,) = rig.desk.tokens.values()
    assert text.secret not in repr(text)
    assert stored.digest not in repr(stored)
    assert text.secret not in repr(rig.desk)


# issuing


def test_issued_token_is_written_down_in_the_same_change(rig: Rig) -> None:
    text = issue(rig)
    (entry,) = rig.desk.entries
    assert entry.action is Action.API_TOKEN_CREATED
    assert entry.target is not None
    assert entry.target.id == text.token_id
    assert "bench" not in str(entry.details)


def test_defaults_are_90_days_paper_and_everywhere(rig: Rig) -> None:
    issue(rig)
    (stored,) = rig.desk.tokens.values()
    assert stored.expires_at == NOW + timedelta(days=90)
    assert (stored.paper_only, stored.cidrs) == (True, ())


@pytest.mark.parametrize(
    ("scope", "days", "good"),
    [("read", 365, True), ("trade", 366, False), ("admin", 30, True), ("admin", 31, False)],
)
def test_longest_life_is_365_days_and_30_with_admin(
    rig: Rig, scope: str, days: int, good: bool
) -> None:
    wanted: dict[str, Any] = {
        "scopes": frozenset({TokenScope(scope)}),
        "expires_at": NOW + timedelta(days=days),
        "role": Role.ADMIN,
    }
    if good:
        assert issue(rig, **wanted)
        return
    with pytest.raises(Invalid) as found:
        issue(rig, **wanted)
    assert found.value.field == "expires_at"


def test_default_life_with_admin_is_30_days(rig: Rig) -> None:
    issue(rig, scopes=frozenset({TokenScope.ADMIN}), role=Role.ADMIN)
    (stored,) = rig.desk.tokens.values()
    assert stored.expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"scopes": frozenset()}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"cidrs": ("192.0.2.1/24",)}, "cidrs"),
        ({"cidrs": ("localhost",)}, "cidrs"),
        ({"cidrs": tuple(f"192.0.{n}.0/24" for n in range(11))}, "cidrs"),
    ],
)
def test_what_breaks_a_rule_is_named_and_nothing_is_stored(
    rig: Rig, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as found:
        issue(rig, **changes)
    assert found.value.field == field
    assert rig.desk.tokens == {}


def test_trader_issues_no_admin_scope(rig: Rig) -> None:
    with pytest.raises(Refused) as found:
        issue(rig, scopes=frozenset({TokenScope.ADMIN}))
    assert (found.value.code, found.value.status) == ("SCOPE_NOT_ALLOWED", 403)


def test_twenty_valid_tokens_are_enough_expired_ones_do_not_count(rig: Rig) -> None:
    for _ in range(20):
        issue(rig, expires_at=NOW + timedelta(days=1))
    with pytest.raises(Conflict) as found:
        issue(rig)
    assert found.value.code == "TOKEN_LIMIT"
    later = NOW + timedelta(days=2)
    assert api_token(rig, now=later)


def test_a_token_is_revoked_by_its_owner_alone(rig: Rig) -> None:
    text = issue(rig)
    for owner, token_id in ((BOB, text.token_id), (ALICE, "x"), (ALICE, f"{ALICE}-{ALICE}")):
        with pytest.raises(Missing):
            rig.revoke_token(owner, token_id, ORIGIN, NOW)
    rig.revoke_token(ALICE, text.token_id, ORIGIN, NOW)
    assert rig.list_tokens(ALICE) == []
    assert rig.desk.entries[-1].action is Action.API_TOKEN_REVOKED
    assert refused(rig, str(text)) == ("UNAUTHENTICATED", 401)


# authenticating


def test_identity_is_that_of_the_token(rig: Rig) -> None:
    text = api_token(rig, ALICE, TokenScope.TRADE, paper_only=False)
    who = rig.authenticate(text, NOW, HERE)
    assert (who.owner, who.kind, who.session_id) == (ALICE, Kind.TOKEN, None)
    assert (who.scopes, who.paper_only) == (frozenset({TokenScope.TRADE}), False)
    assert not who.elevated(NOW)


def test_each_request_costs_one_batch_read_and_a_foreign_text_none(rig: Rig) -> None:
    text = api_token(rig)
    rig.desk.reads.clear()
    rig.authenticate(text, NOW, HERE)
    assert rig.desk.reads == {"token standing": 1}
    foreign = str(ApiTokenText.new("prod", new_token_id(ALICE, NOW)))
    for each in (foreign, text[:-1] + ("0" if text[-1] != "0" else "1")):
        assert refused(rig, each) == ("UNAUTHENTICATED", 401)
    assert rig.desk.reads == {"token standing": 1}


def test_a_guess_under_a_known_id_is_unauthenticated(rig: Rig) -> None:
    known = ApiTokenText.read(api_token(rig))
    assert known is not None
    guess = str(ApiTokenText.new(known.stage, known.token_id))
    assert refused(rig, guess) == ("UNAUTHENTICATED", 401)


def test_expired_token_is_403_there_is_nothing_to_refresh(rig: Rig) -> None:
    text = api_token(rig, expires_at=NOW + timedelta(hours=1))
    assert rig.authenticate(text, NOW + timedelta(minutes=59), HERE)
    assert refused(rig, text, now=NOW + timedelta(hours=1)) == ("TOKEN_EXPIRED", 403)


@pytest.mark.parametrize(
    ("network", "good"),
    [
        ("192.0.2.7", True),
        ("2001:db8::1", True),
        ("192.0.3.1", False),
        ("::ffff:192.0.2.7", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_a_token_is_good_in_its_networks_alone(rig: Rig, network: str, good: bool) -> None:
    text = api_token(rig, cidrs=("192.0.2.0/24", "2001:db8::/48"))
    if good:
        assert rig.authenticate(text, NOW, network)
    else:
        assert refused(rig, text, network) == ("FORBIDDEN", 403)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (AccountStatus.BLOCKED, ("ACCOUNT_BLOCKED", 403)),
        (AccountStatus.DELETING, ("TOKEN_REVOKED", 401)),
        (AccountStatus.DELETED, ("TOKEN_REVOKED", 401)),
    ],
)
def test_a_token_falls_with_its_account(
    rig: Rig, status: AccountStatus, answer: tuple[str, int]
) -> None:
    text = api_token(rig)
    member(rig, status=status)
    assert refused(rig, text) == answer


def test_admin_scope_dies_with_the_role(rig: Rig) -> None:
    member(rig, role=Role.ADMIN)
    admin, read = api_token(rig, ALICE, TokenScope.ADMIN), api_token(rig)
    assert rig.authenticate(admin, NOW, HERE)
    member(rig, role=Role.TRADER)
    assert refused(rig, admin) == ("TOKEN_REVOKED", 401)
    assert rig.authenticate(read, NOW, HERE)


def test_a_new_epoch_spares_api_tokens_unless_they_are_included(rig: Rig) -> None:
    text = api_token(rig)
    rig.logout_everywhere(ALICE, ORIGIN, NOW)
    assert rig.authenticate(text, NOW, HERE)
    rig.logout_everywhere(ALICE, ORIGIN, NOW, include_tokens=True)
    assert refused(rig, text) == ("UNAUTHENTICATED", 401)
    assert rig.desk.entries[-1].details == {"sessions": 0, "tokens": 1}


def test_last_use_is_noted_every_five_minutes_at_most(rig: Rig) -> None:
    text = api_token(rig)
    for seconds in (0, 1, 299):
        rig.authenticate(text, NOW + timedelta(seconds=seconds), HERE)
        (stored,) = rig.desk.tokens.values()
        assert (stored.last_used_at, stored.last_network) == (NOW, HERE)
    rig.authenticate(text, NOW + timedelta(seconds=300), "198.51.100.1")
    (stored,) = rig.desk.tokens.values()
    assert stored.last_used_at == NOW + timedelta(seconds=300)
    assert stored.last_network == "198.51.100.1"


@pytest.mark.parametrize("fault", [StoreUnavailable("x"), Missing("x")])
def test_a_use_that_cannot_be_noted_breaks_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    def down(*_: object) -> None:
        raise fault

    text = api_token(rig)
    monkeypatch.setattr(type(rig.tokens), "used", down)
    assert rig.authenticate(text, NOW, HERE)
