"""Use cases of privacy: the owner's copy of everything, and leaving."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import (
    api_tokens,
    audit_log,
    bots,
    desk,
    pepper,
    sessions,
    started,
    users,
)

if TYPE_CHECKING:
    from nightdesk.accounts.deletion import CancelDeletion, DeleteAccount, RequestDeletion
    from nightdesk.accounts.export import CollectExport, ReadExport, RequestExport
    from nightdesk.adapters.workflows.starting import StepFunctionsWorkflows


@cache
def request_export() -> "RequestExport":
    """Wire RequestExport."""
    from nightdesk.accounts.export import RequestExport
    from nightdesk.adapters.dynamo.exports import DynamoExports

    return RequestExport(DynamoExports(audit_log()), workflows())


@cache
def read_export() -> "ReadExport":
    """Wire ReadExport."""
    from nightdesk.accounts.export import ReadExport
    from nightdesk.adapters.archive.exports import S3ExportFiles
    from nightdesk.adapters.dynamo.exports import DynamoExports

    bucket = started(settings.ApiSettings).exports_bucket
    return ReadExport(DynamoExports(audit_log()), S3ExportFiles(bucket))


@cache
def collect_export() -> "CollectExport":
    """Wire CollectExport."""
    from nightdesk.accounts.audit_proof import VerifyChain
    from nightdesk.accounts.export import CollectExport
    from nightdesk.adapters.archive.anchors import S3Anchors
    from nightdesk.adapters.archive.exports import S3ExportFiles
    from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
    from nightdesk.adapters.dynamo.exports import DynamoExports
    from nightdesk.adapters.dynamo.owned import DynamoOwnedItems

    found, log = started(settings.ExportSettings), audit_log(settings.ExportSettings)
    anchors = S3Anchors(found.anchor_bucket)
    return CollectExport(
        exports=DynamoExports(log),
        items=DynamoOwnedItems(),
        files=S3ExportFiles(found.exports_bucket),
        sealer=log.sealer,
        broken=VerifyChain(DynamoAuditRecords(), anchors),
        anchors=anchors.of,
    )


@cache
def request_deletion() -> "RequestDeletion":
    """Wire RequestDeletion."""
    from nightdesk.accounts.administering import LastAdmin
    from nightdesk.accounts.deletion import RequestDeletion
    from nightdesk.adapters.dynamo.deletions import DynamoDeletions
    from nightdesk.adapters.dynamo.directory import DynamoDirectory
    from nightdesk.bootstrap.stops import engage_stop
    from nightdesk.bots.departing import LiveHoldings

    return RequestDeletion(
        users=users(),
        sessions=sessions(),
        tokens=api_tokens(),
        deletions=DynamoDeletions(audit_log(), pepper()),
        holdings=LiveHoldings(desk()),
        last=LastAdmin(users(), DynamoDirectory()),
        engage=engage_stop(),
        workflows=workflows(),
    )


@cache
def cancel_deletion() -> "CancelDeletion":
    """Wire CancelDeletion."""
    from nightdesk.accounts.deletion import CancelDeletion
    from nightdesk.adapters.dynamo.deletions import DynamoDeletions

    return CancelDeletion(users(), DynamoDeletions(audit_log()))


@cache
def delete_account() -> "DeleteAccount":
    """Wire DeleteAccount."""
    from nightdesk.accounts.deletion import DeleteAccount
    from nightdesk.adapters.archive.exports import S3ExportFiles
    from nightdesk.adapters.archive.imports import S3ImportFiles
    from nightdesk.adapters.archive.owned_files import AllFiles
    from nightdesk.adapters.archive.screenshots import S3ScreenshotFiles
    from nightdesk.adapters.dynamo.deletions import DynamoDeletions
    from nightdesk.adapters.dynamo.owned import DynamoErasing
    from nightdesk.bots.departing import LiveHoldings, RetireAll

    kind = settings.DeleteAccountSettings
    found = started(kind)
    return DeleteAccount(
        deletions=DynamoDeletions(audit_log(kind)),
        holdings=LiveHoldings(desk()),
        retire=RetireAll(bots(), desk()),
        files=AllFiles(
            [
                S3ExportFiles(found.exports_bucket),
                S3ImportFiles(found.uploads_bucket),
                S3ScreenshotFiles(found.uploads_bucket),
            ]
        ),
        erasing=DynamoErasing(),
    )


@cache
def workflows() -> "StepFunctionsWorkflows":
    """Return what starts the machines that exports and deletions are made by."""
    from nightdesk.adapters.workflows.starting import StepFunctionsWorkflows

    found = started(settings.ApiSettings)
    return StepFunctionsWorkflows(
        {"export": found.export_workflow, "deletion": found.deletion_workflow}
    )
