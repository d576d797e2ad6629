"""A trader who has one of everything, and another who has nothing."""

from dataclasses import dataclass
from typing import Any

import httpx

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import LTC_ENTERS, NEXT_CLOSE, PASSWORD, Desk
from tests.e2e.document import BODIES, STRATEGY, Route

INVITATION = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
"""The id of an invitation that nobody has made."""
KINDS = ("bots", "orders", "fills", "positions", "decisions", "ledger", "strategies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What stands on the desk. `ids` are the first trader's, by the name of a path's parameter."""

    desk: Desk
    ada: DeskClient
    ben: DeskClient
    stranger: httpx.Client
    ids: dict[str, str]

    def path(self, route: Route) -> str:
        """Fill a path with the first trader's ids. Raises KeyError for an id of a new kind."""
        return route.path.format(**self.ids)

    def stands(self) -> list[Any]:
        """Return everything that the first trader sees."""
        account = self.ada.get("/api/account")
        bot = self.ada.get(f"/api/bots/{self.ids['bot_id']}/history")
        sessions = [
            {name: told for name, told in each.items() if name != "last_used_at"}
            for each in self.ada.items("/api/auth/sessions")
        ]
        tokens = self.ada.items("/api/tokens")
        lists = [self.ada.items(f"/api/{kind}", limit=200) for kind in KINDS]
        return [account, bot, sessions, tokens, *lists]


def told(desk: Desk) -> Story:
    """Let the first trader's bot make a trade."""
    ada, ben = desk.trader("ada"), desk.trader("ben")
    bot = desk.bot(ada)
    strategy = ada.post("/api/strategies", {"definition": STRATEGY})
    desk.cycle(LTC_ENTERS)
    desk.cycle(NEXT_CLOSE)
    (order,) = ada.items("/api/orders")
    (position,) = ada.items("/api/positions")
    (session,) = ada.items("/api/auth/sessions")
    ada.step_up(PASSWORD)
    token = ada.http.post(
        "/api/tokens",
        json=BODIES["POST /api/tokens"],
        headers={"Idempotency-Key": "a-token-of-the-story"},
    ).json()
    export = ada.post("/api/account/export")
    ids = {
        "bot_id": bot["bot_id"],
        "order_id": order["order_id"],
        "position_id": position["position"]["position_id"],
        "decision_id": order["decision_id"],
        "strategy_id": strategy["id"],
        "sid": session["id"],
        "token_id": token["id"],
        "export_id": export["export_id"],
        "user_id": ada.get("/api/account")["id"],
        "invitation_id": INVITATION,
        "name": "registration",
        "version": "1",
        "provider": "kraken",
    }
    return Story(desk=desk, ada=ada, ben=ben, stranger=desk.stranger(), ids=ids)
