"""Use cases of administrators: users, bots of all owners, the desk in figures."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.bots import pause_bot, start_checks
from nightdesk.bootstrap.parts import (
    api_tokens,
    audit_log,
    bots,
    clock,
    desk,
    prove_account,
    sessions,
    started,
    users,
)
from nightdesk.bootstrap.vault import credentials

if TYPE_CHECKING:
    from nightdesk.accounts.administering import (
        BlockUser,
        ChangeRole,
        LastAdmin,
        LimitUser,
        UnblockUser,
    )
    from nightdesk.accounts.overview import ListUsers, ShowUser, ShowUsers
    from nightdesk.accounts.ports import Directory, Standings, Usage
    from nightdesk.accounts.system_stats import ReadSystemStats
    from nightdesk.bots.overseeing import (
        KeepPaper,
        LiftPause,
        ListAllBots,
        MoveBot,
        PauseByAdmin,
        RestartBot,
        ShowBots,
    )


@cache
def directory() -> "Directory":
    """Return the list of users."""
    from nightdesk.adapters.dynamo.directory import DynamoDirectory

    started(settings.ApiSettings)
    return DynamoDirectory()


@cache
def last_admin() -> "LastAdmin":
    """Wire LastAdmin."""
    from nightdesk.accounts.administering import LastAdmin

    return LastAdmin(users(), directory())


@cache
def standings() -> "Standings":
    """Return what changes accounts along with all that follows from it."""
    from nightdesk.adapters.dynamo.standings import DynamoStandings

    return DynamoStandings(audit_log())


@cache
def usage() -> "Usage":
    """Return the figures that the bots room knows of users."""
    from nightdesk.bots.usage import BotUsage

    return BotUsage(index=bots(), owners=bots(), desk=desk())


@cache
def list_users() -> "ListUsers":
    """Wire ListUsers."""
    from nightdesk.accounts.overview import ListUsers

    return ListUsers(directory(), _show_users())


@cache
def show_user() -> "ShowUser":
    """Wire ShowUser."""
    from nightdesk.accounts.overview import ShowUser

    return ShowUser(_show_users(), audit_log())


@cache
def block_user() -> "BlockUser":
    """Wire BlockUser."""
    from nightdesk.accounts.administering import BlockUser
    from nightdesk.bots.usage import BotsOfBlocked

    return BlockUser(
        users=users(),
        standings=standings(),
        sessions=sessions(),
        last=last_admin(),
        bots=BotsOfBlocked(bots(), pause_bot()),
    )


@cache
def unblock_user() -> "UnblockUser":
    """Wire UnblockUser."""
    from nightdesk.accounts.administering import UnblockUser

    return UnblockUser(users(), standings())


@cache
def change_role() -> "ChangeRole":
    """Wire ChangeRole."""
    from nightdesk.accounts.administering import ChangeRole

    return ChangeRole(
        users=users(),
        standings=standings(),
        sessions=sessions(),
        tokens=api_tokens(),
        last=last_admin(),
    )


@cache
def limit_user() -> "LimitUser":
    """Wire LimitUser."""
    from nightdesk.accounts.administering import LimitUser
    from nightdesk.accounts.limits import SetQuotas
    from nightdesk.bootstrap.stops import runtime_settings

    return LimitUser(users(), SetQuotas(runtime_settings()))


@cache
def show_bots() -> "ShowBots":
    """Wire ShowBots."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.overseeing import ShowBots

    started(settings.ApiSettings)
    return ShowBots(desk(), DynamoEquity())


@cache
def list_all_bots() -> "ListAllBots":
    """Wire ListAllBots."""
    from nightdesk.bots.overseeing import ListAllBots

    return ListAllBots(bots(), bots(), show_bots(), directory(), audit_log())


@cache
def keep_paper() -> "KeepPaper":
    """Wire KeepPaper."""
    from nightdesk.bots.overseeing import KeepPaper

    return KeepPaper(bots(), bots(), audit_log())


@cache
def pause_by_admin() -> "PauseByAdmin":
    """Wire PauseByAdmin."""
    from nightdesk.bots.overseeing import PauseByAdmin

    return PauseByAdmin(bots(), bots(), pause_bot())


@cache
def lift_pause() -> "LiftPause":
    """Wire LiftPause."""
    from nightdesk.bots.overseeing import LiftPause

    started(settings.ApiSettings)
    return LiftPause(bots(), bots())


@cache
def restart_bot() -> "RestartBot":
    """Wire RestartBot."""
    from nightdesk.adapters.dynamo.leases import DynamoLeases
    from nightdesk.bots.overseeing import RestartBot

    started(settings.ApiSettings)
    return RestartBot(bots(), bots(), desk(), DynamoLeases(clock=clock()), prove_account())


@cache
def move_bot() -> "MoveBot":
    """Wire MoveBot."""
    from nightdesk.bots.overseeing import MoveBot

    return MoveBot(bots(), bots(), desk(), start_checks())


@cache
def read_system_stats() -> "ReadSystemStats":
    """Wire ReadSystemStats."""
    from nightdesk.accounts.system_stats import ReadSystemStats
    from nightdesk.adapters.dynamo.cycles import DynamoCycles
    from nightdesk.adapters.machinery import DeskMachinery

    found = started(settings.ApiSettings)
    tables = {
        "desk": found.desk_table,
        "market": found.market_table,
        "runtime": found.runtime_table,
    }
    return ReadSystemStats(
        directory=directory(),
        usage=usage(),
        machinery=DeskMachinery(
            cycles=DynamoCycles(clock=clock()), queues=found.dead_letters, named=tables
        ),
        version=found.version,
        commit=found.commit,
    )


@cache
def _show_users() -> "ShowUsers":
    from nightdesk.accounts.overview import ShowUsers

    return ShowUsers(directory(), credentials(), usage())
