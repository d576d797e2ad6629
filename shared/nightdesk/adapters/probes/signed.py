"""Venues whose requests ccxt signs. It only signs here: our own client sends, and reads."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from nightdesk.accounts.credential import Fields, Permissions, Withdraw
from nightdesk.adapters.outbound import Reply, Unanswered
from nightdesk.adapters.probes.asking import Ask, KeyRefused, Learnt, judge, read, said
from nightdesk.adapters.venues.ccxt import exchange_class

Json = Any
Learn = Callable[[Json], Learnt]
KEY_IS_WRONG = ("AuthenticationError", "PermissionDenied", "AccountSuspended", "AccountNotEnabled")
ANY_ADDRESS = frozenset({"", "*", "0.0.0.0/0", "::/0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One signed request, as ccxt names it."""

    api: str | tuple[str, str]
    method: str
    path: str
    params: Mapping[str, Any]


def _question(
    method: str, path: str, api: str | tuple[str, str] = "private", **params: Any
) -> Question:
    return Question(api=api, method=method, path=path, params=params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """What is asked of a venue: its word about the key, if it gives one, then the balance."""

    balance: Question
    info: Question | None = None
    learn: Learn | None = None


def _withdraw(may: object) -> Withdraw:
    if may is None:
        return Withdraw.UNDISCLOSED
    return Withdraw.YES if may else Withdraw.NO


def _binance(found: Json) -> Learnt:
    return Learnt(
        permissions=Permissions(
            read=bool(found["enableReading"]),
            trade=bool(found["enableSpotAndMarginTrading"]),
            withdraw=_withdraw(found["enableWithdrawals"]),
        ),
        ip_restricted=bool(found["ipRestrict"]),
    )


def _kraken(found: Json) -> Learnt:
    result = found["result"]
    may = set(result["permissions"])
    until = int(_either(result, "validUntil", "valid_until") or 0)
    return Learnt(
        permissions=Permissions(
            read="query-funds" in may,
            trade="modify-trades" in may,
            withdraw=_withdraw("withdraw-funds" in may),
        ),
        ip_restricted=bool(_either(result, "ipAllowlist", "ip_allowlist")),
        expires_ms=until * 1000 or None,
    )


def _kucoin(found: Json) -> Learnt:
    data = found["data"]
    may = {one.strip().lower() for one in data["permission"].split(",")}
    return Learnt(
        permissions=Permissions(
            read="general" in may,
            trade=bool(may & {"spot", "trade"}),
            withdraw=_withdraw(may & {"transfer", "withdrawal", "withdraw", "flextransfers"}),
        ),
        ip_restricted=_restricted(data.get("ipWhitelist", "").split(",")),
    )


def _okx(found: Json) -> Learnt:
    data = found["data"][0]
    may = {one.strip() for one in data["perm"].split(",")}
    return Learnt(
        permissions=Permissions(
            read="read_only" in may,
            trade="trade" in may,
            withdraw=_withdraw("withdraw" in may),
        ),
        ip_restricted=_restricted(data.get("ip", "").split(",")),
    )


def _bybit(found: Json) -> Learnt:
    result = found["result"]
    may = result["permissions"]
    writes = int(result["readOnly"]) == 0
    return Learnt(
        permissions=Permissions(
            read=True,
            trade=writes and "SpotTrade" in may.get("Spot", []),
            withdraw=_withdraw(writes and "Withdraw" in may.get("Wallet", [])),
        ),
        ip_restricted=_restricted(result.get("ips") or []),
    )


def _coinbase(found: Json) -> Learnt:
    return Learnt(
        permissions=Permissions(
            read=bool(found["can_view"]),
            trade=bool(found["can_trade"]),
            withdraw=_withdraw(found["can_transfer"]),
        )
    )


def _restricted(addresses: Sequence[str]) -> bool:
    return bool({one.strip() for one in addresses} - ANY_ADDRESS)


def _either(found: Mapping[str, Any], first: str, second: str) -> Any:
    return found.get(first, found.get(second))


V3 = ("v3", "private")
VENUES: Mapping[str, Venue] = {
    "binance": Venue(
        info=_question("GET", "account/apiRestrictions", "sapi"),
        learn=_binance,
        balance=_question("GET", "account"),
    ),
    "kraken": Venue(
        info=_question("POST", "GetApiKeyInfo"), learn=_kraken, balance=_question("POST", "Balance")
    ),
    "kucoin": Venue(
        info=_question("GET", "user/api-key"), learn=_kucoin, balance=_question("GET", "accounts")
    ),
    "okx": Venue(
        info=_question("GET", "account/config"),
        learn=_okx,
        balance=_question("GET", "account/balance"),
    ),
    "bybit": Venue(
        info=_question("GET", "v5/user/query-api"),
        learn=_bybit,
        balance=_question("GET", "v5/account/wallet-balance", accountType="UNIFIED"),
    ),
    "coinbase": Venue(
        info=_question("GET", "brokerage/key_permissions", V3),
        learn=_coinbase,
        balance=_question("GET", "brokerage/accounts", V3, limit=1),
    ),
    "luno": Venue(balance=_question("GET", "balance")),
    "bitvavo": Venue(balance=_question("GET", "balance")),
    "bitstamp": Venue(balance=_question("POST", "account_balances/")),
    "onetrading": Venue(balance=_question("GET", "account/balances")),
}


def probe(provider: str, ask: Ask, fields: Fields) -> Learnt:
    """Return what a venue says about a key. Raises KeyRefused, Unanswered, Blocked."""
    venue = VENUES[provider]
    exchange = exchange_class(provider)(_credentials(fields))
    learnt = Learnt()
    if venue.info is not None and venue.learn is not None:
        found = _asked(provider, ask, exchange, venue.info)
        try:
            learnt = venue.learn(found)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unanswered("it answered what nobody can read") from error
    if learnt.permissions is not None and learnt.permissions.withdraw is Withdraw.YES:
        return learnt  # nothing more is asked with such a key
    _asked(provider, ask, exchange, venue.balance)
    return learnt


def _credentials(fields: Fields) -> dict[str, Any]:
    return {
        "apiKey": fields["api_key"],
        "secret": fields.get("private_key") or fields.get("api_secret") or "-",
        "password": fields.get("passphrase", ""),
    }


def _asked(provider: str, ask: Ask, exchange: Any, question: Question) -> Json:
    errors = importlib.import_module("ccxt.base.errors")
    try:
        signed = exchange.sign(question.path, question.api, question.method, dict(question.params))
    except Exception as error:
        raise KeyRefused("The key cannot sign: its form is not the venue's.") from error
    body = signed["body"]
    reply = ask(
        provider,
        question.method,
        signed["url"],
        headers=signed["headers"],
        body=body.encode() if isinstance(body, str) else body,
    )
    _judged(errors, exchange, signed, reply)
    return read(reply)


def _judged(errors: Any, exchange: Any, signed: Mapping[str, Any], reply: Reply) -> None:
    """Let ccxt tell the venue's codes apart; it knows them all. Raises KeyRefused, Unanswered."""
    found, text = reply.json(), reply.body.decode("utf-8", "replace")
    wrong = tuple(getattr(errors, name) for name in KEY_IS_WRONG)
    words = said(found)
    try:
        exchange.handle_errors(
            reply.status,
            "",
            signed["url"],
            signed["method"],
            dict(reply.headers),
            text,
            found,
            signed["headers"],
            signed["body"],
        )
    except errors.OperationFailed as error:
        raise Unanswered(words or f"HTTP {reply.status}") from error
    except wrong as error:
        raise KeyRefused(words or f"HTTP {reply.status}") from error
    except errors.BaseError as error:
        if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
            judge(reply)
        raise KeyRefused(words or "The venue answered with an error.") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Unanswered("it answered what nobody can read") from error
