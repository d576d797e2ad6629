"""What it costs to import each handler, in a fresh interpreter, beside bare FastAPI on Mangum."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from bench.figures import Section, Spread, Table, Target
from infra.cdk.assets.layout import FUNCTIONS, ROOT, handler

BARE = "bench.bare"
WHOLE = "bench.whole"
NOTHING = "nothing"
RUNS = 11
API_RATIO = 1.6
KIBIBYTE = 1_024
MEBIBYTE = 2**20

SOURCE = """
import json, resource, sys
from time import perf_counter
began = perf_counter()
if len(sys.argv) > 1:
    __import__(sys.argv[1])
seconds = perf_counter() - began
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules)]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import: seconds, peak bytes of the whole interpreter, modules loaded."""

    seconds: float
    peak_bytes: int
    modules: int


def measure(*, quick: bool = False) -> Section:
    """Import each handler in turn, the peer among them, so that all see the same machine."""
    modules = {name: handler(name).rpartition(".")[0] for name in FUNCTIONS}
    subjects = {
        "an empty interpreter": NOTHING,
        "bare FastAPI on Mangum": BARE,
        **modules,
        "api, every route built": WHOLE,
    }
    if quick:
        subjects = {"bare FastAPI on Mangum": BARE, "api": modules["api"]}
    runs: dict[str, list[Import]] = {name: [] for name in subjects}
    for n in range((2 if quick else RUNS) + 1):
        for name, module in subjects.items():
            found = imported(module)
            if n:  # the first one writes what Python keeps compiled
                runs[name].append(found)
    spreads = {name: Spread.of([one.seconds for one in found]) for name, found in runs.items()}
    bare = spreads["bare FastAPI on Mangum"].middle
    rows = tuple(
        (
            name,
            spread.show(0, 1_000),
            f"{spread.middle / bare:.2f}",
            f"{min(one.peak_bytes for one in runs[name]) / MEBIBYTE:.0f}",
            str(runs[name][-1].modules),
        )
        for name, spread in spreads.items()
    )
    heads = ("handler", "import, ms (p10 to p90)", "times bare", "peak memory, MiB", "modules")
    ratio = spreads["api"].middle / bare
    return Section(
        name="imports",
        title="Imports",
        how=(
            f"Each handler's module in a fresh interpreter, median of {spreads['api'].runs} runs, "
            "the peer interleaved. Peak memory is `ru_maxrss` of the interpreter after it. "
            "X-Ray patches libraries on Lambda alone: that, botocore's import above all, is left "
            "out for handler and peer alike. The API builds routes at the first request of their "
            "kind; the last row is all of them at once, as a snapshot has them."
        ),
        tables=(Table(heads=heads, rows=rows),),
        targets=(
            Target(name="API handler / bare FastAPI on Mangum", value=ratio, limit=API_RATIO),
        ),
    )


def imported(module: str) -> Import:
    """Import `module` in an interpreter of its own. Raises CalledProcessError."""
    arguments = [] if module == NOTHING else [module]
    done = subprocess.run(
        # the peak of a process begins with that of the one that forked it: here a small shell
        ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", SOURCE, *arguments],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, peak, modules = json.loads(done.stdout.splitlines()[-1])
    unit = 1 if sys.platform == "darwin" else KIBIBYTE
    return Import(seconds=seconds, peak_bytes=peak * unit, modules=modules)


def environment() -> dict[str, str]:
    """Return what a handler finds at import; none of the settings, which are read later."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "shared")]),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "Nightdesk",
    }
