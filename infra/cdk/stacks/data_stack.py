"""What must not be lost: tables by lifetime, the desk's key, its secrets."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskBucket, DeskKey, DeskSecret, DeskTable
from infra.cdk.constructs.upload_files import tell_of_uploads
from infra.cdk.stages import StageConfig
from nightdesk.names import Env

BY_MARKET = "by_market"
BY_OWNER = "by_owner"
BY_MONTH = "by_month"
BY_SEVERITY = "by_severity"
ANCHORED = Duration.days(8 * 365)
"""Entries are kept seven years; the anchor before the oldest of them a year longer."""
EXPORTED = Duration.days(7)
"""How long an owner's copy can be fetched."""
IMPORTED = Duration.days(90)
"""How long a file that was imported is kept. What it told is kept: it can be undone by that."""
DESK_STREAM = "desk-stream"
"""The name under which the stream of the desk table is exported, behind the stage's."""
SECRET_CHARACTERS = 43
"""Letters and digits that carry at least the 256 bits of 32 random bytes."""


class DataStack(Stack):
    """Stateful: retained, with deletion protection and point-in-time recovery outside `local`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        **kwargs: Any,
    ) -> None:
        """Build tables, key and secrets."""
        super().__init__(scope, id, **kwargs)
        self._config = config
        alias = f"nightdesk/{config.stage}"
        self.key = kms.Key(
            self,
            "Key",
            alias=alias,
            description="Nightdesk: envelope key of the vault, and of the desk's secrets",
            enable_key_rotation=True,
            removal_policy=config.data_removal,
        )
        self.vault = DeskKey(variable=Env.VAULT_KEY, alias=f"alias/{alias}", key=self.key)
        self.desk = self._table(
            "Desk",
            Env.DESK_TABLE,
            recoverable=True,
            expires=True,
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
            global_secondary_indexes=[
                # Sparse: only the bots that trade a market stand in it, beside their market.
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_MARKET,
                    partition_key=string("market"),
                    sort_key=string("market_sk"),
                ),
                # Sparse as well: an owner's orders and fills over all bots, by time.
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_OWNER,
                    partition_key=string("feed"),
                    sort_key=string("feed_sk"),
                ),
            ],
        )
        CfnOutput(
            self,
            "DeskStream",
            value=str(self.desk.table.table_stream_arn),
            export_name=config.name(DESK_STREAM),
        )
        self.market = self._table("Market", Env.MARKET_TABLE, expires=True)
        self.audit = self._table(
            "Audit",
            Env.AUDIT_TABLE,
            recoverable=True,
            expires=True,
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_MONTH,
                    partition_key=string("owner_month"),
                    sort_key=string("moment"),
                ),
                # Sparse: only warning and critical entries stand in it.
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_SEVERITY,
                    partition_key=string("severity_day"),
                    sort_key=string("moment"),
                ),
            ],
        )
        self.runtime = self._table("Runtime", Env.RUNTIME_TABLE, expires=True)
        self.anchors = self._anchors()
        self.exports = self._exports()
        self.uploads = self._uploads()
        self.pepper = self._secret(
            "pepper", Env.PEPPER_SECRET, "Key of the digests in lookup keys; never rotated"
        )
        self.signing = self._secret(
            "signing", Env.SIGNING_SECRET, "Signing key ring of access tokens"
        )
        self.operator = self._secret(
            "operator", Env.OPERATOR_SECRET, "Registers the first user, once"
        )

    @property
    def tables(self) -> tuple[DeskTable, ...]:
        """All tables."""
        return (self.desk, self.market, self.audit, self.runtime)

    def _table(
        self,
        name: str,
        variable: Env,
        *,
        recoverable: bool = False,
        expires: bool = False,
        **kwargs: Any,
    ) -> DeskTable:
        table = dynamodb.TableV2(
            self,
            name,
            partition_key=string("pk"),
            sort_key=string("sk"),
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.dynamo_owned_key(),
            time_to_live_attribute="expires_at" if expires else None,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=recoverable
            ),
            deletion_protection=self._config.retain_data,
            removal_policy=self._config.data_removal,
            **kwargs,
        )
        if not recoverable:
            acknowledge(
                table,
                "AwsSolutions-DDB3",
                "disposable: candles are fetched again, leases and replies lapse by themselves",
            )
        CfnOutput(self, f"{name}Table", value=table.table_name)
        return DeskTable(variable=variable, table=table)

    def _anchors(self) -> DeskBucket:
        return self._bucket(
            "Anchors",
            Env.ANCHOR_BUCKET,
            "hashes alone, locked against change: who reads them matters to nobody",
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=s3.ObjectLockRetention.governance(ANCHORED),
        )

    def _exports(self) -> DeskBucket:
        """Return where owners' copies lie for a week, and their parts while one is made."""
        return self._bucket(
            "Exports",
            Env.EXPORTS_BUCKET,
            "each fetch is by a link of ten minutes that the API gave out, and is in its log",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=EXPORTED,
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
        )

    def _uploads(self) -> DeskBucket:
        """Return where owners upload files and screenshots, by forms that the API gives out."""
        held = self._bucket(
            "Uploads",
            Env.UPLOADS_BUCKET,
            "each upload is by a form of ten minutes that the API gave out, and is in its log",
            lifecycle_rules=[
                s3.LifecycleRule(prefix="screenshots/new/", expiration=Duration.days(1)),
                s3.LifecycleRule(prefix="imports/files/", expiration=IMPORTED),
            ],
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.POST],
                    allowed_origins=list(self._config.cors_origins),
                )
            ]
            if self._config.cors_origins
            else None,
        )
        tell_of_uploads(held.bucket)
        return held

    def _bucket(self, name: str, variable: Env, unlogged: str, **kwargs: Any) -> DeskBucket:
        """Return a private bucket; `unlogged` is why nobody needs a log of who reads it."""
        bucket = s3.Bucket(
            self,
            name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=not self._config.is_local,
            removal_policy=self._config.data_removal,
            **kwargs,
        )
        acknowledge(bucket, "AwsSolutions-S1", unlogged)
        if self._config.is_local:
            acknowledge(bucket, "AwsSolutions-S10", "the emulator speaks HTTP, on this machine")
        exported = self._config.name(name.lower())
        CfnOutput(self, f"{name}Bucket", value=bucket.bucket_name)
        CfnOutput(self, f"{name}Arn", value=bucket.bucket_arn, export_name=exported)
        return DeskBucket(variable=variable, arn_export=exported, bucket=bucket)

    def _secret(self, name: str, variable: Env, description: str) -> DeskSecret:
        secret_name = f"nightdesk/{self._config.stage}/{name}"
        secret = secretsmanager.Secret(
            self,
            f"{name.title()}Secret",
            secret_name=secret_name,
            description=description,
            encryption_key=self.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=SECRET_CHARACTERS, exclude_punctuation=True
            ),
            removal_policy=self._config.data_removal,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "the pepper never rotates, the ring rotates inside, the operator token is used once",
        )
        CfnOutput(self, f"{name.title()}SecretName", value=secret_name)
        return DeskSecret(variable=variable, name=secret_name, secret=secret)


def string(name: str) -> dynamodb.Attribute:
    """Return a string key."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
