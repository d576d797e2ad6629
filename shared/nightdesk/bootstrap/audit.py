"""Use cases of the audit log."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, started, users

if TYPE_CHECKING:
    from nightdesk.accounts.audit_log import QueryAudit, QueryAuditEvents
    from nightdesk.accounts.audit_proof import AnchorHeads, VerifyAll, VerifyChain
    from nightdesk.adapters.archive.anchors import S3Anchors


@cache
def query_audit() -> "QueryAudit":
    """Wire QueryAudit."""
    from nightdesk.accounts.audit_log import QueryAudit
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords

    return QueryAudit(DynamoAuditRecords(), audit_log().sealer)


@cache
def query_audit_events() -> "QueryAuditEvents":
    """Wire QueryAuditEvents."""
    from nightdesk.accounts.audit_log import QueryAuditEvents
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords

    log = audit_log()
    return QueryAuditEvents(DynamoAuditRecords(), log.sealer, users(), log)


@cache
def anchor_heads() -> "AnchorHeads":
    """Wire AnchorHeads."""
    from nightdesk.accounts.audit_proof import AnchorHeads
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords

    return AnchorHeads(DynamoAuditRecords(), anchors())


@cache
def verify_chain() -> "VerifyChain":
    """Wire VerifyChain."""
    from nightdesk.accounts.audit_proof import VerifyChain
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords

    return VerifyChain(DynamoAuditRecords(), anchors())


@cache
def verify_all() -> "VerifyAll":
    """Wire VerifyAll."""
    from nightdesk.accounts.audit_proof import VerifyAll
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords

    return VerifyAll(DynamoAuditRecords(), anchors())


@cache
def anchors() -> "S3Anchors":
    """Return the anchors."""
    from nightdesk.adapters.archive.anchors import S3Anchors

    return S3Anchors(started(settings.AuditSettings).anchor_bucket)
