"""A trader who has one of everything, and another who has nothing."""

from dataclasses import dataclass
from typing import Any

import httpx

from infra.cdk.local.desk_client import DeskClient
from nightdesk.adapters.dynamo.keys import AUDIT_KEY
from tests.deployed import LTC_ENTERS, NEXT_CLOSE, PASSWORD, Desk
from tests.e2e.document import BODIES, CASH, ENTRY, IMPORT, METRIC, PLAYBOOK, STRATEGY, TRADE, Route

INVITATION = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
"""The id of an invitation that nobody has made."""
FINDING = "01ARZ3NDEKTSV4RRFFQ69G5FBW"
"""The id of a finding that nobody has made."""
SYNC = "01ARZ3NDEKTSV4RRFFQ69G5FCW"
"""The id of a sync that nobody has asked for."""
REVIEWED = "2026-W02"
"""A week that is over, and in which nothing happened."""
LAST_SEEN = {"seen_at", "last_seen_at", "last_used_at", "last_network"}


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

    def renew(self) -> None:
        """Let everybody hold a new access token, and have shown the password just now."""
        self.desk.forgive()  # made-up passwords lock an account
        for one in (self.ada, self.ben, self.desk.admin()):
            one.refresh()
            one.step_up(PASSWORD)

    def stands(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return every item that is stored of anybody, as one table holds it.

        Without what anybody's request may leave: when and from where somebody was last seen, a
        warning that a password was tried, a reset that somebody has asked for, the key that seals
        the first words of an audit chain.
        """
        table = self.desk.cloud.deployment.desk_table
        pages = self.desk.cloud.tables.get_paginator("scan").paginate(TableName=table)
        found = [item for page in pages for item in page["Items"]]
        return {
            (item["pk"]["S"], item["sk"]["S"]): {
                name: value for name, value in item.items() if name not in LAST_SEEN
            }
            for item in found
            if item.get("type", {}).get("S") != "notification"
            and not item["pk"]["S"].startswith("LOOKUP#reset#")
            and item["sk"]["S"] != AUDIT_KEY
        }


def told(desk: Desk) -> Story:
    """Let the first trader's bot make a trade."""
    ada, ben = desk.trader("ada"), desk.trader("ben")
    bot = desk.bot(ada)
    strategy = ada.post("/api/strategies", {"definition": STRATEGY})
    desk.cycle(LTC_ENTERS)
    desk.cycle(NEXT_CLOSE)
    (order,) = ada.items("/api/orders")
    assert order["status"] == "FILLED"  # else no trade comes, however long one waits
    desk.until("the trade is captured", lambda: bool(ada.items("/api/journal/trades")))
    (position,) = ada.items("/api/positions")
    (session,) = ada.items("/api/auth/sessions")
    ada.step_up(PASSWORD)
    token = ada.http.post(
        "/api/tokens",
        json=BODIES["POST /api/tokens"],
        headers={"Idempotency-Key": "a-token-of-the-story"},
    ).json()
    export = ada.post("/api/account/export")
    path = f"/api/account/export/{export['export_id']}"
    desk.until("the account is exported", lambda: ada.get(path)["status"] != "running")
    entry = ada.post("/api/journal/entries", ENTRY)
    shots = f"/api/journal/entries/{entry['id']}/screenshots"
    screenshot = ada.post(shots, BODIES["POST /api/journal/entries/{entry_id}/screenshots"])
    for one in (ada, ben):  # the first look writes down in which zone somebody keeps a journal
        one.get("/api/journal/settings")
    review = f"/api/journal/reviews/week/{REVIEWED}"
    ada.post("/api/journal/reviews/week", {"label": REVIEWED})
    desk.until("the review is written", lambda: ada.get(review)["status"] == "ready")
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
        "trade_id": ada.post("/api/journal/trades", TRADE)["id"],
        "cash_id": ada.post("/api/journal/cash", CASH)["id"],
        "import_id": ada.post("/api/journal/imports", IMPORT)["id"],
        "job_id": ada.post("/api/journal/exports", {"kind": "fills"})["id"],
        "detector_id": "REVENGE",
        "finding_id": FINDING,
        "sync_id": SYNC,
        "entry_id": entry["id"],
        "screenshot_id": screenshot["id"],
        "tag_id": ada.post("/api/journal/tags", BODIES["POST /api/journal/tags"])["id"],
        "day": "2026-02-02",
        "kind": "week",
        "label": REVIEWED,
        "playbook_id": ada.post("/api/journal/playbooks", PLAYBOOK)["id"],
        "metric_id": ada.post("/api/journal/metrics/saved", METRIC)["id"],
        "version": "1",
        "dimension": "hour",
        "provider": "kraken",
    }
    job = f"/api/journal/exports/{ids['job_id']}"
    desk.until("the fills are exported", lambda: ada.get(job)["status"] == "ready")
    desk.rest()  # what follows from stored trades has followed
    return Story(desk=desk, ada=ada, ben=ben, stranger=desk.stranger(), ids=ids)
