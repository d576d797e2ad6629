"""Each provider's probe against a server that speaks its protocol and checks as it would."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from nightdesk.accounts.credential import Answer, Finding, Permissions, Withdraw, context_of
from nightdesk.accounts.providers import PROVIDERS, provider
from nightdesk.adapters.probes.here import ProbeHere
from tests.builders.vault import ADA, NOW, some_fields
from tests.fakes.providers.others import FIXED, OWN
from tests.fakes.providers.server import Routes, Server, always, served, silence
from tests.fakes.providers.venues import SILENT, TELLING, Rights, coinbase
from tests.fakes.vault import FakeCipher

ALL_RIGHT = Rights()
CDP = "organizations/0a1b/apiKeys/2c3d4e5f"


class Desk:
    """Servers of providers, and the probe as `probe_key` has it, led to them."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.urls: dict[str, str] = {}
        self.cipher = FakeCipher()
        self.budget = 10.0
        self.local = True

    def serve(self, name: str, routes: Routes) -> Server:
        server = self.stack.enter_context(served(routes))
        self.urls[name] = server.url
        return server

    def ask(self, name: str, **fields: str) -> Finding:
        base = some_fields(name)
        if name in OWN and OWN[name][0] not in fields:
            at = OWN[name][0]
            base[at] = self.urls[name] + urlsplit(base[at]).path
        context = context_of(ADA, provider(name), "main", 1)
        probe = ProbeHere(
            opener=self.cipher, local=self.local, base_urls=self.urls, budget=self.budget
        )
        sealed = self.cipher.seal(context, base | fields)
        from nightdesk.adapters.clock import WallClock

        now = WallClock().now() if name == "valr" else NOW
        code = "12345678" if name in {"telegram", "discord"} else None
        return probe(context, sealed, now=now, code=code)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with desk.stack:
        yield desk


@pytest.fixture(scope="module")
def cdp() -> tuple[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode().strip(), key.public_key()


def routes_of(name: str, rights: Rights = ALL_RIGHT) -> Routes:
    if name in OWN:
        return OWN[name][1]
    return FIXED[name] if name in FIXED else (TELLING | SILENT)[name](rights)


ALL = sorted(PROVIDERS.keys() - {"coinbase"})


def test_every_provider_has_a_server_here() -> None:
    assert set(ALL) == FIXED.keys() | OWN.keys() | TELLING.keys() | SILENT.keys()


@pytest.mark.parametrize("name", ALL)
def test_a_good_key_passes(desk: Desk, name: str) -> None:
    server = desk.serve(name, routes_of(name))
    finding = desk.ask(name)
    assert finding.answer is Answer.OK, finding
    assert finding.passed
    assert server.asked
    assert finding.latency_ms >= 0


@pytest.mark.parametrize("name", sorted(TELLING))
@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize("trade", [True, False])
def test_a_venue_tells_what_a_key_may(desk: Desk, name: str, bound: bool, trade: bool) -> None:
    desk.serve(name, routes_of(name, Rights(trade=trade, bound=bound)))
    finding = desk.ask(name)
    assert finding.permissions == Permissions(read=True, trade=trade, withdraw=Withdraw.NO)
    assert finding.ip_restricted is bound


@pytest.mark.parametrize("name", sorted(TELLING))
def test_row_14_a_key_that_may_withdraw_is_seen_and_asked_nothing_more(
    desk: Desk, name: str
) -> None:
    server = desk.serve(name, routes_of(name, Rights(withdraw=True)))
    finding = desk.ask(name)
    assert finding.withdraws
    assert not finding.passed
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", sorted(SILENT))
def test_a_silent_venue_leaves_it_undisclosed(desk: Desk, name: str) -> None:
    desk.serve(name, routes_of(name))
    finding = desk.ask(name)
    assert finding.undisclosed
    assert finding.ip_restricted is None


@pytest.mark.parametrize("name", [name for name in ALL if name != "ollama"])
def test_a_wrong_key_is_refused_in_words_that_hold_no_secret(desk: Desk, name: str) -> None:
    desk.serve(name, routes_of(name))
    of = provider(name)
    for one in of.fields:
        if one.url or one.name in {"model", "deployment"}:
            continue
        wrong = some_fields(name)[one.name][:-4] + "wxyz"
        finding = desk.ask(name, **{one.name: wrong})
        if one.name == "chat_id":
            wrong = "-100999"
            finding = desk.ask(name, chat_id=wrong)
        assert finding.answer is Answer.REFUSED, (one.name, finding)
        assert finding.message
        assert len(finding.message) <= 200
        for value in [*some_fields(name).values(), wrong]:
            assert len(value) < 8 or value not in finding.message


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"deployment": "gone"}, "does not exist"), ({"api_key": "wrong-key-0123"}, "denied")],
)
def test_azure_says_what_is_wrong(desk: Desk, fields: dict[str, str], words: str) -> None:
    desk.serve("azure_openai", routes_of("azure_openai"))
    finding = desk.ask("azure_openai", **fields)
    assert (finding.answer, words in finding.message) == (Answer.REFUSED, True)


