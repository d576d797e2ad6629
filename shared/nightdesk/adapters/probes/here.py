"""The port KeyProbe where the key is opened: in the one function that may, and nowhere else."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nightdesk.accounts import urls
from nightdesk.accounts.credential import (
    Answer,
    Fields,
    Finding,
    SealContext,
    Sealed,
    scrubbed,
)
from nightdesk.accounts.ports import Opener, Resolver
from nightdesk.adapters.outbound import Blocked, Outbound, SystemResolver, Unanswered
from nightdesk.adapters.probes import plain
from nightdesk.adapters.probes.asking import Ask, KeyRefused, Learnt
from nightdesk.core.clock import from_millis

BUDGET_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeHere:
    """Opens a key, asks its provider, and tells what it found without a trace of the key."""

    opener: Opener
    local: bool = False
    resolver: Resolver = field(default_factory=SystemResolver)
    base_urls: Mapping[str, str] = field(default_factory=dict)
    seconds: Callable[[], float] = time.monotonic
    budget: float = BUDGET_SECONDS

    def __call__(
        self,
        context: SealContext,
        sealed: Sealed,
        *,
        now: datetime,
        private_hosts: Sequence[str] = (),
        code: str | None = None,
    ) -> Finding:
        """Return what the provider says, within 10 s. Raises SealBroken and what opening raises."""
        fields = self.opener.open(context, sealed)
        http = Outbound(
            rules=urls.Rules(local=self.local, private_hosts=tuple(private_hosts)),
            resolver=self.resolver,
            budget=self.budget,
        )
        case = plain.Case(
            provider=context.provider,
            ask=Ask(http=http, base_urls=self.base_urls),
            fields=fields,
            now=now,
            code=code,
        )
        return self._asked(case)

    def _asked(self, case: plain.Case) -> Finding:
        began = self.seconds()
        learnt, answer, message = Learnt(), Answer.OK, ""
        try:
            learnt = _learnt(case)
            message = learnt.message
        except KeyRefused as refusal:
            answer, message = Answer.REFUSED, str(refusal)
        except Unanswered as silence:
            answer, message = Answer.UNREACHABLE, str(silence)
        except Blocked:
            answer, message = Answer.FORBIDDEN_URL, "This address may not be called."
        return Finding(
            answer=answer,
            latency_ms=max(0, round((self.seconds() - began) * 1000)),
            message=scrubbed(message, _values(case.fields)),
            permissions=learnt.permissions,
            ip_restricted=learnt.ip_restricted,
            expires_at=None if learnt.expires_ms is None else from_millis(learnt.expires_ms),
        )


def _learnt(case: plain.Case) -> Learnt:
    if case.provider in plain.PROBES:
        return plain.PROBES[case.provider](case)
    from nightdesk.adapters.probes import signed  # noqa: PLC0415 - ccxt, for venues alone

    return signed.probe(case.provider, case.ask, case.fields)


def _values(fields: Fields) -> list[str]:
    """Return all that a message may not hold: each value, and each line of one."""
    return [part for value in fields.values() for part in (value, *value.splitlines())]
