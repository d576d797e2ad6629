"""Chains of records: how one proves the next, and where a chain breaks.

It needs the standard library alone, so that an export can be verified without the desk.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from nightdesk.core.ids import EventId
from nightdesk.core.money import fixed

Json = str | int | bool | Decimal | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An entry in its place, as it is stored and exported: every value JSON, `sealed` base64."""

    chain: str
    seq: int
    event_id: EventId
    owner: str
    at: str
    action: str
    severity: str
    actor: Mapping[str, str]
    target: Mapping[str, str] | None
    outcome: str
    code: str | None
    source: str
    request_id: str
    session_id: str
    details: Mapping[str, Json]
    sealed: str
    prev_hash: str
    hash: str = ""

    @property
    def content(self) -> dict[str, Json]:
        """What the hash is of: every field but the hash."""
        names = [name for name in self.__slots__ if name != "hash"]
        return {name: _plain(getattr(self, name)) for name in names}


def first_hash(chain: str) -> str:
    """Return what the first entry of a chain follows."""
    return hashlib.sha256(f"nightdesk:{chain}".encode()).hexdigest()


def hash_of(record: Record) -> str:
    """Return SHA-256 over the canonical JSON of all but the hash."""
    return hashlib.sha256(canonical(record.content)).hexdigest()


def canonical(value: Json) -> bytes:
    """Return JSON with sorted keys, in UTF-8, without spaces, decimals as text."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text
    )
    return text.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where a chain does not hold, and why."""

    chain: str
    seq: int
    reason: str


def first_break(
    chain: str, records: Iterable[Record], *, anchors: Mapping[int, str], until: int | None = None
) -> Break | None:
    """Return where a chain first breaks, None where it holds.

    `records` are in order of `seq`. `anchors` are hashes by `seq` that were written down
    elsewhere; the oldest surviving record must follow one, unless it is the first. With `until`
    the chain must reach that `seq`, the newest anchor's by default.
    """
    before: Record | None = None
    for record in records:
        if reason := _wrong(chain, record, before, anchors):
            return Break(chain=chain, seq=record.seq, reason=reason)
        before = record
    last = 0 if before is None else before.seq
    wanted = max(anchors, default=0) if until is None else until
    if last < wanted:
        return Break(chain=chain, seq=last + 1, reason="missing")
    return None


def _wrong(
    chain: str, record: Record, before: Record | None, anchors: Mapping[int, str]
) -> str | None:
    """Return the first rule that this record breaks."""
    follows = first_hash(chain) if record.seq == 1 else anchors.get(record.seq - 1)
    follows = follows if before is None else before.hash
    broken = {
        "of another chain": record.chain != chain,
        "missing or out of order": before is not None and record.seq != before.seq + 1,
        "no anchor before it": follows is None,
        "does not follow the one before": record.prev_hash != follows,
        "changed": record.hash != hash_of(record),
        "not what was anchored": anchors.get(record.seq, record.hash) != record.hash,
    }
    return next((reason for reason, wrong in broken.items() if wrong), None)


def _plain(value: object) -> Json:
    return dict(value) if isinstance(value, Mapping) else value  # type: ignore[return-value]


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return fixed(value)
    raise TypeError(f"no canonical JSON for {type(value).__name__}")
