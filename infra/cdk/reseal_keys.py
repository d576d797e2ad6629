"""`make reseal-keys`: wrap the vault's keys anew on a stage, with the caller's AWS credentials.

It finds the table by the outputs of the data stack and leaves the work to the product, in a
process of its own.
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

PROGRAM = "nightdesk.bootstrap.resealing"


def environment(stage: str, client: Any) -> Mapping[str, str]:
    """Return the variables that the work needs. Raises KeyError without the table's output."""
    name = StageConfig(stage=stage).name("data")
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    return {
        Env.STAGE: stage,
        Env.DESK_TABLE: outputs["DeskTable"],
        Env.VAULT_KEY: f"alias/nightdesk/{stage}",
    }


def main(arguments: Sequence[str]) -> int:
    """Run the work and return how it ended: 1 if a key does not open where it lies."""
    parser = argparse.ArgumentParser(prog="make reseal-keys", description=__doc__)
    parser.add_argument("--stage", choices=sorted(STAGES), default="dev")
    stage = parser.parse_args(arguments).stage
    found = environment(stage, boto3.client("cloudformation"))
    rest = {name: value for name, value in os.environ.items() if not name.startswith("NIGHTDESK_")}
    done = subprocess.run([sys.executable, "-m", PROGRAM], env={**rest, **found}, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
