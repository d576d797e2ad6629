"""The audit log as deployed: written with the change, anchored, walked, and broken on purpose."""

from datetime import timedelta
from typing import Any

import pytest

from infra.cdk.local.desk_client import Refusal
from infra.cdk.verify_audit import main
from nightdesk.adapters.clock import WallClock
from nightdesk.core.clock import iso
from tests.deployed import Desk


def tomorrow() -> str:
    """Return the moment at which what is written now will have been anchored."""
    return iso(WallClock().now() + timedelta(days=1))


def asked(desk: Desk, **event: Any) -> Any:
    answer = desk.cloud.invoke("audit", {"as_of": tomorrow(), **event})
    assert answer.error is None, answer.payload
    return answer.payload


def test_what_a_trader_does_is_anchored_and_a_changed_row_is_found(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bot = desk.bot(trader)
    (made,) = trader.items("/api/audit", action="bot_created")
    assert made["target"] == {"kind": "bot", "id": bot["bot_id"]}
    assert made["words"]["network"]
    assert other.items("/api/audit", action="bot_created") == []
    assert other.items("/api/audit", target=bot["bot_id"]) == []
    with pytest.raises(Refusal) as refusal:
        trader.get("/api/admin/audit/events")
    assert refusal.value.code == "FORBIDDEN"
    seen = desk.admin().items("/api/admin/audit/events", action="bot_created")
    assert made["event_id"] in {one["event_id"] for one in seen}

    chain = made["chain"]
    assert asked(desk)["anchored"] >= 1
    assert asked(desk, verify=True, chain=chain) == {"anchored": 0, "verified": 1, "broken": []}
    assert main(["--stage", "local", "--chain", chain], desk.cloud.functions) == 0

    table = desk.cloud.deployment.audit_table
    where = {"pk": {"S": chain}, "sk": {"S": f"{made['seq']:012d}"}}
    row = desk.cloud.tables.get_item(TableName=table, Key=where)["Item"]
    desk.cloud.tables.put_item(TableName=table, Item=row | {"outcome": {"S": "refused"}})
    try:
        (broken,) = asked(desk, verify=True)["broken"]
        assert broken == {"chain": chain, "seq": made["seq"], "reason": "changed"}
        capsys.readouterr()
        assert main(["--stage", "local"], desk.cloud.functions) == 1
        assert capsys.readouterr().out == f"{chain} {made['seq']}: changed\n"
    finally:
        desk.cloud.tables.put_item(TableName=table, Item=row)
    assert asked(desk, verify=True)["broken"] == []
