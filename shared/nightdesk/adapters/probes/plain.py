"""Providers whose requests need no more than a header: models, feeds, channels, three venues."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from nightdesk.accounts.credential import Fields, Permissions, Withdraw
from nightdesk.accounts.providers import AZURE_HOSTS, DISCORD_HOSTS
from nightdesk.adapters.outbound import Reply, Unanswered
from nightdesk.adapters.probes.asking import Ask, KeyRefused, Learnt, body_of, read, said
from nightdesk.core.clock import millis

JSON_BODY = {"Content-Type": "application/json"}
AZURE_VERSION = "2024-10-21"
ANTHROPIC_VERSION = "2023-06-01"
VALR = "https://api.valr.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test: whom, with what, when. A channel carries `code`."""

    provider: str
    ask: Ask
    fields: Fields
    now: datetime
    code: str | None = None

    def get(self, url: str, **headers: str) -> Any:
        """Ask for one thing; names of headers are written with `_` for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return read(self.ask(self.provider, "GET", url, headers=named))


Probe = Callable[[Case], Learnt]


def _listed(url: str, header: str, prefix: str = "", **more: str) -> Probe:
    """Return the probe that reads one list under the key in one header."""

    def probe(case: Case) -> Learnt:
        case.get(url, **{header: prefix + case.fields["api_key"]}, **more)
        return Learnt()

    return probe


def _azure(case: Case) -> Learnt:
    deployment = quote(case.fields["deployment"], safe="")
    target = f"/openai/deployments/{deployment}/chat/completions?api-version={AZURE_VERSION}"
    question = {"messages": [{"role": "user", "content": "ping"}], "max_completion_tokens": 1}
    reply = case.ask.own(
        "POST",
        case.fields["endpoint"],
        target,
        headers={**JSON_BODY, "api-key": case.fields["api_key"]},
        body=body_of(question),
        hosts=AZURE_HOSTS,
    )
    read(reply)
    return Learnt()


def _ollama(case: Case) -> Learnt:
    key = case.fields.get("api_key")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    found = read(case.ask.own("GET", case.fields["base_url"], "/api/tags", headers=headers))
    if not isinstance(found, dict) or "models" not in found:
        raise Unanswered("it answered what nobody can read")
    return Learnt()


def _compatible(case: Case) -> Learnt:
    headers = {"Authorization": f"Bearer {case.fields['api_key']}"}
    found = read(case.ask.own("GET", case.fields["base_url"], "/models", headers=headers))
    rows = found.get("data") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Unanswered("it answered what nobody can read")
    if case.fields["model"] not in {row.get("id") for row in rows if isinstance(row, dict)}:
        raise KeyRefused("The provider does not offer this model.")
    return Learnt()


def _valr(case: Case) -> Learnt:
    found = _valr_asked(case, "/v1/account/api-keys/current")
    try:
        may = {str(one).lower() for one in found["permissions"]}
        learnt = Learnt(
            permissions=Permissions(
                read="view access" in may,
                trade="trade" in may,
                withdraw=Withdraw.YES if "withdraw" in may else Withdraw.NO,
            ),
            ip_restricted=bool(found.get("allowedIpAddressCidr")),
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise Unanswered("it answered what nobody can read") from error
    if learnt.permissions is None or learnt.permissions.withdraw is Withdraw.NO:
        _valr_asked(case, "/v1/account/balances")
    return learnt


def _valr_asked(case: Case, path: str) -> Any:
    """Ask under VALR's signature: HMAC-SHA-512 of time, verb, path and body."""
    moment = str(millis(case.now))
    signed = hmac.new(
        case.fields["api_secret"].encode(), f"{moment}GET{path}".encode(), hashlib.sha512
    )
    return case.get(
        VALR + path,
        X_VALR_API_KEY=case.fields["api_key"],
        X_VALR_SIGNATURE=signed.hexdigest(),
        X_VALR_TIMESTAMP=moment,
    )


