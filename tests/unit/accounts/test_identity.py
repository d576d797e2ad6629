from dataclasses import replace

import pytest

from nightdesk.accounts.identity import email_address, username
from nightdesk.core.errors import Invalid
from tests.builders.accounts import a_profile, a_security


@pytest.mark.parametrize("name", ["abc", "a" * 32, "0x_.-"])
def test_usernames_of_the_page_are_accepted(name: str) -> None:
    assert username(name) == name


@pytest.mark.parametrize(
    "name", ["ab", "a" * 33, "Abc", "_abc", "ab c", "abc\n", "äbc", "abc\u202e", "=1+1"]
)
def test_other_usernames_are_invalid(name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        username(name)
    assert refusal.value.field == "username"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Alice@EXAMPLE.com\n", "Alice@example.com"),
        ("a.b+tag@sub.example.co", "a.b+tag@sub.example.co"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
    ],
)
def test_email_is_trimmed_nfc_and_its_domain_lower_case(typed: str, stored: str) -> None:
    assert email_address(typed) == stored
    assert email_address(stored) == stored


@pytest.mark.parametrize(
    "text",
    ["", "@", "a", "a@", "@b", "a b@c.d", "a@b@c", "a@-b", "a@b..c", "a\r\nBcc: x@y.z@c.d",
     "a\u202e@b.c", "a\x00@b.c", "x" * 65 + "@b.c", "a@" + "b" * 260],
)  # fmt: skip
def test_other_texts_are_no_email(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        email_address(text)
    assert refusal.value.field == "email"


def test_a_profile_with_an_untrimmed_address_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="trimmed"):
        replace(a_profile(), email=" alice@example.com")


def test_epochs_count_from_one() -> None:
    assert a_security().next_epoch().epoch == 2
    with pytest.raises(ValueError, match="epoch"):
        a_security(epoch=0)


def test_repr_shows_no_hash() -> None:
    assert "topsecret" not in repr(a_security(password_hash="topsecret"))
