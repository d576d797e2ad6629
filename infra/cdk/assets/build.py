"""Make the folders that are deployed: `python -m infra.cdk.assets.build [--platform ...]`.

No Docker: uv resolves wheels for a platform that is not this one. What goes in is what uv.lock
says, by hash. A folder over its budget stops the build.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from infra.cdk.assets.layout import (
    BUILD,
    CODE_BUDGET,
    FUNCTIONS,
    LAMBDA_LIMIT,
    LAYERS,
    MEBIBYTE,
    ROOT,
    Assets,
    Layer,
    Platform,
)

WHEELS = {
    # Amazon Linux 2023 has glibc 2.34. With manylinux2014 uv would take older releases.
    Platform.LAMBDA: ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13"),
    Platform.LOCAL: ("--python", sys.executable),
}

BOOTSTRAP = """\
#!/bin/sh
# Runs a function on the emulator, in the environment that started the emulator.
exec python -m emulator_runtime
"""

RUNTIME = Path(__file__).with_name("emulator_runtime.py")

STRIPPED = ("__pycache__", "tests", "test", "*.pyi", "*.c", "*.h", "*.pxd")
STRIPPED_METADATA = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "sboms")

# The Lambda runtime has a boto3 of its own, but not the one that the tests ran with, and it
# changes without a deploy: the pinned one is shipped. Most of its weight is the description of
# services that the desk never calls.
AWS_SERVICES = frozenset(
    {
        "dynamodb",
        "kms",
        "lambda",
        "s3",
        "scheduler",
        "secretsmanager",
        "sns",
        "sqs",
        "stepfunctions",
        "sts",
        "xray",
    }
)


class OverBudget(Exception):
    """A folder outgrew what layout.py allows it."""


def build(platform: Platform, root: Path = BUILD) -> Assets:
    """Make code and all layers of `platform` below `root`. Raises OverBudget."""
    assets = Assets(platform=platform, root=root)
    pack_code(assets)
    sizes = {"code": size(assets.code)}
    base = requirements(LAYERS[0])
    for layer in LAYERS:
        wanted = requirements(layer)
        pack_layer(assets, layer, wanted if layer.group is None else without(wanted, base))
        sizes[layer.name] = size(assets.layer(layer.name))
    weigh(sizes)
    return assets


def pack_code(assets: Assets) -> None:
    """Copy the source. The emulator's folder also gets the file that starts a function."""
    shutil.rmtree(assets.code, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "functions", assets.code / "functions", ignore=ignored)
    shutil.copytree(ROOT / "shared" / "nightdesk", assets.code / "nightdesk", ignore=ignored)
    if assets.platform is Platform.LOCAL:
        shutil.copy(RUNTIME, assets.code)
        bootstrap = assets.code / "bootstrap"
        bootstrap.write_text(BOOTSTRAP)
        bootstrap.chmod(0o755)


def requirements(layer: Layer) -> str:
    """Return what uv.lock says about a layer's packages: pinned, with hashes, one block each."""
    group = ("--group", layer.group) if layer.group else ()
    return uv(
        "export", "--frozen", "--no-emit-project", "--no-default-groups", "--no-header",
        "--no-annotate", *group,
    )  # fmt: skip


def without(wanted: str, present: str) -> str:
    """Return the blocks of `wanted` that do not stand in `present`."""
    there = set(blocks(present))
    return "\n".join(block for block in blocks(wanted) if block not in there) + "\n"


def blocks(text: str) -> list[str]:
    """Split a requirements file into one string for each package with its hashes."""
    found: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and found:
            found[-1] += "\n" + line
        elif line.strip():
            found.append(line)
    return found


def pack_layer(assets: Assets, layer: Layer, wanted: str) -> None:
    """Install wheels into the layer's `python/` and strip what no function imports."""
    folder = assets.layer(layer.name)
    shutil.rmtree(folder, ignore_errors=True)
    target = folder / "python"
    target.mkdir(parents=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(wanted)
        file.flush()
        uv(
            "pip", "install", "--quiet", *WHEELS[assets.platform], "--only-binary", ":all:",
            "--no-deps", "--require-hashes", "--link-mode", "copy", "--target", str(target),
            "-r", file.name,
        )  # fmt: skip
    strip(target)


def strip(target: Path) -> None:
    """Remove tests, caches, stubs, install records, and service descriptions nobody calls.

    Metadata itself stays: libraries ask for versions and entry points at run time.
    """
    doomed = [target / "bin"]
    doomed += [path for pattern in STRIPPED for path in target.rglob(pattern)]
    for info in target.glob("*.dist-info"):
        doomed += [info / name for name in STRIPPED_METADATA]
    descriptions = target / "botocore" / "data"
    if descriptions.is_dir():
        doomed += [
            path
            for path in descriptions.iterdir()
            if path.is_dir() and path.name not in AWS_SERVICES
        ]
    remove(doomed)


def remove(paths: Iterable[Path]) -> None:
    """Delete files and folders, of which some may be gone with their parents."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def weigh(sizes: dict[str, int]) -> None:
    """Hold each folder to its budget, and each function to Lambda's limit. Raises OverBudget."""
    budgets = {"code": CODE_BUDGET} | {layer.name: layer.budget for layer in LAYERS}
    for name, found in sizes.items():
        if found > budgets[name] * MEBIBYTE:
            raise OverBudget(f"{name} is {found / MEBIBYTE:.1f} MiB, budget {budgets[name]} MiB")
    for function, needed in FUNCTIONS.items():
        total = sizes["code"] + sum(sizes[layer] for layer in needed)
        if total > LAMBDA_LIMIT:
            raise OverBudget(f"{function} unpacks to {total / MEBIBYTE:.1f} MiB, Lambda's limit")


def uv(*arguments: str) -> str:
    """Run uv (the one that runs us, if one does) and return what it prints."""
    done = subprocess.run(
        [os.environ.get("UV", "uv"), *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def main() -> int:
    """Build and show what each folder weighs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--platform", type=Platform, choices=list(Platform), default=Platform.LAMBDA
    )
    platform = parser.parse_args().platform
    try:
        assets = build(platform)
    except OverBudget as error:
        print(f"over budget: {error}", file=sys.stderr)
        return 1
    print(f"{'code':<10}{size(assets.code) / MEBIBYTE:7.1f} MiB of {CODE_BUDGET}")
    for layer in LAYERS:
        found = size(assets.layer(layer.name)) / MEBIBYTE
        print(f"{layer.name:<10}{found:7.1f} MiB of {layer.budget}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
