"""Run worked cases through the product: `make reference [FILE=…]`.

Prints each case's id and `ok`, or the first field that differs, then how many hold. Exit 1: at
least one does not; 2: the file cannot be read as cases.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reference.compare import difference

COPIES = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case, and the file that it stands in."""

    case: Mapping[str, Any]
    whole: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Return the name under which it is reported."""
        return str(self.case["id"])

    def fault(self) -> str | None:
        """Return the first field in which the product differs, or None."""
        room = importlib.import_module(f"tests.reference.{theme(self.case)}")
        said = room.answer(self.case, self.whole)
        if hasattr(room, "difference"):
            found: str | None = room.difference(self.case, said, self.whole)
            return found
        return difference(self.case["expected"], said, room.TOLERANCE)


def theme(case: Mapping[str, Any]) -> str:
    """Return the module that answers a case, by what the case holds. Raises ValueError."""
    if "detector" in case:
        return "behaviour"
    if "fills" in case["inputs"]:
        return "round_trips"
    if "kind" in case:
        return "metrics"
    raise ValueError(f"nothing here answers case {case['id']!r}")


def cases(file: Path) -> Iterator[Case]:
    """Read a file's cases. Raises OSError, ValueError."""
    whole = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(whole, dict) or whole.get("format") != 1 or "cases" not in whole:
        raise ValueError(f"{file} is no file of cases, format 1")
    for case in whole["cases"]:
        yield Case(case, whole)


def main(arguments: Sequence[str] | None = None) -> int:
    """Report on the named files, or on all copies."""
    named = sys.argv[1:] if arguments is None else arguments
    files = [Path(name) for name in named] or sorted(COPIES.glob("*.json"))
    try:
        every = [case for file in files for case in cases(file)]
    except (OSError, ValueError) as error:
        print(f"reference: {error}", file=sys.stderr)
        return 2
    held = 0
    for case in every:
        try:
            fault = case.fault()
        except Exception as error:  # noqa: BLE001  (one broken case must not hide the others)
            fault = f"{type(error).__name__}: {error}"
        held += fault is None
        print(f"{case.id}: {fault or 'ok'}")
    print(f"{held} of {len(every)} cases hold")
    return 0 if held == len(every) else 1


if __name__ == "__main__":
    sys.exit(main())