def test_a_model_that_is_not_offered_is_refused(desk: Desk) -> None:
    desk.serve("openai_compatible", routes_of("openai_compatible"))
    finding = desk.ask("openai_compatible", model="large-9")
    assert finding.answer is Answer.REFUSED
    assert "model" in finding.message


MOODS = [
    always(429, {"msg": "Too many requests", "error": "rate"}, Retry_After="1"),
    always(500, {"error": "internal"}),
    always(502, b"<html>bad gateway</html>"),
    always(503, b""),
    always(200, b"<html>maintenance</html>"),
    always(200, b'{"cut'),
    always(403, b"<html>blocked by a gate</html>"),
    always(302, b"", Location="http://169.254.169.254/latest/meta-data"),
    always(307, b"", Location="http://127.0.0.1:1/"),
]


@pytest.mark.parametrize("mood", range(len(MOODS)))
@pytest.mark.parametrize("name", ALL)
def test_what_says_nothing_about_the_key_is_no_refusal(desk: Desk, name: str, mood: int) -> None:
    server = desk.serve(name, routes_of(name))
    server.mood = MOODS[mood]
    finding = desk.ask(name)
    assert finding.answer is Answer.UNREACHABLE, finding
    assert len(server.asked) == 1, "no redirect is followed, nothing is tried again"


@pytest.mark.parametrize("name", ["binance", "kraken", "openai", "valr", "telegram"])
def test_a_provider_that_hangs_is_left_within_the_budget(desk: Desk, name: str) -> None:
    server = desk.serve(name, routes_of(name))
    server.mood = silence(1.0)
    desk.budget = 0.2
    finding = desk.ask(name)
    assert finding.answer is Answer.UNREACHABLE
    assert finding.latency_ms < 900


@pytest.mark.parametrize("name", ["binance", "fred", "reddit"])
def test_nobody_listening_is_no_answer(desk: Desk, name: str) -> None:
    with served(routes_of(name)) as server:
        desk.urls[name] = server.url
    assert desk.ask(name).answer is Answer.UNREACHABLE


@pytest.mark.parametrize("name", sorted(TELLING))
def test_json_of_another_shape_is_no_answer(desk: Desk, name: str) -> None:
    server = desk.serve(name, routes_of(name))
    shapes: list[Any] = [{}, [], {"result": None}, {"data": []}, {"data": {"permission": 5}}, 7]
    for shape in shapes:
        server.mood = always(200, shape)
        assert desk.ask(name).answer is not Answer.OK


def test_a_key_that_may_not_read_is_refused(desk: Desk) -> None:
    desk.serve("kraken", routes_of("kraken", Rights(read=False)))
    finding = desk.ask("kraken")
    assert (finding.answer, finding.message) == (Answer.REFUSED, "EGeneral:Permission denied")


def test_coinbase_checks_the_jwt(desk: Desk, cdp: tuple[str, Any]) -> None:
    pem, public = cdp
    desk.serve("coinbase", coinbase(Rights(), public, CDP))
    finding = desk.ask("coinbase", private_key=pem)
    assert finding.permissions == Permissions(read=True, trade=True, withdraw=Withdraw.NO)
    assert desk.ask("coinbase", private_key=pem, api_key=CDP + "0").answer is Answer.REFUSED
    garbage = desk.ask("coinbase")
    assert garbage.answer is Answer.REFUSED
    assert "form" in garbage.message


def test_coinbase_tells_a_key_that_may_transfer(desk: Desk, cdp: tuple[str, Any]) -> None:
    pem, public = cdp
    desk.serve("coinbase", coinbase(Rights(withdraw=True), public, CDP))
    assert desk.ask("coinbase", private_key=pem).withdraws


def test_a_channel_is_sent_the_code(desk: Desk) -> None:
    for name in ("telegram", "discord"):
        server = desk.serve(name, routes_of(name))
        finding = desk.ask(name)
        assert finding.message == "A code was sent: confirm it."
        assert b"12345678" in server.asked[-1].body


@pytest.mark.parametrize("name", sorted(OWN))
def test_row_12_an_inner_address_is_refused_at_the_call_as_well(desk: Desk, name: str) -> None:
    server = desk.serve(name, routes_of(name))
    desk.local = False
    finding = desk.ask(name)
    assert finding.answer is Answer.FORBIDDEN_URL
    assert server.asked == []


def test_an_answer_that_quotes_the_key_is_scrubbed(desk: Desk) -> None:
    secret = some_fields("fred")["api_key"]
    server = desk.serve("fred", routes_of("fred"))
    server.mood = always(400, {"message": f"api_key={secret} is not registered\r\nX: y"})
    finding = desk.ask("fred")
    assert finding.message == "api_key=*** is not registered X: y"
