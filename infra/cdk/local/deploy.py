"""Deploys the CDK app to the emulator, with the pinned CDK CLI."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from infra.cdk.assets.build import pack_code
from infra.cdk.assets.layout import FUNCTIONS, ROOT, Assets, Platform
from infra.cdk.local.guard import records, saved_records
from infra.cdk.local.ministack import ACCOUNT, REGION, LocalError, client_environment

CDK = ROOT / "node_modules" / ".bin" / "cdk"
STACK_TIMEOUT = 180
DEPLOYED = "deployed.json"
ALIASED, ALIAS = ("api",), "live"
MAIL_DOMAIN = "nightdesk.example"
"""Of the address that stage `local` sends mail from."""
QUIET = {
    # jsii's and the CLI's remarks about node versions, notices and usage reports.
    "CDK_DISABLE_VERSION_CHECK": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22",
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
        raise LocalError("the CDK CLI is not installed: run `npm ci`")
    assets = Assets(platform=Platform.LOCAL, root=folder / "build")
    pack_code(assets)
    context = {
        "stage": "local",
        "endpoint": endpoint,
        "assets": str(assets.root),
        "nag": "off",
        **({"replay_folder": str(replay_folder)} if replay_folder else {}),
    }
    code, rest = digest(files(assets.code)), digest(description(), context)
    record = records(folder) / DEPLOYED
    last = json.loads(record.read_text()) if record.exists() else {}
    if last.get("rest") == rest:
        deployment = Deployment(**last["deployment"])
        if last["code"] != code:
            swap_code(endpoint, assets.code)
    else:
        bootstrap = None if last else cdk_bootstrap(endpoint)
        synth(context, folder / "cdk.out")
        if bootstrap is not None:
            finish(bootstrap, "cdk bootstrap")
        deployment = cdk_deploy(endpoint, folder)
        if last:
            # CloudFormation knows nothing of swaps: what it deployed before, it leaves alone.
            swap_code(endpoint, assets.code)
    record.write_text(json.dumps({"code": code, "rest": rest, "deployment": asdict(deployment)}))
    verify_sender(endpoint)
    return deployment


def deployed_before(folder: Path) -> bool:
    """Tell whether the state that is saved has a whole deployment in it.

    A first run that was killed while it deployed leaves half of one: nothing anybody would miss,
    and nothing to go on from.
    """
    return (saved_records(folder) / DEPLOYED).exists()


def last_port(folder: Path) -> int | None:
    """Return the port that the last deployment went to."""
    record = records(folder) / DEPLOYED
    if not record.exists():
        return None
    deployment = Deployment(**json.loads(record.read_text())["deployment"])
    return urlsplit(deployment.endpoint).port


def digest(paths: Iterable[Path], context: dict[str, str] | None = None) -> str:
    """Return one digest of files, by name and content, and of a context."""
    found = hashlib.sha256(json.dumps(context, sort_keys=True).encode())
    for path in paths:
        found.update(str(path).encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def files(folder: Path) -> list[Path]:
    """Return all files below a folder, in a stable order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def description() -> list[Path]:
    """Return what decides the templates."""
    return [
        *sorted((ROOT / "infra").rglob("*.py")),
        ROOT / "shared" / "nightdesk" / "names.py",
        ROOT / "shared" / "nightdesk" / "core" / "errors.py",
        ROOT / "package-lock.json",
        ROOT / "uv.lock",
    ]


def swap_code(endpoint: str, code: Path) -> None:
    """Give every function the code in a folder, past CloudFormation: a second, not fifteen."""
    functions = client("lambda", endpoint)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files(code):
            packed.write(path, path.relative_to(code))
    for function in FUNCTIONS:
        name = function_name(function)
        answer = functions.update_function_code(
            FunctionName=name, ZipFile=archive.getvalue(), Publish=True
        )
        if function in ALIASED:
            functions.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=answer["Version"])


def verify_sender(endpoint: str) -> None:
    """Let the emulator's SES take the desk's mail, for any address. Nothing leaves this machine."""
    mail = client("sesv2", endpoint)
    with suppress(mail.exceptions.AlreadyExistsException):
        mail.create_email_identity(EmailIdentity=MAIL_DOMAIN)
    mail.put_account_details(
        MailType="TRANSACTIONAL",
        WebsiteURL=f"https://{MAIL_DOMAIN}",
        ProductionAccessEnabled=True,
    )


def function_name(function: str) -> str:
    """Return the deployed name of `functions/<function>` on stage `local`."""
    return f"nightdesk-local-{function}"


def client(service: str, endpoint: str, *, read_seconds: int = 60) -> Any:
    """Return a boto3 client of the emulator at `endpoint`."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        config=Config(
            connect_timeout=3,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 1},
            max_pool_connections=50,
        ),
    )


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


def cdk_deploy(endpoint: str, folder: Path) -> Deployment:
    """Deploy the assembly in a folder and return its outputs. Raises LocalError."""
    outdir, outputs = folder / "cdk.out", folder / "outputs.json"
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
