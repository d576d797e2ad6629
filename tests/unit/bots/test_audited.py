"""What is done with a bot stands in the bot's chain, or is not done."""

import pytest

from nightdesk.accounts.audit import Record, bot_chain, first_break
from nightdesk.adapters.dynamo.audit import EntryItem
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.adapters.dynamo.tables import AuditItem
from nightdesk.bots.bot import Bot
from nightdesk.core.errors import Conflict, Fault
from tests.builders.audit import an_origin
from tests.builders.bots import NOW, TRADER, D, a_draft
from tests.unit.bots.rig import Rig


def told(bot: Bot) -> list[Record]:
    return list(DynamoAuditRecords().chain(bot_chain(bot.owner, bot.bot_id)))


def test_a_bot_s_beginning_and_end_stand_in_its_chain(rig: Rig) -> None:
    origin = an_origin(TRADER, network="192.0.2.7")
    bot = rig.create_bot(TRADER, a_draft(capital=D("1500.50")), cause="c", at=NOW, origin=origin)
    rig.retire(TRADER, bot.bot_id, NOW)
    made, ended = told(bot)
    assert [(one.action, one.severity) for one in (made, ended)] == [
        ("bot_created", "critical"),
        ("bot_retired", "critical"),
    ]
    assert made.details == {
        "instrument": bot.instrument_id,
        "timeframe": bot.timeframe.value,
        "strategy": bot.strategy,
        "risk_mode": bot.risk_mode.value,
        "capital": "1500.5",
    }
    assert ended.details == {"mode": "paper", "returned": "1500.5", "currency": "USD"}
    assert made.target == {"kind": "bot", "id": bot.bot_id}
    assert rig.audit.sealer.open(made) == {"network": "192.0.2.7"}
    assert first_break(made.chain, [made, ended], anchors={}) is None


def test_a_command_done_again_is_told_once(rig: Rig) -> None:
    bot = rig.create(at=NOW)
    rig.create(at=NOW)
    for _ in range(2):
        rig.retire(TRADER, bot.bot_id, NOW)
    assert len(told(bot)) == 2


def test_what_is_refused_is_not_told(rig: Rig) -> None:
    rig.create()
    with pytest.raises(Conflict):
        rig.create_bot(TRADER, a_draft(), cause="same name", at=NOW)
    assert len(list(EntryItem.scan())) == 1


def test_without_the_entry_there_is_no_bot(rig: Rig) -> None:
    AuditItem.delete_table()
    with pytest.raises(Fault):
        rig.create()
    assert rig.bots.list(TRADER) == []
    assert rig.bots.used(TRADER) == {}
