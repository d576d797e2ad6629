"""The journal's trades: listed, entered by hand, labelled, hidden (journal, page part 1)."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_hand_schemas import CloseIn, TradeIn, TradePatch
from functions.api.routers.journal_trade_schemas import (
    JournalTradeDetailOut,
    JournalTradeOut,
    TotalsOut,
    TradeChartOut,
    TradesOut,
)
from functions.api.trade_filters import Filtered
from nightdesk import bootstrap
from nightdesk.core.ids import TradeId
from nightdesk.journal.search import Wanted
from nightdesk.journal.trade_listing import Order, Sort, totals
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:
    from nightdesk.journal.behaviour.answering import ReadTradeFindings
    from nightdesk.journal.entry_writing import FindEntries
    from nightdesk.journal.manual_trade import (
        CloseTrade,
        EditTrade,
        EnterTrade,
        HideTrade,
        RestoreTrade,
    )
    from nightdesk.journal.trade_listing import ListTrades
    from nightdesk.journal.trade_reading import CheckLabels, ReadTrade, ReadTradeChart, TagTrade

router = APIRouter(prefix="/api/journal/trades", tags=["journal"])

ListTradesCall = Annotated["ListTrades", Depends(bootstrap.list_trades)]
ReadTradeCall = Annotated["ReadTrade", Depends(bootstrap.read_trade)]
FindEntriesCall = Annotated["FindEntries", Depends(bootstrap.find_entries)]
FindingsCall = Annotated["ReadTradeFindings", Depends(bootstrap.read_trade_findings)]
EnterTradeCall = Annotated["EnterTrade", Depends(bootstrap.enter_trade)]
EditTradeCall = Annotated["EditTrade", Depends(bootstrap.edit_trade)]
CloseTradeCall = Annotated["CloseTrade", Depends(bootstrap.close_trade)]
HideTradeCall = Annotated["HideTrade", Depends(bootstrap.hide_trade)]
RestoreTradeCall = Annotated["RestoreTrade", Depends(bootstrap.restore_trade)]
CheckLabelsCall = Annotated["CheckLabels", Depends(bootstrap.check_labels)]
TagTradeCall = Annotated["TagTrade", Depends(bootstrap.tag_trade)]
ReadTradeChartCall = Annotated["ReadTradeChart", Depends(bootstrap.read_trade_chart)]

MOST_ENTRIES = 50


@router.get("")
async def trades(
    *,
    owner: Owner,
    call: ListTradesCall,
    filters: Filtered,
    paging: PagingDep,
    now: Now,
    q: Annotated[str, Query(max_length=100, description="Words of note and instrument.")] = "",
    sort: Sort = Sort.CLOSED_AT,
    order: Order = Order.DESC,
) -> TradesOut:
    """List trades; by close, open ones count as the newest. Hidden ones with `status` void alone.

    By time a page may be short while there are more: go on until `next_cursor` is null.
    """
    found = call(
        owner,
        replace(filters, text=q),
        sort=sort,
        order=order,
        limit=paging.limit,
        after=paging.after,
        now=now,
    )
    page = paging.out(found, JournalTradeOut.from_domain)
    return TradesOut(
        items=page.items,
        next_cursor=page.next_cursor,
        totals=TotalsOut.from_domain(totals(found.items, filters.modes)),
    )


@router.post("", status_code=status.HTTP_201_CREATED)
async def enter(
    body: TradeIn, owner: Owner, call: EnterTradeCall, check: CheckLabelsCall, cause: CauseDep
) -> JournalTradeOut:
    """Enter a trade by hand; a hidden one comes back by it.

    Refused with `DUPLICATE_FILL` where it is there already, or another has a fill of that `id`;
    with `UNKNOWN_INSTRUMENT`, `NEGATIVE_QUANTITY`, `CLOSE_BEFORE_OPEN`, `UNMATCHED_SELL`,
    `FEE_EXCEEDS_FILL` or `NOT_ONE_TRADE` for fills that make no trade, or several.
    """
    labels = check(owner, body.labels.changes(), entered_at=body.entered_at)
    return JournalTradeOut.from_domain(call(owner, body.draft(labels), now=cause.at))


@router.get("/{trade_id}")
async def trade(
    trade_id: IdPath,
    owner: Owner,
    call: ReadTradeCall,
    find: FindEntriesCall,
    findings: FindingsCall,
) -> JournalTradeDetailOut:
    """Show a trade whole: legs, stops, excursions, entries, findings, neighbours."""
    beside = call(owner, TradeId(trade_id))
    hits = find(owner, Wanted(trade_ids=beside.ids), limit=MOST_ENTRIES, after=None).items
    entries = [one.entry for one in hits if one.entry]
    return JournalTradeDetailOut.of(beside, entries, findings(owner, beside.played.trade.id))


@router.patch("/{trade_id}")
async def edit(
    *,
    trade_id: IdPath,
    body: TradePatch,
    owner: Owner,
    read: ReadTradeCall,
    call: EditTradeCall,
    check: CheckLabelsCall,
    now: Now,
) -> JournalTradeOut:
    """Change what is written of a trade; of one by hand its fills, too, else `DESK_TRADE`.

    A stop counts for R if it is recorded within a minute of the first fill, with `fills`, or for a
    trade by hand that has ended without any.
    """
    played = read.played(owner, TradeId(trade_id))
    entered_at = played.trade.opened_at
    labels = check(owner, body.changes(), entered_at=entered_at, there=played.labels)
    labels = replace(labels, stop=body.stop, target=body.target)
    edited = call(
        owner, TradeId(trade_id), labels, version=body.version, now=now, fills=body.drafts()
    )
    return JournalTradeOut.from_domain(edited)


@router.delete("/{trade_id}", status_code=status.HTTP_204_NO_CONTENT)
async def hide(trade_id: IdPath, owner: Owner, call: HideTradeCall, now: Now) -> None:
    """Hide a trade by hand or of an import; others are refused with `DESK_TRADE`.

    It can be brought back for 30 days. After them one by hand is gone; one of an import stays
    hidden, whatever is told of it later.
    """
    call(owner, TradeId(trade_id), now=now)


@router.post("/{trade_id}/restore")
async def restore(
    trade_id: IdPath, owner: Owner, call: RestoreTradeCall, now: Now
) -> JournalTradeOut:
    """Bring a hidden trade back as it stood.

    Refused with `FILLS_GONE` where its import was undone, with `DUPLICATE_FILL` where another trade
    has a fill of it by now.
    """
    return JournalTradeOut.from_domain(call(owner, TradeId(trade_id), now=now))


@router.post("/{trade_id}/close")
async def close(
    trade_id: IdPath, body: CloseIn, owner: Owner, call: CloseTradeCall, cause: CauseDep
) -> JournalTradeOut:
    """Close a trade by hand, or a part of it: `NOT_OPEN`, `DESK_TRADE`, `CLOSE_BEFORE_OPEN`."""
    closed = call(owner, TradeId(trade_id), body.to_domain(), cause=cause.name, now=cause.at)
    return JournalTradeOut.from_domain(closed)


@router.put("/{trade_id}/tags/{tag_id}", status_code=status.HTTP_204_NO_CONTENT)
async def put_tag(
    trade_id: IdPath, tag_id: IdPath, owner: Owner, call: TagTradeCall, now: Now
) -> None:
    """Put a tag on a trade; twice is once, 20 at most."""
    call(owner, TradeId(trade_id), tag_id, now=now, on=True)


@router.delete("/{trade_id}/tags/{tag_id}", status_code=status.HTTP_204_NO_CONTENT)
async def take_tag(
    trade_id: IdPath, tag_id: IdPath, owner: Owner, call: TagTradeCall, now: Now
) -> None:
    """Take a tag off a trade, under all its names."""
    call(owner, TradeId(trade_id), tag_id, now=now, on=False)


@router.get("/{trade_id}/candles")
async def candles(
    trade_id: IdPath,
    owner: Owner,
    call: ReadTradeChartCall,
    now: Now,
    timeframe: Annotated[
        Timeframe | None, Query(alias="tf", description="The shortest that shows it whole.")
    ] = None,
) -> TradeChartOut:
    """Show up to 500 candles from a little before the entry on, with the trade's fills."""
    return TradeChartOut.from_domain(call(owner, TradeId(trade_id), timeframe, now=now))
