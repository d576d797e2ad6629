"""Abuse row 12 at the call: pinned addresses, fickle names, redirects, size, time."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nightdesk.accounts.urls import Rules
from nightdesk.adapters import outbound
from nightdesk.adapters.outbound import MAX_BODY, Blocked, Outbound, Unanswered
from tests.fakes.providers.server import Asked, Said, Server, always, served, silence
from tests.fakes.vault import FakeNames

HOST = "models.example.com"
LOCAL = Rules(local=True)


@pytest.fixture
def server() -> Iterator[Server]:
    with served(lambda asked: Said(200, {"path": asked.path, "query": asked.query})) as found:
        yield found


def test_a_good_answer_comes_back_whole(server: Server) -> None:
    reply = Outbound(rules=LOCAL)("GET", server.url + "/v1", "/models?limit=1")
    assert (reply.status, reply.json()) == (200, {"path": "/v1/models", "query": "limit=1"})
    assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("location", ["http://169.254.169.254/", "http://127.0.0.1:1/", "/other"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: Server, status: int, location: str) -> None:
    server.mood = always(status, b"", Location=location)
    assert Outbound(rules=LOCAL)("GET", server.url, "/").status == status
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:80",
        "https://127.0.0.1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "https://[::ffff:7f00:1]",
        "https://100.64.0.1",
        "https://user@models.example.com",
        "https://models.example.com:8443",
        "https://2130706433",
        "https://0177.0.0.1",
        "ftp://models.example.com",
    ],
)
def test_nothing_is_sent_to_an_address_that_may_not_be_called(base: str) -> None:
    names = FakeNames({})
    with pytest.raises(Blocked):
        Outbound(resolver=names)("GET", base, "/")
    assert names.asked == []


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1"], []])
def test_a_name_that_leads_inwards_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(Blocked):
        Outbound(resolver=FakeNames({HOST: [found]}))("GET", f"https://{HOST}", "/")


def never(*arguments: Any, **named: Any) -> socket.socket:
    raise AssertionError("a connection was made")


def test_a_name_that_changes_its_mind_is_asked_once_and_connected_to_as_it_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = FakeNames({HOST: [["93.184.216.34"], ["127.0.0.1"]]})
    connected: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    with pytest.raises(Unanswered):
        Outbound(resolver=names)("GET", f"https://{HOST}", "/")
    assert (connected, names.asked) == (["93.184.216.34"], [HOST])
    with pytest.raises(Blocked):
        Outbound(resolver=names)("GET", f"https://{HOST}", "/")
    assert connected == ["93.184.216.34"]


def test_each_address_is_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    names = FakeNames({HOST: [["93.184.216.34", "93.184.216.35"]]})
    with pytest.raises(Unanswered):
        Outbound(resolver=names)("GET", f"https://{HOST}", "/")
    assert connected == ["93.184.216.34", "93.184.216.35"]


def test_a_name_that_leads_nowhere_is_no_answer() -> None:
    with pytest.raises(Unanswered):
        Outbound(resolver=FakeNames({}))("GET", f"https://{HOST}", "/")


def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert Outbound(rules=LOCAL)("GET", server.url, "/").status == 200


def test_more_than_a_mebibyte_is_not_read(server: Server) -> None:
    server.mood = always(200, b" " * (MAX_BODY + 1))
    with pytest.raises(Unanswered, match="1 MiB"):
        Outbound(rules=LOCAL)("GET", server.url, "/")
    server.mood = always(200, b" " * MAX_BODY)
    assert len(Outbound(rules=LOCAL)("GET", server.url, "/").body) == MAX_BODY


def test_who_does_not_answer_in_time_is_left(server: Server) -> None:
    server.mood = silence(1.0)
    with pytest.raises(Unanswered, match="too long"):
        Outbound(rules=LOCAL, read_seconds=0.1)("GET", server.url, "/")


def test_who_answers_drop_by_drop_is_left() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not stop.wait(0.02):
                try:
                    connection.sendall(b".")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with pytest.raises(Unanswered, match="too long"):
            Outbound(rules=LOCAL, budget=0.2)("GET", url, "/")
    finally:
        stop.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"]
)
def test_who_does_not_speak_http_is_no_answer(raw: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(raw)

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with pytest.raises(Unanswered):
            Outbound(rules=LOCAL)("GET", url, "/")
    finally:
        thread.join()
        listener.close()


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return contexts of a server with a certificate for `name`, and of who trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251 - a certificate that holds now
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    speaks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    speaks.load_cert_chain(pem)
    trusts = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
    return speaks, trusts


@pytest.mark.parametrize("name", [HOST, "other.example.com"])
def test_tls_is_spoken_by_name_to_the_address_that_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    speaks, trusts = certified(tmp_path, name)
    heard: list[str | None] = []
    speaks.sni_callback = lambda connection, asked, context: heard.append(asked)
    listener = socket.create_server(("127.0.0.1", 0))
    sent: list[bytes] = []

    def speak() -> None:
        connection, _ = listener.accept()
        try:
            with speaks.wrap_socket(connection, server_side=True) as safe:
                sent.append(safe.recv(4096))
                safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except OSError:
            connection.close()

    real = socket.create_connection
    monkeypatch.setattr(
        socket,
        "create_connection",
        lambda address, timeout: real(listener.getsockname(), timeout),
    )
    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    client = Outbound(resolver=FakeNames({HOST: [["93.184.216.34"]]}), context=trusts)
    try:
        if name == HOST:
            assert client("GET", f"https://{HOST}", "/v1/models").json() == {}
            assert f"Host: {HOST}\r\n".encode() in sent[0]
        else:
            with pytest.raises(Unanswered):
                client("GET", f"https://{HOST}", "/")
            assert sent == []
    finally:
        thread.join()
        listener.close()
    assert heard == [HOST]


def test_what_is_trusted_needs_tls_1_2() -> None:
    context = outbound._trust()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_systems_resolver_names_each_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: rows)
    assert outbound.SystemResolver()(HOST, 443) == ["93.184.216.34"]


def test_the_servers_of_these_tests_say_what_they_are_told(server: Server) -> None:
    assert Asked("GET", "/", "a=1", {}, b"b=2").params == {"a": "1"}
    assert server.url.startswith("http://127.0.0.1:")
