"""Starts machines of Step Functions, each run under a name of its own: twice is as good as once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from nightdesk.accounts.audit import Json
from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS, READ_SECONDS = 2, 3
STARTED = "ExecutionAlreadyExists"

_SETUP = frozenset({"StateMachineDoesNotExist", "AccessDeniedException", "InvalidArn"})


@dataclass(frozen=True, slots=True)
class StepFunctionsWorkflows:
    """The port Workflows. `machines` are ARNs by what the workflow is called in the rooms."""

    machines: Mapping[str, str]

    def start(self, workflow: str, name: str, state: Mapping[str, Json]) -> None:
        """Run it under this name, once."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        text = json.dumps(state, sort_keys=True)
        try:
            _client().start_execution(
                stateMachineArn=self.machines[workflow], name=name, input=text
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == STARTED:
                return
            fault = Misconfigured if code in _SETUP else StoreUnavailable
            raise fault(f"{workflow} {name} does not start: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"{workflow} {name} does not start") from error


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("stepfunctions", config=limits)


def disconnect() -> None:
    """Drop the client; the next call makes one from the environment as it is then."""
    _client.cache_clear()
