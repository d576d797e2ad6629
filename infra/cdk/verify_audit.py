"""`make verify-audit`: let the deployed function walk the audit log's chains, and say how it went.

It asks with the AWS credentials of whoever calls, and needs no more than to invoke that function.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.cdk.stages import STAGES, StageConfig

LONGEST_SECONDS = 910
"""The function's own time, and a little."""


class NotVerified(Exception):
    """There is no answer: neither that the chains hold, nor that they do not."""


def main(arguments: Sequence[str], client: Any = None) -> int:
    """Return 0 if the chains hold, 1 with the first bad number of each that does not, 2 else."""
    asked = _parser().parse_args(arguments)
    now = datetime.now(UTC)  # noqa: TID251 - a person asks, and no schedule says when
    message: dict[str, Any] = {"as_of": now.isoformat(), "verify": True}
    if asked.chain:
        message["chain"] = asked.chain
    try:
        found = _invoke(client or _client(), StageConfig(stage=asked.stage).name("audit"), message)
    except NotVerified as error:
        sys.stderr.write(f"not verified: {error}\n")
        return 2
    for one in found["broken"]:
        sys.stdout.write(f"{one['chain']} {one['seq']}: {one['reason']}\n")
    if not found["broken"]:
        sys.stdout.write(f"chains that hold: {found['verified']}\n")
    return int(bool(found["broken"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make verify-audit", description=__doc__)
    parser.add_argument("--stage", choices=sorted(STAGES), default="dev")
    parser.add_argument("--chain", default="", help="one chain, like SYSTEM; without it all")
    return parser


def _client() -> Any:
    limits = Config(read_timeout=LONGEST_SECONDS, retries={"max_attempts": 0})
    return boto3.client("lambda", config=limits)


def _invoke(client: Any, name: str, message: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(message).encode())
    except (BotoCoreError, ClientError) as error:
        raise NotVerified(f"{name}: {error}") from error
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise NotVerified(f"{name}: {found.get('errorType')}: {found.get('errorMessage')}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
