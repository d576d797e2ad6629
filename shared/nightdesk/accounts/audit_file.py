"""Verification of an exported audit log: ``python -m nightdesk.accounts.audit verify FILE``.

It needs this package and the standard library, no account and no network.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nightdesk.accounts.chain import Break, Record, first_break

USAGE = "usage: python -m nightdesk.accounts.audit verify FILE"


@dataclass(slots=True)
class Exported:
    """The records of an export by chain, in order, and the anchors that came with them."""

    chains: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    anchors: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def breaks(self) -> Sequence[Break]:
        """Return the first break of each chain that does not hold."""
        names = sorted({*self.chains, *self.anchors})
        found = (
            first_break(name, self.chains.get(name, ()), anchors=self.anchors.get(name, {}))
            for name in names
        )
        return [one for one in found if one is not None]


def read(lines: Iterable[str]) -> Exported:
    """Read JSON Lines: records, and anchors as ``{chain, seq, hash}``. Raises ValueError."""
    exported = Exported()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found: Mapping[str, Any] = json.loads(line)
            chain = str(found["chain"])
            if "prev_hash" in found:
                exported.chains[chain].append(Record(**_known(found)))
            else:
                exported.anchors[chain][int(found["seq"])] = str(found["hash"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number} is no record: {error}") from error
    return exported


def main(arguments: Sequence[str]) -> int:
    """Say whether the chains hold: 0, 1 with each first bad number, 2 for what is no export."""
    match arguments:
        case ["verify", name]:
            pass
        case _:
            sys.stderr.write(f"{USAGE}\n")
            return 2
    try:
        with Path(name).open(encoding="utf-8") as lines:
            exported = read(lines)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2
    broken = exported.breaks()
    for one in broken:
        sys.stdout.write(f"{one.chain} {one.seq}: {one.reason}\n")
    if not broken:
        entries, chains = sum(map(len, exported.chains.values())), len(exported.chains)
        sys.stdout.write(f"{entries} entries of {chains} chain{'s' * (chains != 1)} hold\n")
    return int(bool(broken))


def _known(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse more than a record has: what no hash covers proves nothing."""
    extra = found.keys() - {one.name for one in fields(Record)}
    if extra:
        raise ValueError(f"unknown: {', '.join(sorted(extra))}")
    return found
