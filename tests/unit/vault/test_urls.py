"""Abuse row 12: addresses that users give, by their text and by where they lead."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts import urls
from nightdesk.accounts.urls import Rules, allowed, link, public
from nightdesk.core.errors import Invalid

STRICT = Rules()
LOCAL = Rules(local=True)
PRIVATE = Rules(private_hosts=("ollama.lan.example", "10.0.0.5"))

INWARD = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.127.255.254",
    "168.63.129.16",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::7f00:1",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "5f00::1",
    "3fff::1",
]
OUTWARD = [
    "8.8.8.8",
    "93.184.216.34",
    "1.1.1.1",
    "2606:4700::6810:84e5",
    "2a00:1450:4001:81c::200e",
]

TEXTS = [
    "http://example.com",
    "https://example.com:8443",
    "https://example.com:0",
    "https://example.com:99999",
    "ftp://example.com",
    "file:///etc/passwd",
    "gopher://example.com",
    "//example.com",
    "example.com",
    "https://",
    "https://user@example.com",
    "https://user:pass@example.com",  # pragma: allowlist secret
    "https://example.com@127.0.0.1",
    "https://127.0.0.1\\@example.com",
    "https://example.com\\.evil.com",
    "https://exa mple.com",
    "https://example.com\n.evil.com",
    "https://example.com\t",
    "https://exämple.com",
    "https://127。0。0。1",
    "https://①②⑦.0.0.1",
    "https://%31%32%37.0.0.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.0.0.1",
    "https://017700000001",
    "https://0177.0.0.1",
    "https://127.1",
    "https://127.0.1",
    "https://127.0.0.1.",
    "https://0",
    "https://localhost",
    "https://localhost.",
    "https://metadata",
    "https://metadata.google.internal.1",
    "https://-example.com",
    "https://example..com",
    "https://.example.com",
    "https://example.com/?next=http://127.0.0.1",
    "https://example.com/#x",
    "https://example.com/a/../b",
    "https://example.com/a?",
    "https://" + "a" * 300 + ".com",
    "https://[::1]",
    "https://[::ffff:7f00:1]",
    "https://[::ffff:127.0.0.1]",
    "https://[fe80::1%25eth0]",
    "https://[v1.x]",
    "https://[::1",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("address", INWARD)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTWARD)
def test_an_outer_address_is(address: str) -> None:
    assert public(ipaddress.ip_address(address))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_no_plain_https_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        link(text, STRICT, field="fields.base_url")
    assert refused.value.code == "URL_NOT_ALLOWED"
    assert refused.value.field == "fields.base_url"
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("address", INWARD)
def test_an_inner_address_as_a_literal_host_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Invalid):
        link(f"https://{host}/v1", STRICT)


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/", "https://example.com"),
        ("https://Example.COM:443/v1/", "https://example.com/v1"),
        ("https://example.com.", "https://example.com"),
        ("https://8.8.8.8/v1", "https://8.8.8.8/v1"),
        ("https://[2606:4700::6810:84e5]/v1", "https://[2606:4700::6810:84e5]/v1"),
        ("https://xn--bcher-kva.example.com", "https://xn--bcher-kva.example.com"),
    ],
)
def test_a_plain_https_address_passes(text: str, again: str) -> None:
    assert str(link(text, STRICT)) == again


@pytest.mark.parametrize("host", ["desk.openai.azure.com", "a.services.ai.azure.com"])
def test_a_host_of_the_endings_passes(host: str) -> None:
    endings = (".openai.azure.com", ".services.ai.azure.com")
    assert link(f"https://{host}", STRICT, hosts=endings).host == host


@pytest.mark.parametrize(
    "host",
    ["openai.azure.com.evil.com", "evilopenai.azure.com", "openai.azure.com", "example.com"],
)
def test_a_host_of_other_endings_is_refused(host: str) -> None:
    with pytest.raises(Invalid):
        link(f"https://{host}", STRICT, hosts=(".openai.azure.com",))


def test_a_host_by_name_is_that_name_alone() -> None:
    assert link("https://discord.com/api", STRICT, hosts=("discord.com",))
    with pytest.raises(Invalid):
        link("https://evil.discord.com", STRICT, hosts=("discord.com",))


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:11434", "http://localhost:8080", "http://[::1]:9"]
)
def test_http_and_loopback_are_open_on_stage_local_alone(text: str) -> None:
    assert link(text, LOCAL).port in {11434, 8080, 9}
    with pytest.raises(Invalid):
        link(text, STRICT)


@pytest.mark.parametrize(
    "text",
    [
        "http://10.0.0.5",
        "https://10.0.0.5",
        "http://169.254.169.254",
        "http://example.com",
        "https://127.0.0.1",
        "https://[::1]:8443",
        "https://localhost",
        "http://[::ffff:7f00:1]",
        "http://127.0.0.2",
        "http://2130706433",
    ],
)
def test_stage_local_opens_nothing_but_plain_loopback(text: str) -> None:
    with pytest.raises(Invalid):
        link(text, LOCAL)


def test_stage_local_lets_no_other_name_lead_home() -> None:
    assert allowed(["127.0.0.1", "::1"], "localhost", LOCAL)
    with pytest.raises(Invalid):
        allowed(["127.0.0.1"], "models.example.com", LOCAL)


@pytest.mark.parametrize("address", INWARD)
def test_one_inner_address_among_outer_ones_refuses_all(address: str) -> None:
    with pytest.raises(Invalid):
        allowed(["8.8.8.8", address], "example.com", STRICT)


def test_no_address_and_far_too_many_are_refused() -> None:
    for found in ([], ["8.8.8.8"] * 17, ["no address"]):
        with pytest.raises(Invalid):
            allowed(found, "example.com", STRICT)


def test_an_admitted_host_may_lead_to_a_private_network() -> None:
    assert allowed(["10.1.2.3", "fd00::7"], "ollama.lan.example", PRIVATE)
    assert link("https://10.0.0.5", PRIVATE).host == "10.0.0.5"
    with pytest.raises(Invalid):
        allowed(["10.1.2.3"], "other.lan.example", PRIVATE)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:10.0.0.1"],
)
def test_an_admitted_host_leads_neither_home_nor_to_a_metadata_service(address: str) -> None:
    with pytest.raises(Invalid):
        allowed([address], "ollama.lan.example", PRIVATE)


def test_an_admitted_host_still_speaks_https() -> None:
    with pytest.raises(Invalid):
        link("http://ollama.lan.example:11434", PRIVATE)


@given(st.integers(0, 2**32 - 1))
def test_no_spelling_of_a_number_is_a_host(number: int) -> None:
    dotted = str(ipaddress.IPv4Address(number))
    octal = ".".join(f"0{int(part):o}" for part in dotted.split("."))
    for host in (str(number), hex(number), f"0{number:o}", octal):
        with pytest.raises(Invalid):
            link(f"https://{host}", STRICT)


@given(st.ip_addresses(v=6))
def test_no_public_v6_address_hides_a_v4_address(address: ipaddress.IPv6Address) -> None:
    if public(address):
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None
        assert urls.link(f"https://[{address}]", STRICT)
