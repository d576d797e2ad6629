"""Work that makes thousands of things and keeps them all: looking for garbage among them is lost.

Python's collector walks over everything alive whenever many things were made, and finds nothing
here: nouns hold no cycles. What is no longer used goes by its reference count as ever.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector rest inside the block; where it rests already it goes on resting."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
