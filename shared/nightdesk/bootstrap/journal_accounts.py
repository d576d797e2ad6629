"""Use cases of what an owner's account was worth by day."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk.bootstrap.parts import bots, candles, started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk import settings
    from nightdesk.core.ids import UserId
    from nightdesk.journal.account import ReadAccount
    from nightdesk.journal.ports.figures import AccountBot

    Valuing = (
        type[settings.ApiSettings] | type[settings.ReviewSettings] | type[settings.ExportSettings]
    )


@cache
def read_days(kind: "Valuing") -> "ReadAccount":
    """Wire ReadAccount for a function that has these settings."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
    from nightdesk.adapters.dynamo.journal_syncs import DynamoBalances
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.account import ReadAccount
    from nightdesk.journal.kept_accounts import ReadKept
    from nightdesk.journal.prices import ReadPrices
    from nightdesk.journal.statement import ReadStatements

    found = started(kind)
    statements = ReadStatements(DynamoExternalRecords(), DynamoCashRows(), DynamoTrades())
    prices = ReadPrices(candles(), tuple(found.enabled_venues), bots().markets_ever)
    return ReadAccount(account_bots, DynamoEquity(), ReadKept(statements, DynamoBalances(), prices))


def account_bots(owner: "UserId") -> "Sequence[AccountBot]":
    """Answer the port BotsOf."""
    from nightdesk.journal.ports.figures import AccountBot

    return [
        AccountBot(bot_id=bot.bot_id, mode=bot.mode, quote=bot.currency, retired_at=bot.retired_at)
        for bot in bots().list(owner)
    ]
