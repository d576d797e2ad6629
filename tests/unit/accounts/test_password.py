import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.password import acceptable, normalised
from nightdesk.core.errors import Invalid
from tests.builders.accounts import PASSWORD


def weak(password: str, username: str = "alice", email: str = "al.ice@example.com") -> str:
    with pytest.raises(Invalid) as refusal:
        acceptable(password, username=username, email=email)
    assert (refusal.value.code, refusal.value.field) == ("WEAK_PASSWORD", "password")
    assert password not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("length", [1, 11, 129])
def test_length_outside_12_to_128_is_weak(length: int) -> None:
    assert "12 to 128" in weak("x" * length)


@pytest.mark.parametrize("length", [12, 128])
def test_length_at_the_bounds_is_accepted(length: int) -> None:
    assert acceptable("x" * length, username="alice", email="a-b@example.com") == "x" * length


def test_length_counts_after_nfkc() -> None:
    # U+FDFA is one character that NFKC spells with eighteen (Unicode, UAX 15).
    assert len(normalised("\ufdfa")) == 18
    assert acceptable("\ufdfa", username="alice", email="b@example.com") == normalised("\ufdfa")


@pytest.mark.parametrize("password", ["my name is ALICE 12", "AL.ICE is my mail 1"])
def test_password_with_the_name_in_it_is_weak(password: str) -> None:
    assert "username" in weak(password)


@pytest.mark.parametrize("password", ["1q2w3e4r5t6y", "QWERTY123456", "counterstrike"])
def test_a_most_used_password_is_weak_in_any_case(password: str) -> None:
    assert "most used" in weak(password)


def test_fullwidth_spelling_of_a_most_used_password_is_weak() -> None:
    assert "most used" in weak("\uff11q2w3e4r5t6y")


@given(st.text(min_size=12, max_size=60))
def test_accepted_passwords_are_in_nfkc_already(text: str) -> None:
    try:
        password = acceptable(text, username="alice", email="b0b0@example.com")
    except Invalid:
        return
    assert normalised(password) == password


def test_a_sentence_is_accepted() -> None:
    assert acceptable(PASSWORD, username="alice", email="alice@example.com") == PASSWORD


def test_a_mail_name_of_two_letters_forbids_nothing() -> None:
    assert acceptable(PASSWORD, username="alice", email="co@example.com") == PASSWORD
