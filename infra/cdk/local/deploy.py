"""Deploys the CDK app to the emulator, with the pinned CDK CLI."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.cdk.assets.build import pack_code
from infra.cdk.assets.layout import ROOT, Assets, Platform
from infra.cdk.local.ministack import ACCOUNT, REGION, LocalError, client_environment

CDK = ROOT / "node_modules" / ".bin" / "cdk"
STACK_TIMEOUT = 180
QUIET = {
    # jsii's and the CLI's remarks about node versions, notices and usage reports.
    "CDK_DISABLE_VERSION_CHECK": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "NODE_NO_WARNINGS": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where the deployed things are."""

    endpoint: str
    api_url: str
    cycle_arn: str
    desk_table: str
    market_table: str
    audit_table: str
    runtime_table: str
    pepper_secret: str
    signing_secret: str
    operator_secret: str


def deploy(endpoint: str, folder: Path, *, replay_folder: Path | None = None) -> Deployment:
    """Bootstrap and deploy stage `local`, or only what changed since the last time.

    `folder` holds what the emulator at `endpoint` was given so far. Raises LocalError.
    """
    if not CDK.exists():
        raise LocalError("the CDK CLI is not installed: run `make node_modules`, or `npm ci`")
    assets = Assets(platform=Platform.LOCAL, root=folder / "build")
    pack_code(assets)
    context = {
        "stage": "local",
        "endpoint": endpoint,
        "assets": str(assets.root),
        "nag": "off",
        **({"replay_folder": str(replay_folder)} if replay_folder else {}),
    }
    mark = fingerprint(assets.code, context)
    record = folder / "deployed.json"
    last = json.loads(record.read_text()) if record.exists() else {}
    if last.get("fingerprint") == mark:
        return Deployment(**last["deployment"])
    bootstrap = None if last.get("bootstrapped") == endpoint else cdk_bootstrap(endpoint)
    outdir = folder / "cdk.out"
    synth(context, outdir)
    if bootstrap is not None:
        finish(bootstrap, "cdk bootstrap")
    deployment = cdk_deploy(endpoint, outdir, folder / "outputs.json")
    record.write_text(
        json.dumps(
            {"fingerprint": mark, "bootstrapped": endpoint, "deployment": asdict(deployment)}
        )
    )
    return deployment


def forget(folder: Path) -> None:
    """Drop the record of what was deployed: the emulator starts empty."""
    (folder / "deployed.json").unlink(missing_ok=True)


def fingerprint(code: Path, context: dict[str, str]) -> str:
    """Return a digest of all that decides what is deployed."""
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    for path in sources(code):
        digest.update(str(path).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sources(code: Path) -> Iterator[Path]:
    """Yield what is deployed and what describes it, in a stable order."""
    yield from sorted(path for path in code.rglob("*") if path.is_file())
    yield from sorted((ROOT / "infra").rglob("*.py"))
    yield ROOT / "uv.lock"
    yield ROOT / "package-lock.json"


def synth(context: dict[str, str], outdir: Path) -> None:
    """Write the cloud assembly. Raises LocalError."""
    shutil.rmtree(outdir, ignore_errors=True)
    process = start(
        [sys.executable, "-m", "infra.cdk.app"],
        CDK_OUTDIR=str(outdir),
        CDK_CONTEXT_JSON=json.dumps(context),
    )
    finish(process, "synth")


def cdk_bootstrap(endpoint: str) -> subprocess.Popen[str]:
    """Start bootstrapping the emulated account; synth goes on meanwhile."""
    return start(
        [str(CDK), "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--no-notices", "--ci"],
        cwd=CDK.parent,  # where no cdk.json makes the CLI synthesise the app once more
        AWS_ENDPOINT_URL=endpoint,
    )


def cdk_deploy(endpoint: str, outdir: Path, outputs: Path) -> Deployment:
    """Deploy an assembly and return its outputs. Raises LocalError."""
    # `direct` skips change sets, which nobody reviews here.
    command = [str(CDK), "deploy", "*", "--app", str(outdir), "--outputs-file", str(outputs)]
    options = ["--require-approval", "never", "--method", "direct", "--no-notices", "--ci"]
    finish(start([*command, *options], AWS_ENDPOINT_URL=endpoint), "cdk deploy")
    found: dict[str, str] = {}
    for stack in json.loads(outputs.read_text()).values():
        found |= stack
    return Deployment(
        endpoint=endpoint,
        api_url=found["ApiUrl"],
        cycle_arn=found["CycleArn"],
        desk_table=found["DeskTable"],
        market_table=found["MarketTable"],
        audit_table=found["AuditTable"],
        runtime_table=found["RuntimeTable"],
        pepper_secret=found["PepperSecretName"],
        signing_secret=found["SigningSecretName"],
        operator_secret=found["OperatorSecretName"],
    )


def start(command: list[str], cwd: Path = ROOT, **variables: str) -> subprocess.Popen[str]:
    """Start a tool, by default in the project's folder, with the emulator's credentials."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=client_environment() | QUIET | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], what: str) -> None:
    """Wait for a tool. Raises LocalError with the end of what it said when it failed."""
    try:
        said, _ = process.communicate(timeout=STACK_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        raise LocalError(f"{what} took longer than {STACK_TIMEOUT} s:\n{tail(said)}") from None
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        raise LocalError(f"{what} failed:\n{tail(said)}")


def tail(text: str, lines: int = 15) -> str:
    """Return what a tool said of failures, and its last words."""
    said = text.strip().splitlines()
    failures = [line for line in said[:-lines] if "FAILED" in line or "rror" in line]
    return os.linesep.join([*failures, *said[-lines:]])
