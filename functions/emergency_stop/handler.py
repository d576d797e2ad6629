"""The pieces of an emergency stop; the machine puts them together, and repeats them."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.emergency_stop.messages import Halted, Input, Lifted, Owners, Round, Stopped
from nightdesk import bootstrap
from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.core.wire import Message
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, do one piece, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat(), stop_id=message.stop_id, action=message.action)
    return ACTIONS[message.action](message).model_dump(mode="json")


def owners(message: Input) -> Owners:
    """Find whom the stop concerns."""
    found, after = bootstrap.carry_out_stop().owners(
        scope=message.scope,
        stop_id=message.stop_id,
        lifting=message.mode == "lift",
        after=message.after or None,
    )
    return Owners(owners=tuple(found), after=after or "")


def halt(message: Input) -> Halted:
    """Pause the bots of one owner."""
    assert message.owner is not None  # noqa: S101 - the machine names one
    done = bootstrap.carry_out_stop().halt(
        message.owner,
        scope=message.scope,
        stop_id=message.stop_id,
        origin=_origin(message),
        now=message.as_of,
    )
    return Halted(bots=done.left, left=len(done.left) + done.failed, paused=done.paused)


def stop(message: Input) -> Stopped:
    """Clear one bot."""
    assert message.owner is not None  # noqa: S101
    assert message.bot_id is not None  # noqa: S101
    done = bootstrap.carry_out_stop().stop(
        message.owner,
        message.bot_id,
        scope=message.scope,
        stop_id=message.stop_id,
        at=bootstrap.market_moment()(message.as_of),
        now=message.as_of,
        holder=message.worker,
    )
    return Stopped(done=done.done)


def add_up(message: Input) -> Round:
    """Add up what is left."""
    return Round(left=message.left + sum(result.left for result in message.results))


def lift(message: Input) -> Lifted:
    """Take the desk's stop from one owner's gate."""
    assert message.owner is not None  # noqa: S101
    bootstrap.carry_out_stop().lift(
        message.owner,
        stop_id=message.stop_id,
        restart=message.restart,
        origin=_origin(message),
        now=message.as_of,
    )
    return Lifted()


def _origin(message: Input) -> Origin:
    return Origin(
        kind=ActorKind.SYSTEM,
        actor="emergency_stop",
        source=Source.WORKFLOW,
        request_id=message.stop_id,
    )


ACTIONS: Mapping[str, Callable[[Input], Message]] = {
    "owners": owners,
    "halt": halt,
    "stop": stop,
    "round": add_up,
    "lift": lift,
}
