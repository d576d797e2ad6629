"""The port KeyProbe where no key may be opened: it asks the function that may."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nightdesk.accounts.credential import Answer, Finding, SealBroken, SealContext, Sealed
from nightdesk.adapters.probes import wire
from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 16
"""Longer than the function may run: 10 s for the provider, and its own start."""

_BUSY = frozenset({"TooManyRequestsException", "ServiceException", "EC2ThrottledException"})

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RemoteProbe:
    """Invokes `function`, once: a test that was cut off is asked for again by its owner."""

    function: str
    _client: Any = field(default=None, repr=False)

    def __call__(
        self,
        context: SealContext,
        sealed: Sealed,
        *,
        now: datetime,
        private_hosts: Sequence[str] = (),
        code: str | None = None,
    ) -> Finding:
        """Return what the function found; without an answer of its own, that nobody answered."""
        asked = wire.question(context, sealed, now=now, private_hosts=private_hosts, code=code)
        answer = self._invoked(json.dumps(asked).encode())
        if answer is None:
            return Finding(
                answer=Answer.UNREACHABLE, latency_ms=0, message="The test could not be run."
            )
        return wire.heard(answer)

    def _invoked(self, payload: bytes) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        if self._client is None:
            self._client = _connected()
        try:
            answer = self._client.invoke(FunctionName=self.function, Payload=payload)
            said = json.loads(answer["Payload"].read() or b"null")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _BUSY:
                raise StoreUnavailable(f"{self.function}: {code}") from error
            raise Misconfigured(f"{self.function}: {code}") from error
        except (BotoCoreError, ValueError):
            _log.warning("%s did not answer", self.function, exc_info=True)
            return None
        if "FunctionError" not in answer:
            return said
        fault = said.get("errorType", "") if isinstance(said, dict) else ""
        if fault == SealBroken.__name__:
            raise SealBroken("a key does not open where it lies")
        if fault == StoreUnavailable.__name__:
            raise StoreUnavailable(f"{self.function} could not open the key just now")
        _log.error("%s failed with %s", self.function, fault)
        return None


def _connected() -> Any:
    """Return a client that never repeats a call: a channel would be sent two codes."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},
    )
    return get_session().create_client("lambda", config=limits)
