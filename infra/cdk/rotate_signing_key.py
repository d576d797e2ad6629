"""`make rotate-signing-key`: give a stage another signing key, with the caller's AWS credentials.

Old keys are dropped at once, which signs everybody's access tokens out; refresh tokens go on.
With `--gently` a key is published, signs 24 hours later, and the old one goes 24 hours after that:
one step for each call.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from infra.cdk.stages import STAGES, StageConfig
from nightdesk.names import Env

PROGRAM = "nightdesk.bootstrap.rotating"


def environment(stage: str, client: Any) -> Mapping[str, str]:
    """Return the variables that the work needs. Raises KeyError without an output."""
    name = StageConfig(stage=stage).name("data")
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    return {
        Env.STAGE: stage,
        Env.DESK_TABLE: outputs["DeskTable"],
        Env.AUDIT_TABLE: outputs["AuditTable"],
        Env.SIGNING_SECRET: outputs["SigningSecretName"],
        Env.VAULT_KEY: f"alias/nightdesk/{stage}",
    }


def main(arguments: Sequence[str]) -> int:
    """Run the work and return how it ended: 1 if it is too early for the next step."""
    parser = argparse.ArgumentParser(prog="make rotate-signing-key", description=__doc__)
    parser.add_argument("--stage", choices=sorted(STAGES), default="dev")
    parser.add_argument("--gently", action="store_true", help="one step that nobody notices")
    asked = parser.parse_args(arguments)
    found = environment(asked.stage, boto3.client("cloudformation"))
    rest = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTDESK_")}
    command = [sys.executable, "-m", PROGRAM, *(["--gently"] if asked.gently else [])]
    return subprocess.run(command, env={**rest, **found}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
