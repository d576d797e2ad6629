"""Valid keys, offers and slots."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.credential import Credential, KeyStatus, Sealed
from nightdesk.accounts.offers import Offer
from nightdesk.core.ids import UserId

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA = UserId("01JD7T8QZ6N5M4X3W2V1T0S9R8")
BEN = UserId("01JD7T8QZ6N5M4X3W2V1T0S9R9")
ORIGIN = Origin(kind=ActorKind.USER, actor=ADA, source=Source.API, request_id="r1")

PEM = (
    "-----BEGIN EC PRIVATE KEY-----\n"  # pragma: allowlist secret
    # pragma: allowlist nextline secret
    + "MHcCAQEEIO1hcmtlZFByaXZhdGVLZXlPZlRoZVRlc3RzMDEyMzQ1Njc4oAoGCCqG\n" * 3
    + "-----END EC PRIVATE KEY-----"
)

FIELDS: dict[str, dict[str, str]] = {
    "azure_openai": {
        "endpoint": "https://desk.openai.azure.com",
        "api_key": "azure-key-0123456789",
        "deployment": "small",
    },
    "ollama": {"base_url": "https://models.example.com"},
    "openai_compatible": {
        "base_url": "https://models.example.com/v1",
        "api_key": "compatible-key-0123",
        "model": "small-1",
    },
    "kucoin": {
        "api_key": "65f0a1b2c3d4e5f60718293a",  # pragma: allowlist secret
        "api_secret": "kucoin-secret-0123456789",
        "passphrase": "open sesame".replace(" ", "-"),
    },
    "okx": {
        "api_key": "65f0a1b2-c3d4-e5f6-0718-293a",
        "api_secret": "okx-secret-0123456789",
        "passphrase": "Open-Sesame-9",
    },
    "coinbase": {
        "api_key": "organizations/0a1b/apiKeys/2c3d4e5f",
        "private_key": PEM,
    },
    "kraken": {
        "api_key": "4SDrDBcOOPnm3nPlNfEMMJDeRcIVqPz",
        # pragma: allowlist nextline secret
        "api_secret": "a3Jha2VuLXNlY3JldC0wMTIzNDU2Nzg5LWtyYWtlbi1zZWNyZXQ=",
    },
    "reddit": {"client_id": "reddit-id-0123", "client_secret": "reddit-secret-0123"},
    "telegram": {"bot_token": "123456789:AAF-0123456789abcdefghijklmno", "chat_id": "-100123"},
    "discord": {"webhook_url": "https://discord.com/api/webhooks/123/webhook-secret-0123"},
}
PAIR = {"api_key": "public-key-0123456789abcd", "api_secret": "private-secret-0123456789"}
ONE = {"api_key": "only-key-0123456789"}
PAIRED = ("binance", "bybit", "valr", "luno", "bitvavo", "bitstamp")


def some_fields(provider: str) -> dict[str, str]:
    if provider in FIELDS:
        return dict(FIELDS[provider])
    return dict(PAIR if provider in PAIRED else ONE)


def an_offer(provider: str = "kraken", **changes: Any) -> Offer:
    return replace(Offer(provider=provider, fields=some_fields(provider)), **changes)


def a_credential(**changes: Any) -> Credential:
    base = Credential(
        owner=ADA,
        provider="kraken",
        label="main",
        version=1,
        sealed=Sealed(ciphertext=b"c", wrapped=b"w"),
        fingerprint="f1",
        saved_at=NOW,
        status=KeyStatus.TEST_OK,
    )
    return replace(base, **changes)
