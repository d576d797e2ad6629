"""`make reset-admin`: a one-time password for an admin, with the caller's AWS credentials.

For a desk whose only admin cannot sign in. It finds the desk by the outputs of the data stack and
leaves the work to the product, in a process of its own.
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

PROGRAM = "nightdesk.bootstrap.resetting"


def environment(stage: str, client: Any) -> Mapping[str, str]:
    """Return the variables that the work needs. Raises KeyError without an output."""
    name = StageConfig(stage=stage).name("data")
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    return {
        Env.STAGE: stage,
        Env.DESK_TABLE: outputs["DeskTable"],
        Env.AUDIT_TABLE: outputs["AuditTable"],
        Env.PEPPER_SECRET: outputs["PepperSecretName"],
        Env.VAULT_KEY: f"alias/nightdesk/{stage}",
    }


def main(arguments: Sequence[str]) -> int:
    """Run the work and return how it ended: 1 if there is no such admin."""
    parser = argparse.ArgumentParser(prog="make reset-admin", description=__doc__)
    parser.add_argument("--stage", choices=sorted(STAGES), default="dev")
    parser.add_argument("--email", help="of the admin; the first one by default")
    asked = parser.parse_args(arguments)
    found = environment(asked.stage, boto3.client("cloudformation"))
    rest = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTDESK_")}
    command = [sys.executable, "-m", PROGRAM, *(["--email", asked.email] if asked.email else [])]
    return subprocess.run(command, env={**rest, **found}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
