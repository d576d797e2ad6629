"""The CDK app: `python -m infra.cdk.app`, with `-c stage=local|dev|staging|prod`.

Started as a script, `infra/cdk/constructs` would hide the library of that name.
"""

from pathlib import Path
from typing import Any

from aws_cdk import (
    App,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    StackSynthesizer,
    Tags,
    Validations,
)
from cdk_nag import AwsSolutionsChecks

from infra.cdk.assets.layout import BUILD, Assets, Platform
from infra.cdk.stacks.app_stack import AppStack
from infra.cdk.stacks.data_stack import DataStack
from infra.cdk.stacks.ops_stack import OpsStack
from infra.cdk.stages import StageConfig, stage_config

FLAGS = {
    # Fewer, larger statements; partitions spelled as AWS does; no metadata about who deploys.
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
}


def create_app(context: dict[str, Any] | None = None, outdir: Path | None = None) -> App:
    """Build the app of one stage. Its assets must exist: `python -m infra.cdk.assets.build`.

    Synth fails on a finding of cdk-nag that nobody acknowledged with a reason. `-c nag=off` saves
    the seconds that takes, for a laptop; the tests hold stage `local` to the same rules.
    """
    app = App(
        context={**FLAGS, **(context or {})},
        outdir=str(outdir) if outdir else None,
        analytics_reporting=False,
    )
    config = stage_config(app.node.try_get_context)
    assets = Assets(
        platform=Platform.LOCAL if config.is_local else Platform.LAMBDA,
        root=Path(app.node.try_get_context("assets") or BUILD),
    )
    data = DataStack(app, config.name("data"), config=config, synthesizer=synthesizer(config))
    main = AppStack(
        app,
        config.name("app"),
        config=config,
        assets=assets,
        data=data,
        synthesizer=synthesizer(config),
    )
    OpsStack(
        app,
        config.name("ops"),
        config=config,
        data=data,
        app=main,
        synthesizer=synthesizer(config),
    )
    Tags.of(app).add("nightdesk:stage", config.stage)
    if app.node.try_get_context("nag") != "off":
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def synthesizer(config: StageConfig) -> StackSynthesizer:
    """Return who deploys a stack: the roles that `cdk bootstrap` made.

    The emulator enforces IAM, but not quite as those roles need it: there it is the root user.
    Functions, machines and schedules work in their own roles everywhere.
    """
    return CliCredentialsStackSynthesizer() if config.is_local else DefaultStackSynthesizer()


if __name__ == "__main__":
    create_app().synth()
