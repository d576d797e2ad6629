"""What is packed for Lambda: layers, their budgets, and which function sees which."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / ".build"

MEBIBYTE = 2**20
LAMBDA_LIMIT = 250 * MEBIBYTE
"""Lambda refuses a function whose code and layers unpack to more."""


class Platform(StrEnum):
    """Where the folders will run."""

    LAMBDA = "lambda"
    """Amazon Linux 2023 on arm64, Python 3.13."""
    LOCAL = "local"
    """This machine, with the interpreter that builds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Dependencies of one group that the base layer lacks. `budget` is in MiB, unpacked."""

    name: str
    group: str | None
    budget: int


LAYERS = (
    Layer(name="base", group=None, budget=80),
    Layer(name="analysis", group="analysis", budget=20),
    Layer(name="venues", group="venues", budget=75),
    Layer(name="api", group="api", budget=25),
    Layer(name="images", group="images", budget=25),
    Layer(name="documents", group="documents", budget=40),
)

CODE_BUDGET = 8
"""MiB for the source of all functions and rooms, recorded candles included."""

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "api": ("base", "api"),
    "plan": ("base",),
    "sync_market": ("base", "venues"),
    "analyse": ("base", "analysis"),
    "trade_bots": ("base", "analysis", "venues"),
    "watch": ("base", "venues"),
    "settle": ("base",),
    "probe_key": ("base", "venues"),
    "recheck_keys": ("base",),
    "rotate_keys": ("base", "api"),
    "notify": ("base",),
    "journal": ("base", "analysis"),
    "import_trades": ("base", "analysis"),
    "sync_accounts": ("base", "analysis", "venues"),
    "review": ("base", "analysis"),
    "screenshot": ("base", "images"),
    "audit": ("base",),
    "emergency_stop": ("base", "analysis", "venues"),
    "export": ("base", "api", "analysis", "documents"),
    "delete_account": ("base",),
}
"""Layers of each function. On `local` all of them import from the virtual environment."""


def handler(function: str) -> str:
    """Return the dotted name that Lambda calls."""
    return f"functions.{function}.handler.lambda_handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The folders of one platform below `root`."""

    platform: Platform
    root: Path = BUILD

    @property
    def code(self) -> Path:
        """The folder with `functions/` and `nightdesk/`."""
        return self.root / self.platform / "code"

    def layer(self, name: str) -> Path:
        """Return the folder of a layer. Packages stand in its `python/`, as Lambda wants it."""
        return self.root / self.platform / "layers" / name
