"""The portfolio (trading, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query

from functions.api.dependencies import Now, Owner
from functions.api.queries import Since, Until
from functions.api.routers.portfolio_schemas import PortfolioOut
from nightdesk import bootstrap
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.trading.standing import ReadPortfolio

router = APIRouter(prefix="/api/portfolio", tags=["portfolio"])

ReadPortfolioCall = Annotated["ReadPortfolio", Depends(bootstrap.read_portfolio)]


@router.get("")
async def portfolio(
    *,
    owner: Owner,
    call: ReadPortfolioCall,
    now: Now,
    mode: Annotated[Mode, Query(description="Paper or live money.")] = Mode.PAPER,
    since: Since = None,
    until: Until = None,
) -> PortfolioOut:
    """Show what you have, currency by currency; with `from` also how equity went since then."""
    return PortfolioOut.from_domain(mode, call(owner, mode, since=since, until=until, as_of=now))
