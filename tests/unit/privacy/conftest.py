"""An owner with everything, over moto's tables and buckets, and the use cases joined over them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest

from nightdesk.accounts.administering import LastAdmin
from nightdesk.accounts.anchor import Anchor
from nightdesk.accounts.audit import Action, Json, entries
from nightdesk.accounts.audit_proof import VerifyChain
from nightdesk.accounts.deletion import CancelDeletion, DeleteAccount, RequestDeletion
from nightdesk.accounts.emergency_stop import Engage
from nightdesk.accounts.export import CollectExport, ReadExport, RequestExport
from nightdesk.accounts.stop import Stop
from nightdesk.adapters.archive import s3
from nightdesk.adapters.archive.exports import S3ExportFiles
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.accounts import DynamoUsers
from nightdesk.adapters.dynamo.api_tokens import DynamoApiTokens
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.audit_keys import DynamoAuditKeys
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.adapters.dynamo.bots import DynamoBots
from nightdesk.adapters.dynamo.deletions import DynamoDeletions
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.directory import DynamoDirectory
from nightdesk.adapters.dynamo.exports import DynamoExports
from nightdesk.adapters.dynamo.owned import DynamoErasing, DynamoOwnedItems
from nightdesk.adapters.dynamo.sessions import DynamoSessions
from nightdesk.adapters.dynamo.stops import DynamoStopGates
from nightdesk.adapters.secrets import audit_words
from nightdesk.adapters.secrets.audit_words import KmsSealer
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.bots.departing import LiveHoldings, RetireAll
from tests.aws import aws
from tests.builders.accounts import ALICE, NOW
from tests.builders.household import Household
from tests.fakes.clock import FakeClock
from tests.unit.accounts.fakes import FixedSecret

BUCKET = "copies"


@dataclass
class Machines:
    """The port Workflows: it keeps what it was asked to start."""

    started: list[tuple[str, str, Mapping[str, Json]]] = field(default_factory=list)

    def start(self, workflow: str, name: str, state: Mapping[str, Json]) -> None:
        self.started.append((workflow, name, state))


@dataclass
class Runner:
    """The port StopRunner."""

    engaged: list[Stop] = field(default_factory=list)

    def engage(self, stop: Stop, now: Any) -> None:
        self.engaged.append(stop)

    def lift(self, stop: Stop, now: Any, *, restart: bool) -> None:
        raise AssertionError


class NoAnchors:
    """The port Anchors, before the first night."""

    def of(self, name: str) -> list[Any]:
        return []


@dataclass
class Room:
    """The use cases of privacy, and what they are joined over."""

    clock: FakeClock
    machines: Machines = field(default_factory=Machines)
    runner: Runner = field(default_factory=Runner)

    def __post_init__(self) -> None:
        key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
        sealer = KmsSealer(key_id=key, keys=DynamoAuditKeys(), clock=self.clock)
        self.audit = DynamoAudit(sealer, self.clock)
        self.pepper = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))
        self.users = DynamoUsers(self.pepper, self.audit)
        self.sessions = DynamoSessions(self.audit)
        self.tokens = DynamoApiTokens(self.audit)
        self.bots, self.desk = DynamoBots(self.clock), DynamoDesk(self.clock)
        self.files = S3ExportFiles(BUCKET)
        self.exports = DynamoExports(self.audit)
        self.deletions = DynamoDeletions(self.audit, self.pepper)
        self.holdings = LiveHoldings(self.desk)
        self.records = DynamoAuditRecords()
        self.verify = VerifyChain(self.records, NoAnchors())  # type: ignore[arg-type]
        self.request_export = RequestExport(self.exports, self.machines)
        self.read_export = ReadExport(self.exports, self.files)
        self.collect = CollectExport(
            exports=self.exports,
            items=DynamoOwnedItems(),
            files=self.files,
            sealer=self.audit.sealer,
            broken=self.verify,
            anchors=lambda chain: [
                Anchor(chain=chain, seq=head.seq, day=NOW.date(), hash=head.hash)
                for head in [self.records.head(chain)]
                if head is not None
            ],
        )
        self.request_deletion = RequestDeletion(
            self.users,
            self.sessions,
            self.tokens,
            self.deletions,
            self.holdings,
            LastAdmin(self.users, DynamoDirectory()),
            Engage(DynamoStopGates(self.audit), self.runner),
            self.machines,
        )
        self.cancel = CancelDeletion(self.users, self.deletions)
        self.delete = DeleteAccount(
            DynamoDeletions(self.audit),
            self.holdings,
            RetireAll(self.bots, self.desk),
            self.files,
            DynamoErasing(),
        )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def room(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with ExitStack() as stack:
        stack.enter_context(aws())
        _forget()
        mark = uuid4().hex[:8]
        tables.bind_desk(f"desk-{mark}")
        tables.bind_audit(f"audit-{mark}")
        tables.bind_runtime(f"runtime-{mark}")
        for kind in (tables.DeskItem, tables.AuditItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        place: Any = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield Room(clock)
        _forget()


@pytest.fixture
def ada(room: Room) -> Household:
    """A trader who has one thing of every kind; the desk's admin stands beside her."""
    home = Household(owner=ALICE, at=NOW)
    told = entries(
        Action.USER_REGISTERED, home.origin, NOW, owner=ALICE, words={"email": home.profile.email}
    )
    room.users.create(home.profile, home.security, entries=told)
    home.move_in(room.bots)
    return home


def _forget() -> None:
    tables.disconnect()
    s3.disconnect()
    audit_words.disconnect()
