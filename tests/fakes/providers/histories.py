"""Accounts at venues that tell their history as the venues document it: signed, paged, bounded."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import Any

from tests.builders.vault import some_fields
from tests.fakes.providers.server import Asked, Said
from tests.fakes.providers.venues import based, hexed, same

DAY_MS = 86_400_000


def clock_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class BinanceAccount:
    """Trades by symbol, movements, balances. `ahead_ms`: how far its clock is before ours."""

    trades: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deposits: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    dividends: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, str]] = field(default_factory=list)
    orders: dict[str, str] = field(default_factory=dict)
    ahead_ms: int = 0
    window_ms: int = 10_000
    most: int = 1_000

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/api/v3/time":
            return Said(200, {"serverTime": clock_ms() + self.ahead_ms})
        fields = some_fields("binance")
        query, _, signature = asked.query.rpartition("&signature=")
        if asked.headers.get("x-mbx-apikey") != fields["api_key"]:
            return Said(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions"})
        if not same(signature, hexed(fields["api_secret"], query)):
            return Said(400, {"code": -1022, "msg": "Signature for this request is not valid."})
        told = int(asked.params["timestamp"])
        now = clock_ms() + self.ahead_ms
        if told > now + 1_000 or told < now - self.window_ms:
            text = "Timestamp for this request is outside of the recvWindow."
            return Said(400, {"code": -1021, "msg": text})
        return self._page(asked.path, asked.params)

    def _page(self, path: str, params: dict[str, str]) -> Said:
        if path == "/api/v3/account":
            return Said(200, {"balances": self.balances})
        if path == "/api/v3/myTrades":
            return self._trades(params)
        if path == "/api/v3/order":
            return Said(200, {"clientOrderId": self.orders[params["orderId"]]})
        rows, at = {
            "/sapi/v1/capital/deposit/hisrec": (self.deposits, "insertTime"),
            "/sapi/v1/capital/withdraw/history": (self.withdrawals, "_ms"),
            "/sapi/v1/asset/assetDividend": (self.dividends, "divTime"),
        }[path]
        since, until = int(params["startTime"]), int(params["endTime"])
        if until - since > 90 * DAY_MS:
            return Said(400, {"code": -1127, "msg": "Lookup interval is too big."})
        if "status" in params:
            rows = [one for one in rows if str(one.get("status")) == params["status"]]
        inside = [one for one in rows if not _known(one[at]) or since <= one[at] <= until]
        inside.sort(key=lambda one: one[at] if _known(one[at]) else until, reverse=True)
        page = inside[: int(params["limit"])]
        shown = [{k: v for k, v in one.items() if k != "_ms"} for one in page]
        if path.endswith("assetDividend"):
            return Said(200, {"rows": shown, "total": len(inside)})
        return Said(200, shown)

    def _trades(self, params: dict[str, str]) -> Said:
        if params["symbol"] not in self.trades:
            return Said(400, {"code": -1121, "msg": "Invalid symbol."})
        if "fromId" in params and "startTime" in params:
            return Said(400, {"code": -1128, "msg": "Combination of parameters invalid."})
        rows = sorted(self.trades[params["symbol"]], key=lambda one: one["id"])
        if "fromId" in params:
            rows = [one for one in rows if one["id"] >= int(params["fromId"])]
        else:
            since = int(params["startTime"])
            rows = [one for one in rows if not _known(one["time"]) or one["time"] >= since]
        return Said(200, rows[: min(self.most, int(params["limit"]))])


@dataclass
class KrakenAccount:
    """Trades and ledger by id. Nonces of the key rise; 50 rows a page, newest first."""

    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)
    balances: dict[str, str] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    nonce: int = 0

    def __call__(self, asked: Asked) -> Said:
        fields = some_fields("kraken")
        inner = hashlib.sha256((asked.form["nonce"] + asked.body.decode()).encode()).digest()
        key = base64.b64decode(fields["api_secret"])
        wanted = hmac.new(key, asked.path.encode() + inner, "sha512").digest()
        if asked.headers.get("api-key") != fields["api_key"]:
            return self._no("EAPI:Invalid key")
        if not same(asked.headers.get("api-sign"), base64.b64encode(wanted).decode()):
            return self._no("EAPI:Invalid signature")
        nonce = int(asked.form["nonce"])
        if nonce <= self.nonce:
            return self._no("EAPI:Invalid nonce")
        self.nonce = nonce
        path, form = asked.path.removeprefix("/0/private/"), asked.form
        if path == "Balance":
            return Said(200, {"error": [], "result": self.balances})
        if path == "QueryOrders":
            found = {one: self.orders[one] for one in form["txid"].split(",")}
            return Said(200, {"error": [], "result": found})
        rows, name = {
            "TradesHistory": (self.trades, "trades"),
            "Ledgers": (self.ledger, "ledger"),
        }[path]
        since, until = float(form["start"]), float(form["end"])
        inside = [
            (ident, one)
            for ident, one in rows.items()
            if not _known(one["time"]) or since < one["time"] <= until
        ]
        inside.sort(key=lambda pair: pair[1]["time"] if _known(pair[1]["time"]) else 0)
        inside.reverse()
        begin = int(form.get("ofs", 0))
        page = dict(inside[begin : begin + 50])
        return Said(200, {"error": [], "result": {name: page, "count": len(inside)}})

    def _no(self, text: str) -> Said:
        return Said(200, {"error": [text]})


@dataclass
class KucoinAccount:
    """Fills, deposits, withdrawals, balances. A question spans seven days at most."""

    fills: list[dict[str, Any]] = field(default_factory=list)
    deposits: list[dict[str, Any]] = field(default_factory=list)
    withdrawals: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, str]] = field(default_factory=list)
    orders: dict[str, str] = field(default_factory=dict)
    ahead_ms: int = 0
    most: int = 500

    def __call__(self, asked: Asked) -> Said:
        if asked.path == "/api/v1/timestamp":
            return Said(200, {"code": "200000", "data": clock_ms() + self.ahead_ms})
        fields = some_fields("kucoin")
        target = asked.path + (f"?{asked.query}" if asked.query else "")
        moment = asked.headers["kc-api-timestamp"]
        sign = based(fields["api_secret"], moment + asked.method + target + asked.body.decode())
        if asked.headers.get("kc-api-key") != fields["api_key"]:
            return Said(401, {"code": "400003", "msg": "KC-API-KEY not exists"})
        if abs(int(moment) - clock_ms() - self.ahead_ms) > 5_000:
            return Said(401, {"code": "400002", "msg": "KC-API-TIMESTAMP Invalid"})
        pass_ = based(fields["api_secret"], fields["passphrase"])
        if not same(asked.headers.get("kc-api-sign"), sign):
            return Said(401, {"code": "400005", "msg": "Invalid KC-API-SIGN"})
        if not same(asked.headers.get("kc-api-passphrase"), pass_):
            return Said(401, {"code": "400004", "msg": "Invalid KC-API-PASSPHRASE"})
        return self._page(asked.path.removeprefix("/api/v1/"), asked.params)

    def _page(self, path: str, params: dict[str, str]) -> Said:
        if path == "accounts":
            return Said(200, {"code": "200000", "data": self.balances})
        if path.startswith("orders/"):
            told = {"clientOid": self.orders[path.removeprefix("orders/")]}
            return Said(200, {"code": "200000", "data": told})
        rows: list[dict[str, Any]] = getattr(self, path)
        since, until = int(params["startAt"]), int(params["endAt"])
        if until - since > 7 * DAY_MS:
            return Said(200, {"code": "400100", "msg": "The time range is over 7 days"})
        inside = [
            one
            for one in rows
            if not _known(one["createdAt"]) or since <= one["createdAt"] <= until
        ]
        if "status" in params:
            inside = [one for one in inside if one["status"] == params["status"]]
        if path == "fills":
            kind = params.get("tradeType", "TRADE")  # spot alone unless another kind is asked for
            inside = [one for one in inside if one.get("tradeType", "TRADE") == kind]
        size = min(self.most, int(params["pageSize"]))
        page = int(params["currentPage"])
        data = {
            "currentPage": page,
            "pageSize": size,
            "totalNum": len(inside),
            "totalPage": -(-len(inside) // size),
            "items": inside[(page - 1) * size : page * size],
        }
        return Said(200, {"code": "200000", "data": data})


def _known(moment: object) -> bool:
    return isinstance(moment, int | float)
