"""Administrators on the deployed desk: what they see, what they do, and who is told."""

from tests.deployed import Desk
from tests.e2e.story import Story

REASON = {"reason": "it behaves oddly"}


def test_the_desk_is_seen_in_lists_and_figures(story: Story) -> None:
    admin, own = story.desk.admin(), story.ids["user_id"]
    users = {one["user"]["username"]: one for one in admin.items("/api/admin/users", limit=2)}
    assert {"admin", "ada", "ben"} <= users.keys()
    ada = users["ada"]
    assert (ada["user"]["id"], ada["bots"]["by_mode"]) == (own, {"paper": 1})
    assert ada["last_seen"] is not None
    assert ada["usage"]["trades"] == 1
    (bot,) = admin.items("/api/admin/bots", user_id=own)
    assert (bot["bot_id"], bot["owner"]) == (story.ids["bot_id"], own)
    assert not bot.keys() & {"strategy", "parameters"}
    found = admin.get("/api/admin/system-stats")
    assert found["users"]["active"] >= 3
    assert found["bots"]["total"] >= 1
    assert isinstance(found["dlq_depth"], int)
    assert found["tables"].keys() == {"desk", "market", "runtime"}
    assert found["cost_month_usd"] is None
    told = [one["action"] for one in story.ada.items("/api/audit", action="admin_read")]
    assert told


def test_what_an_admin_pauses_the_owner_resumes_once_it_is_lifted(desk: Desk) -> None:
    admin, ada = desk.admin(), desk.trader("ada")
    bot = desk.bot(ada)["bot_id"]
    paused = admin.post(f"/api/admin/bots/{bot}/pause", REASON)
    assert (paused["status"], paused["pause_code"]) == ("paused", "MANUAL_ADMIN_PAUSE")
    refused = ada.http.post(f"/api/bots/{bot}/resume")
    assert refused.status_code == 409
    assert admin.post(f"/api/admin/bots/{bot}/resume")["pause_code"] == "USER_PAUSED"
    assert ada.post(f"/api/bots/{bot}/resume")["status"] == "active"
    assert admin.post(f"/api/admin/bots/{bot}/restart", REASON)["status"] == "active"
    told = [
        one["details"]["change"] for one in ada.items("/api/audit", action="bot_changed_by_admin")
    ]
    assert sorted(told) == ["pause", "restart", "resume"]


def test_a_block_pauses_bots_and_shuts_the_gate(desk: Desk) -> None:
    admin, ada = desk.admin(), desk.trader("ada")
    desk.bot(ada)
    own = ada.get("/api/account")["id"]
    assert admin.post(f"/api/admin/users/{own}/block", REASON) == {"bots_paused": 1}
    assert ada.http.get("/api/account").json()["error"]["code"] == "ACCOUNT_BLOCKED"
    assert admin.get(f"/api/admin/users/{own}")["user"]["block"]["reason"] == REASON["reason"]
    (bot,) = admin.items("/api/admin/bots", user_id=own)
    assert bot["pause_code"] == "USER_BLOCKED_BY_ADMIN"
