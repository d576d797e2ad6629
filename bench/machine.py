"""What the figures were taken on, named by what matters and by nothing that tells whose it is."""

import os
import platform
from dataclasses import dataclass

GIBIBYTE = 2**30
BUSY = 0.75
"""Load per core above which others' work shows in the figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Cores, memory, interpreter, and how busy it was."""

    cores: int
    memory_gib: float
    python: str
    processor: str
    load: float
    """Processes that wanted a core, mean of a minute."""

    @property
    def busy(self) -> bool:
        """Whether others' work may show in the figures."""
        return self.load > BUSY * self.cores

    def __str__(self) -> str:
        """Return one line of text."""
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gib:.0f} GiB, "
            f"Python {self.python}, load {self.load:.1f} at the start"
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
    )
