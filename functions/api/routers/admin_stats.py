"""The desk in figures, for administrators (accounts, page part 13)."""

from typing import TYPE_CHECKING, Annotated, Self

from fastapi import APIRouter, Depends

from functions.api.dependencies import Now, access
from functions.api.routers.admin_user_schemas import BotCountsOut
from functions.api.schemas import Answer, DecimalText, Moment
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role

if TYPE_CHECKING:
    from nightdesk.accounts.directory import TableSize
    from nightdesk.accounts.system_stats import ReadSystemStats, SystemStats

admin = APIRouter(prefix="/api/admin/system-stats", tags=["admin"])

StatsCall = Annotated["ReadSystemStats", Depends(bootstrap.read_system_stats)]


class TableOut(Answer):
    """How much a table holds, as DynamoDB says it some hours late."""

    items: int
    bytes: int

    @classmethod
    def from_domain(cls, table: "TableSize") -> Self:
        """Show a size."""
        return cls(items=table.items, bytes=table.size)


class StatsOut(Answer):
    """How the desk does. Null: it cannot be had just now, or nothing counts it yet."""

    as_of: Moment
    version: str
    commit: str
    users: dict[str, int] | None
    bots: BotCountsOut | None
    cycles_1h: int | None
    lag_p95_s: float | None
    errors_1h: int | None
    dlq_depth: int | None
    tables: dict[str, TableOut] | None
    cost_month_usd: DecimalText | None
    llm_usd_month: DecimalText | None

    @classmethod
    def from_domain(cls, stats: "SystemStats") -> Self:
        """Show the figures."""
        tables = stats.tables
        return cls(
            as_of=stats.as_of,
            version=stats.version,
            commit=stats.commit,
            users=None if stats.users is None else dict(stats.users),
            bots=None if stats.bots is None else BotCountsOut.from_domain(stats.bots),
            cycles_1h=stats.cycles_1h,
            lag_p95_s=None if stats.lag_p95 is None else stats.lag_p95.total_seconds(),
            errors_1h=stats.errors_1h,
            dlq_depth=stats.dead_letters,
            tables=tables and {name: TableOut.from_domain(one) for name, one in tables.items()},
            cost_month_usd=stats.cost_month_usd,
            llm_usd_month=stats.llm_usd_month,
        )


@admin.get("", openapi_extra=access(role=Role.ADMIN))
async def stats(call: StatsCall, now: Now) -> StatsOut:
    """Show users, bots, cycles, dead letters and tables."""
    return StatsOut.from_domain(call(now))
