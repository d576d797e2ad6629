"""Hashes, the pepper, and Secrets Manager (moto)."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters

from nightdesk.adapters.secrets import store
from nightdesk.adapters.secrets.passwords import HASHER, NOBODY, Argon2Hasher
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.adapters.secrets.store import KeptSecret, StoredSecret
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from tests.aws import aws
from tests.builders.accounts import PASSWORD
from tests.unit.accounts.fakes import FixedSecret


def test_hash_has_the_parameters_of_the_page() -> None:
    encoded = Argon2Hasher().hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    found = extract_parameters(encoded)
    assert (found.salt_len, found.hash_len) == (16, 32)


def test_unknown_accounts_are_hashed_under_the_same_parameters() -> None:
    assert extract_parameters(NOBODY) == extract_parameters(HASHER.hash("x"))


def test_verify_knows_the_password_alone() -> None:
    hasher = Argon2Hasher()
    encoded = hasher.hash(PASSWORD)
    assert hasher.verify(encoded, PASSWORD)
    assert not hasher.verify(encoded, PASSWORD + "x")
    assert not hasher.verify(None, PASSWORD)
    assert not hasher.verify("no hash at all", PASSWORD)


def test_two_hashes_of_one_password_differ() -> None:
    hasher = Argon2Hasher()
    assert hasher.hash(PASSWORD) != hasher.hash(PASSWORD)


def test_hash_under_other_parameters_is_outdated() -> None:
    hasher = Argon2Hasher()
    assert not hasher.outdated(hasher.hash(PASSWORD))
    assert hasher.outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))


def test_digests_differ_by_kind_text_and_pepper() -> None:
    one, two = (Pepper(FixedSecret(letter * 40)) for letter in "ab")
    digests = {
        one.digest("email", "x"),
        one.digest("username", "x"),
        one.digest("email", "y"),
        two.digest("email", "x"),
    }
    assert len(digests) == 4
    assert one.digest("email", "x") == Pepper(FixedSecret("a" * 40)).digest("email", "x")


def test_cursor_key_is_neither_the_pepper_nor_the_lookup_key() -> None:
    pepper = Pepper(FixedSecret("a" * 40))
    assert len(pepper.cursors().secret) == 32
    assert pepper.cursors() == pepper.cursors()
    assert pepper.cursors().secret != pepper.digest("", "")


class CountingSecret:
    def __init__(self, text: str) -> None:
        self.text = text
        self.reads = 0

    def read(self) -> str:
        self.reads += 1
        return self.text


def test_kept_secret_is_read_once_and_never_before() -> None:
    source = CountingSecret("s" * 40 + "\n")
    kept = KeptSecret(source)
    assert source.reads == 0
    assert [kept.read(), kept.read()] == ["s" * 40] * 2
    assert source.reads == 1
    assert "sss" not in repr(kept)


@pytest.mark.parametrize("text", ["", "short", " " * 50])
def test_short_secret_is_a_setup_fault(text: str) -> None:
    with pytest.raises(Misconfigured):
        KeptSecret(CountingSecret(text)).read()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with aws():
        store.disconnect()
        yield
    store.disconnect()


@pytest.mark.usefixtures("cloud")
def test_stored_secret_reads_its_present_version() -> None:
    import boto3

    client = boto3.client("secretsmanager")
    client.create_secret(Name="pepper", SecretString="one")
    secret = StoredSecret("pepper")
    assert secret.read() == "one"
    client.put_secret_value(SecretId="pepper", SecretString="two")
    assert secret.read() == "two"


@pytest.mark.usefixtures("cloud")
def test_missing_secret_is_a_setup_fault_that_names_it() -> None:
    with pytest.raises(Misconfigured, match="pepper"):
        StoredSecret("pepper").read()


def test_unreachable_secrets_manager_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError, EndpointConnectionError

    class Down:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def get_secret_value(self, **_: str) -> None:
            raise self.error

    busy = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")
    for error in (busy, EndpointConnectionError(endpoint_url="https://x")):
        monkeypatch.setattr(store, "_client", lambda error=error: Down(error))
        with pytest.raises(StoreUnavailable):
            StoredSecret("pepper").read()
