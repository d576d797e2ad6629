"""What the figures were taken on, named by what matters and by nothing that tells whose it is."""

import os
import platform
from dataclasses import dataclass
from time import perf_counter

GIBIBYTE = 2**30
BUSY = 0.75
"""Load per core above which others' work shows in the figures."""
ADDITIONS, TRIES = 1_000_000, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Cores, memory, interpreter, and how busy it was."""

    cores: int
    memory_gib: float
    python: str
    processor: str
    load: float
    """Processes that wanted a core, mean of a minute."""
    pace_ms: float
    """What a million additions took: the same machine is not always equally fast."""

    @property
    def busy(self) -> bool:
        """Whether others' work may show in the figures."""
        return self.load > BUSY * self.cores

    def __str__(self) -> str:
        """Return one line of text."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gib:.0f} GiB, "
            f"Python {self.python}, load {self.load:.1f} at the start, "
            f"a million additions in {self.pace_ms:.0f} ms"
        )


def machine() -> Machine:
    """Look at this machine, now."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cores=os.cpu_count() or 1,
        memory_gib=pages * size / GIBIBYTE,
        python=platform.python_version(),
        processor=platform.machine(),
        load=os.getloadavg()[0],
        pace_ms=pace_ms(),
    )


def pace_ms() -> float:
    """Return what a million additions in Python take now, the least of some tries."""
    return min(_added() for _ in range(TRIES)) * 1_000


def _added() -> float:
    total, began = 0, perf_counter()
    for n in range(ADDITIONS):
        total += n
    return perf_counter() - began
