"""Work that makes thousands of things and keeps them all: looking for garbage among them is lost.

Python's collector walks over everything alive whenever many things were made, and finds nothing
here: nouns hold no cycles. What is no longer used goes by its reference count as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MANY = 100_000
"""So many new things are put among the old ones unseen; fewer are soon looked through."""
EVERY = 8
"""After so many times everything is looked through once: the counts that call for it began anew."""


@dataclass(slots=True)
class _Aged:
    times: int = 0


_aged = _Aged()


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest inside the block; where it rests already it goes on resting.

    Where very many things were made and kept, it takes them for old when it wakes: else it would
    walk over all of them at once and again soon, which costs a quarter of what making them did.
    """
    was = gc.isenabled()
    if was and _aged.times >= EVERY:
        _aged.times = 0
        gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if gc.get_count()[0] >= MANY:
                _age()
            gc.enable()


def _age() -> None:
    """Put all that is alive into the oldest generation, without a look at it.

    Things that were frozen at the start of the process go there, too: full collections are rare.
    Source: Python's documentation of `gc.freeze` and `gc.unfreeze`.
    """
    _aged.times += 1
    gc.freeze()
    gc.unfreeze()
