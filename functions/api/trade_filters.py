"""What trades are filtered by: the same parameters wherever they are asked for."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Query

from functions.api.queries import ID, Since, Until
from functions.api.schemas import SignedDecimalText
from nightdesk.core.ids import INSTRUMENT_ID
from nightdesk.journal.ports.trades import By
from nightdesk.journal.trade import Emotion, Origin, Outcome, Session, Side, Source, Status
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.trading.order import Mode

MOST = 20
"""Values of one filter."""

Ids = Annotated[list[Annotated[str, Query(pattern=ID)]], Query(max_length=MOST)]
Instruments = Annotated[
    list[Annotated[str, Query(pattern=INSTRUMENT_ID.pattern)]],
    Query(max_length=MOST, description="BASE/QUOTE@venue.", examples=[["BTC/USD@bitstamp"]]),
]
Text = Annotated[list[Annotated[str, Query(min_length=1, max_length=120)]], Query(max_length=MOST)]


async def labelled(
    setup: Annotated[Ids | None, Query(description="By id; merged ones followed.")] = None,
    tag: Annotated[Ids | None, Query(description="By id; merged ones followed.")] = None,
    emotion: Annotated[list[Emotion] | None, Query(max_length=MOST)] = None,
) -> dict[str, list[str]]:
    """Return the filters by what was written."""
    return _given({"setup": setup, "tag": tag, "emotion": emotion})


async def built(
    *,
    instrument: Annotated[Instruments | None, Query()] = None,
    side: Annotated[list[Side] | None, Query(max_length=MOST)] = None,
    status: Annotated[list[Status] | None, Query(max_length=MOST)] = None,
    outcome: Annotated[list[Outcome] | None, Query(max_length=MOST)] = None,
    origin: Annotated[list[Origin] | None, Query(max_length=MOST)] = None,
    bot_id: Annotated[Ids | None, Query()] = None,
    account: Annotated[Text | None, Query()] = None,
    mode: Annotated[list[Mode] | None, Query(max_length=MOST)] = None,
    source: Annotated[list[Source] | None, Query(max_length=MOST)] = None,
    regime: Annotated[Text | None, Query()] = None,
    session: Annotated[list[Session] | None, Query(max_length=MOST)] = None,
) -> dict[str, list[str]]:
    """Return the filters by what a trade is."""
    return _given(
        {
            "instrument": instrument,
            "side": side,
            "status": status,
            "outcome": outcome,
            "origin": origin,
            "bot_id": bot_id,
            "account": account,
            "mode": mode,
            "source": source,
            "regime": regime,
            "session": session,
        }
    )


def _given(values: Mapping[str, Sequence[str] | None]) -> dict[str, list[str]]:
    return {name: list(some) for name, some in values.items() if some}


async def filtered(
    *,
    written: Annotated[dict[str, list[str]], Depends(labelled)],
    told: Annotated[dict[str, list[str]], Depends(built)],
    since: Since = None,
    until: Until = None,
    by: Annotated[By, Query(description="Which moment `from` and `to` bound.")] = By.CLOSED,
    min_r: Annotated[SignedDecimalText | None, Query()] = None,
    max_r: Annotated[SignedDecimalText | None, Query()] = None,
) -> TradeFilters:
    """Return all filters but words."""
    return TradeFilters(
        by=by,
        since=since,
        until=until,
        any_of={name: frozenset(map(str, some)) for name, some in {**written, **told}.items()},
        min_r=min_r,
        max_r=max_r,
    )


async def entered(
    *,
    written: Annotated[dict[str, list[str]], Depends(labelled)],
    told: Annotated[dict[str, list[str]], Depends(built)],
    since: Since = None,
    until: Until = None,
    min_r: Annotated[SignedDecimalText | None, Query()] = None,
    max_r: Annotated[SignedDecimalText | None, Query()] = None,
) -> TradeFilters:
    """Return the filters of what is judged by entry."""
    return await filtered(
        written=written,
        told=told,
        since=since,
        until=until,
        by=By.OPENED,
        min_r=min_r,
        max_r=max_r,
    )


Filtered = Annotated[TradeFilters, Depends(filtered)]
Entered = Annotated[TradeFilters, Depends(entered)]
