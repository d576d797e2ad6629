"""The providers whose keys the vault keeps, as data (accounts, part 8).

`hard` rules (length, characters) refuse; `hint` rules (what a key usually begins with) only warn,
because vendors change prefixes. Whether a provider tells what a key may do decides how a key that
can withdraw is kept out: by asking, or by the owner's word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nightdesk.core.errors import Invalid, Missing

PROVIDER_ID = re.compile(r"[a-z][a-z_]{0,19}")
LABEL = re.compile(r"[a-z0-9-]{1,20}")
DEFAULT_LABEL = "main"
SEGMENTS = frozenset({"providers", "test"})
"""Literal segments of `/api/keys/…`: no provider may be called so."""

PRINTABLE = re.compile(r"[!-~]+")
"""ASCII without white space."""
PEM = re.compile(
    r"-----BEGIN (?:EC )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END (?:EC )?PRIVATE KEY-----"
)
MAX_SECRET = 512
MAX_PEM = 4096


class Kind(StrEnum):
    """What a provider is for: also who may open its keys (the KMS context carries it)."""

    VENUE = "venue"
    LLM = "llm"
    FEED = "feed"
    NOTIFY = "notify"


SHARED_KINDS = frozenset({Kind.LLM, Kind.FEED})
"""Whose keys the operator may store for all owners, under SYSTEM."""


class UnknownProvider(Missing):
    """There is no provider of this id."""

    code = "UNKNOWN_PROVIDER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a provider hands out. `public` ones name the key; all are sealed alike."""

    name: str
    title: str
    public: bool = False
    required: bool = True
    url: bool = False
    """An address that the owner chooses: the URL rules hold for it, at save and at each call."""
    hosts: tuple[str, ...] = ()
    """Endings that the host of a URL must have; empty: any public host."""
    least: int = 8
    most: int = MAX_SECRET
    allowed: re.Pattern[str] = PRINTABLE
    hints: tuple[str, ...] = ()
    """What it usually begins with."""

    def checked(self, value: str) -> str:
        """Return the value. Raises Invalid `BAD_FORMAT`, which never quotes it."""
        if self.allowed is PEM:
            value = value.replace("\\n", "\n").replace("\r\n", "\n").strip()
        if not self.least <= len(value) <= self.most or not self.allowed.fullmatch(value):
            raise Invalid(
                "BAD_FORMAT",
                f"{self.title}: {self.least} to {self.most} characters, {self.form}.",
                field=f"fields.{self.name}",
            )
        return value

    @property
    def form(self) -> str:
        """The hard rule in words."""
        return "a private key in PEM" if self.allowed is PEM else "no white space"

    def unusual(self, value: str) -> bool:
        """Whether it begins with none of what is usual."""
        return bool(self.hints) and not value.startswith(self.hints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody whose key a trader or the operator brings."""

    id: str
    kind: Kind
    name: str
    fields: tuple[Field, ...]
    help: str
    tells: bool = False
    """Whether it tells what a key may do: then one that may withdraw is found before it is kept."""
    expires: bool = False
    """Whether its keys always expire, so that `expires_at` is required."""
    trades: bool = True
    """Venues: whether orders can be placed at all; the broker is read only."""
    identity: tuple[str, ...] = field(default=("api_key",))
    """The fields that make two keys the same key."""

    def __post_init__(self) -> None:
        if not PROVIDER_ID.fullmatch(self.id) or self.id in SEGMENTS:
            raise ValueError(f"a provider cannot be called {self.id!r}")
        if missing := set(self.identity) - {one.name for one in self.fields}:
            raise ValueError(f"{self.id} lacks the fields {missing} by which it knows a key")

    @property
    def discloses_nothing(self) -> bool:
        """Whether only the owner can say that a key may not withdraw."""
        return self.kind is Kind.VENUE and not self.tells

    def checked(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the fields by the hard rules. Raises Invalid `BAD_FORMAT` for the first broken."""
        known = {one.name: one for one in self.fields}
        if given.keys() - known.keys():
            raise Invalid(
                "BAD_FORMAT", "There are fields that it lacks.", field="fields", allowed=list(known)
            )
        found = {}
        for one in self.fields:
            value = given.get(one.name, "")
            if not value and not one.required:
                continue
            found[one.name] = one.checked(value)
        return found

    def warnings(self, fields: Mapping[str, str]) -> tuple[str, ...]:
        """Return the hint rules that these fields break, in words."""
        return tuple(
            f"{one.title} usually begins with {' or '.join(one.hints)}."
            for one in self.fields
            if one.name in fields and one.unusual(fields[one.name])
        )

    def urls(self, fields: Mapping[str, str]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return the addresses among the fields, each with the endings that its host may have."""
        return {
            one.name: (fields[one.name], one.hosts)
            for one in self.fields
            if one.url and one.name in fields
        }

    def identifier(self, fields: Mapping[str, str]) -> str:
        """Return what the fingerprint is made of: equal for equal keys."""
        return "|".join(fields.get(name, "") for name in self.identity)

    def hint(self, fields: Mapping[str, str]) -> str | None:
        """Return the last four characters of the public identifier if it has at least twelve."""
        named = next((one for one in self.fields if one.public), None)
        value = "" if named is None else fields.get(named.name, "")
        return value[-4:] if len(value) >= MASKED_FROM else None


MASKED_FROM = 12


def label(text: str) -> str:
    """Return the label of a key. Raises Invalid `BAD_FORMAT`."""
    if not LABEL.fullmatch(text):
        raise Invalid("BAD_FORMAT", "A label has 1 to 20 of a-z, 0-9 and -.", field="label")
    return text


def _key(*hints: str, title: str = "API key", public: bool = False, least: int = 8) -> Field:
    return Field(name="api_key", title=title, public=public, hints=hints, least=least)


SECRET = Field(name="api_secret", title="API secret")
PUBLIC_KEY = _key(public=True)
PAIR = (PUBLIC_KEY, SECRET)
PASSPHRASE = Field(name="passphrase", title="Passphrase", least=1, most=64)
BASE_URL = Field(name="base_url", title="Base URL", url=True, public=True, least=8, most=300)
MODEL = Field(name="model", title="Model", least=1, most=100, public=True)
AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
DISCORD_HOSTS = ("discord.com", "discordapp.com")
NO_WITHDRAWAL = "Create a key that may read and trade. Never give it the right to withdraw."

_MODELS = (
    Provider(
        id="openai",
        kind=Kind.LLM,
        name="OpenAI",
        fields=(_key("sk-"),),
        help="A project key with the right to list models and to create chat completions.",
    ),
    Provider(
        id="deepseek",
        kind=Kind.LLM,
        name="DeepSeek",
        fields=(_key("sk-"),),
        help="A key of the open platform.",
    ),
    Provider(
        id="gemini",
        kind=Kind.LLM,
        name="Google Gemini",
        fields=(_key("AIza"),),
        help="A key of AI Studio, or of a project with the Generative Language API.",
    ),
    Provider(
        id="anthropic",
        kind=Kind.LLM,
        name="Anthropic",
        fields=(_key("sk-ant-"),),
        help="A key of the console.",
    ),
    Provider(
        id="azure_openai",
        kind=Kind.LLM,
        name="Azure OpenAI",
        fields=(
            Field(
                name="endpoint",
                title="Endpoint",
                url=True,
                hosts=AZURE_HOSTS,
                public=True,
                most=300,
            ),
            _key(),
            Field(name="deployment", title="Deployment", public=True, least=1, most=64),
        ),
        identity=("endpoint", "api_key", "deployment"),
        help="Endpoint and key of the resource, and the name of the deployment.",
    ),
    Provider(
        id="ollama",
        kind=Kind.LLM,
        name="Ollama",
        fields=(
            BASE_URL,
            Field(name="api_key", title="API key", required=False),
        ),
        identity=("base_url", "api_key"),
        help="The address of the server. A private one needs the operator's leave.",
    ),
    Provider(
        id="openai_compatible",
        kind=Kind.LLM,
        name="OpenAI compatible",
        fields=(BASE_URL, _key(), MODEL),
        identity=("base_url", "api_key", "model"),
        help="The address under which /models and /chat/completions answer, with its key.",
    ),
)

_VENUES = (
    Provider(
        id="binance", kind=Kind.VENUE, name="Binance", fields=PAIR, tells=True, help=NO_WITHDRAWAL
    ),
    Provider(
        id="kraken",
        kind=Kind.VENUE,
        name="Kraken",
        fields=(
            PUBLIC_KEY,
            Field(
                name="api_secret",
                title="Private key",
                allowed=re.compile(r"[A-Za-z0-9+/]+={0,2}"),
                least=16,
            ),
        ),
        tells=True,
        help=NO_WITHDRAWAL,
    ),
    Provider(id="valr", kind=Kind.VENUE, name="VALR", fields=PAIR, tells=True, help=NO_WITHDRAWAL),
    Provider(
        id="bybit", kind=Kind.VENUE, name="Bybit", fields=PAIR, tells=True, help=NO_WITHDRAWAL
    ),
    Provider(
        id="kucoin",
        kind=Kind.VENUE,
        name="KuCoin",
        fields=(*PAIR, PASSPHRASE),
        tells=True,
        help=NO_WITHDRAWAL,
    ),
    Provider(
        id="okx",
        kind=Kind.VENUE,
        name="OKX",
        fields=(*PAIR, PASSPHRASE),
        tells=True,
        help=NO_WITHDRAWAL,
    ),
    Provider(
        id="coinbase",
        kind=Kind.VENUE,
        name="Coinbase",
        fields=(
            _key("organizations/", title="Key name", public=True),
            Field(name="private_key", title="Private key", allowed=PEM, least=64, most=MAX_PEM),
        ),
        tells=True,
        help="A CDP key (ECDSA) with View and Trade. Never give it Transfer.",
    ),
    Provider(id="luno", kind=Kind.VENUE, name="Luno", fields=PAIR, help=NO_WITHDRAWAL),
    Provider(id="bitvavo", kind=Kind.VENUE, name="Bitvavo", fields=PAIR, help=NO_WITHDRAWAL),
    Provider(id="bitstamp", kind=Kind.VENUE, name="Bitstamp", fields=PAIR, help=NO_WITHDRAWAL),
    Provider(
        id="ovex",
        kind=Kind.VENUE,
        name="OVEX",
        fields=(_key(),),
        expires=True,
        help="A bearer token; it lives 365 days at most, so say when it ends.",
    ),
    Provider(
        id="onetrading",
        kind=Kind.VENUE,
        name="One Trading",
        fields=(_key(),),
        help="Once Bitpanda Pro. A token with the scopes read and trade.",
    ),
    Provider(
        id="bitpanda",
        kind=Kind.VENUE,
        name="Bitpanda",
        fields=(_key(),),
        trades=False,
        help="The broker: balances and trades are read, no order can be placed.",
    ),
)

_FEEDS = (
    Provider(
        id="newsapi", kind=Kind.FEED, name="NewsAPI", fields=(_key(),), help="A key of newsapi.org."
    ),
    Provider(
        id="alphavantage",
        kind=Kind.FEED,
        name="Alpha Vantage",
        fields=(_key(),),
        help="A key of alphavantage.co.",
    ),
    Provider(
        id="coingecko",
        kind=Kind.FEED,
        name="CoinGecko",
        fields=(_key("CG-"),),
        help="A demo key of coingecko.com.",
    ),
    Provider(
        id="cryptocompare",
        kind=Kind.FEED,
        name="CryptoCompare",
        fields=(_key(),),
        help="A key of cryptocompare.com.",
    ),
    Provider(
        id="reddit",
        kind=Kind.FEED,
        name="Reddit",
        fields=(
            Field(name="client_id", title="Client id", public=True),
            Field(name="client_secret", title="Client secret"),
        ),
        identity=("client_id",),
        help="An app of the kind script: its id and secret.",
    ),
    Provider(id="x", kind=Kind.FEED, name="X", fields=(_key(),), help="An app's bearer token."),
    Provider(
        id="fred",
        kind=Kind.FEED,
        name="FRED",
        fields=(_key(),),
        help="A key of the St. Louis Fed.",
    ),
)

_CHANNELS = (
    Provider(
        id="telegram",
        kind=Kind.NOTIFY,
        name="Telegram",
        fields=(
            Field(
                name="bot_token",
                title="Bot token",
                allowed=re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{20,80}"),
            ),
            Field(
                name="chat_id",
                title="Chat id",
                public=True,
                least=1,
                most=32,
                allowed=re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,31}"),
            ),
        ),
        identity=("bot_token", "chat_id"),
        help="A bot of BotFather, and the chat that it may write to.",
    ),
    Provider(
        id="discord",
        kind=Kind.NOTIFY,
        name="Discord",
        fields=(
            Field(
                name="webhook_url",
                title="Webhook URL",
                url=True,
                hosts=DISCORD_HOSTS,
                most=300,
                hints=("https://discord.com/api/webhooks/",),
            ),
        ),
        identity=("webhook_url",),
        help="A webhook of the channel.",
    ),
)

PROVIDERS: Mapping[str, Provider] = {
    one.id: one for one in (*_MODELS, *_VENUES, *_FEEDS, *_CHANNELS)
}
"""All of them, in the order in which they are shown."""


def provider(provider_id: str) -> Provider:
    """Return the provider. Raises UnknownProvider."""
    found = PROVIDERS.get(provider_id)
    if found is None:
        raise UnknownProvider("no such provider")
    return found
