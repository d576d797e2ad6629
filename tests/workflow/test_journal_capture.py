"""A bot's trade on its way into the journal, as deployed: booking, stream, queue, worker."""

from typing import Any

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import LTC, LTC_ENTERS, Desk

JOURNAL = "/api/journal/trades"


def captured(desk: Desk, trader: DeskClient, status: str) -> dict[str, Any]:
    """Wait until the trader's one trade stands so, and return it whole."""
    seen: list[dict[str, Any]] = []

    def there() -> bool:
        seen[:] = trader.items(JOURNAL)
        return [one["status"] for one in seen] == [status]

    desk.until(there)
    found: dict[str, Any] = trader.get(f"{JOURNAL}/{seen[0]['id']}")
    return found


def test_a_bots_trade_stands_in_its_owners_journal_from_the_first_fill_on(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bot = desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    bought = captured(desk, trader, "open")
    (fill,) = trader.items("/api/fills")
    assert (bought["instrument"], bought["side"], bought["origin"]) == (LTC, "long", "bot")
    assert bought["fill_ids"] == [fill["fill_id"]]

    trader.post("/api/system/emergency-stop", {"level": "flatten", "reason": "enough"})
    sold = captured(desk, trader, "closed")
    fills = {one["fill_id"]: one for one in trader.items("/api/fills")}
    assert (sold["id"], sold["bot_id"]) == (bought["id"], bot["bot_id"])
    assert set(sold["fill_ids"]) == set(fills)
    assert sold["exit_reason"] == "emergency"
    decided = {one["decision_id"] for one in trader.items("/api/orders") if one["leg"] == "entry"}
    assert decided == set(sold["decision_ids"])
    assert sold["r"] is not None
    assert other.items(JOURNAL) == []
