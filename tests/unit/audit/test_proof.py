"""Tampering is found: in the chain, at an anchor, in an export."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.anchor import KEPT, Anchor, held
from nightdesk.accounts.audit import Record, first_break, first_hash, hash_of, linked
from nightdesk.accounts.audit_proof import AnchorHeads, VerifyAll, VerifyChain
from nightdesk.adapters.archive import s3
from nightdesk.adapters.archive.anchors import S3Anchors
from nightdesk.adapters.dynamo.audit import DynamoAudit, EntryItem
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.core.errors import Misconfigured
from tests.builders.audit import ANN, AT, BEN, a_chain, an_entry
from tests.fakes.audit import MemoryAnchors, MemoryAudit
from tests.fakes.clock import FakeClock

CHAIN = "U#01ANN#ACCOUNT"
TODAY = AT.date()
DAY = timedelta(days=1)
LENGTH = 6
RECORDS = a_chain(LENGTH)
FIELDS = [name for name in Record.__slots__ if name not in {"chain", "seq", "hash"}]


def changed(records: list[Record], at: int, data: st.DataObject) -> list[Record]:
    name = data.draw(st.sampled_from(FIELDS))
    values: dict[str, Any] = {
        "actor": {"kind": "user", "id": "x"},
        "target": {"kind": "x", "id": "x"},
        "details": {"n": 99},
    }
    return [
        *records[:at],
        replace(records[at], **{name: values.get(name, "other")}),
        *records[at + 1 :],
    ]


def removed(records: list[Record], at: int, data: st.DataObject) -> list[Record]:
    return records[:at] + records[at + 1 :]


def inserted(records: list[Record], at: int, data: st.DataObject) -> list[Record]:
    before = records[at - 1] if at else None
    forged = linked(an_entry(details={"forged": True}), "", before)
    return [*records[:at], forged, *records[at:]]


def reordered(records: list[Record], at: int, data: st.DataObject) -> list[Record]:
    other = data.draw(st.integers(0, LENGTH - 1).filter(lambda one: one != at))
    found = list(records)
    found[at], found[other] = found[other], found[at]
    return found


def of_another_chain(records: list[Record], at: int, data: st.DataObject) -> list[Record]:
    return [*records[:at], a_chain(LENGTH, owner=BEN)[at], *records[at + 1 :]]


@given(
    at=st.integers(0, LENGTH - 1),
    tamper=st.sampled_from([changed, removed, inserted, reordered, of_another_chain]),
    data=st.data(),
)
def test_whatever_was_tampered_with_is_found_at_its_place(
    at: int, tamper: Callable[..., list[Record]], data: st.DataObject
) -> None:
    tampered = tamper(RECORDS, at, data)
    head = Anchor(chain=CHAIN, seq=LENGTH, day=TODAY, hash=RECORDS[-1].hash)
    found = held(CHAIN, tampered, [head], AT + DAY)
    assert found is not None
    untouched = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tampered, RECORDS, strict=False))
    )
    assert found.seq > min(untouched, LENGTH - 1)


@given(at=st.integers(0, LENGTH - 1), data=st.data())
def test_a_changed_entry_is_named_by_its_number(at: int, data: st.DataObject) -> None:
    found = first_break(CHAIN, changed(RECORDS, at, data), anchors={})
    assert found is not None
    assert found.seq == at + 1


def rebuilt(records: list[Record], at: int) -> list[Record]:
    """Return the chain with one entry changed and every later hash made to fit."""
    found, before = list(records[:at]), records[at - 1].hash if at else first_hash(CHAIN)
    for n, record in enumerate(records[at:]):
        details = {"n": 99} if n == 0 else record.details
        forged = replace(record, details=details, prev_hash=before)
        found.append(replace(forged, hash=hash_of(forged)))
        before = found[-1].hash
    return found


@given(at=st.integers(0, LENGTH - 1))
def test_a_rebuilt_chain_holds_by_itself_and_breaks_on_its_anchor(at: int) -> None:
    forged = rebuilt(RECORDS, at)
    assert first_break(CHAIN, forged, anchors={}) is None
    anchor = Anchor(chain=CHAIN, seq=LENGTH, day=TODAY, hash=RECORDS[-1].hash)
    found = held(CHAIN, forged, [anchor], AT + DAY)
    assert found is not None
    assert (found.seq, found.reason) == (LENGTH, "not what was anchored")


def test_an_anchor_put_beside_the_true_one_is_found() -> None:
    forged = rebuilt(RECORDS, 2)
    anchors = [
        Anchor(chain=CHAIN, seq=LENGTH, day=TODAY, hash=records[-1].hash)
        for records in (RECORDS, forged)
    ]
    for records in (RECORDS, forged):
        found = held(CHAIN, records, anchors, AT + DAY)
        assert found is not None
        assert (found.seq, found.reason) == (LENGTH, "anchored twice")


def test_a_chain_cut_short_is_found_by_its_anchor() -> None:
    anchor = Anchor(chain=CHAIN, seq=4, day=TODAY, hash=RECORDS[3].hash)
    assert held(CHAIN, RECORDS, [anchor], AT + DAY) is None
    cut = held(CHAIN, RECORDS[:3], [anchor], AT + DAY)
    gone = held(CHAIN, [], [anchor], AT + DAY)
    assert (cut and cut.seq, gone and gone.seq) == (4, 1)


def test_what_lapsed_is_not_missed_but_what_did_not_is() -> None:
    old = Anchor(chain=CHAIN, seq=3, day=TODAY, hash=RECORDS[2].hash)
    new = Anchor(chain=CHAIN, seq=6, day=TODAY + DAY, hash=RECORDS[5].hash)
    lapsed = AT + KEPT + DAY
    assert held(CHAIN, RECORDS[3:], [old, new], lapsed) is None
    assert held(CHAIN, RECORDS, [old, new], lapsed) is None
    early = held(CHAIN, RECORDS[3:], [old, new], lapsed - DAY)
    assert early is not None
    assert (early.seq, early.reason) == (1, "missing")
    late = held(CHAIN, RECORDS[4:], [old, new], lapsed)
    assert late is not None
    assert late.seq == 4


def test_a_chain_that_lapsed_whole_holds() -> None:
    old = Anchor(chain=CHAIN, seq=3, day=TODAY, hash=RECORDS[2].hash)
    assert held(CHAIN, [], [old], AT + KEPT + DAY) is None


def test_heads_of_the_chains_that_grew_are_written_down_and_all_is_walked() -> None:
    log, anchors = MemoryAudit(), MemoryAnchors()
    log.record([an_entry(), an_entry(), an_entry(owner=BEN)])
    assert AnchorHeads(log, anchors)(TODAY) == 2
    assert {(one.chain, one.seq) for one in anchors.kept} == {(CHAIN, 2), ("U#01BEN#ACCOUNT", 1)}
    assert AnchorHeads(log, anchors)(TODAY - DAY) == 0
    log.record([an_entry(owner=ANN, chain="U#01ANN#BOT#b1")])
    walked = VerifyAll(log, anchors)(AT + timedelta(hours=1))
    assert (walked.chains, walked.broken) == (3, ())
    log.chains[CHAIN] = rebuilt(log.chains[CHAIN], 0)
    (broken,) = VerifyAll(log, anchors)(AT).broken
    assert (broken.chain, broken.seq) == (CHAIN, 2)
    assert VerifyChain(log, anchors)("U#01BEN#ACCOUNT", AT) is None
    assert VerifyChain(log, anchors)(CHAIN, AT) == broken


@pytest.fixture
def bucket(cloud: None) -> str:
    s3.disconnect()
    boto3.client("s3").create_bucket(
        Bucket="anchors",
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    return "anchors"


def test_anchors_outlive_overwriting_and_deleting(bucket: str) -> None:
    anchors, s3 = S3Anchors(bucket), boto3.client("s3")
    for owner in (ANN, BEN):
        for seq in (2, 1):
            chain = f"U#{owner}#ACCOUNT"
            anchors.put(Anchor(chain=chain, seq=seq, day=TODAY, hash=f"{seq:064d}"))
    mine = anchors.of(CHAIN)
    assert [(one.chain, one.seq, one.day) for one in mine] == [
        (CHAIN, 1, TODAY),
        (CHAIN, 2, TODAY),
    ]
    for listed in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.put_object(Bucket=bucket, Key=listed["Key"], Body=b"forged")
        s3.delete_object(Bucket=bucket, Key=listed["Key"])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert set(anchors.of(CHAIN)) == set(mine)
    assert [one.chain for one in anchors.all()] == [CHAIN] * 4 + ["U#01BEN#ACCOUNT"] * 4


def test_anchors_of_no_bucket_are_a_setup_s_fault(bucket: str) -> None:
    with pytest.raises(Misconfigured, match="NoSuchBucket"):
        S3Anchors("elsewhere").put(Anchor(chain=CHAIN, seq=1, day=TODAY, hash="0" * 64))


def test_a_row_changed_in_the_table_breaks_its_chain(
    bucket: str, audit: DynamoAudit, clock: FakeClock
) -> None:
    records, anchors = DynamoAuditRecords(), S3Anchors(bucket)
    audit.record([an_entry(details={"n": n}) for n in range(4)])
    assert AnchorHeads(records, anchors)(TODAY) == 1
    verify = VerifyChain(records, anchors)
    assert verify(CHAIN, AT + DAY) is None
    item = EntryItem.get(CHAIN, "000000000002")
    item.update([EntryItem.actor.set({"kind": "user", "id": "somebody"})])
    found = verify(CHAIN, AT + DAY)
    assert found is not None
    assert (found.seq, found.reason) == (2, "changed")


def exported(path: Path, records: list[Record], anchors: list[Anchor] | None = None) -> Path:
    lines = [json.dumps(asdict(one)) for one in records]
    lines += [
        json.dumps({"chain": one.chain, "seq": one.seq, "hash": one.hash}) for one in anchors or []
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


PROBE = """
import runpy, sys
sys.argv = ["audit", "verify", sys.argv[1]]
try:
    runpy.run_module("nightdesk.accounts.audit", run_name="__main__")
except SystemExit as end:
    foreign = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    assert foreign - {"__main__", "__mp_main__"} == {"nightdesk"}, foreign
    raise
"""


@pytest.mark.parametrize(
    ("cut", "anchored", "code", "said"),
    [
        (slice(None), False, 0, "6 entries of 1 chain hold"),
        (slice(2, None), False, 1, "U#01ANN#ACCOUNT 3: no anchor before it"),
        (slice(2, None), True, 0, "4 entries of 1 chain hold"),
        (slice(0, 4), True, 1, "U#01ANN#ACCOUNT 5: missing"),
    ],
)
def test_an_export_is_verified_with_the_standard_library_alone(
    tmp_path: Path, cut: slice, code: int, said: str, *, anchored: bool
) -> None:
    anchors = [
        Anchor(chain=CHAIN, seq=seq, day=date(2026, 11, 21), hash=RECORDS[seq - 1].hash)
        for seq in (2, 6)
    ]
    path = exported(tmp_path / "audit.jsonl", RECORDS[cut], anchors if anchored else None)
    shared = Path(__file__).parents[3] / "shared"
    script = f"import sys; sys.path.insert(0, {str(shared)!r})\n{PROBE}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    assert said in done.stdout
