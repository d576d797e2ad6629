"""Venues: they check signatures as the venues document them, from their own description."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.builders.vault import some_fields
from tests.fakes.providers.server import Asked, Routes, Said

WINDOW_MS = 30_000


@dataclass(frozen=True)
class Rights:
    """What the account says about its key."""

    read: bool = True
    trade: bool = True
    withdraw: bool = False
    bound: bool = True
    """Whether it is bound to addresses."""


def fresh(milliseconds: str) -> bool:
    return abs(time.time_ns() // 1_000_000 - int(milliseconds)) < WINDOW_MS


def hexed(secret: str, text: str, kind: str = "sha256") -> str:
    return hmac.new(secret.encode(), text.encode(), kind).hexdigest()


def based(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), "sha256").digest()).decode()


def same(one: str | None, two: str) -> bool:
    return hmac.compare_digest(one or "", two)


def binance(rights: Rights) -> Routes:
    """SIGNED endpoints: HMAC-SHA-256 of the query without the signature, key in a header."""
    fields = some_fields("binance")

    def routes(asked: Asked) -> Said:
        query, _, signature = asked.query.rpartition("&signature=")
        if asked.headers.get("x-mbx-apikey") != fields["api_key"]:
            return Said(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions"})
        if not same(signature, hexed(fields["api_secret"], query)):
            return Said(400, {"code": -1022, "msg": "Signature for this request is not valid."})
        if not fresh(asked.params["timestamp"]):
            return Said(400, {"code": -1021, "msg": "Timestamp for this request was outside."})
        if asked.path == "/sapi/v1/account/apiRestrictions":
            told = {
                "ipRestrict": rights.bound,
                "createTime": 1698645219000,
                "enableReading": rights.read,
                "enableWithdrawals": rights.withdraw,
                "enableSpotAndMarginTrading": rights.trade,
                "enableFutures": False,
            }
            return Said(200, told)
        if asked.path == "/api/v3/account":
            return Said(200, {"balances": [{"asset": "BTC", "free": "1.0", "locked": "0"}]})
        return Said(404, {"code": -1, "msg": "no such path"})

    return routes


def kraken(rights: Rights) -> Routes:
    """API-Sign: HMAC-SHA-512 of path + SHA-256(nonce + body) under the decoded private key."""
    fields = some_fields("kraken")
    may = ["query-funds"] * rights.read + ["modify-trades"] * rights.trade
    may += ["withdraw-funds"] * rights.withdraw

    def routes(asked: Asked) -> Said:
        inner = hashlib.sha256((asked.form["nonce"] + asked.body.decode()).encode()).digest()
        key = base64.b64decode(fields["api_secret"])
        wanted = hmac.new(key, asked.path.encode() + inner, "sha512").digest()
        if asked.headers.get("api-key") != fields["api_key"]:
            return Said(200, {"error": ["EAPI:Invalid key"]})
        if not same(asked.headers.get("api-sign"), base64.b64encode(wanted).decode()):
            return Said(200, {"error": ["EAPI:Invalid signature"]})
        if asked.path == "/0/private/GetApiKeyInfo":
            result = {
                "apiKeyName": "desk",
                "apiKey": fields["api_key"],
                "permissions": may,
                "validUntil": "0",
                "ipAllowlist": ["203.0.113.7"] * rights.bound,
            }
            return Said(200, {"error": [], "result": result})
        if asked.path == "/0/private/Balance":
            if not rights.read:
                return Said(200, {"error": ["EGeneral:Permission denied"]})
            return Said(200, {"error": [], "result": {"XXBT": "1.0"}})
        return Said(200, {"error": ["EGeneral:Unknown method"]})

    return routes


def kucoin(rights: Rights) -> Routes:
    """KC-API-SIGN over time + verb + path; the passphrase is signed as well (key version 2)."""
    fields = some_fields("kucoin")
    names = ["General"] * rights.read + ["Spot"] * rights.trade + ["Transfer"] * rights.withdraw

    def routes(asked: Asked) -> Said:
        target = asked.path + (f"?{asked.query}" if asked.query else "")
        moment = asked.headers["kc-api-timestamp"]
        sign = based(fields["api_secret"], moment + asked.method + target + asked.body.decode())
        if asked.headers.get("kc-api-key") != fields["api_key"]:
            return Said(401, {"code": "400003", "msg": "KC-API-KEY not exists"})
        if not same(asked.headers.get("kc-api-sign"), sign) or not fresh(moment):
            return Said(401, {"code": "400005", "msg": "Invalid KC-API-SIGN"})
        pass_ = based(fields["api_secret"], fields["passphrase"])
        if not same(asked.headers.get("kc-api-passphrase"), pass_):
            return Said(401, {"code": "400004", "msg": "Invalid KC-API-PASSPHRASE"})
        if asked.path == "/api/v1/user/api-key":
            data = {
                "apiKey": fields["api_key"],
                "apiVersion": 3,
                "permission": ",".join(names),
                "ipWhitelist": "203.0.113.7" if rights.bound else "",
                "isMaster": True,
            }
            return Said(200, {"code": "200000", "data": data})
        if asked.path == "/api/v1/accounts":
            return Said(200, {"code": "200000", "data": [{"currency": "BTC", "balance": "1"}]})
        return Said(404, {"code": "404000", "msg": "no such path"})

    return routes


def okx(rights: Rights) -> Routes:
    """OK-ACCESS-SIGN: base64 HMAC-SHA-256 of ISO time + verb + path with query."""
    fields = some_fields("okx")
    names = ["read_only"] * rights.read + ["trade"] * rights.trade + ["withdraw"] * rights.withdraw

    def routes(asked: Asked) -> Said:
        target = asked.path + (f"?{asked.query}" if asked.query else "")
        moment = asked.headers["ok-access-timestamp"]
        sign = based(fields["api_secret"], moment + asked.method + target)
        if asked.headers.get("ok-access-key") != fields["api_key"]:
            return Said(401, {"msg": "Invalid OK-ACCESS-KEY", "code": "50111"})
        if not same(asked.headers.get("ok-access-sign"), sign):
            return Said(401, {"msg": "Invalid Sign", "code": "50113"})
        if asked.headers.get("ok-access-passphrase") != fields["passphrase"]:
            return Said(401, {"msg": "OK-ACCESS-PASSPHRASE incorrect", "code": "50105"})
        if asked.path == "/api/v5/account/config":
            data = {"perm": ",".join(names), "ip": "203.0.113.7" if rights.bound else ""}
            return Said(200, {"code": "0", "data": [data], "msg": ""})
        if asked.path == "/api/v5/account/balance":
            return Said(200, {"code": "0", "data": [{"details": []}], "msg": ""})
        return Said(404, {"code": "404", "msg": "no such path"})

    return routes


def bybit(rights: Rights) -> Routes:
    """X-BAPI-SIGN: HMAC-SHA-256 of time + key + window + query."""
    fields = some_fields("bybit")

    def routes(asked: Asked) -> Said:
        sent = asked.headers
        moment, window = sent["x-bapi-timestamp"], sent["x-bapi-recv-window"]
        sign = hexed(fields["api_secret"], moment + fields["api_key"] + window + asked.query)
        if sent.get("x-bapi-api-key") != fields["api_key"]:
            return Said(200, {"retCode": 10003, "retMsg": "API key is invalid."})
        if not same(sent.get("x-bapi-sign"), sign) or not fresh(moment):
            return Said(200, {"retCode": 10004, "retMsg": "error sign!"})
        if asked.path == "/v5/user/query-api":
            wallet = ["AccountTransfer"] + ["Withdraw"] * rights.withdraw
            result = {
                "readOnly": 0,
                "permissions": {"Spot": ["SpotTrade"] * rights.trade, "Wallet": wallet},
                "ips": ["203.0.113.7"] if rights.bound else ["*"],
            }
            return Said(200, {"retCode": 0, "retMsg": "", "result": result})
        if asked.path == "/v5/account/wallet-balance" and asked.params == {
            "accountType": "UNIFIED"
        }:
            return Said(200, {"retCode": 0, "retMsg": "OK", "result": {"list": []}})
        return Said(200, {"retCode": 10001, "retMsg": "no such path"})

    return routes


def coinbase(rights: Rights, public: Any, name: str) -> Routes:
    """CDP keys: a JWT under ES256 for this verb and path, two minutes long."""
    import jwt

    def routes(asked: Asked) -> Said:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token, public, algorithms=["ES256"], audience="retail_rest_api_proxy"
            )
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return Said(401, b"Unauthorized\n")
        right = f"{asked.method} api.coinbase.com{asked.path}"
        if (claims["uri"], claims["sub"], header["kid"]) != (right, name, name):
            return Said(401, b"Unauthorized\n")
        if asked.path == "/api/v3/brokerage/key_permissions":
            told = {
                "can_view": rights.read,
                "can_trade": rights.trade,
                "can_transfer": rights.withdraw,
                "portfolio_uuid": "p",
            }
            return Said(200, told)
        if asked.path == "/api/v3/brokerage/accounts":
            return Said(200, {"accounts": [], "has_next": False})
        return Said(404, {"error": "NOT_FOUND", "message": "no such path"})

    return routes


def valr(rights: Rights) -> Routes:
    """X-VALR-SIGNATURE: HMAC-SHA-512 of time + verb + path + body."""
    fields = some_fields("valr")
    names = ["View access"] * rights.read + ["Trade"] * rights.trade
    names += ["Withdraw"] * rights.withdraw

    def routes(asked: Asked) -> Said:
        moment = asked.headers["x-valr-timestamp"]
        sign = hexed(fields["api_secret"], moment + asked.method + asked.path, "sha512")
        key = asked.headers.get("x-valr-api-key")
        if key != fields["api_key"] or not same(asked.headers.get("x-valr-signature"), sign):
            return Said(403, {"code": -11252, "message": "API key or secret is invalid"})
        if asked.path == "/v1/account/api-keys/current":
            told: dict[str, Any] = {"label": "desk", "permissions": names}
            if rights.bound:
                told["allowedIpAddressCidr"] = "203.0.113.7/32"
            return Said(200, told)
        if asked.path == "/v1/account/balances":
            return Said(200, [{"currency": "ZAR", "available": "1"}])
        return Said(404, {"message": "no such path"})

    return routes


def luno(rights: Rights) -> Routes:
    """Basic authentication."""
    fields = some_fields("luno")
    pair = f"{fields['api_key']}:{fields['api_secret']}"
    wanted = "Basic " + base64.b64encode(pair.encode()).decode()

    def routes(asked: Asked) -> Said:
        if not same(asked.headers.get("authorization"), wanted):
            return Said(401, {"error": "Unauthorized", "error_code": "ErrUnauthorised"})
        if asked.path == "/api/1/balance":
            return Said(200, {"balance": []})
        return Said(404, {"error": "no such path"})

    return routes


def bitvavo(rights: Rights) -> Routes:
    """Bitvavo-Access-Signature: HMAC-SHA-256 of time + verb + path."""
    fields = some_fields("bitvavo")

    def routes(asked: Asked) -> Said:
        moment = asked.headers["bitvavo-access-timestamp"]
        sign = hexed(fields["api_secret"], moment + asked.method + asked.path)
        if asked.headers.get("bitvavo-access-key") != fields["api_key"]:
            return Said(403, {"errorCode": 305, "error": "No active API key found."})
        if not same(asked.headers.get("bitvavo-access-signature"), sign):
            return Said(403, {"errorCode": 309, "error": "The signature is invalid."})
        if asked.path == "/v2/balance":
            return Said(200, [{"symbol": "BTC", "available": "1", "inOrder": "0"}])
        return Said(404, {"errorCode": 110, "error": "no such path"})

    return routes


def bitstamp(rights: Rights) -> Routes:
    """X-Auth-Signature over key, verb, host, path, type, nonce, time, version and body."""
    fields = some_fields("bitstamp")

    def routes(asked: Asked) -> Said:
        sent = asked.headers
        text = (
            f"BITSTAMP {fields['api_key']}{asked.method}www.bitstamp.net{asked.path}"
            f"{sent['content-type']}{sent['x-auth-nonce']}{sent['x-auth-timestamp']}"
            f"v2{asked.body.decode()}"
        )
        if sent.get("x-auth") != f"BITSTAMP {fields['api_key']}":
            return Said(403, {"status": "error", "reason": "API key not found", "code": "API0001"})
        if not same(sent.get("x-auth-signature"), hexed(fields["api_secret"], text)):
            return Said(403, {"status": "error", "reason": "Invalid signature", "code": "API0005"})
        if asked.path == "/api/v2/account_balances/":
            return Said(200, [{"currency": "btc", "total": "1"}])
        return Said(404, {"status": "error", "reason": "no such path"})

    return routes


def bearer(provider: str, path: str, body: Any) -> Routes:
    """A bearer token in the usual header."""
    wanted = f"Bearer {some_fields(provider)['api_key']}"

    def routes(asked: Asked) -> Said:
        if not same(asked.headers.get("authorization"), wanted):
            return Said(401, {"error": "UNAUTHORIZED", "message": "invalid token"})
        if asked.path == path and asked.method == "GET":
            return Said(200, body)
        return Said(404, {"message": "no such path"})

    return routes


def onetrading(rights: Rights) -> Routes:
    return bearer("onetrading", "/fast/v1/account/balances", {"balances": []})


def ovex(rights: Rights) -> Routes:
    return bearer("ovex", "/api/v2/account/balances", [{"currency": "zar", "balance": "1"}])


def bitpanda(rights: Rights) -> Routes:
    """X-Api-Key."""

    def routes(asked: Asked) -> Said:
        if asked.headers.get("x-api-key") != some_fields("bitpanda")["api_key"]:
            return Said(401, {"errors": [{"code": "unauthorized"}], "message": "Credentials wrong"})
        if asked.path == "/v1/wallets":
            return Said(200, {"data": []})
        return Said(404, {"message": "no such path"})

    return routes


TELLING: dict[str, Callable[[Rights], Routes]] = {
    "binance": binance,
    "kraken": kraken,
    "kucoin": kucoin,
    "okx": okx,
    "bybit": bybit,
    "valr": valr,
}
SILENT: dict[str, Callable[[Rights], Routes]] = {
    "luno": luno,
    "bitvavo": bitvavo,
    "bitstamp": bitstamp,
    "onetrading": onetrading,
    "ovex": ovex,
    "bitpanda": bitpanda,
}