def _alphavantage(case: Case) -> Learnt:
    query = urlencode(
        {"function": "GLOBAL_QUOTE", "symbol": "IBM", "apikey": case.fields["api_key"]}
    )
    found = case.get(f"https://www.alphavantage.co/query?{query}")
    if not isinstance(found, dict):
        raise Unanswered("it answered what nobody can read")
    if "Error Message" in found:
        raise KeyRefused(str(found["Error Message"]))
    if told := found.get("Note") or found.get("Information"):
        text = str(told)
        if "invalid" in text.lower():
            raise KeyRefused(text)
        raise Unanswered(text)
    return Learnt()


def _cryptocompare(case: Case) -> Learnt:
    found = case.get(
        "https://min-api.cryptocompare.com/data/price?fsym=BTC&tsyms=USD",
        Authorization=f"Apikey {case.fields['api_key']}",
    )
    if isinstance(found, dict) and found.get("Response") == "Error":
        text = str(found.get("Message", ""))
        if "rate limit" in text.lower():
            raise Unanswered(text)
        raise KeyRefused(text)
    return Learnt()


def _reddit(case: Case) -> Learnt:
    pair = f"{case.fields['client_id']}:{case.fields['client_secret']}"
    headers = {
        "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    found = read(
        case.ask(
            case.provider,
            "POST",
            "https://www.reddit.com/api/v1/access_token",
            headers=headers,
            body=b"grant_type=client_credentials",
        )
    )
    if not isinstance(found, dict) or "access_token" not in found:
        raise KeyRefused(said(found) or "It gave no token.")
    return Learnt()


def _fred(case: Case) -> Learnt:
    query = urlencode(
        {"series_id": "GNPCA", "file_type": "json", "api_key": case.fields["api_key"]}
    )
    case.get(f"https://api.stlouisfed.org/fred/series?{query}")
    return Learnt()


def _telegram(case: Case) -> Learnt:
    message = {"chat_id": case.fields["chat_id"], "text": _message(case)}
    reply = case.ask(
        case.provider,
        "POST",
        f"https://api.telegram.org/bot{case.fields['bot_token']}/sendMessage",
        headers=JSON_BODY,
        body=body_of(message),
    )
    found = read(reply)
    if not isinstance(found, dict) or found.get("ok") is not True:
        raise KeyRefused(said(found))
    return Learnt(message="A code was sent: confirm it.")


def _discord(case: Case) -> Learnt:
    message = {"content": _message(case), "allowed_mentions": {"parse": []}}
    reply = case.ask.own(
        "POST",
        case.fields["webhook_url"],
        "",
        headers=JSON_BODY,
        body=body_of(message),
        hosts=DISCORD_HOSTS,
    )
    if not _accepted(reply):
        read(reply)
    return Learnt(message="A code was sent: confirm it.")


def _accepted(reply: Reply) -> bool:
    return reply.status == 204 and not reply.body  # noqa: PLR2004 - Discord's answer


def _message(case: Case) -> str:
    return f"Nightdesk: your code is {case.code or '-'}. If you did not ask for it, ignore this."


BEARER = ("Authorization", "Bearer ")
PROBES: Mapping[str, Probe] = {
    "openai": _listed("https://api.openai.com/v1/models", *BEARER),
    "deepseek": _listed("https://api.deepseek.com/models", *BEARER),
    "gemini": _listed(
        "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1", "x-goog-api-key"
    ),
    "anthropic": _listed(
        "https://api.anthropic.com/v1/models?limit=1",
        "x-api-key",
        anthropic_version=ANTHROPIC_VERSION,
    ),
    "azure_openai": _azure,
    "ollama": _ollama,
    "openai_compatible": _compatible,
    "valr": _valr,
    "ovex": _listed("https://www.ovex.io/api/v2/account/balances", *BEARER),
    "bitpanda": _listed("https://api.bitpanda.com/v1/wallets", "X-Api-Key"),
    "newsapi": _listed("https://newsapi.org/v2/top-headlines?country=us&pageSize=1", "X-Api-Key"),
    "alphavantage": _alphavantage,
    "coingecko": _listed("https://api.coingecko.com/api/v3/ping", "x-cg-demo-api-key"),
    "cryptocompare": _cryptocompare,
    "reddit": _reddit,
    "x": _listed("https://api.x.com/2/usage/tweets", *BEARER),
    "fred": _fred,
    "telegram": _telegram,
    "discord": _discord,
}
