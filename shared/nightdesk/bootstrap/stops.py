"""Runtime settings, and the emergency stop."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import (
    audit_log,
    bots,
    clock,
    desk,
    quotes,
    rules,
    started,
    versions,
)
from nightdesk.bootstrap.trading import simulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nightdesk.accounts.emergency_stop import Engage, ReadStop, Resume
    from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting
    from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings
    from nightdesk.adapters.dynamo.stops import DynamoStopGates
    from nightdesk.bots.stopping import CarryOut, ResetPeaks, StoppedBots


@cache
def runtime_settings() -> "DynamoRuntimeSettings":
    """Return what administrators have set."""
    from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings

    started(settings.ApiSettings)
    return DynamoRuntimeSettings(audit_log(), clock())


@cache
def read_settings() -> "ReadSettings":
    """Wire ReadSettings."""
    from nightdesk.accounts.runtime_settings import ReadSettings

    return ReadSettings(runtime_settings())


@cache
def change_setting() -> "ChangeSetting":
    """Wire ChangeSetting."""
    from nightdesk.accounts.runtime_settings import ChangeSetting
    from nightdesk.accounts.setting import Ceiling
    from nightdesk.bootstrap.parts import mailer

    return ChangeSetting(runtime_settings(), Ceiling(mail=mailer().configured))


@cache
def reset_setting() -> "ResetSetting":
    """Wire ResetSetting."""
    from nightdesk.accounts.runtime_settings import ResetSetting

    return ResetSetting(runtime_settings())


@cache
def read_stop() -> "ReadStop":
    """Wire ReadStop."""
    from nightdesk.accounts.emergency_stop import ReadStop
    from nightdesk.adapters.dynamo.stops import DynamoStopProgress

    return ReadStop(_gates(settings.ApiSettings), DynamoStopProgress())


@cache
def desk_stopped() -> "Callable[[], bool]":
    """Return what tells whether the whole desk is stopped."""
    from nightdesk.core.ids import SYSTEM

    gates = _gates(settings.ApiSettings)
    return lambda: gates.stop(SYSTEM) is not None


@cache
def stopped_bots() -> "StoppedBots":
    """Wire StoppedBots."""
    from nightdesk.bots.stopping import StoppedBots

    started(settings.ApiSettings)
    return StoppedBots(bots())


@cache
def engage_stop() -> "Engage":
    """Wire Engage."""
    from nightdesk.accounts.emergency_stop import Engage
    from nightdesk.adapters.workflows.stop_runner import StepFunctionsStop

    machine = started(settings.ApiSettings).emergency_stop_machine
    return Engage(_gates(settings.ApiSettings), StepFunctionsStop(machine))


@cache
def resume_stop() -> "Resume":
    """Wire Resume."""
    from nightdesk.accounts.emergency_stop import Resume
    from nightdesk.adapters.workflows.stop_runner import StepFunctionsStop

    machine = started(settings.ApiSettings).emergency_stop_machine
    return Resume(_gates(settings.ApiSettings), _peaks(), StepFunctionsStop(machine))


@cache
def carry_out_stop() -> "CarryOut":
    """Wire CarryOut."""
    from nightdesk.accounts.emergency_stop import CarryToOwner
    from nightdesk.adapters.dynamo.leases import DynamoLeases
    from nightdesk.adapters.dynamo.stops import DynamoStopProgress
    from nightdesk.bots.stopping import CarryOut, HaltBots, TradingOwners
    from nightdesk.bots.switching import PauseBot, ResumeAll, StartBot, StartChecks
    from nightdesk.trading.flatten import LeftToStop, StopBot

    kind = settings.EmergencyStopSettings
    gates = _gates(kind)
    left = LeftToStop(desk(), rules())
    checks = StartChecks(rules=rules(), versions=versions())
    return CarryOut(
        gates=gates,
        progress=DynamoStopProgress(),
        carry=CarryToOwner(gates, _peaks()),
        trading=TradingOwners(bots()),
        bots=HaltBots(bots=bots(), desk=desk(), pause=PauseBot(bots(), desk()), left=left),
        bot=StopBot(
            left=left,
            desk=desk(),
            leases=DynamoLeases(clock=clock()),
            rules=rules(),
            quotes=quotes(kind),
            exchange=simulated(kind),
        ),
        resume=ResumeAll(bots(), StartBot(bots(), desk(), checks)),
    )


@cache
def market_moment() -> "Callable[[datetime], datetime]":
    """Return what tells the market's moment: now, in a replay that of its newest minute."""
    if started(settings.EmergencyStopSettings).replay_folder is None:
        return lambda now: now
    from nightdesk.adapters.dynamo.cycles import DynamoCycles

    cycles = DynamoCycles(clock=clock())
    return lambda now: cycles.newest() or now


def _peaks() -> "ResetPeaks":
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.stopping import ResetPeaks

    return ResetPeaks(bots(), DynamoEquity())


def _gates(kind: type[settings.Settings]) -> "DynamoStopGates":
    from nightdesk.adapters.dynamo.stops import DynamoStopGates

    started(kind)
    return DynamoStopGates(audit_log(kind))
