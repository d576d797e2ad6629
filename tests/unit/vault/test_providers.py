"""The table of providers: whole, and its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.providers import (
    PROVIDERS,
    SEGMENTS,
    Field,
    Kind,
    Provider,
    UnknownProvider,
    provider,
)
from nightdesk.core.errors import Invalid
from tests.builders.vault import PEM, some_fields

SPEC = {
    Kind.LLM: "openai deepseek gemini anthropic azure_openai ollama openai_compatible",
    Kind.VENUE: "binance kraken valr bybit kucoin okx coinbase luno bitvavo bitstamp ovex "
    "onetrading bitpanda",
    Kind.FEED: "newsapi alphavantage coingecko cryptocompare reddit x fred",
    Kind.NOTIFY: "telegram discord",
}
TELLS = {"binance", "kraken", "valr", "bybit", "kucoin", "okx", "coinbase"}


def test_the_table_is_that_of_the_page() -> None:
    found = {kind: [one.id for one in PROVIDERS.values() if one.kind is kind] for kind in Kind}
    assert found == {kind: ids.split() for kind, ids in SPEC.items()}
    assert {one.id for one in PROVIDERS.values() if one.tells} == TELLS


def test_no_provider_is_called_like_a_segment_of_a_path() -> None:
    from functions.api.routers import keys

    literal = {
        part
        for router in (keys.public, keys.router)
        for route in router.routes
        for part in str(getattr(route, "path", "")).split("/")
        if part and not part.startswith("{")
    }
    assert literal - {"api", "keys"} == SEGMENTS
    assert not PROVIDERS.keys() & (SEGMENTS | literal)


@pytest.mark.parametrize("name", ["providers", "test", "Kraken", "", "a-b"])
def test_a_provider_cannot_be_called_so(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        Provider(id=name, kind=Kind.FEED, name="X", fields=(), help="", identity=())


def test_a_provider_knows_its_key_by_fields_that_it_has() -> None:
    with pytest.raises(ValueError, match="lacks"):
        Provider(id="x", kind=Kind.FEED, name="X", fields=(), help="")


def test_an_unknown_provider_is_missing() -> None:
    with pytest.raises(UnknownProvider):
        provider("mtgox")


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_valid_fields_pass(name: str) -> None:
    fields = some_fields(name)
    assert provider(name).checked(fields) == fields


@pytest.mark.parametrize("name", sorted(PROVIDERS))
@pytest.mark.parametrize(
    "bad", ["", "short ", "with space inside", "tab\there", "x" * 5000, "ключ"]
)
def test_a_hard_rule_refuses_and_never_quotes_the_value(name: str, bad: str) -> None:
    of = provider(name)
    for one in of.fields:
        if not bad and not one.required:
            continue
        with pytest.raises(Invalid) as refused:
            of.checked(some_fields(name) | {one.name: bad})
        assert refused.value.code == "BAD_FORMAT"
        assert refused.value.field == f"fields.{one.name}"
        assert not bad or bad not in str(refused.value)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_an_unknown_or_missing_field_is_refused(name: str) -> None:
    of, fields = provider(name), some_fields(name)
    with pytest.raises(Invalid, match="lacks"):
        of.checked(fields | {"seed_phrase": "abandon-abandon-about"})
    required = next(one.name for one in of.fields if one.required)
    del fields[required]
    with pytest.raises(Invalid):
        of.checked(fields)


def test_an_unusual_prefix_only_warns() -> None:
    of = provider("anthropic")
    fields = of.checked({"api_key": "new-form-of-key-0123"})
    assert of.warnings(fields) == ("API key usually begins with sk-ant-.",)
    assert of.warnings({"api_key": "sk-ant-0123456789"}) == ()


def test_a_pem_may_come_with_escaped_line_breaks() -> None:
    of = provider("coinbase")
    fields = some_fields("coinbase") | {"private_key": PEM.replace("\n", "\\n") + "\n"}
    assert of.checked(fields)["private_key"] == PEM


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_a_hint_is_the_end_of_a_public_name_of_twelve_and_no_less(name: str) -> None:
    hint = provider("binance").hint({"api_key": name, "api_secret": "s" * 20})
    assert hint == (name[-4:] if len(name) >= 12 else None)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_hint_never_shows_a_secret_field(name: str) -> None:
    of = provider(name)
    fields = {one.name: f"{'p' if one.public else 'S'}" * 40 for one in of.fields}
    assert "S" not in (of.hint(fields) or "")


def test_a_url_field_names_itself() -> None:
    named = {one.id for one in PROVIDERS.values() if any(each.url for each in one.fields)}
    assert named == {"azure_openai", "ollama", "openai_compatible", "discord"}


def test_a_field_shows_its_rule_in_words() -> None:
    assert Field(name="a", title="A").form == "no white space"
