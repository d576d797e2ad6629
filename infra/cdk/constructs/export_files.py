"""Who may do what with owners' copies: one makes them, one gives out links, one destroys them."""

from collections.abc import Mapping, Sequence

from aws_cdk import Fn
from aws_cdk import aws_iam as iam

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskBucket, DeskFunction

ARCHIVES = "*.zip"
"""What is fetched. Parts of an archive have other names."""
JOURNAL = "*/journal/*"
"""Files of journals."""
ALL = "*"


def may_make_exports(function: DeskFunction, held: DeskBucket) -> None:
    """Grant writing parts and archives, reading parts, and taking parts away."""
    actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    grant_files(function, held, {ALL: actions}, listing=["s3:ListBucket"])


def may_fetch_exports(function: DeskFunction, held: DeskBucket) -> None:
    """Grant reading what was made: whoever signs a link signs with its own rights.

    Files of journals may be taken back before their time is over.
    """
    journal = ["s3:GetObject", "s3:DeleteObject"]
    grant_files(function, held, {ARCHIVES: ["s3:GetObject"], JOURNAL: journal})


def may_erase_files(function: DeskFunction, held: DeskBucket) -> None:
    """Grant finding what an owner has there, and deleting it."""
    grant_files(function, held, {ALL: ["s3:DeleteObject"]}, listing=["s3:ListBucket"])


def may_read_anchors(function: DeskFunction, held: DeskBucket) -> None:
    """Grant listing the anchors of the audit log, whose names say all."""
    grant_files(function, held, {}, listing=["s3:ListBucketVersions"])


def grant_files(
    function: DeskFunction,
    held: DeskBucket,
    objects: Mapping[str, Sequence[str]],
    *,
    listing: Sequence[str] = (),
) -> None:
    """Grant actions on objects by their names, and on the bucket itself; name the bucket."""
    function.set(held.variable, held.bucket.bucket_name)
    arn = Fn.import_value(held.arn_export)
    for names, actions in objects.items():
        function.role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=[f"{arn}/{names}"])
        )
        acknowledge(
            function.role,
            f"AwsSolutions-IAM5[Resource::{held.arn_export}/{names}]",
            "an object's name begins with its owner, whom no policy knows before",
        )
    if listing:
        function.role.add_to_policy(iam.PolicyStatement(actions=list(listing), resources=[arn]))
